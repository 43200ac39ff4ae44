"""The modules that a program can import, as closed tables: torch with what is below it, and math."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from gradcli.engine.errors import LinAlgError
from gradcli.lang.budget import bounded
from gradcli.lang.modules import hardware, mathematics
from gradcli.lang.modules.switches import SWITCHES
from gradcli.lang.values.table import TYPES, Deferred, Namespace, Type, named, type_name

FOLLOWED = "2.13.0"  # the version of torch whose behaviour this is

# What layers above add to a module: (module, name) -> value.
_EXTRA: dict[tuple[str, str], Any] = {
    ("torch.linalg", "LinAlgError"): Type("torch._C._LinAlgError", LinAlgError, LinAlgError),
}
TYPES[LinAlgError] = _EXTRA["torch.linalg", "LinAlgError"]


def extend(module: str, name: str, value: Any) -> None:
    """Add a member to a module, from a layer that this one does not know (`torch.set_printoptions`)."""
    _EXTRA[module, name] = value
    MODULES[module]._put(name, value)  # `add` is a name of torch


def _with_extra(module: str, members: dict[str, Any]) -> dict[str, Any]:
    members.update((name, value) for (where, name), value in _EXTRA.items() if where == module)
    return members


# ---------------------------------------------------------------- torch


def _public(below: str) -> dict[str, Any]:
    """The operators' functions in one module, by name."""
    from gradcli.engine import public

    prefix = f"{below}." if below else ""
    return {
        path.removeprefix(prefix): function
        for path, function in public.functions.items()
        if path.startswith(prefix) and "." not in path.removeprefix(prefix)
    }


def _torch() -> dict[str, Any]:
    import gradcli.ops  # noqa: F401 - it publishes the operators
    from gradcli.engine import dtypes, modes, options
    from gradcli.engine.size import Size
    from gradcli.engine.tensor import Tensor
    from gradcli.lang.modules import older
    from gradcli.lang.values.tensor_types import TENSOR, TYPED, set_default_tensor_type, typename
    from gradcli.lang.values.tensors import DEVICE, DTYPE, GENERATOR, LAYOUT

    members: dict[str, Any] = {
        **{dtype.name: dtype for dtype in dtypes.ALL},
        **dtypes.ALIASES,
        "Tensor": TENSOR,
        **TYPED,
        "set_default_tensor_type": set_default_tensor_type,
        "typename": typename,
        "Size": SIZE,
        "dtype": DTYPE,
        "device": DEVICE,
        "Generator": GENERATOR,
        "layout": LAYOUT,
        "strided": options.strided,
        "preserve_format": options.preserve_format,
        "contiguous_format": options.contiguous_format,
        "__version__": FOLLOWED,
        "pi": math.pi,
        "e": math.e,
        "inf": math.inf,
        "nan": math.nan,
        "is_tensor": lambda obj: isinstance(obj, Tensor),
        "is_grad_enabled": modes.is_grad_enabled,
        "get_default_dtype": dtypes.default,
        "get_default_device": lambda: options.cpu,
        "set_default_device": lambda device: options.check_device(device if device is None else DEVICE(device)),
        "set_default_dtype": _set_default_dtype,
        "promote_types": dtypes.promote_types,
        "can_cast": dtypes.can_cast,
        "is_inference": _is_inference,
        "is_inference_mode_enabled": lambda: modes.state.inference,
        **{name: SWITCHES[name] for name in ("no_grad", "enable_grad", "set_grad_enabled", "inference_mode")},
        **{name: MODULES[f"torch.{name}"] for name in _INSIDE},
        **{name: named(name, partial(_pickles, name)) for name in ("save", "load")},
        **{name: Deferred(partial(_of_process, name)) for name in _PROCESS},
        "range": older.range_,
        "vmap": Deferred(lambda: MODULES["torch.func"].members["vmap"]),
        **_public(""),
    }
    assert Size is SIZE.python
    return _with_extra("torch", members)


_INSIDE = (
    *("nn", "autograd", "func", "linalg", "special", "fft", "cuda", "accelerator", "backends", "optim", "utils"),
    *("random", "distributions"),
)


def _pickles(name: str, *args: Any, **others: Any) -> Any:
    raise RuntimeError(
        f"torch.{name} is not available: its files are pickles, which can run anything. load() and save() have .npy, "
        ".npz, .csv and .json"
    )


def _of_process(name: str) -> Any:
    from gradcli.lang.modules import process

    return process.FUNCTIONS[name]


# What programs ask of the process; nothing of it is loaded until one does.
_PROCESS: Final = (
    *("get_rng_state", "set_rng_state", "get_num_threads", "set_num_threads", "get_num_interop_threads"),
    *("set_num_interop_threads", "set_flush_denormal", "use_deterministic_algorithms"),
    *("are_deterministic_algorithms_enabled", "is_deterministic_algorithms_warn_only_enabled"),
    *("set_deterministic_debug_mode", "get_deterministic_debug_mode", "set_float32_matmul_precision"),
    *("get_float32_matmul_precision", "is_anomaly_enabled", "is_anomaly_check_nan_enabled", "set_anomaly_enabled"),
    *("compile", "default_generator"),
)


