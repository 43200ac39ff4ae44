"""What torch answers: asked live where torch is installed, else read from tests/golden/.

`measure` puts one sample through a library that looks like torch, torch itself or gradcli's namespace, and notes
values, dtypes, grad_fn names, gradients and second gradients. `expected` gives torch's answer to a sample, whichever
way it is had. `scripts/record_torch` writes the recorded ones with the same code.

GRADCLI_ORACLE=live insists on torch, GRADCLI_ORACLE=recorded does without it although it is there.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import io
import json
import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.operands import KINKED, OPERANDS, cast, is_differentiable, names_in

GOLDEN = Path(__file__).resolve().parent / "golden"
RECORDED_FROM = "2.13.0"

Json = dict[str, Any]

# Lines that a test wants at the end of the run.
SUMMARY: list[str] = []


@functools.cache
def live() -> bool:
    """Whether torch is asked in this run. RuntimeError if it must be and cannot."""
    wish = os.environ.get("GRADCLI_ORACLE", "")
    if wish == "recorded":
        return False
    found = importlib.util.find_spec("torch") is not None
    if wish == "live" and not found:
        raise RuntimeError("GRADCLI_ORACLE=live, but torch is not installed")
    return found


def which() -> str:
    """One line for the end of a test run."""
    if live():
        return f"torch {torch().__version__} was asked live"
    return f"answers recorded from torch {RECORDED_FROM} were used (torch is not installed here, or was not wanted)"


@functools.cache
def torch() -> Any:
    """The torch module, in live runs. Set up so that what it says does not depend on what ran before."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch as module

        module.set_num_threads(1)
        module.set_warn_always(True)
    return module


def jsonl(name: str) -> list[Json]:
    return [json.loads(line) for line in (GOLDEN / name).read_text("utf-8").splitlines() if line.strip()]


# -- numbers as JSON ---------------------------------------------------------------------------------------------------


def encode(array: np.ndarray[Any, Any]) -> list[Any]:
    """A flat list; 12 digits, nan and infinities as strings, complex as two floats."""
    flat = array.ravel()
    if flat.dtype.kind == "c":
        return encode(np.stack([flat.real, flat.imag], axis=-1))
    if flat.dtype.kind != "f":
        return list(flat.tolist())
    return [float(f"{x:.12g}") if np.isfinite(x) else str(x) for x in flat.astype(np.float64).tolist()]


def decode(data: list[Any], dtype: str, shape: list[int]) -> np.ndarray[Any, Any]:
    if dtype.startswith("complex"):
        pairs = np.array([float(x) for x in data]).reshape(-1, 2)
        return np.asarray((pairs[:, 0] + 1j * pairs[:, 1]).astype(dtype).reshape(shape))
    if dtype.startswith("float"):
        return np.array([float(x) for x in data], dtype=dtype).reshape(shape)
    return np.array(data, dtype=dtype).reshape(shape)


# -- one sample through one library ------------------------------------------------------------------------------------


class Library:
    """torch, or what looks like it: a module, and the two ways between its tensors and numpy's arrays."""

    def __init__(
        self,
        module: Any,
        to_tensor: Callable[[np.ndarray[Any, Any]], Any],
        to_array: Callable[[Any], np.ndarray[Any, Any]],
        tensor_class: type,
    ) -> None:
        self.module = module
        self.to_tensor = to_tensor
        self.to_array = to_array
        self.tensor_class = tensor_class

    def namespace(self, operands: Mapping[str, Any]) -> Mapping[str, Any]:
        return _Names(self.module, operands)


class _Names(dict[str, Any]):
    """What a sample may say: its operands, then `torch.<name>`, then `torch.nn.functional.<name>`."""

    def __init__(self, module: Any, operands: Mapping[str, Any]) -> None:
        super().__init__(operands)
        self.update(torch=module, nn=module.nn, F=module.nn.functional, inf=np.inf, nan=np.nan, pi=np.pi)
        self.module = module

    def __missing__(self, name: str) -> Any:
        for home in (self.module, self.module.nn.functional):
            found = getattr(home, name, None)
            if found is not None:
                return found
        raise KeyError(name)


@functools.cache
def torch_library() -> Library:
    module = torch()

    def to_array(tensor: Any) -> np.ndarray[Any, Any]:
        return np.asarray(tensor.detach().resolve_conj().resolve_neg().numpy(force=True))

    return Library(module, lambda array: module.from_numpy(np.array(array)), to_array, module.Tensor)


