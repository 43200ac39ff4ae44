"""`torch.autograd.Function` as a class that programs derive from, and the `ctx` that their methods are handed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gradcli.autograd import function
from gradcli.autograd.function import Definition, FunctionNode
from gradcli.engine.errors import warn
from gradcli.engine.graph import Node
from gradcli.lang.compile.binding import with_defaults
from gradcli.lang.values.classes import AnyName, Class
from gradcli.lang.values.descriptors import ClassMethod, StaticMethod, bound
from gradcli.lang.values.table import (
    GETTERS,
    METHODS,
    MISSING,
    Method,
    Type,
    dynamic,
    narrow,
    no_attribute,
    register,
    type_of,
)


def _init(self: Any, *args: Any, **named: Any) -> None:
    warn(
        f"{type_of(self)!r} should not be instantiated. Methods on autograd functions are all static, so you should "
        "invoke them on the class itself. Instantiating an autograd function will raise an error in a future version "
        "of PyTorch.",
        "DeprecationWarning",
    )


def _call(self: Any, *args: Any, **named: Any) -> Any:
    raise RuntimeError(
        "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd function "
        "with static forward method. (Example: https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
    )


def _missing(message: str) -> StaticMethod:
    def method(*args: Any, **named: Any) -> Any:
        raise NotImplementedError(message)

    return StaticMethod(method)


def _apply(kind: Class, *args: Any, **named: Any) -> Any:
    """`Name.apply(…)`: run forward, and make the call a node of the graph."""
    forward = _member(kind, "forward")
    own_setup = kind.known["setup_context"] is not FUNCTION.own["setup_context"]
    definition = Definition(
        kind.__name__,
        forward,
        lambda ctx, *gradients: _backward(kind)(ctx, *gradients),
        _member(kind, "setup_context") if own_setup else None,
        lambda args, named: with_defaults(forward, args, named),
    )
    return function.apply(definition, args, named)


_apply.__name__, _apply.__qualname__ = "apply", "Function.apply"


def _member(kind: Class, name: str) -> Callable[..., Any]:
    return bound(kind.known[name], None, kind, name)  # type: ignore[no-any-return]


def _backward(kind: Class) -> Callable[..., Any]:
    """What the class has as backward, or under its other name vjp. Raises RuntimeError if both are there."""
    own = [name for name in ("vjp", "backward") if kind.known[name] is not FUNCTION.own[name]]
    if len(own) == 2:
        raise RuntimeError(
            "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should only implement "
            "one of them."
        )
    return _member(kind, own[0] if own else "backward")


_NO_BACKWARD = (
    "You must implement either the backward or vjp method for your custom autograd.Function to use it with backward "
    "mode AD."
)

FUNCTION: Final = Class(
    "Function",
    "Function",
    (),
    {
        "__init__": _init,
        "__call__": _call,
        "forward": _missing("You must implement the forward function for custom autograd.Function."),
        "setup_context": _missing("setup_context is not implemented."),
        "backward": _missing(_NO_BACKWARD),
        "vjp": _missing(_NO_BACKWARD),
        "jvp": _missing(
            "You must implement the jvp function for custom autograd.Function to use it with forward mode AD."
        ),
        "apply": ClassMethod(_apply),
    },
    "torch.autograd.function",
)

# ---------------------------------------------------------------- ctx

_GETTERS: dict[str, Callable[[FunctionNode], Any]] = {
    **GETTERS[Node],
    "saved_tensors": lambda ctx: ctx.saved_tensors,
    "needs_input_grad": lambda ctx: ctx.needs_input_grad,
    "materialize_grads": lambda ctx: ctx.materialize,
}


def _reader(name: str) -> Callable[[FunctionNode], Any]:
    def read(ctx: FunctionNode) -> Any:
        value = ctx.fields.get(name, MISSING)
        if value is not MISSING:
            return value
        getter, method = _GETTERS.get(name), METHODS[FunctionNode].get(name)
        if getter is not None:
            return getter(ctx)
        if method is None:
            raise no_attribute(ctx, name)
        return Method(ctx, name, method)

    return read


def _writer(name: str) -> Callable[[FunctionNode, Any], None]:
    def write(ctx: FunctionNode, value: Any) -> None:
        if name in ("saved_tensors", "next_functions", "metadata"):
            raise AttributeError(f"attribute {name!r} of 'torch._C._FunctionBase' objects is not writable")
        ctx.fields[name] = value

    return write


def _deleter(name: str) -> Callable[[FunctionNode], None]:
    def delete(ctx: FunctionNode) -> None:
        if ctx.fields.pop(name, MISSING) is MISSING:
            raise no_attribute(ctx, name)

    return delete


def _type(node: FunctionNode) -> Type:
    name = node.name()
    return Type(f"torch.autograd.function.{name}", FunctionNode, check=lambda value: value.name() == name)


register(
    FunctionNode,
    {
        **METHODS[Node],
        "save_for_backward": FunctionNode.save_for_backward,
        "mark_dirty": FunctionNode.mark_dirty,
        "mark_non_differentiable": FunctionNode.mark_non_differentiable,
        "set_materialize_grads": FunctionNode.set_materialize_grads,
    },
    AnyName(_reader, _GETTERS),
    AnyName(_writer),
    AnyName(_deleter),
)
dynamic(FunctionNode, lambda ctx: ctx.fields, lambda ctx, name: ctx.fields[name])
narrow(FunctionNode, _type)
