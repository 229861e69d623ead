"""The closed loop: decide on what was seen, live the hour, look again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from challenge.battery import Charge, Pack, stepped
from challenge.marks import MONTH_H, bills, unevenness
from challenge.outlook import LEAST_H, LEVELS, PAST_H, Expectation, Outlook
from challenge.plan import Planner, Task
from challenge.year import Year

Decide = Callable[[Year, Charge, np.ndarray], np.ndarray]
"""From the hours seen, the batteries now and the net (H,t) so far to what each is asked (H,)."""


def played(year: Year, pack: Pack, decide: Decide) -> np.ndarray:
    """(H,T) net energy of every home whose battery does as `decide` asks."""
    net = np.empty(year.net_kwh.shape)
    now = pack.new()
    for hour in range(len(year)):
        now, flowed = stepped(pack, now, decide(year.until(hour), now, net[:, :hour]))
        net[:, hour] = year.net_kwh[:, hour] + flowed
    return net


def ruled(pack: Pack) -> Decide:
    """CityLearn's rule for batteries: a little in from 6 to 14 o'clock, a little out otherwise."""

    def decide(seen: Year, _now: Charge, _net: np.ndarray) -> np.ndarray:
        sunny = len(seen) > 0 and 6 <= seen.hour[-1] <= 14
        return (0.11 if sunny else -0.067) * pack.capacity_kwh

    return decide


LEFT = 0.9
"""What a kWh left in a battery at the end is worth, by the cheapest draw of the window."""
FLOOR = 0.8
"""Share of the last month's peak that the new month may reach for nothing."""


class Controller:
    """Forecasts, plans and asks for the first hour of the plan, every hour anew."""

    def __init__(self, pack: Pack) -> None:
        self._outlook, self._planner = Outlook(), Planner(pack)
        self._foretold: list[float] = []

    def __call__(self, seen: Year, now: Charge, net_kwh: np.ndarray) -> np.ndarray:
        """(H,) asked of the batteries in the hour that begins."""
        if len(seen) < LEAST_H:
            self._foretold.append(np.nan)
            return 0 * now.level_kwh
        expects = self._outlook.expects(seen)
        task = self._task(seen, net_kwh, expects)
        self._foretold.append(float(expects.net_kwh.mean(axis=0)[:, 0].sum()))
        return self._planner.plan(task, now, len(seen)).flow_kwh[:, 0]

    def _task(self, seen: Year, net_kwh: np.ndarray, expects: Expectation) -> Task:
        grid, bare = net_kwh.sum(axis=0), seen.net_kwh.sum(axis=0)
        money, carbon = bills(seen, seen.net_kwh).sum(axis=1) / len(seen)
        worth = (expects.price / money + expects.carbon / carbon) / 3
        reached = self._reached(grid, bare)
        tip = MONTH_H * max(grid[-PAST_H:].mean(), 0.0) / reached**2 / _usual(bare) / 6
        return Task(
            net_kwh=expects.net_kwh,
            worth=worth,
            left=LEFT * worth.min(),
            ramp=1 / np.abs(np.diff(bare)).mean() / 6,
            peak=tip,
            before_kw=grid[-1],
            surprise_kw=self._surprise(bare),
            reached_kw=reached,
        )

    def _reached(self, grid: np.ndarray, bare: np.ndarray) -> float:
        months = np.split(grid, range(MONTH_H, grid.size + 1, MONTH_H))
        usual = months[-2] if len(months) > 1 else bare
        return max(months[-1].max(initial=0.0), FLOOR * usual.max())

    def _surprise(self, bare: np.ndarray) -> np.ndarray:
        """How far off the next hour of the district was lately, about its mean."""
        error = (bare - np.array(self._foretold))[-PAST_H:]
        error = error[np.isfinite(error)]
        case = np.quantile(error, LEVELS) if error.size else np.zeros(1)
        return case - case.mean()


def _usual(bare: np.ndarray) -> float:
    """Unevenness of the whole months so far, of all hours before the first is over."""
    whole = bare.size // MONTH_H * MONTH_H
    return unevenness(bare[:whole] if whole else bare)
