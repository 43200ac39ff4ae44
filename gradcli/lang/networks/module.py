"""torch.nn.Module as a class that programs derive from, and how the layers of torch are made of it.

Source of the semantics: torch/nn/modules/module.py.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from gradcli.engine.dtypes import DType
from gradcli.engine.options import refuse_cuda
from gradcli.engine.tensor import Tensor
from gradcli.lang.networks import module_hooks
from gradcli.lang.values.classes import OWN, SPECIAL, Class
from gradcli.lang.values.table import MISSING, attribute, type_name, type_of
from gradcli.lang.values.tensor_types import typename
from gradcli.nn.parameter import is_parameter

_PARTS: Final = ("_parameters", "_buffers", "_modules")
_NOT_SAVED: Final = "_non_persistent_buffers_set"


def is_module(value: Any) -> bool:
    """isinstance(value, torch.nn.Module)."""
    return isinstance(type_of(value), Class) and MODULE.has(value)


def made(source: type[Any], base: Class | None, module: str) -> Class:
    """The class of the language whose members are written as those of a Python class."""
    own = {name: value for name, value in source.__dict__.items() if name[:2] != "__" or name in SPECIAL or name in OWN}
    return Class(source.__name__, source.__name__, (base,) if base else (), own, module)


def _get(self: Any, name: str) -> Any:
    for part in _PARTS:
        found = self.fields.get(part, {}).get(name, MISSING)
        if found is not MISSING:
            return found
    return MISSING


def _put(self: Any, name: str, value: Any) -> None:
    fields = self.fields
    parameters, buffers, modules = (fields.get(part) for part in _PARTS)
    if is_parameter(value):
        if parameters is None:
            raise AttributeError("cannot assign parameters before Module.__init__() call")
        _forget(self, name)
        parameters[name] = value
    elif parameters is not None and name in parameters:
        if value is not None:
            raise TypeError(
                f"cannot assign '{typename(value)}' as parameter {name!r} (torch.nn.Parameter or None expected)"
            )
        parameters[name] = None
    elif is_module(value):
        if modules is None:
            raise AttributeError("cannot assign module before Module.__init__() call")
        _forget(self, name)
        modules[name] = value
    elif modules is not None and name in modules:
        if value is not None:
            raise TypeError(
                f"cannot assign '{typename(value)}' as child module {name!r} (torch.nn.Module or None expected)"
            )
        modules[name] = None
    elif buffers is not None and name in buffers:
        if value is not None and not isinstance(value, Tensor):
            raise TypeError(
                f"cannot assign '{typename(value)}' as buffer {name!r} (torch.nn.Buffer, torch.Tensor or None expected)"
            )
        buffers[name] = value
    else:
        fields[name] = value


def _drop(self: Any, name: str) -> bool:
    return any(self.fields.get(part, {}).pop(name, MISSING) is not MISSING for part in _PARTS)


def _forget(self: Any, name: str) -> None:
    self.fields.pop(name, None)
    for part in _PARTS:
        self.fields[part].pop(name, None)


def children_of(self: Any) -> dict[str, Any]:
    """The modules right inside a module, by name."""
    found: dict[str, Any] = attribute(self, "_modules")
    return found


def _walk(self: Any, prefix: str = "", seen: set[int] | None = None, once: bool = True) -> Iterator[tuple[str, Any]]:
    """The module and all that are inside, each once (if asked for), with their paths."""
    seen = set() if seen is None else seen
    if once and id(self) in seen:
        return
    seen.add(id(self))
    yield prefix, self
    for name, inner in children_of(self).items():
        if inner is not None:
            yield from _walk(inner, f"{prefix}.{name}" if prefix else name, seen, once)


def _named(
    self: Any, part: str, prefix: str = "", recurse: bool = True, once: bool = True
) -> Iterator[tuple[str, Any]]:
    """The parameters or buffers, each once (if asked for), with their paths."""
    seen: set[int] = set()
    for path, module in _walk(self, prefix, once=once) if recurse else [(prefix, self)]:
        for name, value in attribute(module, part).items():
            if value is not None and not (once and id(value) in seen):
                seen.add(id(value))
                yield (f"{path}.{name}" if path else name), value


def indented(text: str) -> str:
    """The text of a module inside another: all lines but the first are moved in."""
    first, *rest = text.split("\n")
    return "\n".join([first, *[f"  {line}" for line in rest]])


class Module:
    """What all modules have."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        if kwargs:
            name = next(iter(kwargs))
            raise TypeError(f"{type_name(self)}.__init__() got an unexpected keyword argument {name!r}")
        if args:
            count = len(args) + 1
            raise TypeError(f"{type_name(self)}.__init__() takes 1 positional argument but {count} were given")
        self.fields |= {
            "training": True,
            "_is_full_backward_hook": None,
            **{part: {} for part in _PARTS},
            **{kind: [] for kind in module_hooks.KINDS},
            _NOT_SAVED: set(),
        }

    def __call__(self: Any, *args: Any, **kwargs: Any) -> Any:
        return module_hooks.call(self, args, kwargs)

    def forward(self: Any, *input: Any) -> Any:
        raise NotImplementedError(f'Module [{type_name(self)}] is missing the required "forward" function')

    # What is inside

    def parameters(self: Any, recurse: bool = True) -> Iterator[Any]:
        for _, value in _named(self, "_parameters", "", recurse):
            yield value

    def named_parameters(
        self: Any, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        yield from _named(self, "_parameters", prefix, recurse, remove_duplicate)

    def buffers(self: Any, recurse: bool = True) -> Iterator[Any]:
        for _, value in _named(self, "_buffers", "", recurse):
            yield value

    def named_buffers(
        self: Any, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        yield from _named(self, "_buffers", prefix, recurse, remove_duplicate)

    def children(self: Any) -> Iterator[Any]:
        for _, inner in Module.named_children(self):
            yield inner

    def named_children(self: Any) -> Iterator[tuple[str, Any]]:
        for name, inner in children_of(self).items():
            if inner is not None:
                yield name, inner

    def modules(self: Any) -> Iterator[Any]:
        for _, module in _walk(self):
            yield module

    def named_modules(
        self: Any, memo: Any = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        yield from _walk(self, prefix, once=remove_duplicate)

    def get_parameter(self: Any, target: str) -> Any:
        return _found(self, target, "_parameters", "parameter")

    def get_buffer(self: Any, target: str) -> Any:
        return _found(self, target, "_buffers", "buffer")

    def get_submodule(self: Any, target: str) -> Any:
        return self if not target else _found(self, target, "_modules", "submodule")

    def register_parameter(self: Any, name: str, param: Any) -> None:
        if param is None:
            attribute(self, "_parameters")[name] = None
        elif is_parameter(param):
            _put(self, name, param)
        else:
            raise TypeError(
                f"cannot assign '{typename(param)}' object to parameter '{name}' (torch.nn.Parameter or None required)"
            )

    def register_buffer(self: Any, name: str, tensor: Any, persistent: bool = True) -> None:
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{typename(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        attribute(self, "_buffers")[name] = tensor
        if persistent:
            self.fields[_NOT_SAVED].discard(name)
        else:
            self.fields[_NOT_SAVED].add(name)

    def add_module(self: Any, name: str, module: Any) -> None:
        if module is not None and not is_module(module):
            raise TypeError(f"{typename(module)} is not a Module subclass")
        children_of(self)[name] = module

    register_module = add_module

    # All of it at once

    def apply(self: Any, fn: Any) -> Any:
        for inner in children_of(self).values():
            if inner is not None:
                Module.apply(inner, fn)
        fn(self)
        return self

    def train(self: Any, mode: bool = True) -> Any:
        if type(mode) is not bool:
            raise ValueError("training mode is expected to be boolean")
        for _, module in _walk(self):
            module.fields["training"] = mode
        return self

    def eval(self: Any) -> Any:
        return Module.train(self, False)

    def zero_grad(self: Any, set_to_none: bool = True) -> None:
        for _, value in _named(self, "_parameters"):
            if set_to_none:
                value.grad = None
            elif value.grad is not None:
                value.grad.detach_().zero_()

    def requires_grad_(self: Any, requires_grad: bool = True) -> Any:
        for _, value in _named(self, "_parameters"):
            value.requires_grad_(requires_grad)
        return self

    def to(self: Any, *args: Any, **kwargs: Any) -> Any:
        def convert(tensor: Any) -> Any:
            wanted = [each for each in (*args, *kwargs.values()) if isinstance(each, DType)]
            converted = tensor.to(*args, **kwargs)
            return converted if tensor.dtype.is_differentiable or not wanted else tensor

        return _converted(self, convert)

    def double(self: Any) -> Any:
        return _converted(self, lambda tensor: tensor.double() if tensor.dtype.is_floating_point else tensor)

    def float(self: Any) -> Any:
        return _converted(self, lambda tensor: tensor.float() if tensor.dtype.is_floating_point else tensor)

    def cpu(self: Any) -> Any:
        return self

    def cuda(self: Any, device: Any = None) -> Any:
        return _converted(self, lambda tensor: refuse_cuda(device))

    def state_dict(self: Any, *, prefix: str = "", keep_vars: bool = False) -> Any:
        found: OrderedDict[str, Any] = OrderedDict()
        for path, module in _walk(self, prefix.removesuffix(".")):
            for part in ("_parameters", "_buffers"):
                for name, value in attribute(module, part).items():
                    if value is not None and name not in module.fields[_NOT_SAVED]:
                        found[f"{path}.{name}" if path else name] = value if keep_vars else value.detach()
        return found

    def load_state_dict(self: Any, state_dict: Any, strict: bool = True, assign: bool = False) -> Any:
        from gradcli.nn.state import load

        own = Module.state_dict(self, keep_vars=True)
        return load(type_name(self), own, state_dict, strict)

    # Hooks

    def register_forward_hook(
        self: Any, hook: Any, *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> Any:
        return module_hooks.register(
            self, module_hooks.AFTER, module_hooks.ModuleHook(hook, with_kwargs, always_call), prepend
        )

    def register_forward_pre_hook(self: Any, hook: Any, *, prepend: bool = False, with_kwargs: bool = False) -> Any:
        return module_hooks.register(self, module_hooks.BEFORE, module_hooks.ModuleHook(hook, with_kwargs), prepend)

    def register_full_backward_pre_hook(self: Any, hook: Any, prepend: bool = False) -> Any:
        return module_hooks.register(self, module_hooks.BEFORE_BACKWARD, module_hooks.ModuleHook(hook), prepend)

    def register_full_backward_hook(self: Any, hook: Any, prepend: bool = False) -> Any:
        return module_hooks.register_backward(self, hook, full=True, prepend=prepend)

    def register_backward_hook(self: Any, hook: Any) -> Any:
        return module_hooks.register_backward(self, hook, full=False)

    # How it looks

    def extra_repr(self: Any) -> str:
        return ""

    def _get_name(self: Any) -> str:
        return type_name(self)

    def __repr__(self: Any) -> str:
        extra = attribute(self, "extra_repr")()
        lines = extra.split("\n") if extra else []
        inner = [f"({name}): {indented(repr(module))}" for name, module in children_of(self).items()]
        text = f"{attribute(self, '_get_name')()}("
        if len(lines) == 1 and not inner:
            return f"{text}{lines[0]})"
        if lines or inner:
            text += "\n  " + "\n  ".join([*lines, *inner]) + "\n"
        return text + ")"


def inside(module: Any, path: str) -> Any:
    """The module at a path in another, itself for "". Raises AttributeError where there is none."""
    for step in path.split(".") if path else []:
        inner = children_of(module).get(step)
        if inner is None:
            raise AttributeError(f"{type_name(module)} has no attribute `{step}`")
        module = inner
    return module


def _found(self: Any, target: str, part: str, what: str) -> Any:
    path, _, name = target.rpartition(".")
    module = inside(self, path)
    found = attribute(module, part).get(name)
    if found is None:
        article = {"submodule": "is not an nn.Module", "buffer": "is not a buffer"}.get(what, "is not an nn.Parameter")
        missing = name not in attribute(module, part)
        raise AttributeError(f"{type_name(module)} has no attribute `{name}`" if missing else f"`{name}` {article}")
    return found


def _converted(self: Any, convert: Callable[[Any], Any]) -> Any:
    """Turn the parameters and buffers into another type: parameters stay the same tensors."""
    for _, value in _named(self, "_parameters"):
        value.data = convert(value.data)
        if value._grad is not None:
            value.grad = convert(value._grad)
    for _, module in _walk(self):
        buffers = attribute(module, "_buffers")
        buffers.update({name: None if value is None else convert(value) for name, value in buffers.items()})
    return self


MODULE: Final = made(Module, None, "torch.nn.modules.module")
MODULE.get, MODULE.put, MODULE.drop = _get, _put, _drop


def layer(name: str, own: dict[str, Any], module: str) -> Class:
    """A class of modules whose members were made for its name."""
    for function in own.values():
        function.__qualname__ = f"{name}.{function.__name__}"
    return Class(name, name, (MODULE,), own, f"torch.nn.modules.{module}")


def each_module(values: Iterable[Any]) -> Iterator[Any]:
    """Pass on modules. Raises TypeError for what is none."""
    for value in values:
        if not is_module(value):
            raise TypeError(f"{typename(value)} is not a Module subclass")
        yield value
