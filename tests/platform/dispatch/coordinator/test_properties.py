"""What must hold of every coordinated plan, whatever the town: checked by laws of its own.

The judge is `ledger.py` for a plan's cost and rules, and the mixed-integer programme of
`benchmarks/milp.py` for the least cost there is.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks import milp
from commonwatt.kernel.flexibility import Limits, Offers
from commonwatt.platform.dispatch import Objective
from commonwatt.platform.dispatch.coordinator import Effort, Outcome, Task
from commonwatt.platform.dispatch.coordinator.blocks import families
from tests.platform.dispatch import ledger
from tests.platform.dispatch.towns import Dice, Town, cycles, pumps, town

SLOTS, PLACES = 12, 3
LIGHT = Effort(gap=1e-3, rounds=25, tries=4)
some = settings(
    max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
seeds = st.integers(0, 10**6)
tightness = st.floats(0.3, 1.5)


def mixed_town(seed: int, tight: float, *, below: bool = False) -> Town:
    """Every family at three connections; with `below`, energy costs less than nothing at times."""
    case = town(seed, PLACES, graded=False, tight=tight, cheap=False)
    offers = replace(
        case.offers, profile=(cycles(seed, 4, PLACES, SLOTS),), modes=(pumps(seed, 4, PLACES),)
    )
    price = Dice(seed + 3)(-0.4, 0.3, SLOTS) if below else case.objective.energy_price
    return replace(case, offers=offers, objective=replace(case.objective, energy_price=price))


def task(
    case: Town, offers: Offers | None = None, limits: Limits | None = None, shards: int = 1
) -> Task:
    return Task.of(
        offers or case.offers, limits or case.limits, case.around, case.objective, shards
    )


def powers(outcome: Outcome) -> list[np.ndarray]:
    """Every block's powers, its shards added up."""
    return [np.sum(parts, axis=0) for parts in zip(*outcome.powers, strict=True)]


def close(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-6 * (1 + abs(other))


@some
@given(seed=seeds, tight=tightness, below=st.booleans(), shards=st.sampled_from([1, 3]))
def test_a_plan_keeps_every_rule_costs_what_it_says_and_names_what_it_breaks(
    seed: int, tight: float, below: bool, shards: int
) -> None:
    case = mixed_town(seed, tight, below=below)
    outcome = task(case, shards=shards).solve(LIGHT)
    sure, plan = outcome.certificate, powers(outcome)
    assert close(
        sure.cost_eur, ledger.cost(case.offers, case.limits, case.around, case.objective, plan)
    )
    broken = ledger.breaches(case.offers, case.limits, plan)
    assert np.abs(np.abs(sure.breach) - broken).max() < 1e-6
    named = {case.limits.name[r] for r in np.flatnonzero((broken > 2e-6).any(axis=1))}
    assert named <= set(sure.broken), "a breach without its name"
    assert set(sure.broken) <= {case.limits.name[r] for r in np.flatnonzero(broken.any(axis=1))}


@some
@given(seed=seeds, tight=tightness, below=st.booleans())
def test_no_plan_is_cheaper_than_its_bound_or_than_the_cheapest(
    seed: int, tight: float, below: bool
) -> None:
    case = mixed_town(seed, tight, below=below)
    sure = task(case).solve(LIGHT).certificate
    best = milp.least(
        case.offers, case.limits, case.around, case.objective, whole=True, no_burning=True,
        mip_rel_gap=0.0,
    )  # fmt: skip
    assert best.status == "optimal"
    slack = 1e-6 * (1 + abs(best.cost_eur))
    assert sure.lower_eur <= best.cost_eur + slack
    assert sure.cost_eur >= best.bound_eur - slack
