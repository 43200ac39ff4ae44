"""What to type instead: a rule for each sentence of torch that people ask about."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

Shape = tuple[int, ...]


class Facts:
    """operands: text and shape of the tensors there. leaves: variables that could require grad. text: what failed."""

    __slots__ = ("leaves", "operands", "text")

    def __init__(self, operands: list[tuple[str, Shape]], leaves: list[str], text: str) -> None:
        self.operands = operands
        self.leaves = leaves
        self.text = text

    @property
    def first(self) -> str:
        """The first operand as the program has it, if that is short enough to be repeated."""
        text = self.operands[0][0] if self.operands else ""
        return text if 0 < len(text) <= 40 else "out"


def _scalar_only(message: str, facts: Facts) -> str:
    name = facts.first
    shape = facts.operands[0][1] if facts.operands else ()
    sizes = ", ".join(map(str, shape)) or "…"
    if facts.text.startswith("grad"):
        return f"{name} has shape {list(shape)}: try `grad sum({name}) wrt …`"
    return f"{name} has shape {list(shape)}: try `backward sum({name})` or `backward {name} with ones({sizes})`"


def _second_backward(message: str, facts: Facts) -> str:
    name = facts.first
    return f"compute `{name}` again, or keep its graph the first time: `{name}.backward(retain_graph=True)`"


def _leaf_inplace(message: str, facts: Facts) -> str:
    name = facts.first if facts.operands else "x"
    return f"to update a parameter: `with no_grad():` around it; to compute with a changed copy: `y = {name} + …`"


def _no_grad_anywhere(message: str, facts: Facts) -> str:
    if facts.leaves:
        names = " or ".join(f"`{name}.requires_grad_()`" for name in facts.leaves[:3])
        return f"nothing it was computed from requires grad: {names} before computing it"
    return "nothing it was computed from requires grad: make a leaf with `param x = …` or `requires_grad=True`"


def _input_without_grad(message: str, facts: Facts) -> str:
    names = [text for text, _ in facts.operands if text in facts.leaves] or facts.leaves
    which = f"`{names[0]}.requires_grad_()`" if names else "`x.requires_grad_()`"
    return f"mark it before the computation: {which}"


def _broadcast(message: str, facts: Facts) -> str:
    found = re.search(
        r"tensor a \((\d+)\) must match the size of tensor b \((\d+)\) at non-singleton dimension (\d+)", message
    )
    if found is None:
        return ""
    a, b, dim = map(int, found.groups())
    rank = max((len(shape) for _, shape in facts.operands), default=dim + 1)
    back = rank - dim
    axis = "the last axis" if back == 1 else f"axis {-back}"
    return f"{axis} must match or be 1: {a} against {b}"


def _matmul(message: str, facts: Facts) -> str:
    found = re.search(r"\((\d+)x(\d+) and (\d+)x(\d+)\)", message)
    if found is None:
        return ""
    _, inner, other, columns = map(int, found.groups())
    turned = " (with `.T` on the right they would)" if inner == columns else ""
    return f"the {inner} columns of the left must match the {other} rows of the right{turned}"


def _elements(message: str, facts: Facts) -> str:
    name = facts.first if facts.operands else "x"
    return f"take one element, `{name}[0]`, or reduce it first: `{name}.sum()`, `{name}.tolist()`"


def _text(text: str) -> Callable[[str, Facts], str]:
    return lambda message, facts: text.replace("{0}", facts.first if facts.operands else "x")


RULES: Final[list[tuple[str, Callable[[str, Facts], str]]]] = [
    ("grad can be implicitly created only for scalar outputs", _scalar_only),
    ("Trying to backward through the graph a second time", _second_backward),
    ("a leaf Variable that requires grad is being used in an in-place operation", _leaf_inplace),
    ("a view of a leaf Variable that requires grad is being used in an in-place operation", _leaf_inplace),
    ("does not require grad and does not have a grad_fn", _no_grad_anywhere),
    ("One of the differentiated Tensors does not require grad", _input_without_grad),
    (
        "appears to not have been used in the graph",
        _text("the output does not depend on it: leave it out, or `allow_unused=True` gives None for it"),
    ),
    (
        "has been modified by an inplace operation",
        _text(
            "an earlier operation needs the old values: write `y = y + 1` instead of `y += 1`, or change a `y.clone()`"
        ),
    ),
    ("Can't call numpy() on Tensor that requires grad", _text("`{0}.detach().numpy()`")),
    (
        "Only Tensors of floating point",
        _text("write the numbers with a point, `tensor([1., 2.])`, or convert: `.float()`"),
    ),
    ("only Tensors of floating point", _text("convert it first: `{0} = {0}.float()`")),
    (
        "you can only change requires_grad flags of leaf variables",
        _text("`{0}.detach()` is the same values outside the graph"),
    ),
    ("Mismatch in shape: grad_output", _text("the vector must have the shape of the output: `ones_like({0})`")),
    ("must match the size of tensor b", _broadcast),
    ("shapes cannot be multiplied", _matmul),
    ("Boolean value of Tensor with more than one value", _text("ask for one answer: `({0}).any()` or `({0}).all()`")),
    ("elements cannot be converted to Scalar", _elements),
    ("only one element tensors can be converted to Python scalars", _elements),
    ("could not infer output dtype", _text("the mean of integers is no integer: `{0}.float()` first")),
    ("expected m1 and m2 to have the same dtype", _text("convert one of them: `{0}.double()` or `{0}.float()`")),
    ("is invalid for input of size", _text("the product of the sizes must stay the same; one of them may be -1")),
    ("can't retain_grad on Tensor", _text("it does not require grad: nothing will flow into it")),
    ("cannot register a hook on a tensor", _text("`{0}.requires_grad_()` first")),
    (
        "attribute of a Tensor that is not a leaf Tensor is being accessed",
        _text("`.retain_grad()` on it before `backward` keeps its gradient"),
    ),
    ("list indices must be integers", _text("a list has one axis: make it a tensor for `[i, j]`")),
]
AUTOGRAD: Final = (
    *[part for part, _ in RULES[:11]],
    "grad can be implicitly created only for real scalar outputs",
    "Mismatch in shape: grad_output",
    "is being modified inplace",
    "can't retain_grad",
    "cannot register a hook",
    "derivative for",
    "Inference tensors",
)


def hint_for(message: str, facts: Facts) -> str:
    """The help for a message, "" where there is no rule."""
    for part, rule in RULES:
        if part in message:
            return rule(message, facts)
    return ""