@functools.cache
def our_library() -> Library:
    from gradcli import torch as module
    from gradcli.engine.tensor import Tensor

    return Library(module, lambda array: Tensor(np.array(array)), lambda tensor: np.asarray(tensor.array), Tensor)


def weights(shape: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """The gradient that is sent backwards: irregular, never zero."""
    k = np.arange(1, int(np.prod(shape, dtype=np.int64)) + 1)
    values = 0.6 + 0.4 * np.cos(2.0 * k)
    if dtype.kind == "c":
        values = values + 1j * (0.3 + 0.2 * np.sin(k))
    return np.asarray(values.reshape(shape).astype(dtype))


def tensors_in(value: Any, tensor_class: type) -> Iterator[Any]:
    """The tensors of a result, also of tuples, lists and named results."""
    if isinstance(value, tensor_class):
        yield value
    elif isinstance(value, tuple | list):
        for part in value:
            yield from tensors_in(part, tensor_class)


def seeded(library: Library) -> None:
    library.module.manual_seed(0)


def measure(library: Library, text: str, floats: str = "float64") -> Json:
    """Evaluate `text` on fresh operands: outputs, gradients, second gradients, or the error and where it came."""
    names = names_in(text)
    leaves = {name: library.to_tensor(cast(OPERANDS[name], floats)) for name in names}
    wanted = [name for name in names if is_differentiable(name)]
    for name in wanted:
        leaves[name].requires_grad_(True)
    # A sample may work in place: it gets what computes to the operand, as a leaf that requires grad refuses.
    operands = {name: (leaf.clone() if "_(" in text and name in wanted else leaf) for name, leaf in leaves.items()}
    answer: Json = {}
    seeded(library)
    try:
        value = eval(text, {}, library.namespace(operands))
    except Exception as error:  # noqa: BLE001 - whatever torch raises is its answer
        return {"error": ["forward", type(error).__name__, str(error)]}
    outputs = list(tensors_in(value, library.tensor_class))
    answer["outputs"] = [describe(library, out) for out in outputs]
    if not outputs:
        answer["value"] = repr(value)
    try:
        first = differentiate(library, outputs, [leaves[name] for name in wanted])
        answer["grads"] = note(library, wanted, first)
        second = differentiate(library, [g for g in first if g is not None], [leaves[name] for name in wanted])
        answer["gradgrads"] = note(library, wanted, second)
    except Exception as error:  # noqa: BLE001
        stage = "gradgrad" if "grads" in answer else "grad"
        answer["error"] = [stage, type(error).__name__, str(error)]
    return answer


def describe(library: Library, tensor: Any) -> Json:
    array = library.to_array(tensor)
    name = tensor.grad_fn.name() if tensor.grad_fn is not None else None
    return {"dtype": array.dtype.name, "shape": list(array.shape), "grad_fn": name, "data": encode(array)}


def differentiate(library: Library, outputs: list[Any], inputs: list[Any], create_graph: bool = True) -> list[Any]:
    """Gradients of the weighed outputs. Without `create_graph` formulas run on bare arrays, with it on tensors."""
    outputs = [out for out in outputs if out.requires_grad]
    if not outputs or not inputs:
        return [None] * len(inputs)
    sent = [library.to_tensor(weights(tuple(out.shape), library.to_array(out).dtype)) for out in outputs]
    return list(library.module.autograd.grad(outputs, inputs, sent, create_graph=create_graph, allow_unused=True))


def note(library: Library, names: list[str], grads: list[Any]) -> Json:
    arrays = {name: None if g is None else library.to_array(g) for name, g in zip(names, grads, strict=True)}
    return {
        name: None if a is None else {"dtype": a.dtype.name, "shape": list(a.shape), "data": encode(a)}
        for name, a in arrays.items()
    }


# -- torch's answer ----------------------------------------------------------------------------------------------------


@functools.cache
def recorded(name: str) -> dict[str, Json]:
    """tests/golden/<name>, by the text of the sample."""
    path = GOLDEN / name
    return {row["text"]: row["answer"] for row in jsonl(name)} if path.exists() else {}


def expected(text: str) -> Json:
    """torch's answer to a sample."""
    if live():
        return ask(text)
    found = recorded("operators.jsonl").get(text)
    if found is None:
        pytest.fail(f"no recorded answer to {text!r}: run scripts/record_torch where torch is installed", pytrace=False)
    return found


def expected_inplace(text: str) -> Json:
    """torch's answer to an in-place sample, without the dtypes from float32: those are the operand's."""
    return {key: value for key, value in expected(text).items() if key != "dtypes32"}


def ask(text: str) -> Json:
    """torch's answer now, as it is recorded: values in float64, the result's dtype also from float32 operands."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answer = measure(torch_library(), text)
        answer["dtypes32"] = dtypes32(torch_library(), text)
    return answer


def dtypes32(library: Library, text: str) -> list[str]:
    return [out["dtype"] for out in measure(library, text, "float32").get("outputs", [])]


# -- comparison --------------------------------------------------------------------------------------------------------

TOLERANCE = {"float64": 1e-7, "complex128": 1e-7, "float32": 1.3e-6, "complex64": 1.3e-6, "float16": 1e-3}
ATOL = {"float64": 1e-7, "complex128": 1e-7, "float32": 1e-5, "complex64": 1e-5, "float16": 1e-5}


def close(ours: np.ndarray[Any, Any], theirs: np.ndarray[Any, Any]) -> bool:
    """torch.testing.assert_close: its tolerances by dtype, nan equals nan, the sign of zero does not matter."""
    dtype = theirs.dtype.name
    if theirs.dtype.kind not in "fc":
        return bool(np.array_equal(ours, theirs))
    with np.errstate(all="ignore"):
        return bool(np.allclose(ours, theirs, rtol=TOLERANCE[dtype], atol=ATOL[dtype], equal_nan=True))


def difference(ours: Json | None, theirs: Json | None, what: str) -> Iterator[str]:
    """What separates two noted tensors, in words; nothing if they agree."""
    if ours is None or theirs is None:
        if ours is not theirs:
            yield f"{what}: {brief(ours)} here, {brief(theirs)} in torch"
        return
    for key in ("dtype", "shape", "grad_fn"):
        if ours.get(key) != theirs.get(key):
            yield f"{what}: {key} {ours.get(key)} here, {theirs.get(key)} in torch"
            if key != "grad_fn":
                return
    a, b = (decode(x["data"], x["dtype"], x["shape"]) for x in (ours, theirs))
    if not close(a, b):
        yield f"{what}: {brief(ours)} here, {brief(theirs)} in torch"


def brief(noted: Json | None) -> str:
    return "no gradient" if noted is None else json.dumps(noted["data"])[:200]


def differences(ours: Json, theirs: Json) -> list[str]:
    """All that separates our answer to a sample from torch's."""
    if "error" in theirs or "error" in ours:
        a, b = ours.get("error"), theirs.get("error")
        if a != b:
            return [f"error: {a} here, {b} in torch"]
    found: list[str] = []
    if "outputs" in theirs:
        if len(ours["outputs"]) != len(theirs["outputs"]):
            return [f"{len(ours['outputs'])} outputs here, {len(theirs['outputs'])} in torch"]
        for k, (a, b) in enumerate(zip(ours["outputs"], theirs["outputs"], strict=True)):
            found += difference(a, b, f"output {k}")
        if "value" in theirs and ours.get("value") != theirs["value"]:
            found.append(f"{ours.get('value')} here, {theirs['value']} in torch")
    for name, grad in theirs.get("grads", {}).items():
        found += difference(ours.get("grads", {}).get(name), grad, f"gradient of {name}")
    for name, grad in theirs.get("gradgrads", {}).items():
        # A second gradient that is zero everywhere may be none at all: which of the two depends on how a formula
        # is written, and neither changes a result.
        mine = ours.get("gradgrads", {}).get(name)
        if not (is_nothing(mine) and is_nothing(grad)):
            found += difference(mine, grad, f"second gradient of {name}")
    if "dtypes32" in theirs and ours.get("dtypes32") != theirs["dtypes32"]:
        found.append(f"from float32 operands: {ours.get('dtypes32')} here, {theirs['dtypes32']} in torch")
    return found


def is_nothing(noted: Json | None) -> bool:
    return noted is None or all(x == 0 for x in noted["data"])


def smooth(text: str) -> bool:
    """Whether finite differences can be taken at the sample's operands."""
    return not KINKED.intersection(names_in(text))


# -- whole programs ----------------------------------------------------------------------------------------------------

ADDRESS = re.compile(r"(?<![0-9A-Za-z])0x[0-9a-fA-F]{6,}")
WHERE_IN_TORCH = re.compile(r" \(Triggered internally at [^)]*\)$")

# The names that the recorded programs take for granted.
PREAMBLE = """\
import torch
import math
import torch.nn.functional as F
import torch.autograd.functional as AF
from torch.autograd import grad, Function
from torch.autograd.function import once_differentiable
from torch.autograd.functional import jacobian, hessian, vjp, jvp, hvp, vhp
"""


class Outcome:
    """What a program printed, how it failed, and what it was warned of."""

    def __init__(self, stdout: str, exception: str | None, message: str | None, warned: list[list[str]]) -> None:
        self.stdout = ADDRESS.sub("0xADDR", stdout).rstrip("\n")
        self.exception = exception
        self.message = None if message is None else ADDRESS.sub("0xADDR", message)
        self.warnings = [[kind, WHERE_IN_TORCH.sub("", text)] for kind, text in warned]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Outcome) and self.as_dict() == other.as_dict()

    __hash__ = None  # type: ignore[assignment]

    def as_dict(self) -> Json:
        return {name: getattr(self, name) for name in ("stdout", "exception", "message", "warnings")}

    def differences(self, wanted: Outcome) -> list[str]:
        mine, theirs = self.as_dict(), wanted.as_dict()
        return [f"{key}: {mine[key]!r}\n  wanted {theirs[key]!r}" for key in mine if mine[key] != theirs[key]]


