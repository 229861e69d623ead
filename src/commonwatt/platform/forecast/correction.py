"""What the newest errors say about the next ones: a direct correction for every lead time.

A base that was 1 kW too low a quarter of an hour ago is likely too low still, less so tomorrow. Per
series and lead time a small ridge regression on the base's own out-of-sample errors learns how much
of it lasts (a generalised φ^h), from fading means of the last errors, those of the whole
neighbourhood, and the error a day before the target.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from commonwatt.kernel.intervals import SLOTS_PER_DAY
from commonwatt.kernel.units import F, I
from commonwatt.platform.forecast.rolling import HORIZON

LEADS = np.array([1, 2, 4, 8, 16, 28, 48, 72, 96, HORIZON])
"""Slots ahead for which a correction is learnt; between them it is interpolated in log time."""
KEEP = np.array([0.2, 0.75, 0.94, 0.985])
"""How much of an error stays in a fading mean from one slot to the next."""
MEMORY = SLOTS_PER_DAY
"""Slots of newest errors that a correction looks at."""
SIGNS = KEEP.size + 3
FEW = 20.0
"""Observations' worth of trust in what is common to all series."""
_DOUBT = 0.3
LASTS = 16.0
"""Slots over which an error is assumed to fade to 1/e where nothing can be learnt."""
_LATELY = 1
"""The fading mean over about an hour."""


@dataclass(frozen=True, eq=False)
class Correction:
    """What was learnt.

    Attributes:
        weight: (L,N,SIGNS) by lead time and series.
        size: (N,) typical size of each series' errors.
        share: (N,) how much of the neighbourhood's error a series has part in.
    """

    weight: F
    size: F
    share: F

    def expected(self, errors: F, weight: F, ahead: int) -> F:
        """(H,N) error to expect in the next `ahead` slots.

        Args:
            errors: (MEMORY,N) newest errors, in the seasonal scale, NaN where unknown.
            weight: (MEMORY,) how much each slot tells, its squared scale.
            ahead: how many slots, at most HORIZON.
        """
        filled, common = filled_in(errors, self.size, self.share)
        own, near = _fading(filled, weight)[:, -1], _fading(common, weight)[1:3, -1]
        signs = np.concatenate([own, near * self.size])
        now = np.einsum("lns,sn->ln", self.weight[..., :-1], signs)
        between = interpolation(ahead)
        day_ago = np.nan_to_num(filled)[np.arange(ahead) % MEMORY]
        expected: F = between @ now + (between @ self.weight[..., -1]) * day_ago
        return expected

    @classmethod
    def assumed(cls, errors: F) -> Correction:
        """Where the past is too short to learn from: what is off now stays off for some hours.

        Args:
            errors: (K,N) of the base on the past it was fitted to, NaN where unknown.
        """
        size = np.sqrt(np.nan_to_num(_over(errors**2))) + 1e-9
        weight = np.zeros((LEADS.size, size.size, SIGNS))
        weight[:, :, _LATELY] = np.exp(-LEADS / LASTS)[:, None]
        return cls(weight=weight, size=size, share=_part(errors / size))


def learnt(errors: F, weight: F) -> tuple[Correction, list[F]]:
    """The correction that would have served best, and for each lead the errors it leaves.

    Args:
        errors: (R,N) out-of-sample errors of the base on R consecutive slots, NaN where unknown.
        weight: (R,) how much each slot tells, its squared scale.

    Returns:
        The correction, and per lead an (R,N) array of what is left, NaN where unknown.
    """
    size = np.sqrt(np.nan_to_num(_over(errors**2))) + 1e-9
    share = _part(errors / size)
    filled, common = filled_in(errors, size, share)
    own = _fading(filled, weight)
    near = _fading(common, weight)[1:3] * size
    signs = np.concatenate([own, near, own[:1]]).transpose(2, 1, 0).copy()
    heard = (weight / weight.max())[:, None] / size**2
    leads = [_at_lead(signs, errors, filled, heard, int(h)) for h in LEADS]
    weights, left = zip(*leads, strict=True)
    return Correction(weight=np.array(weights), size=size, share=share), list(left)


