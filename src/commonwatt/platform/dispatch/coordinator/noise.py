"""Luck that changes slowly from slot to slot, so that it moves load by hours and not by slots."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter1d

from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import F

_SLOTS = 4


def smooth(rng: Rng, stream: str, shape: tuple[int, int]) -> F:
    """(N,T) standard normal draws, each slot's alike its neighbours'."""
    rough = rng.normal(stream, np.arange(shape[0])[:, None], np.arange(shape[1]))
    calm: F = uniform_filter1d(rough, _SLOTS, axis=1, mode="wrap") * np.sqrt(_SLOTS)
    return calm
