"""numpy's functions for files, on the doors that `load` and `save` use."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcli.lang.arrays.values import dtype_in, given, plain_array, taken
from gradcli.lang.budget import characters
from gradcli.lang.files.doors import path_in, read_text, replace, write_text
from gradcli.lang.files.npy import load_npy, load_npz, save_npy, save_npz
from gradcli.lang.values.table import TYPES, Type, register

numpy: Any = np  # it checks what programs give it


class Archive:
    """What `numpy.load` gives for a `.npz` file."""

    __slots__ = ("arrays",)

    def __init__(self, arrays: dict[str, Any]) -> None:
        self.arrays = arrays

    def __getitem__(self, name: Any) -> Any:
        if name not in self.arrays:
            raise KeyError(f"{name} is not a file in the archive")
        return self.arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)

    def __contains__(self, name: object) -> bool:
        return name in self.arrays

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *failure: Any) -> None:
        """All was read; nothing is open."""


register(
    Archive,
    {
        "keys": lambda self: self.arrays.keys(),
        "values": lambda self: self.arrays.values(),
        "items": lambda self: self.arrays.items(),
        "close": lambda self: None,
        "__enter__": Archive.__enter__,
        "__exit__": Archive.__exit__,
    },
    {"files": lambda self: list(self.arrays)},
)
TYPES[Archive] = Type("numpy.lib.npyio.NpzFile", Archive)


def load(file: Any, mmap_mode: None = None, allow_pickle: bool = False) -> Any:
    """`numpy.load`, of .npy and .npz files."""
    if allow_pickle:
        raise ValueError("pickles can run anything: they are not read, and allow_pickle stays False")
    if path_in(file).endswith(".npz"):
        return Archive({name: taken(array) for name, array in load_npz(file).items()})
    return taken(load_npy(file))


def save(file: Any, arr: Any, allow_pickle: bool = False) -> None:
    """`numpy.save`."""
    save_npy(_with_ending(file, ".npy"), plain_array(arr))


def _with_ending(file: Any, ending: str) -> str:
    name = path_in(file)
    return name if name.endswith(ending) else name + ending


def savez(file: Any, *args: Any, **kwds: Any) -> None:
    """`numpy.savez`."""
    save_npz(_with_ending(file, ".npz"), _named(args, kwds))


def savez_compressed(file: Any, *args: Any, **kwds: Any) -> None:
    """`numpy.savez_compressed`."""
    save_npz(_with_ending(file, ".npz"), _named(args, kwds), compressed=True)


def _named(args: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
    return {
        name: plain_array(value) for name, value in {**{f"arr_{i}": a for i, a in enumerate(args)}, **named}.items()
    }


def loadtxt(
    fname: Any,
    dtype: Any = float,
    comments: Any = "#",
    delimiter: Any = None,
    *,
    skiprows: int = 0,
    usecols: Any = None,
    unpack: bool = False,
    ndmin: int = 0,
    max_rows: Any = None,
) -> Any:
    """`numpy.loadtxt`."""
    lines = read_text(fname).splitlines()
    return taken(
        numpy.loadtxt(
            lines,
            dtype_in(dtype),
            given(comments),
            given(delimiter),
            skiprows=skiprows,
            usecols=given(usecols),
            unpack=unpack,
            ndmin=ndmin,
            max_rows=max_rows,
        )
    )


def savetxt(
    fname: Any,
    X: Any,
    fmt: Any = "%.18e",
    delimiter: str = " ",
    newline: str = "\n",
    header: str = "",
    footer: str = "",
    comments: str = "# ",
) -> None:
    """`numpy.savetxt`."""
    if not isinstance(fmt, str) or re.search(r"\d{4}|\*", fmt):
        raise ValueError("the format is one text, with a width of at most 999")
    array, text = plain_array(X), io.StringIO()
    characters(array.size * (len(fmt) + len(delimiter) + len(newline) + 999 * (len(fmt) > 10)))
    np.savetxt(text, array, fmt, delimiter, newline, header, footer, comments)
    replace(fname, lambda stream: write_text(stream, text.getvalue()))


def table() -> dict[str, Any]:
    """The functions by name."""
    return {function.__name__: function for function in (load, save, savez, savez_compressed, loadtxt, savetxt)}
