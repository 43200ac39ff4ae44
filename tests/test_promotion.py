"""Result dtypes: torch's promotion table, and what each kind of operator makes of each dtype.

The rules are asked of the engine (`result_type`, `promote_types`) and of real operators. numpy has no complex32 and no
bfloat16: rows with those are left out, and the language refuses the types by name.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tests import oracle

pytestmark = pytest.mark.live_torch

TABLE = json.loads((oracle.GOLDEN / "promotion.json").read_text("utf-8"))
NOT_IN_NUMPY = ("complex32", "bfloat16")
SCALARS = {"bool": True, "int": 1, "float": 1.5, "complex": 1j}

# Each row of "ops" as a program; `x` is ones(3, 3), or ones(3) where the operator wants a vector.
OPS = {
    "abs": "x.abs()", "exp": "x.exp()", "sqrt": "x.sqrt()", "floor": "x.floor()", "round": "x.round()",
    "sign": "x.sign()", "sum": "x.sum()", "prod": "x.prod()", "cumsum": "x.cumsum(0)", "mean": "x.mean()",
    "var": "x.var()", "max": "x.max()", "argmax": "x.argmax()", "matmul": "x@x", "sigmoid": "x.sigmoid()",
    "relu": "x.relu()", "softmax": "x.softmax(0)", "clamp(0,1.5)": "x.clamp(0,1.5)",
    "where(c,x,1.0)": "torch.where(torch.tensor(True),x,1.0)", "any": "x.any()", "norm": "x.norm()",
    "reciprocal": "x.reciprocal()", "square": "x.square()", "atan2": "torch.atan2(x)",
    "logaddexp": "torch.logaddexp(x)", "median": "x.median()", "sort": "x.sort()[0]",
    "cat f32": "torch.cat([x,torch.ones(3,3)])", "stack f32": "torch.stack([x,torch.ones(3,3)])",
    "trace": "x.trace()", "dot": "v.dot(v)", "erf": "x.erf()", "bitwise_not": "x.bitwise_not()",
    "logical_not": "x.logical_not()", "heaviside": "torch.heaviside(x,x)", "isnan": "x.isnan()",
    "fft": "torch.fft.fft(v)", "angle": "x.angle()", "diff": "x.diff()", "frac": "x.frac()",
    "hypot": "torch.hypot(x)", "float_power 2": "torch.float_power(x,2)", "nansum": "x.nansum()", "std": "x.std()",
    "einsum i,i": 'torch.einsum("i,i",v,v)', "rsub 1.5": "torch.rsub(x,1.5)", "full_like": "torch.full_like(x,1)",
}  # fmt: skip


def rows() -> list[tuple[str, str, str]]:
    return [
        (row["op"], dtype, answer)
        for row in TABLE["ops"]
        for dtype, answer in row["by_dtype"].items()
        if answer not in NOT_IN_NUMPY
    ]


def program(op: str) -> str:
    return OPS.get(op, op)


def dtype_of(library: oracle.Library, text: str, dtype: str) -> str:
    """The result's dtype, or the class of the exception; AttributeError is an operator that is not there yet."""
    ones = np.ones((3, 3), dtype)
    operands = {"x": library.to_tensor(ones), "v": library.to_tensor(ones[0])}
    try:
        value = eval(text, {}, library.namespace(operands))
    except Exception as error:  # noqa: BLE001 - the class is the answer
        return type(error).__name__
    return str(library.to_array(value).dtype.name)


@pytest.mark.parametrize(("op", "dtype", "answer"), rows(), ids=lambda part: str(part))
def test_operator(op: str, dtype: str, answer: str) -> None:
    found = dtype_of(oracle.our_library(), program(op), dtype)
    if found == "AttributeError":
        pytest.skip(f"{op} belongs to a later issue")
    assert found == answer


@pytest.mark.skipif(not oracle.live(), reason="asks torch")
def test_torch_still_answers_as_recorded() -> None:
    wrong = [
        (op, dtype, answer, found)
        for op, dtype, answer in rows()
        if (found := dtype_of(oracle.torch_library(), program(op), dtype)) != answer
    ]
    assert wrong == []


def ones(dtype: str, ndim: int) -> np.ndarray[Any, Any]:
    return np.ones((1,) * ndim, dtype)


def added(a: Any, b: Any) -> str:
    library = oracle.our_library()
    a, b = (library.to_tensor(x) if isinstance(x, np.ndarray) else x for x in (a, b))
    return str(library.to_array(a + b).dtype.name)


@pytest.mark.parametrize("row", TABLE["dim_dim"], ids=lambda row: f"{row['a']}+{row['b']}")
def test_two_tensors(row: dict[str, str]) -> None:
    from gradcli.engine import dtypes

    a, b = ones(row["a"], 1), ones(row["b"], 1)
    assert added(a, b) == row["torch"]
    assert dtypes.result_type([a, b]).name == row["torch"]
    assert dtypes.promote_types(dtypes.of(a.dtype), dtypes.of(b.dtype)).name == row["torch"]


@pytest.mark.parametrize("row", TABLE["dim_zero"], ids=lambda row: f"{row['dim']}+{row['zero']}[]")
def test_a_tensor_and_a_zero_dimensional_one(row: dict[str, str]) -> None:
    from gradcli.engine import dtypes

    if row["torch"] in NOT_IN_NUMPY:
        pytest.skip(f"numpy has no {row['torch']}")
    a, b = ones(row["dim"], 1), ones(row["zero"], 0)
    assert added(a, b) == added(b, a) == row["torch"]
    assert dtypes.result_type([a, b]).name == dtypes.result_type([b, a]).name == row["torch"]


@pytest.mark.parametrize("row", TABLE["tensor_scalar"], ids=lambda row: f"{row['tensor']}+{row['scalar']}")
@pytest.mark.parametrize("ndim", [0, 1])
def test_a_tensor_and_a_number(row: dict[str, str], ndim: int) -> None:
    wanted = row["torch"] if ndim else row["torch_0dim"]
    if wanted in NOT_IN_NUMPY:
        pytest.skip(f"numpy has no {wanted}")
    number = SCALARS[row["scalar"]]
    assert added(ones(row["tensor"], ndim), number) == wanted
    assert added(number, ones(row["tensor"], ndim)) == wanted


@pytest.mark.parametrize(("text", "answer"), TABLE["examples"].items(), ids=list(TABLE["examples"]))
def test_example(text: str, answer: str) -> None:
    found = example(oracle.our_library(), text)
    if found.startswith("AttributeError"):
        pytest.skip(f"belongs to a later issue: {found}")
    assert found == answer


def example(library: oracle.Library, text: str) -> str:
    try:
        value = eval(text, {}, library.namespace({}))
    except Exception as error:  # noqa: BLE001
        return f"{type(error).__name__}: {error}"
    found = value.dtype if hasattr(value, "dtype") else value
    return str(found) if answer_names_module(text) else str(found).removeprefix("torch.")


def answer_names_module(text: str) -> bool:
    """The table has `torch.float32` for what is a dtype itself."""
    return text.startswith(("torch.result_type", "torch.promote_types"))


@pytest.mark.skipif(not oracle.live(), reason="asks torch")
def test_torch_still_answers_the_examples_as_recorded() -> None:
    wrong = {
        text: found
        for text, answer in TABLE["examples"].items()
        if (found := example(oracle.torch_library(), text)) != answer
    }
    assert wrong == {}
