"""The attributes of tensors, nodes of the graph, dtypes, and what else the engine hands out."""

from __future__ import annotations

from collections.abc import Callable
from types import BuiltinFunctionType
from typing import Any

from gradcli.engine import modes
from gradcli.engine.dtypes import DType
from gradcli.engine.graph import Node, RemovableHandle
from gradcli.engine.return_types import ReturnType
from gradcli.engine.tensor import Tensor
from gradcli.lang.values import TYPES, Member, Type, dynamic, narrow, register

_METHODS: dict[str, Member] = {
    "backward": Tensor.backward,
    "detach": Tensor.detach,
    "detach_": Tensor.detach_,
    "is_inference": Tensor.is_inference,
    "register_hook": Tensor.register_hook,
    "register_post_accumulate_grad_hook": Tensor.register_post_accumulate_grad_hook,
    "requires_grad_": Tensor.requires_grad_,
    "retain_grad": Tensor.retain_grad,
}


def _get(field: property) -> Callable[[Any], Any]:
    assert field.fget is not None
    return field.fget


def _set(field: property) -> Callable[[Any, Any], None]:
    assert field.fset is not None
    return field.fset


_FIELDS: dict[str, Any] = {
    "_base": Tensor._base,
    "_version": Tensor._version,
    "data": Tensor.data,
    "dtype": Tensor.dtype,
    "grad": Tensor.grad,
    "grad_fn": Tensor.grad_fn,
    "is_leaf": Tensor.is_leaf,
    "ndim": Tensor.ndim,
    "requires_grad": Tensor.requires_grad,
    "shape": Tensor.shape,
}
_SLOTS: dict[str, Member] = {
    "output_nr": lambda tensor: tensor.output_nr,
    "retains_grad": lambda tensor: tensor.retains_grad,
}
_SETTABLE = ("data", "grad", "requires_grad")


def install() -> None:
    """Enter the tables. The operators' methods and properties come from their entries."""
    from gradcli.engine import public

    getters = {**_SLOTS, **{name: _get(field) for name, field in _FIELDS.items()}}
    register(
        Tensor,
        {**public.methods, **_METHODS},
        getters,
        {name: _set(_FIELDS[name]) for name in _SETTABLE},
        {"grad": Tensor.grad.fdel},  # type: ignore[attr-defined]
    )
    register(
        DType,
        {"to_complex": DType.to_complex, "to_real": DType.to_real},
        {
            "is_floating_point": lambda dtype: dtype.is_floating_point,
            "is_complex": lambda dtype: dtype.is_complex,
            "is_signed": lambda dtype: dtype.is_signed,
            "itemsize": lambda dtype: dtype.itemsize,
        },
    )
    TYPES[public.Function] = TYPES[BuiltinFunctionType]
    _install_nodes()
    register(RemovableHandle, {"remove": RemovableHandle.remove})
    register(ReturnType, {"index": tuple.index, "count": tuple.count})
    dynamic(ReturnType, lambda value: value.fields, lambda value, name: value[value.fields.index(name)])
    for manager in (
        modes.no_grad,
        modes.enable_grad,
        modes.set_grad_enabled,
        modes.inference_mode,
        modes.set_detect_anomaly,
        modes.detect_anomaly,
    ):
        register(manager, {"__enter__": manager.__enter__, "__exit__": manager.__exit__})


def _install_nodes() -> None:
    register(
        Node,
        {
            "name": lambda node: node.name(),  # each kind of node has its own
            "register_hook": lambda node, fn: node.register_hook(fn),
            "register_prehook": lambda node, fn: node.register_prehook(fn),
        },
        {"next_functions": lambda node: node.next_functions, "metadata": lambda node: {}},
    )
    dynamic(
        Node,
        lambda node: [f"_saved_{name}" for name in node.saved_names()] + ["variable"] * hasattr(node, "variable"),
        lambda node, name: node.variable if name == "variable" else node.saved_value(name.removeprefix("_saved_")),
    )
    narrow(Node, _node_type)


_node_types: dict[str, Type] = {}


def _node_type(node: Node) -> Type:
    name = node.name()
    found = _node_types.get(name)
    if found is None:
        found = _node_types[name] = Type(name, Node, check=lambda value: value.name() == name)
    return found


TENSOR = TYPES[Tensor] = Type("torch.Tensor", Tensor)
DTYPE = TYPES[DType] = Type("torch.dtype", DType)
