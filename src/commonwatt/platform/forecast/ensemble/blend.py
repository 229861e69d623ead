"""Which models to trust with one series, and by how much: decided on days they had not seen."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from commonwatt.kernel.units import F

BLENDED = ("ridge", "trees", "profile")
"""What may be mixed; last week and yesterday are among the lags of the first two already."""
GRAIN = 20
ALIKE = 0.01
"""Blends whose errors differ by less than this are held to be equally good."""
EQUAL = np.array([0.5, 0.5, 0.0])
DOUBT = 0.05
"""Equal shares serve unless the best found are better by more than this."""
MARGIN = 0.01
"""A blend must be this much better than the four-week mean to be believed."""


@dataclass(frozen=True)
class Blend:
    """Shares of the named models, and the reason for them in one sentence."""

    shares: dict[str, float]
    reason: str

    @property
    def model(self) -> str:
        """What to call it: the single model that serves, or the ensemble."""
        used = [name for name, share in self.shares.items() if share > 0]
        return used[0] if len(used) == 1 else "ensemble"

    def mix(self, forecasts: dict[str, F]) -> F:
        """(R,) the weighted mean; a missing forecast leaves its share to the others."""
        stack = np.array([forecasts[name] for name in self.shares])
        share = np.array(list(self.shares.values()))[:, None] * np.isfinite(stack)
        total = share.sum(axis=0)
        mixed = (np.nan_to_num(stack) * share).sum(axis=0) / np.where(total > 0, total, 1.0)
        return np.where(total > 0, mixed, np.nan)


def chosen(forecasts: dict[str, F], actual: F) -> Blend:
    """Equal shares of what learns, unless unseen steps clearly speak for others.

    Then it is the mean of all blends whose absolute error is about the least, and between ridge and
    trees it is half way to equal: shares estimated from few weeks do worse than they promise
    (Claeskens et al., The forecast combination puzzle, 2016).
    """
    used = {name: forecasts[name] for name in BLENDED}
    fine = np.isfinite(actual) & np.all([np.isfinite(f) for f in used.values()], axis=0)
    stack = np.array([f[fine] for f in used.values()])
    truth = actual[fine]
    if truth.size == 0:
        return fallback(forecasts, "no unseen step to judge the models by")
    grid = np.array(_grid(len(stack)))
    errors = np.array([_missed(share, stack, truth) for share in grid])
    best = _levelled(grid[errors <= (1 + ALIKE) * errors.min()].mean(axis=0))
    if _missed(EQUAL, stack, truth) <= (1 + DOUBT) * errors.min():
        best = EQUAL
    error = _missed(best, stack, truth)
    simple = float(np.abs(forecasts["profile"][fine] - truth).mean())
    if error >= (1 - MARGIN) * simple:
        why = f"on {truth.size:,} unseen steps no blend beat the four-week mean by {MARGIN:.0%}"
        last = float(np.nanmean(np.abs(forecasts["weekly"][fine] - truth)))
        if last < simple:
            return fallback(forecasts, f"{why}, and last week beat it", "weekly")
        return fallback(forecasts, why)
    better = 1 - error / simple
    words = f"on {truth.size:,} unseen steps its error was {better:.0%} below the four-week mean's"
    return Blend(dict(zip(BLENDED, best.tolist(), strict=True)), words)


def fallback(forecasts: dict[str, F], reason: str, model: str = "profile") -> Blend:
    """One simple model alone."""
    names = {*forecasts, "profile", "weekly", "daily"}
    return Blend({name: float(name == model) for name in sorted(names)}, reason)


def _missed(share: F, stack: F, truth: F) -> float:
    return float(np.abs(share @ stack - truth).mean())


def _levelled(share: F) -> F:
    """Ridge and trees half way to equal shares of what is not the four-week mean's."""
    return np.where(EQUAL > 0, (share + EQUAL * (1 - share[2])) / 2, share)


def _grid(count: int) -> list[tuple[float, ...]]:
    whole = (s for s in product(range(GRAIN + 1), repeat=count) if sum(s) == GRAIN)
    return [tuple(part / GRAIN for part in shares) for shares in whole]
