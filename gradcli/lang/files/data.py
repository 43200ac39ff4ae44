"""The builtins `load` and `save`: data of `.npy`, `.npz`, `.csv` and `.json` files as tensors and plain values."""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import Any, Final

import numpy as np

from gradcli.engine import dtypes
from gradcli.engine.tensor import Tensor
from gradcli.lang import budget
from gradcli.lang.budget import BUDGET, tree
from gradcli.lang.files.doors import path_in, read_text, replace, write_text
from gradcli.lang.files.npy import load_npy, load_npz, save_npy, save_npz
from gradcli.lang.values.table import type_name

Plain = np.ndarray[Any, np.dtype[Any]]

_KINDS: Final = ("npy", "npz", "csv", "json")
_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,18}\s*")


def load(path: Any) -> Any:
    """The data in a file: a tensor (.npy), a dict of tensors (.npz), a table (.csv), or what JSON says (.json).

    A table of numbers is a tensor; one whose first line has names is a dict of its columns.
    Raises OSError, ValueError.
    """
    kind = _kind(path)
    if kind == "npy":
        return Tensor(load_npy(path))
    if kind == "npz":
        return {name: Tensor(array) for name, array in load_npz(path).items()}
    return _load_csv(path) if kind == "csv" else _load_json(path)


def save(path: Any, value: Any) -> None:
    """Write a value into a file, of the kind that its name says: .npy, .npz (a dict), .csv, .json.

    The file is replaced whole. Raises OSError; TypeError, ValueError for a value that does not fit the kind.
    """
    kind = _kind(path)
    if kind == "npy":
        save_npy(path, _array(value))
    elif kind == "npz":
        save_npz(path, {_member_name(name): _array(item) for name, item in _dict(value, kind).items()})
    elif kind == "csv":
        text = _csv_text(value)
        replace(path, lambda stream: write_text(stream, text))
    else:
        text = json_text(value)
        replace(path, lambda stream: write_text(stream, text))


def _kind(path: Any) -> str:
    name = path_in(path)
    kind = name.rpartition(".")[2].lower()
    if kind not in _KINDS:
        also = " (pickles can run anything: they are not read)" if kind in ("pt", "pth", "pkl", "pickle") else ""
        raise ValueError(f"{name!r} is no .npy, .npz, .csv or .json file{also}")
    return kind


def _dict(value: Any, kind: str) -> dict[Any, Any]:
    if type(value) is not dict:
        raise TypeError(f"a .{kind} file holds named arrays: save a dict, not {type_name(value)}")
    return value


def _member_name(name: Any) -> str:
    if not isinstance(name, str) or not name or "/" in name or "\0" in name:
        raise ValueError(f"{name!r} is no name for an array in a file")
    return name


def _array(value: Any) -> Plain:
    """What is to be written as an array. Raises RuntimeError for a tensor that requires grad, in torch's words."""
    from gradcli.lang.arrays.values import plain_array

    array = plain_array(value)
    if array.dtype.kind == "U":
        raise TypeError("texts are not saved as arrays: use a .json file")
    return array


# ---------------------------------------------------------------- csv


def _load_csv(path: Any) -> Any:
    import csv

    text = read_text(path)
    budget.items(text.count(",") + text.count("\n"))
    try:
        rows = [row for row in csv.reader(text.splitlines()) if row]
    except csv.Error as error:
        raise ValueError(f"{path!r}: {error}") from None
    if not rows:
        raise ValueError(f"{path!r} is empty")
    names = None if all(map(_is_number, rows[0])) else [name.strip() for name in rows.pop(0)]
    width = len(names or rows[0])
    for number, row in enumerate(rows, 1 if names is None else 2):
        if len(row) != width:
            raise ValueError(f"{path!r}: row {number} has {len(row)} columns, and the first has {width}")
    if names is None:
        return _column([cell for row in rows for cell in row], path, (len(rows), width))
    return {name: _column([row[at] for row in rows], path, (len(rows),)) for at, name in enumerate(names)}


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return cell.strip() == ""
    return "_" not in cell


def _column(cells: list[str], path: Any, shape: tuple[int, ...]) -> Tensor:
    """Integers if all cells are, else floating point; an empty cell is nan."""
    if cells and all(map(_INTEGER.fullmatch, cells)):
        return Tensor(np.array(list(map(int, cells)), np.int64).reshape(shape))
    for cell in cells:
        if not _is_number(cell):
            raise ValueError(f"{path!r}: {cell!r} is no number")
    numbers = [float(cell) if cell.strip() else float("nan") for cell in cells]
    return Tensor(np.array(numbers, dtypes.default().np).reshape(shape))


def _csv_text(value: Any) -> str:
    if type(value) is dict:
        names, columns = list(value), [_array(column) for column in value.values()]
        if any(column.ndim != 1 or column.size != columns[0].size for column in columns):
            raise ValueError("the columns of a table are one-dimensional and of one length")
        rows = zip(*[column.tolist() for column in columns], strict=True)
        return "".join(_csv_row(row) for row in (map(_quoted, names), *[map(_cell, row) for row in rows]))
    array = _array(value)
    if array.ndim > 2:
        raise ValueError(f"a table has two dimensions, not {array.ndim}")
    table = array.reshape(-1, 1) if array.ndim < 2 else array
    shown = table.astype(str) if table.dtype.kind == "f" else table  # the shortest digits of the type
    return "".join(_csv_row(map(_cell, row)) for row in shown.tolist())


def _csv_row(cells: Any) -> str:
    return ",".join(cells) + "\n"


def _quoted(name: Any) -> str:
    text = str(name)
    return '"' + text.replace('"', '""') + '"' if any(char in text for char in ',"\r\n') or _is_number(text) else text


def _cell(value: Any) -> str:
    if isinstance(value, complex):
        raise TypeError("a table holds no complex numbers")
    return str(int(value)) if isinstance(value, bool) else str(value)


# ---------------------------------------------------------------- json


def _load_json(path: Any) -> Any:
    text = read_text(path)
    budget.items(text.count(",") + text.count("[") + text.count("{"))
    try:
        return tree(json.loads(text, parse_int=_integer), deepest=budget.MAX_NESTED_KEY)
    except RecursionError:
        raise ValueError(f"{path!r} is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{path!r} is not JSON: {error}") from None


def _integer(digits: str) -> int:
    if len(digits) * 3 > BUDGET.bits:
        raise budget.too_many_bits(len(digits) * 3)
    return int(digits)


def json_text(value: Any) -> str:
    """A value as JSON; tensors and arrays are lists, nan and the infinities the strings "nan", "inf" and "-inf"."""
    return json.dumps(_plain(tree(value, deepest=budget.MAX_NESTED_KEY)), allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return float(value) if isfinite(value) else str(float(value))
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        if not all(isinstance(name, str) for name in value):
            raise TypeError("the names in a .json file are texts")
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, (Tensor, np.ndarray, np.generic)):
        return _plain(_array(value).tolist())
    raise TypeError(f"a .json file holds no values of type {type_name(value)!r}")
