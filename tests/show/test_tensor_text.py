"""The repr of tensors equals PyTorch's: recorded rows always, live torch where it is installed."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradcli.engine.size import Size
from gradcli.engine.tensor import Tensor
from gradcli.show.options import PrintOptions
from gradcli.show.tensor_text import format_tensor, tensor_repr, tensor_text
from tests import oracle
from tests.show.repr_cases import array_of, grad_fn_of, random_case

GOLDEN = Path(__file__).parent.parent / "golden"
LIVE_CASES = 1500


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (GOLDEN / name).read_text(encoding="utf-8").splitlines()]


RECORDED = [row for row in rows("repr.jsonl") if "dtype" in row]
RANDOM = rows("repr_random.jsonl")
STRUCTURED = [row for row in rows("repr.jsonl") if "dtype" not in row]


def options_of(keywords: dict[str, Any] | None) -> PrintOptions:
    options = PrintOptions()
    options.set(**(keywords or {}))
    return options


def number(data: Any) -> Any:
    if isinstance(data, list):
        return [number(item) for item in data]
    if isinstance(data, dict):
        return complex(float(data["re"]), float(data["im"]))
    return float(data) if isinstance(data, str) else data


def text_of(case: dict[str, Any]) -> str:
    return tensor_text(
        array_of(case),
        case["dtype"],
        requires_grad=case["grad"] is not None,
        grad_fn=grad_fn_of(case),
        options=options_of(case["options"]),
    )


@pytest.mark.parametrize("row", RECORDED, ids=[f"{row['id']} {row['opts'] or ''}" for row in RECORDED])
def test_recorded_row(row: dict[str, Any]) -> None:
    # numpy has no bfloat16; its values are float32 values.
    dtype = "float32" if row["dtype"] == "bfloat16" else row["dtype"]
    array = np.array(number(row["data"]), dtype) if "data" in row else np.zeros(row["shape"], dtype)
    text = tensor_text(
        array.reshape(row["shape"]),
        row["dtype"],
        requires_grad=row["requires_grad"],
        grad_fn=row["grad_fn"],
        options=options_of(row["opts"]),
    )
    assert text == row["repr"].removeprefix("Parameter containing:\n")


class Text:
    """Something that prints as given."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def test_recorded_structures() -> None:
    from gradcli.engine.op import return_type

    def shown(value: Any, dtype: str = "float32", grad_fn: str | None = None) -> Text:
        return Text(tensor_text(np.array(value, dtype), dtype, grad_fn=grad_fn))

    one = shown(1, grad_fn="AminmaxBackward0")
    printed = [
        return_type("max", ["values", "indices"])((shown([1, 2]), shown([0, 0], "int64"))),
        Size((2,)),
        return_type("linalg_eigh", ["eigenvalues", "eigenvectors"])((shown([1, 1]), shown([[1, 0], [0, 1]]))),
        return_type("linalg_slogdet", ["sign", "logabsdet"])((shown(1), shown(0))),
        return_type("topk", ["values", "indices"])((shown([2]), shown([1], "int64"))),
        return_type("aminmax", ["min", "max"])((one, one)),
        [shown([1, 1]), shown([0])],
    ]
    assert [repr(value) for value in printed] == [row["repr"] for row in STRUCTURED]


class Node:
    def __init__(self, name: str) -> None:
        self.full_name = name

    def name(self) -> str:
        return self.full_name


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("AddBackward0", "tensor([1.], grad_fn=<AddBackward0>)"),
        ("torch::autograd::CopySlices", "tensor([1.], grad_fn=<CopySlices>)"),
    ],
)
def test_the_repr_of_a_tensor_names_its_node(name: str, text: str) -> None:
    assert tensor_repr(Tensor(np.ones(1, np.float32), True, Node(name))) == text  # type: ignore[arg-type]


