"""Where and how a tensor lies: torch.device, torch.layout, torch.memory_format. Here: on the CPU, strided.

Source: c10/core/Device.cpp.
"""

from __future__ import annotations

from typing import Any, Final

from gradcli.engine.kinds import known, type_name

_TYPES: Final = (
    "cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy, vulkan, mps, meta, hpu, mtia, "
    "privateuseone"
)
_NOT_COMPILED: Final = ("cuda", "xpu")


class Device:
    """torch.device: a type and, where it was given, an index. Raises RuntimeError for a string that names none."""

    __slots__ = ("index", "type")

    def __init__(self, text: str, index: int | None = None) -> None:
        if not text:
            raise RuntimeError("Device string must not be empty")
        kind, colon, number = text.partition(":")
        spelt = kind.isascii() and kind.replace("_", "a").isalpha()
        if not spelt or (colon and not (number.isascii() and number.isdigit() and str(int(number)) == number)):
            raise RuntimeError(f"Invalid device string: '{text}'")
        if kind not in _TYPES.split(", "):
            raise RuntimeError(f"Expected one of {_TYPES} device type at start of device string: {kind}")
        if colon and index is not None:
            raise RuntimeError(f"type (string) must not include an index because index was passed explicitly: {text}")
        self.type = kind
        self.index = int(number) if colon else index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{index})"


class Constant:
    """One of torch's named constants without a value, such as torch.strided."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"


class Layout(Constant):
    """torch.layout."""

    __slots__ = ()


class MemoryFormat(Constant):
    """torch.memory_format."""

    __slots__ = ()


cpu: Final = Device("cpu")
strided: Final = Layout("strided")
preserve_format: Final = MemoryFormat("preserve_format")
contiguous_format: Final = MemoryFormat("contiguous_format")

known.device = Device
known.layout = Layout
known.memory_format = MemoryFormat
# As errors name them, Python's own too.
Device.__name__, Layout.__name__, MemoryFormat.__name__ = "torch.device", "torch.layout", "torch.memory_format"


def check_device(device: Any) -> None:
    """Refuse every device but the CPU. Raises AssertionError, RuntimeError as torch without CUDA does."""
    if device is None or device == "cpu":
        return
    if isinstance(device, int):
        raise RuntimeError("Cannot access accelerator device when none is available.")
    kind = (device if isinstance(device, Device) else Device(device)).type
    if kind in _NOT_COMPILED:
        raise AssertionError(f"Torch not compiled with {kind.upper()} enabled")
    if kind != "cpu":
        raise NotImplementedError(
            f"Could not run 'aten::empty.memory_format' with arguments from the '{kind.upper()}' backend."
        )


def refuse_cuda(device: Any = None) -> None:
    """What `.cuda(device)` comes to where there is none. Raises TypeError, AssertionError or RuntimeError."""
    is_index = isinstance(device, int) and not isinstance(device, bool)
    if not (device is None or is_index or isinstance(device, (str, Device))):
        raise TypeError(f"cuda(): argument 'device' (position 1) must be torch.device, not {type_name(device)}")
    check_device("cuda" if device is None else device)
    raise RuntimeError("Invalid device, must be cuda device")


def check_pinned(pin_memory: bool | None) -> None:
    """Raises RuntimeError: there is no accelerator that memory could be pinned for."""
    if pin_memory:
        raise RuntimeError(
            "pin_memory=True requires a CUDA or other accelerator backend; no pinned memory allocator is available on "
            "this system."
        )
