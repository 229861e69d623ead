"""Pumps with least times, end to end, beside a mixed-integer programme of the same town."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import milp
from commonwatt.kernel.flexibility import Modes
from commonwatt.platform.dispatch.coordinator import Effort, Task
from tests.platform.dispatch import ledger
from tests.platform.dispatch.towns import Dice, Town, pumps, town

SLOTS, PLACES, COUNT = 12, 3, 24
FINE = Effort(gap=1e-5, rounds=60)
NEAR = 0.03
"""Two dozen pumps are few: dealing each one of its own answers may cost this share."""


def pumped(seed: int, *, below: bool) -> Town:
    """Two dozen pumps beside batteries, cars, houses and roofs, their wires tight."""
    case = town(seed, PLACES, graded=False, tight=0.6, cheap=False)
    price = Dice(seed + 3)(-0.3 if below else 0.02, 0.3, SLOTS)
    return replace(
        case,
        offers=replace(case.offers, modes=(pumps(seed, COUNT, PLACES),)),
        objective=replace(case.objective, energy_price=price),
    )


def work(case: Town) -> Task:
    return Task.of(case.offers, case.limits, case.around, case.objective)


@pytest.mark.parametrize("below", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_pumps_keep_their_times_and_come_near_the_best(seed: int, below: bool) -> None:
    case = pumped(seed, below=below)
    outcome = work(case).solve(FINE)
    sure = outcome.certificate
    best = milp.least(
        case.offers, case.limits, case.around, case.objective, whole=True, no_burning=True,
        mip_rel_gap=1e-6, time_limit=60.0,
    )  # fmt: skip
    slack = 1e-6 * (1 + abs(best.cost_eur))
    assert sure.lower_eur <= best.cost_eur + slack
    assert sure.cost_eur >= best.bound_eur - slack
    assert sure.cost_eur <= best.cost_eur + NEAR * abs(best.cost_eur) + slack
    pumping = outcome.powers[0][-1]
    (rows,) = case.offers.modes
    for n in range(COUNT):
        ledger.mode(rows, n, pumping[n], case.offers.window.hours)


def test_a_lone_pump_runs_as_it_should() -> None:
    """Four cheap slots would pay for a start, but a pump once on stays on for six."""
    case = pumped(0, below=False)
    price = np.where(np.arange(SLOTS) % 6 < 4, 0.1, 1.0)
    lone = Modes(
        asset=np.array([1500]), connection=np.array([0]), power_kw=np.array([[0.0, 2.0]]),
        run_price=np.array([[0.0, -0.5]]), switch_price=np.full((1, 2, 2), 0.01),
        dwell=np.array([[1, 6]]), start_mode=np.array([0]), start_dwell=np.array([0]),
    )  # fmt: skip
    offers = replace(case.offers, storage=(), modes=(lone,))
    wide = replace(case.limits, low=case.limits.low - 1e3, high=case.limits.high + 1e3)
    aim = replace(case.objective, energy_price=price, peak_price_eur_per_kw_day=0.0)
    bound = replace(case, offers=offers, limits=wide, objective=aim)
    held = work(bound).solve(FINE).powers[0][-1]
    free = replace(bound, offers=replace(offers, modes=(replace(lone, dwell=0 * lone.dwell + 1),)))
    assert held == pytest.approx(np.zeros((1, SLOTS))), "six slots cost more than they bring"
    assert work(free).solve(FINE).powers[0][-1][0] == pytest.approx(np.where(price < 1, 2.0, 0.0))