def test_the_repr_of_a_leaf() -> None:
    assert tensor_repr(Tensor(np.ones(1, np.float64), True)) == "tensor([1.], dtype=torch.float64, requires_grad=True)"
    assert tensor_repr(Tensor(np.ones(1, np.float32))) == "tensor([1.])"


def test_recorded_random_tensors() -> None:
    wrong = [row["seed"] for row in RANDOM if text_of(row) != row["repr"]]
    assert wrong == []
    oracle.SUMMARY.append(f"repr: {len(RECORDED) + len(RANDOM)} recorded tensors")


@pytest.mark.live_torch
@pytest.mark.skipif(not oracle.live(), reason="no torch: the recorded reprs stand")
def test_random_tensors_against_live_torch() -> None:
    from tests.show.repr_live import torch_text

    first = 10_000
    for seed in range(first, first + LIVE_CASES):
        case = random_case(seed)
        assert text_of(case) == torch_text(case), f"seed {seed}"
    oracle.SUMMARY.append(f"repr: {LIVE_CASES} random tensors compared with live torch {version('torch')}")


@pytest.mark.live_torch
@pytest.mark.skipif(not oracle.live(), reason="no torch: recorded reprs stand")
@pytest.mark.parametrize("default", ["float64", "float16"])
def test_the_default_dtype_is_not_said(default: str) -> None:
    import torch

    torch.set_default_dtype(getattr(torch, default))
    try:
        for dtype in ["float16", "float32", "float64", "complex64", "complex128", "int64", "bool", "int32"]:
            for shape in [(1,), (0,), (0, 2)]:
                array = np.ones(shape, dtype)
                assert tensor_text(array, dtype, default_dtype=default) == repr(torch.from_numpy(array))
    finally:
        torch.set_default_dtype(torch.float32)


def test_a_huge_expanded_tensor_is_summarised_without_being_made() -> None:
    array = np.broadcast_to(np.float32(1.5), (10**6, 10**6, 10**3))
    text = tensor_text(array, "float32")
    assert text.startswith("tensor([[[1.5000, 1.5000, 1.5000,  ..., 1.5000, 1.5000, 1.5000],\n")
    assert len(text) < 4000


@pytest.mark.parametrize("shape", [(1_000_001,), (1000, 1001)])
def test_more_than_the_limit_is_refused(shape: tuple[int, ...]) -> None:
    array = np.broadcast_to(np.float32(1), shape)
    with pytest.raises(RuntimeError, match=r"would draw 100\d+ elements, and the limit is 1000000"):
        tensor_text(array, "float32", options=options_of({"threshold": float("inf")}))


def test_the_limit_itself_is_drawn() -> None:
    options = options_of({"threshold": float("inf")})
    options.max_elements = 5000
    assert tensor_text(np.zeros(5000, np.float32), "float32", options=options).count("0.") == 5000
    with pytest.raises(RuntimeError, match="the limit is 5000"):
        tensor_text(np.zeros(5001, np.float32), "float32", options=options)


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (np.float32(1.5), ".3f", "1.500"),
        (np.float32(1.5), "", "1.5"),
        (np.float32(0.1), "", "0.10000000149011612"),
        (np.int64(3), "d", "3"),
        (np.bool_(True), "", "True"),
        (np.bool_(True), "10", "         1"),
        (np.complex64(1 + 2j), ".3f", "1.000+2.000j"),
        (np.float32(1.5), ">10.2e", "  1.50e+00"),
        (np.ones(2, np.float32), "", "tensor([1., 1.])"),
    ],
)
def test_format_specifications(value: Any, spec: str, text: str) -> None:
    assert format_tensor(Tensor(np.asarray(value)), spec) == text


def test_format_specifications_that_fail() -> None:
    with pytest.raises(TypeError, match=r"^unsupported format string passed to Tensor.__format__$"):
        format_tensor(Tensor(np.ones(2)), ".3f")
    with pytest.raises(ValueError, match=r"^Unknown format code 'd' for object of type 'float'$"):
        format_tensor(Tensor(np.array(1.5)), "d")
