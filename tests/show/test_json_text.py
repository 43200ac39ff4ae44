"""The objects of --json and --jsonl."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from gradcli.engine.tensor import Tensor
from gradcli.lang.errors.diagnostics import Diagnostic, Label, LineMap
from gradcli.show import json_text
from gradcli.show.options import PRINT_OPTIONS
from gradcli.show.tensor_text import tensor_repr


class Event:
    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)


class Shown(Event):
    pass


class Printed(Event):
    pass


class Gradients(Event):
    pass


class Warned(Event):
    pass


class Failed(Event):
    pass


@pytest.fixture(autouse=True)
def tensors_print(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tensor, "text", tensor_repr)


def value_of(value: Any) -> dict[str, Any]:
    (result,) = json_text.event_objects(Shown(name=None, value=value))
    parsed: dict[str, Any] = json.loads(json_text.line(result))
    return parsed


def test_a_tensor() -> None:
    assert value_of(Tensor(np.array([1.5, np.nan, -np.inf]), True)) == {
        "schema": 1,
        "kind": "value",
        "name": None,
        "type": "Tensor",
        "value": [1.5, "nan", "-inf"],
        "text": "tensor([1.5000,    nan,   -inf], dtype=torch.float64, requires_grad=True)",
        "shape": [3],
        "dtype": "float64",
        "requires_grad": True,
        "grad_fn": None,
    }


@pytest.mark.parametrize(
    ("array", "value"),
    [
        (np.array(3.0, np.float32), 3.0),
        (np.array(np.inf), "inf"),
        (np.array([1 + 2j, complex("nan-infj")]), [[1.0, 2.0], ["nan", "-inf"]]),
        (np.array([[True], [False]]), [[True], [False]]),
        (np.zeros((0, 2), np.int64), []),
        (np.array(-(2**63)), -(2**63)),
    ],
)
def test_values_of_tensors(array: np.ndarray[Any, Any], value: Any) -> None:
    assert value_of(Tensor(array))["value"] == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("nan"), "nan"),
        (2 - 1j, [2.0, -1.0]),
        (10**30, 10**30),
        (None, None),
        ("a\udcff\x1b", "a\udcff\x1b"),
        ((1, [True, 0.5]), [1, [True, 0.5]]),
        ({"a": float("inf")}, {"a": "inf"}),
        ({1: 2}, None),
        (len, None),
    ],
)
def test_other_values(value: Any, expected: Any) -> None:
    result = value_of(value)
    assert (result["value"], result["type"]) == (expected, type(value).__name__)
    assert "shape" not in result


def test_what_is_too_large_is_left_out_aloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PRINT_OPTIONS, "max_elements", 2000)
    result = value_of(Tensor(np.zeros(2001, np.float32)))
    assert (result["value"], result["omitted"]) == (None, "2001 elements, and the limit is 2000")
    assert result["text"] == "tensor([0., 0., 0.,  ..., 0., 0., 0.])"
    huge = value_of(10**5000)
    assert (huge["value"], huge["text"]) == (None, None)
    assert huge["omitted"].startswith("Exceeds the limit (4300 digits)")
    nested: list[Any] = []
    for _ in range(5000):
        nested = [nested]
    assert value_of(nested)["omitted"] == "the value is nested too deeply to print"


def test_gradients_give_a_result_each() -> None:
    one = Tensor(np.ones(1, np.float32))
    results = json_text.event_objects(Gradients(items=[("x", one, None), ("w", one, one)]))
    assert [(r["kind"], r["name"], r["value"], r["accumulated"]) for r in results] == [
        ("gradient", "x", [1.0], False),
        ("gradient", "w", [1.0], True),
    ]


def test_an_error() -> None:
    source = LineMap("x = 1\ny = f(x,\n  2)\n")
    diagnostic = Diagnostic("shape", "no", [Label((10, 19), "here"), Label((4, 5))], help="h", notes=["n"])
    (result,) = json_text.event_objects(Failed(diagnostic=diagnostic), source, "a.grad")
    text = result.pop("text")
    assert text.startswith("error: no\n --> a.grad:2:5\n")
    assert result == {
        "kind": "error",
        "category": "shape",
        "exception": "RuntimeError",
        "message": "no",
        "file": "a.grad",
        "spans": [
            {"line": 2, "column": 5, "end_line": 3, "end_column": 5, "label": "here"},
            {"line": 1, "column": 5, "end_line": 1, "end_column": 6, "label": None},
        ],
        "help": "h",
        "notes": ["n"],
    }


def test_warnings_printed_text_and_the_document() -> None:
    warned = Warned(diagnostic=Diagnostic("warning", "careful", exception="UserWarning"))
    results = [*json_text.event_objects(Printed(text="é\x1b\n", stream="stdout")), *json_text.event_objects(warned)]
    text = json_text.document(results, True)
    assert text.isascii()
    document = json.loads(text)
    assert (document["schema"], document["ok"]) == (1, True)
    assert document["results"][0] == {"kind": "printed", "text": "é\x1b\n"}
    assert [document["results"][1][key] for key in ("kind", "exception", "text")] == [
        "warning",
        "UserWarning",
        "warning: careful",
    ]


def test_an_unknown_event_is_refused() -> None:
    with pytest.raises(TypeError, match="no JSON for the event Event"):
        json_text.event_objects(Event())
