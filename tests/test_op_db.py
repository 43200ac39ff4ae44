"""torch's own operator table, sample by sample: values, dtypes, grad_fn names, gradients, second gradients, errors.

Live torch only. As a program it prints a table:

    python tests/test_op_db.py                   the tiers that are owned, float32 and float64
    python tests/test_op_db.py add max --tier 2  some operators; another tier
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests import oracle

pytestmark = [
    pytest.mark.live_torch,
    pytest.mark.skipif(not oracle.live(), reason="torch is not installed: its operator table cannot be walked"),
    pytest.mark.filterwarnings("ignore"),
]

OWNED = ("1",)  # tiers that must agree
TIERS: dict[str, list[str]] = json.loads((oracle.GOLDEN / "op_db_tiers.json").read_text("utf-8"))
DTYPES = ("float32", "float64")


@functools.cache
def table() -> dict[str, Any]:
    """torch's OpInfo by name, `max.reduction_no_dim`."""
    oracle.torch()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_methods_invocations import op_db
    return {".".join(filter(None, (info.name, info.variant_test_name))): info for info in op_db}


# -- from torch's objects to ours --------------------------------------------------------------------------------------


def converted(value: Any, leaves: list[Any] | None = None) -> Any:
    """torch's argument as ours, strides kept; tensors that require grad are appended to `leaves`."""
    torch, library = oracle.torch(), oracle.our_library()
    if isinstance(value, torch.Tensor):
        ours = library.tensor_class(same_layout(value))
        if value.requires_grad:
            ours.requires_grad_(True)
            if leaves is not None:
                leaves.append(ours)
        return ours
    if isinstance(value, torch.Size):
        return tuple(value)
    if isinstance(value, torch.dtype | torch.memory_format | torch.layout):
        return getattr(library.module, str(value).removeprefix("torch."))
    if isinstance(value, torch.device):
        return str(value)
    if isinstance(value, slice):
        return slice(*(converted(part) for part in (value.start, value.stop, value.step)))
    if isinstance(value, tuple | list):
        return type(value)(converted(part, leaves) for part in value)
    if isinstance(value, dict):
        return {key: converted(part, leaves) for key, part in value.items()}
    return value


def same_layout(tensor: Any) -> np.ndarray[Any, Any]:
    """A copy of a tensor's whole storage, seen with its shape, strides and offset."""
    torch = oracle.torch()
    plain = tensor.detach().resolve_conj().resolve_neg()
    flat = torch.empty(0, dtype=plain.dtype).set_(plain.untyped_storage()).numpy().copy()
    strides = [step * flat.itemsize for step in plain.stride()]
    return np.lib.stride_tricks.as_strided(flat[plain.storage_offset() :], plain.shape, strides)


