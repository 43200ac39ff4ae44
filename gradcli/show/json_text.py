"""Events as the objects of --json and --jsonl; loaded only for those runs.

    {"schema": 1, "results": [{"kind": "value", "name": "y", "value": 3.0, "shape": [], …}], "ok": true}

`kind` is value, gradient, printed, warning or error. A value says its `type`, its `text` (the repr) and, as far as JSON
can hold it, its `value`: numbers as numbers, but nan and the infinities as the strings "nan", "inf" and "-inf"; complex
numbers as [real, imaginary]; tensors, lists and tuples as lists; dictionaries with string keys as objects; all else
as null. What is left out for its size is null, with the reason under `omitted`. Tensors also say `shape`, `dtype`,
`requires_grad` and `grad_fn`; arrays of numpy `shape` and `dtype`. The output is ASCII.
"""

from __future__ import annotations

import json
from itertools import takewhile
from math import isfinite, prod
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.tensor import Tensor
from gradcli.show.options import PRINT_OPTIONS
from gradcli.show.plain import diagnostic_text, value_text
from gradcli.show.tensor_text import grad_fn_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gradcli.lang.errors.diagnostics import Diagnostic, Label, LineMap

__all__ = ["SCHEMA", "diagnostic_object", "document", "event_objects", "line"]

SCHEMA = 1

Object = dict[str, Any]


def document(results: Iterable[Object], ok: bool) -> str:
    """Return the one document of --json."""
    return _dumps({"schema": SCHEMA, "results": list(results), "ok": ok})


def line(result: Object) -> str:
    """Return one line of --jsonl."""
    return _dumps({"schema": SCHEMA, **result})


def _dumps(value: Object) -> str:
    return json.dumps(value, allow_nan=False)


def event_objects(
    event: Any, source: LineMap | None = None, name: str | None = None, first_line: int = 1
) -> list[Object]:
    """Return the results that an event of the session stands for: one, or one a gradient.

    The event is known by the name of its class; what is read of it:
    Shown .name .value; Printed .text .stream; Exited .status .text; Gradients .items, a list of (name, grad, before);
    Variables .items, a list of (name, value); Helped .topic .text; Warned, Failed .diagnostic.
    The other arguments are those of `draw_diagnostic`. Raises TypeError for any other event.
    """
    kind = type(event).__name__
    if kind == "Shown":
        return [{"kind": "value", "name": event.name, **_value(event.value)}]
    if kind == "Printed":
        return [
            {"kind": "printed", "text": event.text, **({} if event.stream == "stdout" else {"stream": event.stream})}
        ]
    if kind == "Exited":
        return [{"kind": "exit", "status": event.status, "text": event.text or None}]
    if kind == "Gradients":
        return [
            {"kind": "gradient", "name": name, **_value(grad), "accumulated": before is not None}
            for name, grad, before in event.items
        ]
    if kind == "Variables":
        return [{"kind": "value", "name": name, **_value(value)} for name, value in event.items]
    if kind == "Helped":
        return [{"kind": "help", "topic": event.topic, "text": event.text}]
    if kind == "Warned":
        return [diagnostic_object("warning", event.diagnostic, source, name, first_line)]
    if kind == "Failed":
        return [diagnostic_object("error", event.diagnostic, source, name, first_line)]
    raise TypeError(f"no JSON for the event {kind}")


def diagnostic_object(
    kind: str, diagnostic: Diagnostic, source: LineMap | None = None, name: str | None = None, first_line: int = 1
) -> Object:
    """Return a diagnostic as an object of the kind "error" or "warning"; its own kind is the `category`."""
    return {
        "kind": kind,
        "category": diagnostic.kind,
        "exception": diagnostic.exception,
        "message": diagnostic.message,
        "file": name,
        "spans": [] if source is None else [_span(label, source, first_line) for label in diagnostic.labels],
        "help": diagnostic.help or None,
        "notes": list(diagnostic.notes),
        "text": diagnostic_text(diagnostic, source, name, first_line),
    }


def _span(label: Label, source: LineMap, first_line: int) -> Object:
    """Lines and columns count from 1, columns in characters; the end is the place after the last character."""
    size = len(source.text)
    start = min(max(label.span[0], 0), size)
    end = min(max(label.span[1], start), size)
    row, column = source.position(start)
    end_row, end_column = source.position(end)
    return {
        "line": row + first_line - 1,
        "column": column,
        "end_line": end_row + first_line - 1,
        "end_column": end_column,
        "label": label.text or None,
    }


def _value(value: Any) -> Object:
    """The fields that say what a value is."""
    described: Object = {"type": type(value).__name__, "value": None, "text": None}
    if isinstance(value, Tensor):
        described |= {
            "shape": list(value.shape),
            "dtype": value.dtype.name,
            "requires_grad": value.requires_grad,
            "grad_fn": grad_fn_name(value),
        }
    elif isinstance(value, (np.ndarray, np.generic)):
        described |= {"shape": list(value.shape), "dtype": value.dtype.name}
    try:
        described["text"] = value_text(value)
        described["value"] = _plain(value)
    except (RuntimeError, ValueError) as problem:
        # Too many elements, too deep a nesting, an int of more digits than Python writes.
        described["omitted"] = str(problem)
    return described


def _plain(value: Any) -> Any:
    """The value in JSON's terms; None for what has none."""
    if isinstance(value, Tensor):
        return _numbers(value.array)
    if isinstance(value, np.ndarray):
        return _numbers(value.view(np.ndarray))
    if isinstance(value, np.generic):
        return _plain(value.item())
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (float, complex)):
        return _number(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict) and all(type(key) is str for key in value):
        return {key: _plain(item) for key, item in value.items()}
    return None


def _numbers(array: np.ndarray[Any, Any]) -> Any:
    count = max(array.size, prod(takewhile(bool, array.shape)))  # of a million by none there are a million empty lists
    if count > PRINT_OPTIONS.max_elements:
        raise RuntimeError(f"{count} elements, and the limit is {PRINT_OPTIONS.max_elements}")
    if array.dtype.kind == "c":
        array = np.stack([array.real, array.imag], axis=-1)
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return array.tolist()
    return _each_number(array.tolist())


def _each_number(value: Any) -> Any:
    return [_each_number(item) for item in value] if isinstance(value, list) else _number(value)


def _number(value: Any) -> Any:
    """One number; Python's names of nan and the infinities are ours."""
    if isinstance(value, complex):
        return [_number(value.real), _number(value.imag)]
    return value if isfinite(value) else str(value)
