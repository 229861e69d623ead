"""The independent programme is independent, and right where others can tell."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import milp
from commonwatt.kernel.flexibility import Modes, Offers, Storage
from commonwatt.kernel.intervals import Window
from commonwatt.platform.dispatch import Objective
from tests.platform.dispatch.coordinator import rivals
from tests.platform.dispatch.oracle import optimum
from tests.platform.dispatch.towns import START, Dice, battery, cycles, limits_of, pumps, town

SLOTS = 6
FREE = limits_of(np.ones((1, 1)), -1e3, 1e3, SLOTS)
EXACT = {"whole": True, "no_burning": True, "mip_rel_gap": 0.0}


def alone(price: np.ndarray, **rows: tuple[Storage | Modes, ...]) -> float:
    """Least cost of rows on a wire that never binds."""
    window = Window.uniform(START, SLOTS)
    nothing = np.zeros((1, SLOTS))
    offers = Offers(window=window, fixed_kw=nothing, fixed_kvar=nothing, **rows)
    aim = Objective(energy_price=price, day=np.zeros(SLOTS, dtype=np.int64))
    return milp.least(offers, FREE, nothing, aim, **EXACT).cost_eur


def test_it_shares_no_code_with_what_it_judges() -> None:
    tree = ast.parse(Path(milp.__file__).read_text())
    names = {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in [getattr(node, "module", None), *(alias.name for alias in node.names)]
        if name and name.startswith("commonwatt")
    }
    assert names == {"commonwatt.kernel.flexibility"}


@pytest.mark.parametrize("seed", range(8))
def test_the_same_optimum_as_the_oracle_of_stores_and_envelopes(seed: int) -> None:
    case = town(seed, 1 + seed % 4, graded=seed % 2 == 0, tight=0.3 + 0.1 * seed, cheap=False)
    aim = case.objective
    best = optimum(
        case.offers, case.limits, case.around, energy_price=aim.energy_price, day=aim.day,
        peak_price=aim.peak_price_eur_per_kw_day, peak_so_far=dict(aim.peak_so_far_kw),
    )  # fmt: skip
    found = milp.least(case.offers, case.limits, case.around, aim)
    assert found.cost_eur == pytest.approx(best, rel=1e-7)
    assert found.bound_eur == found.cost_eur


@pytest.mark.parametrize("seed", range(8))
def test_modes_as_enumeration_finds_them(seed: int) -> None:
    dice = Dice(seed)
    rows, price = pumps(seed, 1, 1), dice(-0.3, 0.4, SLOTS)
    best = rivals.modes(rows, price, np.full(SLOTS, 0.25))
    assert alone(price, modes=(rows,)) == pytest.approx(best, abs=1e-7)


@pytest.mark.parametrize("seed", range(8))
def test_a_store_below_nothing_burns_no_energy(seed: int) -> None:
    dice = Dice(seed)
    row = battery(SLOTS, eta_in=0.8, eta_out=0.8, wear_price=0.0, use_kwh=dice(-1, 1, SLOTS))
    price = dice(-0.4, 0.3, SLOTS)
    best = rivals.storage(row, price, np.full(SLOTS, 0.25))
    assert alone(price, storage=(row,)) == pytest.approx(best, abs=1e-7)


def test_mixing_starts_bounds_choosing_them() -> None:
    case = town(3, 2, graded=False, tight=0.4, cheap=False)
    offers = replace(case.offers, profile=(cycles(3, 8, 2, 12),), modes=(pumps(3, 4, 2),))
    convex = milp.least(offers, case.limits, case.around, case.objective)
    whole = milp.least(offers, case.limits, case.around, case.objective, **EXACT)
    assert convex.cost_eur <= whole.cost_eur + 1e-9
    assert whole.bound_eur == pytest.approx(whole.cost_eur, abs=1e-6)
    assert convex.binding.any()
    assert not whole.binding.any()
