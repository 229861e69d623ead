"""Limits held with a chosen probability: each row tightened by what it may be off by.

A limit's value is a sum over connections, so its error is the same sum of theirs. Every side of
every limit is tightened, slot by slot, by the quantile of that error at the chosen probability (an
individual chance constraint: Charnes and Cooper, "Chance-Constrained Programming", 1959). From
scenarios the quantile is that of split conformal prediction, which holds for the next draw
whatever the distribution; from bands it is that of a normal error with each connection's spread
and the correlation stated. The limits stay elastic, so that no probability makes a plan infeasible.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import numpy as np
from scipy.special import ndtri

from commonwatt.kernel.doubt import Bands, Doubt, Scenarios
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.flexibility import Limits
from commonwatt.kernel.units import F

_BLOCK = 64
"""Rows whose draws are held in memory at once."""
_EVEN = 0.5


def require_probability(confidence: float) -> None:
    """Return if limits can be held with that probability.

    Raises:
        InvalidInput: it is not from 0.5 up to 1, 1 itself excluded.
    """
    if not _EVEN <= confidence < 1:
        msg = f"a confidence of {confidence:g} cannot be; it is from 0.5 up to, not including, 1"
        raise InvalidInput(msg)


def tightened(limits: Limits, doubt: Doubt, confidence: float) -> Limits:
    """`limits`, each side of each row in each slot held with probability `confidence`.

    Where both sides leave nothing between them, both become their middle.
    """
    above, below = margins(limits, doubt, confidence)
    low, high = limits.low + below, limits.high - above
    crossed = low > high
    middle = (np.where(crossed, low, 0.0) + np.where(crossed, high, 0.0)) / 2
    return replace(limits, low=np.where(crossed, middle, low), high=np.where(crossed, middle, high))


def margins(limits: Limits, doubt: Doubt, confidence: float) -> tuple[F, F]:
    """(R,T) and (R,T), 0 or more: how far each row may rise above what is expected, and fall below.

    Args:
        limits: R rows.
        doubt: how far connections may be off.
        confidence: probability that no more comes, from 0.5.
    """
    require_probability(confidence)
    if isinstance(doubt, Bands):
        return _of_bands(limits, doubt, float(ndtri(confidence)))
    return _of_draws(limits, doubt, confidence)


def _of_bands(limits: Limits, bands: Bands, score: float) -> tuple[F, F]:
    """What connections err by apart adds up in squares; what they err by alike adds up as it is.

    A connection with a positive share in a row lifts it by erring upwards, one with a negative
    share by erring downwards; erring alike, the latter takes away from what the former adds.
    """
    push, pull = limits.sens.maximum(0), (-limits.sens).maximum(0)
    sides = []
    for up, down in ((bands.above_kw, bands.below_kw), (bands.below_kw, bands.above_kw)):
        apart = push.power(2) @ up**2 + pull.power(2) @ down**2
        alike = np.maximum(limits.sens @ up, -(limits.sens @ down))
        rho = bands.correlation
        sides.append(score * np.sqrt((1 - rho) * apart + rho * np.maximum(alike, 0.0) ** 2))
    return sides[0], sides[1]


def _of_draws(limits: Limits, scenarios: Scenarios, confidence: float) -> tuple[F, F]:
    count, connections, slots = scenarios.error_kw.shape
    flat = scenarios.error_kw.transpose(1, 0, 2).reshape(connections, -1)
    above, below = np.empty((2, len(limits.name), slots))
    for first in range(0, len(limits.name), _BLOCK):
        rows = slice(first, first + _BLOCK)
        error = (limits.sens[rows] @ flat).reshape(-1, count, slots)
        above[rows] = quantile(error, confidence)
        below[rows] = quantile(-error, confidence)
    return above, below


def quantile(error: F, confidence: float) -> F:
    """(R,T) what draws `error` (R,S,T) do not exceed with probability `confidence`, 0 or more.

    The rank is ⌈confidence · (S + 1)⌉, so that the next draw stays below with at least that
    probability. Where it lies beyond the largest of S, so many draws cannot tell; then it is what a
    normal error of their mean and spread would not exceed, if that is more than the largest.

    >>> draws = np.arange(1.0, 20.0).reshape(1, 19, 1)
    >>> float(quantile(draws, 0.9)[0, 0]), float(quantile(draws, 0.95)[0, 0])
    (18.0, 19.0)
    """
    count = error.shape[1]
    rank = ceil(round(confidence * (count + 1), 9))
    if rank <= count:
        found: F = np.partition(error, rank - 1, axis=1)[:, rank - 1]
    else:
        normal = error.mean(axis=1) + float(ndtri(confidence)) * error.std(axis=1)
        found = np.maximum(error.max(axis=1), normal)
    return np.maximum(found, 0.0)
