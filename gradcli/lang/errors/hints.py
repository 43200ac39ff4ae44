"""What to type instead: a rule for each sentence of torch that people ask about."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from gradcli.lang.errors.places import Operand, Points, text_of
from gradcli.lang.errors.spots import Spot


class Facts:
    """What is known: the tensors at the spot, variables that could require grad, and where to point."""

    __slots__ = ("leaves", "operands", "points", "spot")

    def __init__(self, operands: list[Operand], leaves: list[str], spot: Spot | None, points: Points) -> None:
        self.operands = operands
        self.leaves = leaves
        self.spot = spot
        self.points = points

    @property
    def first(self) -> str:
        """The first operand as the program has it, fit to stand before a point, if it is short enough to repeat."""
        text = self.operands[0].text if self.operands else ""
        return _before_point(text) if 0 < len(text) <= 40 else "out"

    @property
    def text(self) -> str:
        """The place that failed."""
        return text_of(self.spot.place.source, self.spot.place.span) if self.spot is not None else ""


# A name, call or index, without operators outside of brackets (as far as it matters for a hint).
_PRIMARY = re.compile(r"[A-Za-z_][\w.]*(?:\([^()]*\)|\[[^\[\]]*\]|\.\w+)*")


def _before_point(text: str) -> str:
    return text if _PRIMARY.fullmatch(text) else f"({text})"


def _scalar_only(message: str, facts: Facts) -> str:
    name = facts.first
    shape = facts.operands[0].shape if facts.operands else ()
    sizes = ", ".join(map(str, shape)) or "…"
    said = f"{name} has shape {list(shape)}: try "
    bare = name.removeprefix("(").removesuffix(")") if name.startswith("(") else name
    if facts.text.startswith("grad "):
        return f"{said}`grad sum({bare}) wrt …`"
    if facts.text.startswith("backward "):
        return f"{said}`backward sum({bare})` or `backward {bare} with ones({sizes})`"
    if facts.text.endswith("backward()"):
        return f"{said}`{name}.sum().backward()` or `{name}.backward(ones({sizes}))`"
    return f"{said}`{name}.sum()`, or give the vector: `grad_outputs=ones({sizes})`"


def _leaf_inplace(message: str, facts: Facts) -> str:
    name = facts.first if facts.operands else "x"
    return f"to update a parameter: `with no_grad():` around it; to compute with a changed copy: `y = {name} + …`"


def _input_without_grad(message: str, facts: Facts) -> str:
    names = [operand.text for operand in facts.operands if operand.text in facts.leaves] or facts.leaves
    which = f"`{names[0]}.requires_grad_()`" if names else "`x.requires_grad_()`"
    return f"mark it before the computation: {which}"


def _broadcast(message: str, facts: Facts) -> str:
    found = re.search(
        r"tensor a \((\d+)\) must match the size of tensor b \((\d+)\) at non-singleton dimension (\d+)", message
    )
    if found is None:
        return ""
    a, b, dim = map(int, found.groups())
    rank = max((len(operand.shape) for operand in facts.operands), default=dim + 1)
    back = rank - dim
    axis = "the last axis" if back == 1 else f"axis {-back}"
    return f"{axis} must match or be 1: {a} against {b}{_with_new_axis(facts)}"


def _with_new_axis(facts: Facts) -> str:
    """A column where a row was given: the commonest reason, and what to do about it."""
    if len(facts.operands) != 2:
        return ""
    left, right = facts.operands
    for one, other in ((right, left), (left, right)):
        if len(one.shape) == len(other.shape) - 1 and other.shape[:-1] == one.shape and len(one.text) <= 40:
            return f"; `{_before_point(one.text)}.unsqueeze(-1)` has shape {[*one.shape, 1]}, which does"
    return ""


def _matmul(message: str, facts: Facts) -> str:
    found = re.search(r"\((\d+)x(\d+) and (\d+)x(\d+)\)", message)
    if found is None:
        return ""
    _, inner, other, columns = map(int, found.groups())
    if len(facts.operands) > 1 and facts.operands[1].shape[-2:] == (columns, other):
        return f"the weight is transposed, so the last axes must match: {inner} against {other}"
    turned = " (with `.T` on the right they would)" if inner == columns else ""
    return f"the {inner} columns of the left must match the {other} rows of the right{turned}"


def _elements(message: str, facts: Facts) -> str:
    name = facts.first if facts.operands else "x"
    return f"take one element, `{name}[0]`, or reduce it first: `{name}.sum()`, `{name}.tolist()`"


def _text(text: str) -> Callable[[str, Facts], str]:
    return lambda message, facts: text.replace("{0}", facts.first if facts.operands else "x")


RULES: Final[list[tuple[str, Callable[[str, Facts], str]]]] = [
    ("grad can be implicitly created only for scalar outputs", _scalar_only),
    ("a leaf Variable that requires grad is being used in an in-place operation", _leaf_inplace),
    ("a view of a leaf Variable that requires grad is being used in an in-place operation", _leaf_inplace),
    ("One of the differentiated Tensors does not require grad", _input_without_grad),
    (
        "appears to not have been used in the graph",
        _text("the output does not depend on it: leave it out, or `allow_unused=True` gives None for it"),
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
    ("Boolean value of Tensor with more than one value", _text("ask for one answer: `{0}.any()` or `{0}.all()`")),
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
    (
        "returned an incorrect number of gradients",
        _text("`backward` returns one gradient for each argument of `forward` after `ctx`, `None` for those without"),
    ),
    (
        "returned a gradient different than None",
        _text("the gradient of an argument that is no tensor is `None`"),
    ),
    (
        "but expected shape compatible with",
        _text("the gradient of an input has its shape: sum over what was broadcast, `g.sum(0)`, or `g.expand_as(x)`"),
    ),
    ("expected Variable or None", _text("`backward` returns tensors: `torch.tensor(…)`, or `None` for no gradient")),
    ("save_for_backward can only save variables", _text("keep what is no tensor as an attribute: `ctx.n = n`")),
    (
        "must implement either the backward or vjp method",
        _text("`@staticmethod` and `def backward(ctx, grad_output): …` in the class"),
    ),
    ("must implement the forward function", _text("`@staticmethod` and `def forward(ctx, x): …` in the class")),
    ("trying to differentiate twice", _text("leave `@once_differentiable` out, if `backward` is made of operators")),
    ("Legacy autograd function", _text("`Name.apply(x)` calls it")),
    (
        "The inputs that are modified inplace must all be outputs",
        _text("return what was given to `ctx.mark_dirty`, or do not mark it"),
    ),
    ("list indices must be integers", _text("a list has one axis: make it a tensor for `[i, j]`")),
]
AUTOGRAD: Final = (
    "grad can be implicitly created only",
    "Trying to backward through the graph a second time",
    "is being used in an in-place operation",
    "does not require grad",
    "appears to not have been used in the graph",
    "has been modified by an inplace operation",
    "Can't call numpy() on Tensor that requires grad",
    "of floating point",
    "you can only change requires_grad flags",
    "Mismatch in shape: grad_output",
    "is being modified inplace",
    "can't retain_grad",
    "cannot register a hook",
    "derivative for",
    "Inference tensors",
    "incorrect number of gradients",
    "gradient different than None",
    "invalid gradient at index",
    "expected Variable or None",
    "save_for_backward can only",
    "autograd.Function",
    "trying to differentiate twice",
    "marked as dirty",
)


def hint_for(message: str, facts: Facts) -> str:
    """The help for a message, "" where there is no rule."""
    for part, rule in RULES:
        if part in message:
            return rule(message, facts)
    return ""
