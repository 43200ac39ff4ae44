"""The attributes of tensors, nodes of the graph, dtypes, and what else the engine hands out."""

from __future__ import annotations

from types import BuiltinFunctionType, NoneType
from typing import Any

from gradcli.engine import modes
from gradcli.engine.argument_errors import invalid_combination
from gradcli.engine.dtypes import DType
from gradcli.engine.graph import Node, RemovableHandle
from gradcli.engine.kinds import type_name
from gradcli.engine.options import Device, Layout, cpu, refuse_cuda
from gradcli.engine.random import Generator
from gradcli.engine.return_types import ReturnType
from gradcli.engine.tensor import Tensor
from gradcli.lang.values.native import native_method
from gradcli.lang.values.table import METHODS, TYPES, Type, dynamic, narrow, register
from gradcli.lang.values.tensor_types import TENSOR
from gradcli.ops.types import TypeInfo


def install() -> None:
    """Enter the tables. The operators' methods and properties come from their entries."""
    from gradcli.engine import public
    from gradcli.ops import queries

    own = {name: _own_method(name, function) for name, function in queries.METHODS.items()}
    register(
        Tensor,
        {**public.methods, **own, "numpy": numpy, "__array__": numpy, "cuda": _cuda},
        {name: get for name, (get, _) in queries.PROPERTIES.items()},
        {name: put for name, (_, put) in queries.PROPERTIES.items() if put is not None},
        queries.DELETABLE,
    )
    TENSOR.members = METHODS[Tensor]  # `torch.Tensor.add(x, y)`
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
    register(
        public.Function,
        getters={"__name__": lambda function: function.__name__, "__doc__": lambda function: function.__doc__},
    )
    register(Device, getters={"type": lambda device: device.type, "index": lambda device: device.index})
    register(
        Generator,
        {
            "manual_seed": Generator.manual_seed,
            "seed": Generator.seed,
            "initial_seed": Generator.initial_seed,
            "get_state": native_method("Generator.get_state", state_of),
            "set_state": native_method("Generator.set_state", set_state, 1),
            "clone_state": native_method("Generator.clone_state", Generator.clone_state),
        },
        {"device": lambda generator: cpu},
    )
    _install_nodes()
    register(
        RemovableHandle,
        {
            "remove": RemovableHandle.remove,
            "__enter__": RemovableHandle.__enter__,
            "__exit__": RemovableHandle.__exit__,
        },
    )
    register(ReturnType, {"index": tuple.index, "count": tuple.count})
    dynamic(ReturnType, lambda value: value.fields, lambda value, name: value[value.fields.index(name)])
    dynamic(TypeInfo, lambda value: value.fields, lambda value, name: value.fields[name])
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


def _own_method(name: str, function: Any) -> Any:
    """A method that is no operator. torch has those without arguments in C, which has its own words."""
    if function.__code__.co_argcount > 1 or function.__code__.co_kwonlyargcount:
        return function
    return native_method(f"TensorBase.{name}", function)


def numpy(self: Any, *, force: bool = False) -> Any:
    """The elements as a numpy array that shares storage."""
    from gradcli.lang.arrays.values import taken
    from gradcli.lang.modules.table import MODULES

    _ = MODULES["numpy"].members  # an array has its attributes also where the program has not imported numpy
    return taken(self.numpy(force=force))


def _cuda(self: Any, device: Any = None, non_blocking: bool = False, **options: Any) -> None:
    refuse_cuda(device)


_node_types: dict[str, Type] = {}


def _node_type(node: Node) -> Type:
    name = node.type_name()
    found = _node_types.get(name)
    if found is None:
        found = _node_types[name] = Type(name, Node, check=lambda value: value.type_name() == name)
    return found


_DEVICE_FORMS = ["(torch.device device)", "(str type, int index = -1)"]


def _device(*args: Any, **named: Any) -> Device:
    """torch.device(device), or torch.device(type, index)."""
    given = dict(zip(("type", "index"), args, strict=False)) | named
    if len(args) + len(named) == 1 and isinstance(given.get("type", given.get("device")), Device):
        return next(iter(given.values()))  # type: ignore[no-any-return]
    if type(given.get("type")) is int and len(given) == 1:
        raise RuntimeError("Cannot access accelerator device when none is available.")
    known = len(given) == len(args) + len(named) and set(given) <= {"type", "index"}
    if not known or type(given.get("type")) is not str:
        raise TypeError(invalid_combination("device()", _DEVICE_FORMS, args, named))
    index = given.get("index")
    if type(index) not in (int, NoneType):
        where = " (position 2)" if len(args) == 2 else ""
        raise TypeError(f"device(): argument 'index'{where} must be int, not {type_name(index)}")
    return Device(given["type"], index)


def state_of(generator: Generator) -> Tensor:
    """torch.Generator.get_state()."""
    return Tensor(generator.get_state())


def set_state(generator: Generator, state: Any) -> Generator:
    """torch.Generator.set_state(state). Raises TypeError and RuntimeError for what is none."""
    if not isinstance(state, Tensor):
        raise TypeError(f"expected a torch.ByteTensor, but got {type_name(state)}")
    generator.set_state(state.array)
    return generator


def _generator(device: Any = "cpu") -> Generator:
    return Generator()


DTYPE = TYPES[DType] = Type("torch.dtype", DType)
DEVICE = TYPES[Device] = Type("torch.device", Device, _device)
GENERATOR = TYPES[Generator] = Type("torch._C.Generator", Generator, _generator)
LAYOUT = TYPES[Layout] = Type("torch.layout", Layout)
