"""How tensors are printed: what `torch.set_printoptions` sets.

Source: `torch/_tensor_str.py` of PyTorch 2.13. PyTorch accepts any value and fails at the next print; here a value that
could not print is refused when it is set, so that a mistake costs one statement and not every later one.
"""

from __future__ import annotations

from math import inf
from operator import index
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

__all__ = ["PRINT_OPTIONS", "PrintOptions", "set_printoptions"]

# More digits than any float64 has (its longest exact expansion is 1,074 places), few enough to keep a print small.
MAX_PRECISION = 1100

# A repr of a million floats is some fifteen megabytes and takes two seconds.
MAX_ELEMENTS = 1_000_000

_PROFILES: dict[str, tuple[int, float, int, float]] = {
    # precision, threshold, edgeitems, linewidth
    "default": (4, 1000, 3, 80),
    "short": (2, 1000, 2, 80),
    "full": (4, inf, 3, 80),
}


class PrintOptions:
    """The settings one print reads.

    precision   digits after the point
    threshold   tensors with more elements than this are summarised
    edgeitems   elements kept at both ends of each summarised dimension
    linewidth   characters a line before a break
    sci_mode    True or False forces or forbids scientific notation; None lets the values decide
    max_elements   no more than this many elements are ever drawn: a larger print is an error, not a flood
    """

    __slots__ = ("edgeitems", "linewidth", "max_elements", "precision", "sci_mode", "threshold")

    precision: int
    threshold: float
    edgeitems: int
    linewidth: float
    sci_mode: bool | None
    max_elements: float

    def __init__(self) -> None:
        self.precision, self.threshold, self.edgeitems, self.linewidth = _PROFILES["default"]
        self.sci_mode = None
        self.max_elements = MAX_ELEMENTS

    def copy(self) -> PrintOptions:
        """Return options with the same settings that change independently."""
        twin = PrintOptions()
        twin.take(self)
        return twin

    def take(self, other: PrintOptions) -> None:
        """Become like `other`."""
        self.precision, self.threshold, self.edgeitems = other.precision, other.threshold, other.edgeitems
        self.linewidth, self.sci_mode, self.max_elements = other.linewidth, other.sci_mode, other.max_elements

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PrintOptions) and all(
            getattr(self, name) == getattr(other, name) for name in self.__slots__
        )

    __hash__ = None  # type: ignore[assignment]

    def set(
        self,
        precision: object = None,
        threshold: object = None,
        edgeitems: object = None,
        linewidth: object = None,
        profile: object = None,
        sci_mode: object = None,
    ) -> None:
        """Change the settings that are given; all or none of them.

        As in PyTorch, `profile` sets the other four first, a profile that does not exist changes nothing, and
        `sci_mode` goes back to None whenever it is not given.
        """
        chosen = (self.precision, self.threshold, self.edgeitems, self.linewidth)
        if isinstance(profile, str):
            chosen = _PROFILES.get(profile, chosen)
        self.precision, self.threshold, self.edgeitems, self.linewidth = (
            chosen[0] if precision is None else _whole("precision", precision, MAX_PRECISION),
            chosen[1] if threshold is None else _number("threshold", threshold),
            chosen[2] if edgeitems is None else _whole("edgeitems", edgeitems, inf),
            chosen[3] if linewidth is None else _number("linewidth", linewidth),
        )
        self.sci_mode = None if sci_mode is None else bool(sci_mode)


def _whole(name: str, value: Any, largest: float) -> int:
    """`value` as an int from 0 to `largest`."""
    try:
        number: int | None = index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        raise TypeError(f"set_printoptions(): {name} must be an int, not {type(value).__name__}")
    if not 0 <= number <= largest:
        least = "0 or more" if largest == inf else f"from 0 to {largest}"
        raise ValueError(f"set_printoptions(): {name} must be {least}, got {number}")
    return number


def _number(name: str, value: object) -> float:
    """`value` as an int or a float that can be compared with (so not nan)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"set_printoptions(): {name} must be a number, not {type(value).__name__}")
    if value != value:
        raise ValueError(f"set_printoptions(): {name} must not be nan")
    return value


PRINT_OPTIONS = PrintOptions()
"""The settings in force."""


def set_printoptions(
    precision: object = None,
    threshold: object = None,
    edgeitems: object = None,
    linewidth: object = None,
    profile: object = None,
    sci_mode: object = None,
) -> None:
    """Set how tensors are printed (`torch.set_printoptions`): see `PrintOptions.set`."""
    PRINT_OPTIONS.set(precision, threshold, edgeitems, linewidth, profile, sci_mode)