def torch_leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, oracle.torch().Tensor):
        if value.requires_grad:
            yield value
    elif isinstance(value, tuple | list):
        for part in value:
            yield from torch_leaves(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from torch_leaves(part)


# Operators that torch's table calls in an order of its own.
REORDERED: dict[str, Callable[..., Any]] = {
    "zero_": lambda input: input.clone().zero_(),
    "einsum": lambda operands, equation: oracle.our_library().module.einsum(equation, *operands),
    "__rpow__": lambda input, other: oracle.our_library().module.pow(other, input),
    "polygamma": lambda input, n: oracle.our_library().module.polygamma(n, input),
    "special.polygamma": lambda input, n: oracle.our_library().module.special.polygamma(n, input),
    "nn.functional.embedding": lambda weight, input, **options: oracle.our_library().module.nn.functional.embedding(
        input, weight, **options
    ),
    "where": lambda input, condition, other: oracle.our_library().module.where(condition, input, other),
}


def our_function(info: Any) -> Callable[..., Any]:
    """`torch.nn.functional.relu` by its name; methods (`x.view`, `x.__radd__`) where there is no function."""
    library = oracle.our_library()
    found = library.module
    if info.name in REORDERED:
        return REORDERED[info.name]
    for part in info.name.split("."):
        found = getattr(found, part, None)
        if found is None:
            break
    return found if callable(found) else functools.partial(member, info.name.rpartition(".")[2])


def member(name: str, input: Any, *args: Any, **kwargs: Any) -> Any:
    """A method of the input (`x.view(2)`; `x.float()`, as `torch.float` is a type), or a property (`x.T`)."""
    found = getattr(input, name)
    return found(*args, **kwargs) if callable(found) else found


# -- one sample --------------------------------------------------------------------------------------------------------


class Run:
    """A call and its derivatives in one library, as far as they go."""

    def __init__(self, library: oracle.Library, call: Callable[[], Any], leaves: list[Any], second: bool) -> None:
        self.error: Exception | None = None
        self.outputs: list[Any] = []
        self.grads: list[Any] = []
        self.gradgrads: list[Any] = []
        self.library = library
        self.stage = "forward"
        try:
            self.outputs = list(oracle.tensors_in(call(), library.tensor_class))
            self.stage = "backward"
            self.grads = oracle.differentiate(library, self.outputs, leaves, create_graph=second)
            if second:
                self.stage = "double backward"
                again = [g for g in self.grads if g is not None]
                self.gradgrads = oracle.differentiate(library, again, leaves)
        except Exception as error:  # noqa: BLE001 - compared, or reported
            self.error = error

    def arrays(self, tensors: list[Any]) -> list[Any]:
        return [None if t is None else self.library.to_array(t) for t in tensors]


def against(theirs: Run, ours: Run, what: str = "") -> Iterator[str]:
    """The disagreements of two runs."""
    if theirs.error is not None:
        # The sample is beyond torch at that stage: what came before is compared.
        yield from ()
    elif ours.error is not None:
        yield f"{what}{ours.stage}: {type(ours.error).__name__}: {ours.error}"[:300]
    if len(ours.outputs) != len(theirs.outputs):
        if ours.error is None:
            yield f"{what}{len(ours.outputs)} outputs, torch has {len(theirs.outputs)}"
        return
    for mine, torchs in zip(ours.outputs, theirs.outputs, strict=True):
        names = [out.grad_fn.name() if out.grad_fn is not None else None for out in (mine, torchs)]
        if names[0] != names[1]:
            yield f"{what}grad_fn {names[0]}, torch has {names[1]}"
    groups = ("outputs", "value"), ("grads", "gradient"), ("gradgrads", "second gradient")
    for attribute, word in groups:
        a, b = ours.arrays(getattr(ours, attribute)), theirs.arrays(getattr(theirs, attribute))
        if len(a) == len(b):
            for mine, torchs in zip(a, b, strict=True):
                yield from (f"{what}{word}: {text}" for text in array_difference(mine, torchs, word))


def array_difference(mine: Any, torchs: Any, word: str) -> Iterator[str]:
    if mine is None or torchs is None:
        nothing = all(x is None or not np.any(x) for x in (mine, torchs))
        if mine is not torchs and not (word == "second gradient" and nothing):
            yield "none here" if mine is None else "none in torch"
    elif mine.dtype != torchs.dtype:
        yield f"{mine.dtype}, torch has {torchs.dtype}"
    elif mine.shape != torchs.shape:
        yield f"shape {mine.shape}, torch has {torchs.shape}"
    elif not oracle.close(mine, torchs):
        with np.errstate(all="ignore"):
            yield f"off by {np.nanmax(np.abs(mine - torchs)):.3g} of {np.nanmax(np.abs(torchs)):.3g}"


def compare_sample(info: Any, sample: Any, second: bool) -> list[str]:
    """Function, method and in-place form on one sample."""
    leaves: list[Any] = []
    arguments, keywords = converted((sample.input, *sample.args), leaves), converted(sample.kwargs, leaves)
    theirs_leaves = list(torch_leaves((sample.input, *sample.args, sample.kwargs)))
    library = oracle.our_library()
    theirs = Run(
        oracle.torch_library(), lambda: info(sample.input, *sample.args, **sample.kwargs), theirs_leaves, second
    )
    ours = Run(library, lambda: our_function(info)(*arguments, **keywords), leaves, second)
    found = list(against(theirs, ours))
    name = info.name.rpartition(".")[2]
    if info.method_variant is not None and isinstance(sample.input, oracle.torch().Tensor):
        method = Run(library, lambda: getattr(arguments[0], name)(*arguments[1:], **keywords), leaves, second=False)
        theirs.gradgrads = []
        found += against(theirs, method, "method: ")
    if (
        info.inplace_variant is not None
        and not sample.broadcasts_input
        and isinstance(sample.input, oracle.torch().Tensor)
    ):
        found += compare_inplace(info, sample, arguments, keywords, leaves, theirs_leaves)
    return found


def written_into(info: Any, name: str, target: Any, *arguments: Any, **keywords: Any) -> Any:
    """The method `add_`, or the function told `inplace=True`, which is a lambda or a partial in torch's table."""
    if hasattr(target, name):
        return getattr(target, name)(*arguments, **keywords)
    return our_function(info)(target, *arguments, **keywords, inplace=True)


def compare_inplace(
    info: Any, sample: Any, arguments: Any, keywords: Any, leaves: list[Any], theirs_leaves: list[Any]
) -> list[str]:
    name = getattr(info.inplace_variant, "__name__", "")
    theirs = Run(
        oracle.torch_library(),
        lambda: info.inplace_variant(sample.input.clone(), *sample.args, **sample.kwargs),
        theirs_leaves,
        second=False,
    )
    ours = Run(
        oracle.our_library(),
        lambda: written_into(info, name, arguments[0].clone(), *arguments[1:], **keywords),
        leaves,
        second=False,
    )
    if theirs.error is not None:
        same = ours.error is not None and str(ours.error) == str(theirs.error)
        return [] if same else [f"in place: {ours.error!r}, torch has {theirs.error!r}"[:300]]
    return list(against(theirs, ours, "in place: "))


# -- one operator ------------------------------------------------------------------------------------------------------


def samples_of(info: Any, dtype: str, reference: bool = False) -> Iterator[Any]:
    torch = oracle.torch()
    torch.manual_seed(0)
    kind = getattr(torch, dtype)
    if not reference:
        yield from info.sample_inputs("cpu", kind, requires_grad=True)
        return

    def as_leaf(value: Any) -> Any:
        fits = isinstance(value, torch.Tensor) and value.dtype == kind
        return value.detach().requires_grad_(True) if fits else value

    # Made without gradients: torch's own generators of these fail on integer arguments otherwise.
    for sample in info.reference_inputs("cpu", kind, requires_grad=False):
        yield sample.transform(as_leaf)


def compare(name: str, dtype: str, reference: bool = False) -> tuple[int, list[str]]:
    """(number of samples, disagreements) of an operator."""
    info = table()[name]
    count, found = 0, []
    for sample in samples_of(info, dtype, reference):
        layout = str(sample.kwargs.get("memory_format", "torch.contiguous_format")).removeprefix("torch.")
        if not hasattr(oracle.our_library().module, layout):
            continue  # channels_last: a layout that the language leaves out
        count += 1
        if not reference:
            text = f"{sample.summary()}" if hasattr(sample, "summary") else ""
            found += [f"{problem}   [{text[:160]}]" for problem in compare_sample(info, sample, info.supports_gradgrad)]
        else:
            found += compare_reference(info, sample)
    return count, found


def compare_reference(info: Any, sample: Any) -> list[str]:
    """Value and gradient of the function alone: these samples are many."""
    leaves: list[Any] = []
    arguments, keywords = converted((sample.input, *sample.args), leaves), converted(sample.kwargs, leaves)
    theirs = Run(
        oracle.torch_library(),
        lambda: info(sample.input, *sample.args, **sample.kwargs),
        list(torch_leaves((sample.input, *sample.args, sample.kwargs))),
        second=False,
    )
    ours = Run(oracle.our_library(), lambda: our_function(info)(*arguments, **keywords), leaves, second=False)
    return list(against(theirs, ours))


def compare_errors(name: str) -> tuple[int, list[str]]:
    """(number of error inputs, disagreements): the class of the exception and its text."""
    info = table()[name]
    count, found = 0, []
    if info.error_inputs_func is None:
        return 0, []
    for error in info.error_inputs("cpu"):
        sample = error.sample_input
        if not applicable(info, sample):
            continue
        theirs = said(lambda s=sample: info(s.input, *s.args, **s.kwargs))
        if theirs is None:
            continue
        count += 1
        ours = said(
            lambda s=sample: our_function(info)(*converted((s.input, *s.args)), **converted(s.kwargs)),
        )
        if ours != theirs:
            found.append(f"{ours}, torch has {theirs}")
    return count, found


def applicable(info: Any, sample: Any) -> bool:
    """Whether the input can be put to us: no `out=`, which the language leaves out; at most numpy's 64 dimensions; for
    a method, a tensor to call it on.
    """
    torch = oracle.torch()
    tensors = [value for value in (sample.input, *sample.args) if isinstance(value, torch.Tensor)]
    if "out" in sample.kwargs or any(tensor.dim() > 64 for tensor in tensors):
        return False
    return not info.name.startswith("__") or isinstance(sample.input, torch.Tensor)


def said(call: Callable[[], Any]) -> tuple[str, str] | None:
    try:
        call()
    except Exception as error:  # noqa: BLE001
        return type(error).__name__, str(error)
    return None


def owned() -> list[str]:
    return [name for tier in OWNED for name in TIERS[tier]]


GOOD: dict[str, set[str]] = {}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", owned())
def test_samples(name: str, dtype: str) -> None:
    count, found = compare(name, dtype)
    assert count
    assert not found, f"{len(found)} disagreements in {count} samples:\n" + "\n".join(dict.fromkeys(found))
    GOOD.setdefault(dtype, set()).add(name)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", owned())
def test_reference_inputs(name: str, dtype: str) -> None:
    count, found = compare(name, dtype, reference=True)
    assert not found, f"{len(found)} disagreements in {count} samples:\n" + "\n".join(list(dict.fromkeys(found))[:20])


@pytest.mark.parametrize("name", owned())
def test_error_inputs(name: str) -> None:
    count, found = compare_errors(name)
    assert not found, f"{len(found)} disagreements in {count} error inputs:\n" + "\n".join(found)


@pytest.fixture(scope="module", autouse=True)
def summary() -> Iterator[None]:
    yield
    if oracle.live():
        counts = ", ".join(f"{len(GOOD.get(dtype, ()))} of {len(owned())} in {dtype}" for dtype in DTYPES)
        oracle.SUMMARY.append(f"op_db: operators that agree with torch in all samples: {counts}")


# -- as a program ------------------------------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare operators with torch's own operator table.")
    parser.add_argument("names", nargs="*", help="operators; all of the tier without")
    parser.add_argument("--tier", action="append", choices=sorted(TIERS))
    parser.add_argument("--reference", action="store_true", help="the reference inputs too")
    parser.add_argument("--all", action="store_true", help="every disagreement, not the first of each kind")
    wish = parser.parse_args()
    warnings.simplefilter("ignore")
    names = [name for tier in wish.tier or OWNED for name in TIERS[tier]]
    if wish.names:
        names = [name for name in table() if name in wish.names or name.partition(".")[0] in wish.names]
    good = 0
    for name in names:
        found: list[str] = []
        counts = []
        runs = [(compare, (name, dtype)) for dtype in DTYPES]
        if wish.reference:
            runs += [(compare, (name, dtype, True)) for dtype in DTYPES]
        for run, arguments in [*runs, (compare_errors, (name,))]:
            count, problems = run(*arguments)
            counts.append(f"{count - len(problems) if len(problems) <= count else 0}/{count}")
            found += problems
        good += not found
        print(f"{'ok  ' if not found else 'FAIL'} {name:32} {'  '.join(counts)}", flush=True)
        for problem in list(dict.fromkeys(found))[: None if wish.all else 4]:
            print(f"       {problem}")
    print(f"{good} of {len(names)}")
    return int(good != len(names))


if __name__ == "__main__":
    sys.exit(main())
