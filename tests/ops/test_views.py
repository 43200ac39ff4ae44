"""Views, indices, joins, copies and queries, one expression or short program a line: what torch makes of each.

tests/golden/view_programs.txt has the lines. Compared are the values, shapes, strides and types, the names of the
nodes, whether the result is a view, the class and the words of errors, and the warnings.
"""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pytest

from tests import oracle

pytestmark = [
    pytest.mark.live_torch,
    pytest.mark.skipif(not oracle.live(), reason="asks torch"),
]

PROGRAMS = (oracle.GOLDEN / "view_programs.txt").read_text("utf-8").splitlines()
WHERE = re.compile(r" \(Triggered internally at [^)]*\)$")


def names(torch: Any) -> dict[str, Any]:
    """What the programs take for granted."""
    return {
        "torch": torch,
        "tt": torch.tensor,
        "a": torch.arange(24.0, requires_grad=True).reshape(2, 3, 4),
        "x": torch.arange(24.0).reshape(2, 3, 4),
        "v": torch.arange(3.0, requires_grad=True),
        "s": torch.tensor(2.0, requires_grad=True),
        "m": torch.ones(2, 3, dtype=torch.bool),
    }


def described(library: oracle.Library, value: Any) -> Any:
    if isinstance(value, library.tensor_class):
        node = value.grad_fn.name() if value.grad_fn is not None else None
        values = oracle.encode(library.to_array(value))
        return list(value.shape), list(value.stride()), str(value.dtype), node, value._is_view(), values
    if isinstance(value, tuple | list):
        return type(value).__name__.rpartition(".")[2], [described(library, part) for part in value]
    return repr(value)


def outcome(library: oracle.Library, program: str) -> Any:
    """The value of an expression, or what a program leaves in `r`; or the error."""
    scope = names(library.module)
    try:
        try:
            value = eval(compile(program, "program", "eval"), scope)
        except SyntaxError:
            exec(program, scope)
            value = scope.get("r")
        return described(library, value)
    except Exception as error:  # noqa: BLE001 - whatever it raises is its answer
        return type(error).__name__, str(error)


@pytest.mark.parametrize("program", PROGRAMS)
def test_program_is_torchs(program: str) -> None:
    from gradcli.engine import errors

    heard: list[str] = []
    errors.forget_warnings()
    before = errors.listen(lambda message, category: heard.append(message))
    try:
        with np.errstate(all="ignore"):
            ours = outcome(oracle.our_library(), program)
    finally:
        errors.listen(before)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        theirs = outcome(oracle.torch_library(), program)
    said = [WHERE.sub("", str(w.message)) for w in caught if w.category is not ResourceWarning]
    assert (ours, heard) == (theirs, said)
