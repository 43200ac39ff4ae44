"""Every operator, from its own entry: its samples against finite differences and against torch, its in-place form,
its documentation.

Nothing here names an operator: an entry that is added is tested. The operands of the samples are in tests/operands.py.
"""

from __future__ import annotations

import ast
import functools
import itertools
from typing import Any

import numpy as np
import pytest

from tests import oracle
from tests.operands import OPERANDS, SYMMETRIC, cast, is_differentiable, names_in

# Warnings are compared where programs are: tests/test_cases.py.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@functools.cache
def entries() -> list[Any]:
    from gradcli import ops
    from gradcli.engine import entry

    ops.load_all()
    return list(entry.entries)


def samples(wanted: Any = lambda entry, text: True) -> list[Any]:
    """(entry, text) for each sample of each entry, as parameters of a test."""
    return [
        pytest.param(entry, text, id=f"{entry.name}: {text}")
        for entry in entries()
        for text in dict.fromkeys(entry.samples)
        if wanted(entry, text)
    ]


def differentiable(entry: Any, text: str) -> bool:
    """Whether finite differences apply: it has formulas, and its operands lie where they are smooth."""
    return (
        getattr(entry, "vjp", True) is not None and oracle.smooth(text) and any(map(is_differentiable, names_in(text)))
    )


# -- against torch -----------------------------------------------------------------------------------------------------


@pytest.mark.live_torch
@pytest.mark.parametrize(("entry", "text"), samples())
def test_sample_is_torchs(entry: Any, text: str) -> None:
    """Values, dtypes, grad_fn names, gradients and second gradients."""
    library = oracle.our_library()
    ours = oracle.measure(library, text)
    ours["dtypes32"] = oracle.dtypes32(library, text)
    assert oracle.differences(ours, oracle.expected(text)) == []


# -- against finite differences ----------------------------------------------------------------------------------------

STEP = 1e-6


class Sample:
    """A sample as a function of the entries of its differentiable operands, in float64."""

    def __init__(self, text: str) -> None:
        self.library = oracle.our_library()
        self.text = text
        self.names = names_in(text)
        self.wanted = [name for name in self.names if is_differentiable(name)]
        self.at = {name: cast(OPERANDS[name], "float64") for name in self.names}

    def outputs(
        self, arrays: dict[str, np.ndarray[Any, Any]], *, grad: bool, seed: int = 0
    ) -> tuple[list[Any], list[Any]]:
        leaves = {name: self.library.to_tensor(array.copy()) for name, array in arrays.items()}
        for name in self.wanted:
            leaves[name].requires_grad_(grad)
        operands = {k: (v.clone() if grad and "_(" in self.text and k in self.wanted else v) for k, v in leaves.items()}
        self.library.module.manual_seed(seed)
        value = eval(self.text, {}, self.library.namespace(operands))
        return list(oracle.tensors_in(value, self.library.tensor_class)), [leaves[name] for name in self.wanted]

    def has_slope(self) -> bool:
        """No random number, nothing below double precision, and a path from an operand to an output."""
        outputs, inputs = self.outputs(self.at, grad=True)
        again, _ = self.outputs(self.at, grad=False, seed=1)
        arrays, others = ([self.library.to_array(out) for out in found] for found in (outputs, again))
        if not all(np.array_equal(a, b, equal_nan=a.dtype.kind in "fc") for a, b in zip(arrays, others, strict=True)):
            return False
        precise = all(array.dtype.name in ("float64", "complex128") for array in arrays if array.dtype.kind in "fc")
        return precise and any(g is not None for g in oracle.differentiate(self.library, outputs, inputs))

    def scalar(self, arrays: dict[str, np.ndarray[Any, Any]], kept: list[int]) -> float:
        """Re(sum(conj(weights) * output)): torch's gradients are those of this real function."""
        outputs, _ = self.outputs(arrays, grad=False)
        return sum(weighed(self.library.to_array(outputs[k])) for k in kept)

    def directional(self, arrays: dict[str, np.ndarray[Any, Any]], kept: list[int]) -> list[np.ndarray[Any, Any]]:
        return self.gradients(arrays, kept, create_graph=True)[1]

    def gradients(
        self, arrays: dict[str, np.ndarray[Any, Any]], kept: list[int] | None = None, create_graph: bool = False
    ) -> tuple[list[int], list[np.ndarray[Any, Any]]]:
        outputs, inputs = self.outputs(arrays, grad=True)
        found = [k for k, out in enumerate(outputs) if out.requires_grad] if kept is None else kept
        grads = oracle.differentiate(self.library, [outputs[k] for k in found], inputs, create_graph)
        return found, [
            np.zeros(leaf.shape, self.library.to_array(leaf).dtype) if g is None else self.library.to_array(g)
            for g, leaf in zip(grads, inputs, strict=True)
        ]


def weighed(array: np.ndarray[Any, Any]) -> float:
    w = oracle.weights(array.shape, array.dtype)
    return float(np.real(np.sum(np.conj(w) * array)))


def directions(sample: Sample) -> list[dict[str, np.ndarray[Any, Any]]]:
    """Two dense directions an operand, one real and, where the operand is complex, one imaginary."""
    found = []
    for salt, name in itertools.product((0.0, 1.0), sample.wanted):
        array = sample.at[name]
        k = np.arange(1, array.size + 1).reshape(array.shape)
        step = np.asarray(np.cos(1.3 * k + salt) + 0.2).astype(array.dtype)
        if name in SYMMETRIC:
            step = step + step.T
        found.append({name: step})
        if array.dtype.kind == "c":
            found.append({name: 1j * step})
    return found


def torch_refuses(text: str) -> bool:
    """Whether the sample is there for its error, which test_sample_is_torchs looks at."""
    return "error" in oracle.expected(text)


