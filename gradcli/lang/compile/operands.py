"""What an operand is, as far as the compiler can tell: a constant, a plain variable, or anything."""

from __future__ import annotations

from typing import Any, Final

from gradcli.lang.compile.base import Compiler, Run
from gradcli.lang.errors.spots import Place, blame, unknown
from gradcli.lang.syntax import nodes

CONSTANT: Final = 0
VARIABLE: Final = 1
ANY: Final = 2


class Operand:
    """A compiled operand. kind: CONSTANT with `value`, VARIABLE with `key` (`frame[key]` reads it), or ANY."""

    __slots__ = ("key", "kind", "run", "value")

    def __init__(self, c: Compiler, run: Run, kind: int = ANY, key: Any = None, value: Any = None) -> None:
        self.run = run
        self.kind = kind
        self.key = key
        self.value = value


def operand_of(c: Compiler, node: nodes.Expression) -> Operand:
    """Compile an operand."""
    run = c.expression(node)
    if isinstance(node, nodes.Number):
        return Operand(c, run, CONSTANT, value=run(None))
    if isinstance(node, nodes.Name):
        key = c.key(node.name)
        if key is not None:
            return Operand(c, run, VARIABLE, key=key)
    return Operand(c, run)


def blame_operands(error: Exception, place: Place, frame: Any, *keys: Any) -> None:
    """Place an error of an operator on variables. A variable without a value is an unknown name: raises NameError."""
    if type(error) is KeyError:
        for position, key in enumerate(keys):
            if key not in frame:
                missing = unknown(key)
                blame(missing, Place(place.source, place.operands[position]))
                raise missing from None
    blame(error, place, *[frame[key] for key in keys])
