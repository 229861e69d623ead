"""What must hold of every coordinated plan, whatever the town: checked by laws of its own.

The judge is `ledger.py` for a plan's cost and rules, and the mixed-integer programme of
`benchmarks/milp.py` for the least cost there is.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks import milp
from commonwatt.kernel.flexibility import Storage
from commonwatt.platform.dispatch.coordinator import Effort, Outcome, Task
from tests.platform.dispatch import ledger
from tests.platform.dispatch.towns import Dice, Town, cycles, pumps, town

SLOTS, PLACES = 12, 3
LIGHT = Effort(gap=1e-3, rounds=15, tries=4)
some = settings(
    max_examples=6, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
seeds = st.integers(0, 10**6)
tightness = st.floats(0.3, 1.5)


def storage(case: Town, field: str, more: float) -> Town:
    """Every store's `field` times `more`."""
    stores = tuple(
        replace(rows, **{field: more * getattr(rows, field)}) for rows in case.offers.storage
    )
    return replace(case, offers=replace(case.offers, storage=stores))


def band(case: Town) -> Town:
    """Roofs may feed more and draw."""
    (rows,) = case.offers.envelope
    wide = replace(rows, low_kw=1.5 * rows.low_kw, high_kw=rows.high_kw + 1)
    return replace(case, offers=replace(case.offers, envelope=(wide,)))


def starts(case: Town) -> Town:
    """Cycles may wait longer and may stay undone."""
    (rows,) = case.offers.profile
    latest = np.minimum(rows.latest + 3, SLOTS - rows.shape_kw.shape[1])
    wide = replace(rows, latest=latest, skip_price=np.minimum(rows.skip_price, 0.5))
    return replace(case, offers=replace(case.offers, profile=(wide,)))


def paths(case: Town) -> Town:
    """Modes may be left sooner, and from off to full at once."""
    (rows,) = case.offers.modes
    wide = replace(
        rows, switch_price=np.minimum(rows.switch_price, 0.1), dwell=np.ones_like(rows.dwell),
        start_dwell=0 * rows.start_dwell,
    )  # fmt: skip
    return replace(case, offers=replace(case.offers, modes=(wide,)))


def wires(case: Town) -> Town:
    """Every limit further out."""
    return replace(
        case, limits=replace(case.limits, low=1.3 * case.limits.low, high=1.3 * case.limits.high)
    )


WIDER = {
    "draw": lambda case: storage(case, "draw_kw", 1.5),
    "feed": lambda case: storage(case, "feed_kw", 1.5),
    "size": lambda case: storage(case, "high_kwh", 1.5),
    "band": band,
    "starts": starts,
    "paths": paths,
    "wires": wires,
}


def mixed_town(seed: int, tight: float, *, below: bool = False) -> Town:
    """Every family at three connections; with `below`, energy costs less than nothing at times."""
    case = town(seed, PLACES, graded=False, tight=tight, cheap=False)
    offers = replace(
        case.offers, profile=(cycles(seed, 4, PLACES, SLOTS),), modes=(pumps(seed, 4, PLACES),)
    )
    price = Dice(seed + 3)(-0.4, 0.3, SLOTS) if below else case.objective.energy_price
    return replace(case, offers=offers, objective=replace(case.objective, energy_price=price))


def task(case: Town, shards: int = 1) -> Task:
    return Task.of(case.offers, case.limits, case.around, case.objective, shards)


def plan_of(work: Task, outcome: Outcome) -> ledger.Plan:
    """What every shard's tables do."""
    tables = [block.rows for shard in work.shards for block in shard.blocks]
    powers = [power for parts in outcome.powers for power in parts]
    return list(zip(tables, powers, strict=True))


def cheapest(case: Town) -> float:
    """€ of the best plan that there is."""
    found = milp.least(
        case.offers, case.limits, case.around, case.objective, whole=True, no_burning=True,
        mip_rel_gap=0.0,
    )  # fmt: skip
    assert found.status == "optimal", found.status
    return found.cost_eur


@some
@given(seed=seeds, tight=tightness, below=st.booleans(), shards=st.sampled_from([1, 3]))
def test_a_plan_keeps_every_rule_costs_what_it_says_and_names_what_it_breaks(
    seed: int, tight: float, below: bool, shards: int
) -> None:
    case = mixed_town(seed, tight, below=below)
    work = task(case, shards)
    outcome = work.solve(LIGHT)
    sure, plan = outcome.certificate, plan_of(work, outcome)
    paid = ledger.cost(case.offers, case.limits, case.around, case.objective, plan)
    assert sure.cost_eur == pytest.approx(paid, rel=1e-6, abs=1e-6)
    broken = ledger.breaches(case.offers, case.limits, plan)
    kept = work.market.row
    assert np.abs(sure.breach) == pytest.approx(broken[kept], abs=1e-6)
    assert not np.delete(broken, kept, axis=0).any(), "a limit was left out that can break"
    most = broken.max(axis=1)
    named = np.isin(case.limits.name, sure.broken)
    assert named[most > 2e-6].all(), "a breach without its name"
    assert not named[most < 5e-7].any(), "a name without its breach"


@some
@given(seed=seeds, tight=tightness, below=st.booleans())
def test_the_bound_is_true_and_no_plan_beats_the_best(seed: int, tight: float, below: bool) -> None:
    case = mixed_town(seed, tight, below=below)
    sure, best = task(case).solve(LIGHT).certificate, cheapest(case)
    slack = 1e-6 * (1 + abs(best))
    assert sure.lower_eur <= best + slack
    assert sure.cost_eur >= best - slack


@some
@given(seed=seeds, tight=tightness, what=st.sampled_from(sorted(WIDER)))
def test_offering_more_and_relaxing_limits_never_cost(seed: int, tight: float, what: str) -> None:
    case = mixed_town(seed, tight)
    wider = WIDER[what](case)
    before, after = (task(one).solve(LIGHT).certificate for one in (case, wider))
    slack = 1e-6 * (1 + abs(before.mixed_eur))
    assert after.lower_eur <= before.mixed_eur + slack
    if after.gap <= LIGHT.gap:
        assert after.mixed_eur <= before.mixed_eur + LIGHT.gap * abs(after.lower_eur) + slack


@some
@given(seed=seeds, tight=tightness, below=st.booleans())
def test_the_same_seed_gives_the_same_plan(seed: int, tight: float, below: bool) -> None:
    effort = replace(LIGHT, seed=seed)
    one, two = (task(mixed_town(seed, tight, below=below)).solve(effort) for _ in range(2))
    assert one.certificate.cost_eur == two.certificate.cost_eur
    for a, b in zip(one.powers[0], two.powers[0], strict=True):
        assert a.tobytes() == b.tobytes()


@some
@given(seed=seeds, below=st.booleans())
def test_needs_are_met_where_the_wires_allow(seed: int, below: bool) -> None:
    case = mixed_town(seed, 30.0, below=below)
    work = task(case)
    outcome = work.solve(LIGHT)
    hours = case.offers.window.hours
    for rows, power in plan_of(work, outcome):
        if isinstance(rows, Storage) and (rows.short_price == 1).all():
            for n in range(len(rows)):
                most = rows.start_kwh[n] + (rows.eta_in[n] * rows.draw_kw[n] * hours).sum()
                need = min(rows.low_kwh[n].max(), most)
                assert ledger.levels(rows, n, power[n], hours)[-1] >= need - 1e-5