def moved(arrays: dict[str, np.ndarray[Any, Any]], by: dict[str, np.ndarray[Any, Any]], size: float) -> dict[str, Any]:
    return {name: array + size * by[name] if name in by else array for name, array in arrays.items()}


@pytest.mark.parametrize(("entry", "text"), samples(differentiable))
def test_gradient_is_the_slope(entry: Any, text: str) -> None:
    sample = Sample(text)
    if torch_refuses(text) or not sample.has_slope():
        return
    kept, grads = sample.gradients(sample.at)
    for by in directions(sample):
        up, down = (sample.scalar(moved(sample.at, by, sign * STEP), kept) for sign in (1, -1))
        slope = (up - down) / (2 * STEP)
        ((name, step),) = by.items()
        exact = float(np.real(np.sum(np.conj(grads[sample.wanted.index(name)]) * step)))
        assert np.isclose(exact, slope, rtol=1e-5, atol=1e-6), f"along {name}: {exact}, by finite differences {slope}"


@pytest.mark.parametrize(("entry", "text"), samples(differentiable))
def test_second_gradient_is_the_slope_of_the_first(entry: Any, text: str) -> None:
    sample = Sample(text)
    if torch_refuses(text) or not sample.has_slope():
        return
    second = second_gradients(sample)
    if second is None:
        return
    kept, grads = second
    for by in directions(sample):
        up, down = (sum(map(weighed, sample.directional(moved(sample.at, by, sign * STEP), kept))) for sign in (1, -1))
        slope = (up - down) / (2 * STEP)
        ((name, step),) = by.items()
        exact = float(np.real(np.sum(np.conj(grads[sample.wanted.index(name)]) * step)))
        assert np.isclose(exact, slope, rtol=1e-4, atol=1e-5), f"along {name}: {exact}, by finite differences {slope}"


def second_gradients(sample: Sample) -> tuple[list[int], list[np.ndarray[Any, Any]]] | None:
    """Gradients of the weighed sum of the gradients; None where the first ones are constant."""
    outputs, inputs = sample.outputs(sample.at, grad=True)
    kept = [k for k, out in enumerate(outputs) if out.requires_grad]
    first = oracle.differentiate(sample.library, [outputs[k] for k in kept], inputs)
    again = oracle.differentiate(sample.library, [g for g in first if g is not None], inputs)
    if not kept:
        return None
    return kept, [
        np.zeros(leaf.shape, sample.library.to_array(leaf).dtype) if g is None else sample.library.to_array(g)
        for g, leaf in zip(again, inputs, strict=True)
    ]


# -- in place ----------------------------------------------------------------------------------------------------------


def in_place(entry: Any, text: str) -> str | None:
    """`mul(m, row)` as `m.mul_(row)`; None for samples that are not a call whose first argument is an operand."""
    call = ast.parse(text, mode="eval").body
    if not isinstance(call, ast.Call):
        return None
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        target, rest = call.func.value, call.args  # m.mul(row)
        if target.id not in OPERANDS:
            target, rest = (call.args[0], call.args[1:]) if call.args else (None, [])  # torch.mul(m, row)
    elif call.args:
        target, rest = call.args[0], call.args[1:]
    else:
        return None
    if not isinstance(target, ast.Name) or target.id not in OPERANDS:
        return None
    if any(isinstance(node, ast.Name) and node.id == target.id for part in rest for node in ast.walk(part)):
        return None  # an operand twice: overwritten while it is read
    arguments = [*map(ast.unparse, rest), *(f"{k.arg}={ast.unparse(k.value)}" for k in call.keywords)]
    if entry.method:
        return f"{target.id}.{entry.name}_({', '.join(arguments)})"
    return f"torch.{entry.name}_({', '.join([target.id, *arguments])})"


def written_samples() -> list[Any]:
    return [
        pytest.param(written, id=f"{entry.name}: {written}")
        for entry in entries()
        for text in dict.fromkeys(entry.samples)
        if entry.inplace and (written := in_place(entry, text))
    ]


@pytest.mark.live_torch
@pytest.mark.parametrize("text", written_samples())
def test_in_place_is_torchs(text: str) -> None:
    """The samples again, written into their first operand: what it holds then, its history, or the refusal."""
    assert oracle.differences(oracle.measure(oracle.our_library(), text), oracle.expected_inplace(text)) == []


# -- documentation -----------------------------------------------------------------------------------------------------


def documented() -> list[Any]:
    return [pytest.param(entry, text, id=f"{entry.name}: {text}") for entry in entries() for text in entry.examples]


@pytest.mark.live_torch
@pytest.mark.parametrize(("entry", "text"), documented())
def test_example_prints_what_torch_prints(entry: Any, text: str) -> None:
    """Each example of an entry is a program of the language; the last expression is what it shows."""
    outcome = oracle.run_here(shown(text))
    assert (outcome.exception, outcome.message) == (None, None)
    assert outcome.stdout == expected_print(text)


def shown(text: str) -> str:
    """The example, its last expression printed."""
    *before, last = ast.parse(text).body
    parts = [ast.unparse(statement) for statement in before]
    parts.append(f"print({ast.unparse(last)})" if isinstance(last, ast.Expr) else ast.unparse(last))
    return "\n".join(parts)


def expected_print(text: str) -> str:
    if oracle.live():
        return oracle.print_of(text, shown(text))
    found = oracle.recorded("examples.jsonl").get(text)
    if found is None:
        pytest.fail(f"no recorded answer to {text!r}: run scripts/record_torch where torch is installed", pytrace=False)
    return str(found["stdout"])


def test_every_entry_has_samples_and_examples() -> None:
    assert [entry.name for entry in entries() if not (entry.samples and entry.examples and entry.__doc__)] == []
