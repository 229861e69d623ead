"""What perfect foresight could reach: month by month in one programme each, nothing unknown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from challenge.battery import Pack
from challenge.marks import MONTH_H, bills, ramping, unevenness
from challenge.plan import Task, foreseen
from challenge.year import Year

_ROUNDS = 2
"""The peak's price depends on the peak that is reached: plan, look, plan again."""


def bound(year: Year, pack: Pack) -> np.ndarray:
    """(H,T) net energy of the homes under the best plan for somewhat better batteries.

    They keep their best efficiency and full power whatever flows and whatever they hold, so no
    controller gets there.
    """
    net = np.empty(year.net_kwh.shape)
    now, before = pack.new(), float(year.net_kwh[:, 0].sum())
    for first in range(0, len(year), MONTH_H):
        month = slice(first, min(first + MONTH_H, len(year)))
        task = _task(year, month, before)
        for _ in range(_ROUNDS):
            plan = foreseen(task, pack, now)
            net[:, month] = year.net_kwh[:, month] + plan.flow_kwh
            task = replace(task, peak=_tip(year, net[:, month].sum(axis=0)))
        now = replace(now, level_kwh=np.clip(plan.level_kwh[:, -1], 0.0, now.usable_kwh))
        before = float(net[:, month.stop - 1].sum())
    return net


def _task(year: Year, month: slice, before: float) -> Task:
    bare = year.net_kwh.sum(axis=0)
    money, carbon = bills(year, year.net_kwh).sum(axis=1)
    worth = (year.price[month] / money + year.carbon[month] / carbon) / 3
    return Task(
        net_kwh=year.net_kwh[None, :, month],
        worth=worth,
        left=float(worth.min()),
        ramp=1 / ramping(bare) / 6,
        peak=_tip(year, 0.6 * bare[month]),
        before_kw=before,
        surprise_kw=np.zeros(1),
        reached_kw=0.0,
    )


def _tip(year: Year, grid: np.ndarray) -> float:
    """What a kW of this month's peak costs, were `grid` what the district takes."""
    months = -(-len(year) // MONTH_H)
    flat = unevenness(year.net_kwh.sum(axis=0)) * months
    return max(float(grid.mean()), 0.0) / float(grid.max()) ** 2 / flat / 6
