"""numpy's files: `.npy` with a header reader of our own, `.npz` without unpacking anything to disk (HOSTILE H29-H31).

Nothing is believed before it is checked: the type must be one of numbers, the sizes must make up the file exactly, an
archive must not grow beyond measure. Only then memory is allocated.
"""

from __future__ import annotations

import re
from math import prod
from typing import IO, Any, Final

import numpy as np

from gradcli.lang.files.doors import opened, replace, room_for

Plain = np.ndarray[Any, np.dtype[Any]]

_MAGIC: Final = b"\x93NUMPY"
_LONGEST_HEADER: Final = 10_000
_ENTRY = re.compile(r"\s*'(descr|fortran_order|shape)'\s*:\s*('[^']*'|True|False|\([0-9,\sL]*\))\s*(?:,|(?=\}))")
_TYPE = re.compile(r"'[<>|=]?(b1|[iu][1248]|f[248]|c8|c16)'")

MOST_MEMBERS: Final = 10_000
# Beyond this much data an archive may not unpack to more than so many times its size.
_SMALL: Final = 64 << 20
_MOST_GROWTH: Final = 100


class _Source:
    """Where an array is read from: a file, or a member of an archive, with its size and a name for messages."""

    __slots__ = ("left", "name", "stream")

    def __init__(self, stream: IO[bytes], size: int, name: str) -> None:
        self.stream = stream
        self.left = size
        self.name = name

    def read(self, count: int) -> bytes:
        """Exactly so many bytes. Raises ValueError."""
        data = self.stream.read(count) if count <= self.left else b""
        if len(data) != count:
            raise ValueError(f"{self.name} is truncated")
        self.left -= count
        return data


def load_npy(path: Any) -> Plain:
    """The array in a `.npy` file. Raises OSError, ValueError."""
    with opened(path) as (stream, size):
        return _read_array(_Source(stream, size, repr(path)))


def _read_array(source: _Source) -> Plain:
    if not source.left:
        raise ValueError(f"{source.name} is empty")
    if source.left < 10 or source.read(6) != _MAGIC:
        raise ValueError(f"{source.name} is not a .npy file")
    major, minor = source.read(2)
    if (major, minor) not in ((1, 0), (2, 0), (3, 0)):
        raise ValueError(f"{source.name} has format version {major}.{minor}, and only 1.0, 2.0 and 3.0 are known")
    length = int.from_bytes(source.read(2 if major == 1 else 4), "little")
    if length > _LONGEST_HEADER:
        raise ValueError(f"{source.name} has a header of {length} bytes, the limit is {_LONGEST_HEADER}")
    dtype, fortran, shape = _header(source.read(length).decode("latin-1"), source.name)
    size = prod(shape) * dtype.itemsize
    if size != source.left:
        more = "more" if source.left > size else "less"
        raise ValueError(f"{source.name} holds {source.left} bytes of data, {more} than the {size} of shape {shape}")
    room_for(size, source.name)
    array = np.empty(prod(shape), dtype)
    _fill(array.view(np.uint8), source)
    native = array if dtype.isnative else array.astype(dtype.newbyteorder("="))
    return native.reshape(shape, order="F" if fortran else "C")


def _fill(target: Plain, source: _Source) -> None:
    done = 0
    while done < target.size:
        data = source.read(min(1 << 24, target.size - done))
        target[done : done + len(data)] = np.frombuffer(data, np.uint8)
        done += len(data)


def _header(text: str, name: str) -> tuple[np.dtype[Any], bool, tuple[int, ...]]:
    """Type, order and shape. Raises ValueError for anything but the three entries that every header has."""
    found: dict[str, str] = {}
    at = 1
    while text[:1] == "{" and (entry := _ENTRY.match(text, at)):
        if entry[1] in found:
            break
        found[entry[1]] = entry[2]
        at = entry.end()
    if unsupported := re.search(r"'descr'\s*:\s*(\[|'\|?O)", text):
        kind = "arrays of records" if unsupported[1] == "[" else "object arrays"
        raise ValueError(f"{name}: {kind} are not supported")
    if len(found) != 3 or text[at:].strip() != "}":
        raise ValueError(f"{name} has a header that is not understood")
    if not _TYPE.fullmatch(found["descr"]) or found["fortran_order"] not in ("True", "False"):
        raise ValueError(f"{name}: arrays of type {found['descr']} are not supported")
    sizes = found["shape"]
    if sizes[0] != "(" or not re.fullmatch(r"\(\s*(?:\d+L?\s*,\s*)*(?:\d+L?\s*)?\)", sizes):
        raise ValueError(f"{name} has a shape that is not understood")
    shape = tuple(int(size) for size in re.findall(r"\d+", sizes))
    if len(shape) > 64:
        raise ValueError(f"{name} has {len(shape)} dimensions, the limit is 64")
    return np.dtype(found["descr"].strip("'")), found["fortran_order"] == "True", shape


# ---------------------------------------------------------------- archives


def load_npz(path: Any) -> dict[str, Plain]:
    """The arrays in a `.npz` file by name. Raises OSError, ValueError."""
    import zipfile
    import zlib

    with opened(path) as (stream, size):
        try:
            with zipfile.ZipFile(stream) as archive:
                members = archive.infolist()
                _check_members(members, size, repr(path))
                return {
                    member.filename.removesuffix(".npy"): _member(archive, member, repr(path)) for member in members
                }
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
            raise ValueError(f"{path!r} is not an archive that can be read") from None


def _check_members(members: list[Any], size: int, name: str) -> None:
    """The whole archive, before anything of it is unpacked."""
    names = [member.filename for member in members]
    if len(names) > MOST_MEMBERS:
        raise ValueError(f"{name} has {len(names)} members, the limit is {MOST_MEMBERS}")
    for member in members:
        if names.count(member.filename) > 1:
            raise ValueError(f"{name} has two members named {member.filename!r}")
        if not member.filename.endswith(".npy"):
            raise ValueError(f"{name} has a member that is no array: {member.filename!r}")
        if member.flag_bits & 1:
            raise ValueError(f"{name} is encrypted")
        if member.compress_type not in (0, 8):
            raise ValueError(f"{name} is packed in a way that is not known")
    total = sum(member.file_size for member in members)
    room_for(total, name)
    if total > _SMALL and total > _MOST_GROWTH * size:
        raise ValueError(f"{name} would unpack from {size} to {total} bytes: more than {_MOST_GROWTH} times its size")


def _member(archive: Any, member: Any, name: str) -> Plain:
    with archive.open(member) as stream:
        array = _read_array(_Source(stream, member.file_size, f"{member.filename!r} in {name}"))
        stream.read(1)  # the end, where the sum is checked
        return array


# ---------------------------------------------------------------- writing


def save_npy(path: Any, array: Plain) -> None:
    """Write a `.npy` file."""
    replace(path, lambda stream: np.lib.format.write_array(stream, array, allow_pickle=False))


def save_npz(path: Any, arrays: dict[str, Plain], *, compressed: bool = False) -> None:
    """Write a `.npz` file."""
    import zipfile

    def write(stream: IO[bytes]) -> None:
        method = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
        with zipfile.ZipFile(stream, "w", method) as archive:
            for name, array in arrays.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, array, allow_pickle=False)

    replace(path, write)
