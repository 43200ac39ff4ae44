"""torch.func.functional_call: a module with other tensors in the place of its own.

Sources: torch/_functorch/functional_call.py, torch/nn/utils/stateless.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcli.engine.public import functions
from gradcli.engine.tensor import Tensor
from gradcli.lang.networks.module import inside, is_module
from gradcli.lang.values.table import MISSING, attribute, type_name, type_of

Tensors = dict[str, Any]


def functional_call(
    module: Any,
    parameter_and_buffer_dicts: Any,
    args: Any = None,
    kwargs: Any = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call `module` with these tensors by path instead of its own; what it changes is written back into the dict.

    Raises ValueError for what is not a dict or several apart, and, if `strict`, RuntimeError for names that are
    missing or too many.
    """
    given = _merged(parameter_and_buffer_dicts)
    tensors = _with_tied(module, given) if tie_weights else dict(given)
    if strict:
        _check_names(module, tensors)
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    before: Tensors = {}
    try:
        for path, tensor in tensors.items():
            before[path] = _swap(module, path, tensor)
        return module(*args, **(kwargs or {}))
    finally:
        after = {path: _swap(module, path, tensor) for path, tensor in before.items()}
        given.update({path: after[path] for path in given if path in after})


def _merged(given: Any) -> Tensors:
    if isinstance(given, dict):
        return given
    if not isinstance(given, Sequence):
        raise ValueError(
            "Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got "
            f"<class '{type_name(given)}'>"
        )
    if not all(isinstance(each, dict) for each in given):
        raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
    names = [name for each in given for name in each]
    repeated = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if repeated:
        raise ValueError(f"{repeated} appeared in multiple dictionaries; behavior of functional call is ambiguous")
    return {name: value for each in given for name, value in each.items()}


def _all(module: Any) -> Tensors:
    """All parameters and buffers by path, those that are shared several times."""
    return {
        path: value
        for names in ("named_parameters", "named_buffers")
        for path, value in attribute(module, names)(remove_duplicate=False)
    }


def _with_tied(module: Any, given: Tensors) -> Tensors:
    """The tensors, also in the places that share theirs."""
    places: dict[int, list[str]] = {}
    for path, value in _all(module).items():
        places.setdefault(id(value), []).append(path)
    found = dict(given)
    for tied in places.values():
        named = [path for path in tied if path in given]
        if len(tied) == 1 or not named:
            continue
        if len({id(given[path]) for path in named}) > 1:
            raise ValueError(
                f"functional_call got multiple values for keys {sorted(tied)}, which are tied. Consider using "
                "tie_weights=False"
            )
        found.update(dict.fromkeys(tied, given[named[0]]))
    return found


def _check_names(module: Any, tensors: Tensors) -> None:
    own = _all(module)
    problems = [
        f"{what} key(s): {', '.join(map(repr, names))}."
        for what, names in (
            ("Unexpected", sorted(path for path in tensors if path not in own)),
            ("Missing", sorted(path for path in own if path not in tensors)),
        )
        if names
    ]
    if problems:
        name = attribute(module, "_get_name")()
        raise RuntimeError("\n\t".join([f"Error(s) in reparametrizing for {name}:", *problems]))


def _swap(module: Any, path: str, tensor: Any) -> Any:
    """Put a tensor (MISSING: nothing) at its place; returns what was there."""
    holder_path, _, name = path.rpartition(".")
    module = inside(module, holder_path)
    if tensor is not MISSING and tensor is not None and not isinstance(tensor, Tensor):
        raise TypeError(f"{tensor} is not an instance of torch.Tensor")
    if not name:
        raise KeyError('tensor name can\'t be empty string ""')
    parts = [attribute(module, part) for part in ("_parameters", "_buffers")]
    holder = next((part for part in parts if name in part), module.fields)
    before = holder.get(name, MISSING)
    if tensor is MISSING:
        del holder[name]
    else:
        holder[name] = tensor
    return before


def stack_module_state(models: Any) -> tuple[Tensors, Tensors]:
    """torch.func.stack_module_state: the parameters and buffers of modules of one class, each stacked as a new leaf."""
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    modules = list(models)
    if not all(map(is_module, modules)):
        raise AttributeError(f"'{type_name(next(m for m in modules if not is_module(m)))}' object is no Module")
    if len({bool(attribute(model, "training")) for model in modules}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.")
    if len({id(type_of(model)) for model in modules}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    parameters, buffers = (
        [dict(attribute(model, names)()) for model in modules] for names in ("named_parameters", "named_buffers")
    )
    return _stacked(parameters), _stacked(buffers)


def _stacked(each: list[Tensors]) -> Tensors:
    found: Tensors = {}
    for name in each[0]:
        tensors = [tensors[name] for tensors in each]
        if len({tensor.requires_grad for tensor in tensors}) > 1:
            raise RuntimeError(f"Expected {name} from each model to have the same .requires_grad")
        stacked = functions["stack"](tensors)
        found[name] = stacked.detach().requires_grad_() if tensors[0].requires_grad else stacked
    return found
