"""torch's CPU generator: the same bits from the same seed. engine/sampling.py makes distributions of them.

Sources: ATen/CPUGeneratorImpl.cpp; ATen/core/TransformationHelper.h (`uniform_real`).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from gradcli.engine.kinds import known
from gradcli.engine.mersenne import Mersenne

Array = np.ndarray[Any, np.dtype[Any]]

_DEFAULT_SEED: Final = 67280421310721  # of a torch.Generator() that nobody seeded
_STATE: Final = np.dtype(
    {
        "names": ["seed", "left", "seeded", "next", "words", "normal", "has_normal"],
        "formats": ["<u8", "<i4", "<i4", "<u8", ("<u8", 624), "<f8", "<i4"],
        "offsets": [0, 8, 12, 16, 24, 5024, 5040],
        "itemsize": 5056,
    }
)


class Generator:
    """torch.Generator, for the CPU: an MT19937 engine, and the normal number that was drawn in advance."""

    __slots__ = ("_engine", "_seed", "next_normal")

    def __init__(self, seed: int | None = _DEFAULT_SEED) -> None:
        """seed=None: one from the operating system, when first needed."""
        self._seed = seed
        self._engine: Mersenne | None = None
        self.next_normal: float | None = None

    def manual_seed(self, seed: int) -> Generator:
        """Start anew from `seed`, an integer of 64 bits, signed or not. Raises ValueError for longer ones."""
        if not isinstance(seed, (int, np.integer)):
            raise RuntimeError(f"manual_seed expected a long, but got {type(seed).__name__}")
        if not -(2**63) <= seed < 2**64:
            raise ValueError("Overflow when unpacking long long")
        self._seed = int(seed) % 2**64
        self._engine = None
        self.next_normal = None
        return self

    def seed(self) -> int:
        """Start anew from a seed of the operating system's, and tell it."""
        self.manual_seed(_fresh_seed())
        return self.initial_seed()

    def initial_seed(self) -> int:
        """The seed from which the numbers started."""
        if self._seed is None:
            self._seed = _fresh_seed()
        return self._seed

    @property
    def engine(self) -> Mersenne:
        if self._engine is None:
            self._engine = Mersenne(self.initial_seed())
        return self._engine

    def get_state(self) -> Array:
        """All there is to restore, in the 5056 bytes of torch.Generator.get_state()."""
        state = np.zeros(1, _STATE)
        engine = self.engine
        state["seed"], state["seeded"], state["next"] = self.initial_seed(), 1, engine.used
        state["left"] = 625 - engine.used if engine.used else 1
        state["words"] = engine.words
        if self.next_normal is not None:
            state["normal"], state["has_normal"] = self.next_normal, 1
        return state.view(np.uint8).copy()

    def set_state(self, state: Array) -> None:
        """Go on from a state that `get_state` gave. Raises TypeError and RuntimeError for what is none."""
        if state.dtype != np.uint8:
            raise TypeError("RNG state must be a torch.ByteTensor")
        if not state.flags.c_contiguous:
            raise RuntimeError("RNG state must be contiguous")
        if state.size != _STATE.itemsize:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {_STATE.itemsize} "
                f"but found the input RNG state size to be {state.size}"
            )
        fields = state.reshape(-1).view(_STATE)[0]
        if not (fields["seeded"] and 0 < fields["left"] <= 624 and fields["next"] <= 624):
            raise RuntimeError("Invalid mt19937 state")
        self._seed = int(fields["seed"])
        engine = Mersenne(0)
        engine.words = fields["words"].astype(np.uint32)
        engine.used = int(fields["next"]) if fields["left"] > 1 or fields["next"] else 0
        self._engine = engine
        self.next_normal = float(fields["normal"]) if fields["has_normal"] else None

    def clone_state(self) -> Generator:
        """A generator that will draw the same numbers."""
        twin = Generator()
        twin.set_state(self.get_state())
        return twin

    def position(self) -> tuple[Any, ...]:
        """Where it is, for `go_to`: costs nothing, and starts nothing that has not started yet."""
        engine = self._engine
        return (self._seed, self.next_normal, engine, *(() if engine is None else engine.position()))

    def go_to(self, position: tuple[Any, ...]) -> None:
        """Go on from where it was."""
        self._seed, self.next_normal, self._engine, *place = position
        if self._engine is not None:
            self._engine.go_to(place)

    def bits32(self, count: int) -> Array:
        """`count` numbers of 32 bits."""
        return self.engine.draw(count)

    def bits64(self, count: int) -> Array:
        """`count` numbers of 64 bits, the high half drawn first."""
        halves = self.engine.draw(2 * count)
        whole = halves[0::2].astype(np.uint64)
        whole <<= np.uint64(32)
        whole |= halves[1::2]
        return whole

    def uniform32(self, count: int) -> Array:
        """float32 numbers in [0, 1): 24 bits of a draw."""
        bits = self.bits32(count)
        bits &= np.uint32(0xFFFFFF)
        values = bits.astype(np.float32)
        values *= np.float32(2**-24)
        return values

    def uniform64(self, count: int) -> Array:
        """float64 numbers in [0, 1): 53 bits of two draws."""
        bits = self.bits64(count)
        bits &= np.uint64(2**53 - 1)
        values = bits.astype(np.float64)
        values *= 2**-53
        return values

    def __repr__(self) -> str:
        return f"<torch._C.Generator object at {hex(id(self))}>"


known.generator = Generator
Generator.__name__ = "torch._C.Generator"


def _fresh_seed() -> int:
    import os

    return int.from_bytes(os.urandom(8), "little")


default_generator: Final = Generator(None)


def manual_seed(seed: Any) -> Generator:
    """torch.manual_seed(seed): seed the default generator with `int(seed)`."""
    return default_generator.manual_seed(int(seed))
