"""The Mersenne Twister MT19937, seeded and stepped as torch's CPU engine is.

numpy has one too, but its random module takes as long to import as a tenth of numpy: it is fetched only when a call
wants so many draws that it pays.

Source: ATen/core/MT19937RNGEngine.h; M. Matsumoto and T. Nishimura, 1998.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

Words = np.ndarray[Any, np.dtype[np.uint32]]

_LENGTH: Final = 624
_MIDDLE: Final = 397
_MANY: Final = 64 * _LENGTH  # so many draws cost numpy's import
_BLOCK: Final = 1 << 15  # what stays in the cache
_U32 = np.uint32
_UPPER, _LOWER, _MATRIX = _U32(0x80000000), _U32(0x7FFFFFFF), _U32(0x9908B0DF)


class Mersenne:
    """The engine: `words` is the state, `used` counts those of its 624 numbers that were drawn (0 only when fresh)."""

    __slots__ = ("_tempered", "used", "words")

    def __init__(self, seed: int) -> None:
        self.words = _seeded(seed)
        self.used = 0
        self._tempered: Words | None = None

    def position(self) -> tuple[Any, ...]:
        """Where it is, for `go_to`. Words are never written in place, so that they need no copy."""
        return self.words, self.used, self._tempered

    def go_to(self, position: Sequence[Any]) -> None:
        """Go on from where it was."""
        self.words, self.used, self._tempered = position

    def draw(self, count: int) -> Words:
        """The next `count` 32-bit numbers."""
        if count > _LENGTH and (count >= _MANY or "numpy.random" in sys.modules):
            return self._draw_many(count)
        result = np.empty(count, np.uint32)
        done = 0
        while done < count:
            if self.used in (0, _LENGTH):
                self.words = _next_words(self.words)
                self.used = 0
                self._tempered = None
            if self._tempered is None:
                self._tempered = _tempered(self.words)
            step = min(count - done, _LENGTH - self.used)
            result[done : done + step] = self._tempered[self.used : self.used + step]
            self.used += step
            done += step
        return result

    def _draw_many(self, count: int) -> Words:
        engine: Any = np.random.MT19937(0)
        # A fresh state and one that is used up are both at numpy's position 624.
        state = engine.state
        state["state"] = {"key": self.words, "pos": self.used or _LENGTH}
        engine.state = state
        result = np.empty(count, np.uint32)
        for start in range(0, count, _BLOCK):
            result[start : start + _BLOCK] = engine.random_raw(min(_BLOCK, count - start))
        state = engine.state["state"]
        self.words, self.used, self._tempered = state["key"].copy(), int(state["pos"]), None
        return result


def _seeded(seed: int) -> Words:
    word = seed & 0xFFFFFFFF
    words = [word]
    for index in range(1, _LENGTH):
        word = (1812433253 * (word ^ word >> 30) + index) & 0xFFFFFFFF
        words.append(word)
    return np.array(words, np.uint32)


def _next_words(old: Words) -> Words:
    """All 624 words one step further. A word needs the one 397 later, so the last two thirds need new words."""
    words = np.empty_like(old)
    cut = _LENGTH - _MIDDLE
    twisted = _twist(old[:-1], old[1:])
    words[:cut] = old[_MIDDLE:] ^ twisted[:cut]
    words[cut : 2 * cut] = words[:cut] ^ twisted[cut : 2 * cut]
    words[2 * cut : -1] = words[cut : _MIDDLE - 1] ^ twisted[2 * cut :]
    words[-1:] = words[_MIDDLE - 1 : _MIDDLE] ^ _twist(old[-1:], words[:1])
    return words


def _twist(high: Words, low: Words) -> Words:
    mixed = (high & _UPPER) | (low & _LOWER)
    return (mixed >> _U32(1)) ^ ((low & _U32(1)) * _MATRIX)


def _tempered(words: Words) -> Words:
    mixed = words ^ (words >> _U32(11))
    mixed ^= (mixed << _U32(7)) & _U32(0x9D2C5680)
    mixed ^= (mixed << _U32(15)) & _U32(0xEFC60000)
    mixed ^= mixed >> _U32(18)
    return mixed
