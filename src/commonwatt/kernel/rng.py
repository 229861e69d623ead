"""Counter-based randomness: every draw is a pure function of (seed, stream, entity, slot).

Paired runs, shards and replays therefore see the same luck, in whatever order they ask. The mixer
is SplitMix64's finaliser (Steele, Lea & Flood 2014, "Fast splittable pseudorandom number
generators"), applied once per coordinate.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from commonwatt.kernel.units import F

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_11, _27, _30, _31 = (np.uint64(bits) for bits in (11, 27, 30, 31))


def _mix(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = state + _GOLDEN
    z = (z ^ (z >> _30)) * _MIX_1
    z = (z ^ (z >> _27)) * _MIX_2
    return z ^ (z >> _31)


def _as_u64(values: ArrayLike) -> NDArray[np.uint64]:
    """At least one-dimensional, for arrays wrap around in silence where numbers would warn."""
    return np.atleast_1d(np.asarray(values, dtype=np.int64)).view(np.uint64)


@lru_cache(maxsize=4096)
def _key(seed: int, stream: str) -> NDArray[np.uint64]:
    return _mix(_mix(_as_u64(seed)) ^ _as_u64(crc32(stream.encode())))


@dataclass(frozen=True)
class Rng:
    """Luck of one world.

    Args to the draws: `stream` names what is drawn ("homes.noise"), `entity` and `slot` are integer
    arrays that broadcast against each other.
    """

    seed: int

    def uniform(self, stream: str, entity: ArrayLike, slot: ArrayLike) -> F:
        """Draws in the open interval (0, 1), shaped as `entity` and `slot` broadcast."""
        state = _mix(_mix(_key(self.seed, stream) ^ _as_u64(entity)) ^ _as_u64(slot))
        if np.ndim(entity) == 0 and np.ndim(slot) == 0:
            state = state.reshape(())
        return ((state >> _11).astype(np.float64) + 0.5) * 2.0**-53

    def normal(self, stream: str, entity: ArrayLike, slot: ArrayLike) -> F:
        """Standard normal draws, by inversion."""
        draws: F = ndtri(self.uniform(stream, entity, slot))
        return draws