def _random() -> dict[str, Any]:
    from gradcli.engine.public import functions
    from gradcli.lang.modules import process

    seeds = {name: functions[name] for name in ("manual_seed", "seed", "initial_seed")}
    return {**seeds, **process.RANDOM}


def _set_default_dtype(d: Any) -> None:
    from gradcli.engine import dtypes

    if type(d) is Type and d.python is float:
        d = dtypes.float64
    if not isinstance(d, dtypes.DType):
        raise TypeError(f"invalid dtype object: only floating-point types are supported as the default type, got {d!r}")
    dtypes.set_default(d)


def _size(values: Any = ()) -> Any:
    from gradcli.engine.size import Size

    values = list(bounded(values))
    for position, value in enumerate(values):
        if not isinstance(value, int):
            raise TypeError(f"torch.Size() takes an iterable of 'int' (item {position} is '{type_name(value)}')")
    return Size(values)


def _size_type() -> Type:
    from gradcli.engine.size import Size

    found = TYPES[Size] = Type("torch.Size", Size, _size)
    return found


SIZE: Final = _size_type()


def _is_inference(input: Any) -> bool:
    """torch.is_inference(input)."""
    from gradcli.engine.tensor import Tensor

    if not isinstance(input, Tensor):
        raise TypeError(f"is_inference(): argument 'input' (position 1) must be Tensor, not {type_name(input)}")
    return input.is_inference()


def _backward(*args: Any, **named: Any) -> None:
    """torch.autograd.backward, which says nothing of the leaves that it reached."""
    from gradcli.engine import backward

    backward.backward(*args, **named)


_backward.__name__ = _backward.__qualname__ = "backward"


def _autograd() -> dict[str, Any]:
    from gradcli.engine import backward
    from gradcli.lang.values.tensor_types import VARIABLE

    members: dict[str, Any] = {
        **SWITCHES,
        "grad": backward.grad,
        "backward": _backward,
        "Variable": VARIABLE,
        "function": MODULES["torch.autograd.function"],
        "graph": MODULES["torch.autograd.graph"],
        "Function": Deferred(lambda: MODULES["torch.autograd.function"].members["Function"]),
        "functional": MODULES["torch.autograd.functional"],
        **{name: Deferred(partial(_gradcheck_member, name)) for name in ("gradcheck", "gradgradcheck")},
        **_public("autograd"),
    }
    return _with_extra("torch.autograd", members)


# Nothing of gradcli.autograd is loaded until a program asks for it.


def _gradcheck_member(name: str) -> Any:
    return MODULES["torch.autograd.gradcheck"].members[name]


def _function() -> dict[str, Any]:
    from gradcli.autograd import function
    from gradcli.lang.values.function import FUNCTION

    return {"Function": FUNCTION, "once_differentiable": function.once_differentiable}


def _graph() -> dict[str, Any]:
    from gradcli.lang.modules import graph as graph_module

    return graph_module.members()


def _checkpoint() -> dict[str, Any]:
    from gradcli.autograd import checkpoint

    error = Type("torch.utils.checkpoint.CheckpointError", checkpoint.CheckpointError, checkpoint.CheckpointError)
    TYPES[checkpoint.CheckpointError] = error
    functions = (checkpoint.checkpoint, checkpoint.checkpoint_sequential, checkpoint.noop_context_fn)
    return {"CheckpointError": error, **{function.__name__: function for function in functions}}


def _functional() -> dict[str, Any]:
    from gradcli.autograd import functional

    functions = (
        functional.jacobian,
        functional.hessian,
        functional.vjp,
        functional.jvp,
        functional.hvp,
        functional.vhp,
    )
    return {function.__name__: function for function in functions}


def _gradcheck() -> dict[str, Any]:
    from gradcli.autograd import gradcheck

    error = Type("torch.autograd.gradcheck.GradcheckError", gradcheck.GradcheckError, gradcheck.GradcheckError)
    TYPES[gradcheck.GradcheckError] = error
    return {"gradcheck": gradcheck.gradcheck, "gradgradcheck": gradcheck.gradgradcheck, "GradcheckError": error}


def _transforms() -> dict[str, Any]:
    from gradcli.autograd import func

    functions: tuple[Callable[..., Any], ...] = (
        *(func.grad, func.grad_and_value, func.vjp, func.jvp, func.jacrev, func.jacfwd, func.hessian, func.vmap),
    )
    return {function.__name__: function for function in functions}


def _func() -> dict[str, Any]:
    from gradcli.lang.networks import stateless

    functions = (stateless.functional_call, stateless.stack_module_state)
    return {**_transforms(), **{function.__name__: function for function in functions}}