def interpolation(ahead: int) -> F:
    """(H,L) weights that carry values at LEADS to the leads 1…`ahead`, linear in log time.

    >>> interpolation(8)[[0, 2, 7], :4].round(2).tolist()
    [[1.0, 0.0, 0.0, 0.0], [0.0, 0.42, 0.58, 0.0], [0.0, 0.0, 0.0, 1.0]]
    """
    where = np.interp(np.log(np.arange(1, ahead + 1)), np.log(LEADS), np.arange(LEADS.size))
    found: F = np.maximum(1 - np.abs(where[:, None] - np.arange(LEADS.size)), 0)
    return found


def filled_in(errors: F, size: F, share: F) -> tuple[F, F]:
    """`errors` (R,N) with gaps filled by the neighbourhood's, and the neighbourhood's own (R,1).

    A roof that is being curtailed shows no potential; its neighbours tell of the same cloud.
    """
    common = _over((errors / size).T)[:, None]
    return np.where(np.isfinite(errors), errors, common * share * size), common


def targets(lead: int, rows: int) -> I:
    """(K,) rows of R whose errors at `lead` slots ahead are learnt from."""
    step = 2 if lead == 1 else 4
    return np.arange(MEMORY, rows - lead, step, dtype=np.int64) + lead


def _at_lead(signs: F, errors: F, filled: F, heard: F, lead: int) -> tuple[F, F]:
    """Weights (N,SIGNS) for one lead and the (R,N) errors left, at the targets' rows."""
    origin = targets(lead, errors.shape[0]) - lead
    days = -(-lead // SLOTS_PER_DAY)
    known = signs[:, origin]
    known[..., -1] = np.nan_to_num(filled[origin + lead - days * SLOTS_PER_DAY]).T
    target = errors[origin + lead].T
    sure = np.isfinite(target)[..., None]
    usable = np.where(sure, known * heard[origin + lead].T[..., None], 0)
    square = usable.transpose(0, 2, 1) @ known
    right = (usable.transpose(0, 2, 1) @ np.nan_to_num(target)[..., None])[..., 0]
    weight = _leaning(square, right)
    left = np.full(errors.shape, np.nan)
    left[origin + lead] = (target - (known @ weight[..., None])[..., 0]).T
    return weight, left


def _leaning(square: F, right: F) -> F:
    """(N,SIGNS) solutions leaning on what all series have in common where a series tells little.

    In units of a series' own error every observation weighs at most 1, hence FEW is a count.
    """
    one = np.eye(SIGNS)
    common = np.linalg.solve(square.mean(axis=0) + one, right.mean(axis=0))
    leant = right + FEW * common
    solved = np.linalg.solve(square + FEW * one, leant[..., None])[..., 0]
    return np.asarray(solved, dtype=np.float64)


def _fading(errors: F, weight: F) -> F:
    """(J,R,N) fading means of `errors` (R,N) up to each row, drawn to 0 the less is known."""
    telling = np.isfinite(errors) * weight[:, None]
    value = np.nan_to_num(errors) * telling
    means = []
    for keep in KEEP:
        top, bottom = (lfilter([1 - keep], [1, -keep], x, axis=0) for x in (value, telling))
        means.append(top / (bottom + _DOUBT * (1 - keep)))
    return np.array(means)


def _part(sized: F) -> F:
    """(N,) slope of each series' errors on the mean of all, within 0…1."""
    common = _over(sized.T)[:, None]
    both = np.isfinite(sized) & np.isfinite(common)
    top = np.where(both, sized * common, 0).sum(axis=0)
    slope: F = np.clip(top / (np.where(both, common**2, 0).sum(axis=0) + 1e-9), 0, 1)
    return slope


def _over(values: F) -> F:
    """Mean over the first axis of what is known; NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0).sum(axis=0)
    found: F = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return found