def run_torch(code: str, given: Json | None = None) -> Outcome:
    """The program in Python, with torch and the names that are given: live runs only."""
    torch().manual_seed(0)
    names: Json = {**(given or {}), "__name__": "__main__"}
    printed = io.StringIO()
    exception = message = None
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(printed):
        warnings.simplefilter("ignore")
        exec(PREAMBLE, names)
        warnings.simplefilter("always")
        try:
            exec(code, names)
        except Exception as error:  # noqa: BLE001
            exception, message = type(error).__name__, str(error)
    torch().autograd.set_detect_anomaly(False)
    torch().set_default_dtype(torch().float32)
    return Outcome(printed.getvalue(), exception, message, [[w.category.__name__, str(w.message)] for w in caught])


def print_of(text: str, program: str) -> str:
    """What torch prints for an example, which may use the language's bare names: live runs only."""
    outcome = run_torch(program, bare_names())
    if outcome.exception:
        raise AssertionError(f"torch refuses the example {text!r}: {outcome.exception}: {outcome.message}")
    return outcome.stdout


def bare_names() -> Json:
    """The language knows torch's names without `torch.`; sum, max and their like are torch's, types are Python's."""
    import builtins

    of_torch = {**vars(torch().nn.functional), **vars(torch())}
    tensors_too = {"abs", "all", "any", "max", "min", "pow", "round", "sum"}
    return {
        name: value
        for name, value in of_torch.items()
        if not name.startswith("_") and (name in tensors_too or not hasattr(builtins, name))
    }


def settle() -> None:
    """Undo what a program may have set for the whole process: grad mode, anomaly mode, the default dtype."""
    from gradcli.engine import dtypes, modes

    modes.state.grad, modes.state.anomaly, modes.state.check_nan, modes.state.inference = True, False, True, False
    dtypes.set_default(dtypes.float32)


def run_here(code: str) -> Outcome:
    """The program in a Session of its own."""
    from gradcli import Session

    session = Session(seed=0)
    for line in PREAMBLE.splitlines():
        # A line may name what a later version of the language will know.
        session.run(line)
    printed: list[str] = []
    failed: list[Any] = []
    warned: list[list[str]] = []

    def emit(event: Any) -> None:
        kind = type(event).__name__
        if kind == "Printed":
            printed.append(event.text)
        elif kind == "Failed":
            failed.append(event.diagnostic)
        elif kind == "Warned":
            warned.append([event.diagnostic.exception or "UserWarning", event.diagnostic.message])

    try:
        session.run(code, emit, echo="none")
    finally:
        settle()
    failure = failed[0] if failed else None
    return Outcome(
        "".join(printed),
        failure.exception if failure else None,
        failure.message if failure else None,
        warned,
    )