def _below(path: str) -> Callable[[], dict[str, Any]]:
    """The members of a module below torch: operators, and the modules inside it."""
    name = path.removeprefix("torch.")

    def fill() -> dict[str, Any]:
        inside = {
            other.removeprefix(f"{path}."): module
            for other, module in MODULES.items()
            if other.startswith(f"{path}.") and "." not in other.removeprefix(f"{path}.")
        }
        return _with_extra(path, {**inside, **_public(name)})

    return fill


def _nn() -> dict[str, Any]:
    from gradcli.lang.networks.layers import CLASSES, DEFERRED
    from gradcli.lang.values.tensor_types import PARAMETER

    return {**_below("torch.nn")(), **CLASSES, **DEFERRED, "Parameter": PARAMETER}


def _init() -> dict[str, Any]:
    from gradcli.lang.modules import older
    from gradcli.nn import init

    functions = {function.__name__: function for function in init.FUNCTIONS}
    return {**functions, **older.initializers(functions)}


def _schedulers() -> dict[str, Any]:
    from gradcli.lang.networks.schedulers import table

    return table.members()


def _data() -> dict[str, Any]:
    from gradcli.lang.networks import data

    return data.members()


def _optimizers() -> Any:
    from gradcli.lang.networks import optimizers

    return optimizers


def _distributions(below: str) -> dict[str, Any]:
    """torch.distributions, or the module below it that one distribution comes from."""
    from gradcli.lang.networks import distributions

    if below:
        return distributions.members(below)
    return {**_below("torch.distributions")(), **distributions.members()}


# ---------------------------------------------------------------- numpy, and what programs import from Python

# Nothing of these is loaded until a program asks for it.
STANDARD: Final = (
    *("__future__", "collections", "copy", "functools", "itertools", "operator", "random", "sys", "time", "typing"),
    *("collections.abc", "warnings", "abc", "contextlib", "weakref", "dataclasses", "enum", "string", "heapq"),
    *("bisect", "statistics", "json", "cmath", "timeit", "datetime"),
)  # fmt: skip


def _numpy(path: str) -> dict[str, Any]:
    from gradcli.lang.arrays import modules as numpy_modules

    return numpy_modules.table(path)


def _standard(path: str) -> dict[str, Any]:
    from gradcli.lang.modules import standard as standard_modules

    return standard_modules.table(path)


MODULES: Final[dict[str, Namespace]] = {
    "torch": Namespace("torch", _torch),
    "torch.autograd": Namespace("torch.autograd", _autograd),
    "torch.autograd.function": Namespace("torch.autograd.function", _function),
    "torch.autograd.graph": Namespace("torch.autograd.graph", _graph),
    "torch.autograd.functional": Namespace("torch.autograd.functional", _functional),
    "torch.autograd.gradcheck": Namespace("torch.autograd.gradcheck", _gradcheck),
    "torch.func": Namespace("torch.func", _func),
    "functorch": Namespace("functorch", _transforms),
    "torch.utils.checkpoint": Namespace("torch.utils.checkpoint", _checkpoint),
    **{
        path: Namespace(path, _below(path))
        for path in ("torch.nn.functional", "torch.linalg", "torch.special", "torch.fft")
    },
    "torch.nn": Namespace("torch.nn", _nn),
    "torch.nn.init": Namespace("torch.nn.init", _init),
    "torch.nn.utils": Namespace("torch.nn.utils", lambda: _optimizers().utils()),
    "torch.nn.parameter": Namespace("torch.nn.parameter", lambda: {"Parameter": _nn()["Parameter"]}),
    "torch.distributions": Namespace("torch.distributions", lambda: _distributions("")),
    **{
        f"torch.distributions.{name}": Namespace(f"torch.distributions.{name}", partial(_distributions, name))
        for name in ("normal", "uniform", "bernoulli", "categorical", "multinomial", "kl")
    },
    "torch.optim": Namespace("torch.optim", lambda: _optimizers().members() | _below("torch.optim")()),
    "torch.optim.lr_scheduler": Namespace("torch.optim.lr_scheduler", _schedulers),
    "torch.utils": Namespace("torch.utils", _below("torch.utils")),
    "torch.utils.data": Namespace("torch.utils.data", _data),
    "torch.random": Namespace("torch.random", _random),
    "torch.cuda": Namespace("torch.cuda", hardware.cuda),
    "torch.accelerator": Namespace("torch.accelerator", hardware.accelerator),
    "torch.backends": Namespace("torch.backends", _below("torch.backends")),
    **{
        f"torch.backends.{name}": Namespace(f"torch.backends.{name}", partial(hardware.backend, name))
        for name in ("cuda", "cudnn", "mps")
    },
    "math": Namespace("math", mathematics.members),
    **{
        path: Namespace(path, partial(_numpy, path))
        for path in ("numpy", "numpy.random", "numpy.linalg", "numpy.fft", "numpy.testing")
    },
    **{path: Namespace(path, partial(_standard, path)) for path in STANDARD},
}
MODULES["torch.backends.cudnn"].switches = tuple(hardware.CUDNN)
