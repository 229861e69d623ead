"""A hub elsewhere: the same plan as if it were ours, nothing else shown, no harm by its faults."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable

import numpy as np
import pytest

from commonwatt.kernel.errors import InvalidInput
from commonwatt.platform.dispatch.coordinator import Effort
from commonwatt.platform.dispatch.coordinator.pools.beside import Beside, Party
from commonwatt.platform.dispatch.coordinator.pools.here import Here
from commonwatt.platform.dispatch.coordinator.pools.processes import Processes
from tests.platform.dispatch.coordinator.hubs import (
    HUB,
    Loop,
    beside,
    hub,
    ours,
    party,
    town,
    whole_town,
)
from tests.platform.dispatch.coordinator.test_shards import assert_same_plan
from tests.platform.dispatch.towns import Dice

FINE = Effort(gap=1e-4, rounds=60)
FEW = Effort(gap=1e-3, rounds=8, tries=4)


def test_a_hub_elsewhere_answers_as_if_it_were_ours() -> None:
    apart, together = town(), whole_town()
    pool, all_here = beside(apart, Loop({HUB: hub().reply})), Here(together.shards)
    dice = Dice(1)
    for _ in range(5):
        price = dice(0.02, 0.4, *apart.market.loss.shape)
        one, other = pool.priced(price), all_here.priced(price)
        for name in ("cost", "bound"):
            assert getattr(one, name).sum() == pytest.approx(getattr(other, name).sum(), rel=1e-9)
        assert one.power_kw.sum(axis=0) == pytest.approx(other.power_kw.sum(axis=0), abs=1e-9)


def test_a_town_with_a_hub_elsewhere_plans_what_it_would_plan_with_the_hub_its_own() -> None:
    apart, together, home = town(), whole_town(), hub()
    pool = beside(apart, Loop({HUB: home.reply}))
    plan = apart.solve(FINE, pool=pool).certificate
    local = together.solve(FINE).certificate
    assert max(plan.gap, local.gap) <= FINE.gap
    assert plan.lower_eur <= local.mixed_eur
    assert local.lower_eur <= plan.mixed_eur
    assert plan.cost_eur == pytest.approx(local.cost_eur, rel=2e-3)
    assert plan.broken == local.broken == ()
    assert plan.notes == ()
    did = np.sum([power.sum(axis=0) for power in home.powers], axis=0)
    assert did == pytest.approx(pool.promises[HUB], abs=1e-9)


def test_the_certificate_says_what_rests_on_the_hubs_word() -> None:
    apart = town()
    pool = beside(apart, Loop({HUB: hub().reply}))
    plan = apart.solve(FEW, pool=pool).certificate
    mine = Here(apart.shards).priced(plan.price).bound.sum()
    all_of_it = Here(whole_town().shards).priced(plan.price).bound.sum()
    assert plan.told_eur == pytest.approx(all_of_it - mine, rel=1e-9)
    assert whole_town().solve(FEW).certificate.told_eur == 0.0


def test_the_wire_carries_nothing_but_the_named_fields() -> None:
    apart = town()
    loop = Loop({HUB: hub().reply})
    apart.solve(FEW, pool=beside(apart, loop))
    fields = {
        "asking": {"version", "id", "edges_s", "kind", "price_eur_per_kwh"},
        "closing": {"version", "id", "edges_s", "kind", "shares", "seed"},
        "response": {"version", "id", "kind", "power_kw", "cost_eur", "bound_eur"},
    }
    seen = [json.loads(body) for body in loop.wire]
    assert {message["kind"] for message in seen} == set(fields)
    for message in seen:
        assert set(message) == fields[message["kind"]]
        for share in message.get("shares", ()):
            assert set(share) == {"asking", "share"}
        for name in ("power_kw", "price_eur_per_kwh"):
            assert len(message.get(name, [0.0] * 24)) == 24


Reply = Callable[[bytes], bytes | None]


def altered(**change: object) -> Callable[[Reply, int], Reply]:
    """A home that answers well until asked for the nth time, and from then on with a change."""

    def wrapped(reply: Reply, after: int) -> Reply:
        asked = 0

        def answer(body: bytes) -> bytes | None:
            nonlocal asked
            asked += 1
            said = reply(body)
            assert said is not None
            if asked <= after:
                return said
            fields = json.loads(said)
            return json.dumps({**fields, **{k: v(fields) for k, v in change.items()}}).encode()  # type: ignore[operator]

        return answer

    return wrapped


def silent(reply: Reply, after: int) -> Reply:
    asked = 0

    def answer(body: bytes) -> bytes | None:
        nonlocal asked
        asked += 1
        return reply(body) if asked <= after else None

    return answer


NEVER_TRUE = "a cost below its own bounds"
"""Told from the start this contradicts nothing."""

FAULTS: dict[str, tuple[Callable[[Reply, int], Reply], str]] = {
    "silence": (silent, "did not answer"),
    "not a number": (altered(cost_eur=lambda _: float("nan")), "what is no response"),
    "too few slots": (altered(power_kw=lambda f: f["power_kw"][1:]), "in 23 slots"),
    "another's number": (altered(id=lambda _: "run-0-3"), "answered run-0-3"),
    "more than was asked": (altered(devices=lambda _: ["a car"]), "what is no response"),
    "more than its fuse": (
        altered(power_kw=lambda f: [500.0, *f["power_kw"][1:]]), "where its connection carries 200"
    ),
    "a bound above its own answer": (
        altered(bound_eur=lambda f: f["bound_eur"] + 1.0), "an answer of its own undercuts"
    ),
    NEVER_TRUE: (
        altered(
            cost_eur=lambda f: f["cost_eur"] - 50.0, bound_eur=lambda f: f["bound_eur"] - 50.0
        ),
        "undercut a bound that it gave before",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "after"), [(n, k) for n in FAULTS for k in (0, 3, 9) if (n, k) != (NEVER_TRUE, 0)]
)
def test_a_hub_at_fault_is_counted_at_its_promise_and_the_rest_goes_on(
    name: str, after: int
) -> None:
    fault, words = FAULTS[name]
    apart = town()
    here = party(apart, promise_kw=3.0)
    pool = beside(apart, Loop({HUB: fault(hub().reply, after)}), here)
    outcome = apart.solve(FEW, pool=pool)
    sure = outcome.certificate
    assert len(sure.notes) == 1
    assert sure.notes[0].startswith(f"{HUB} ")
    assert words in sure.notes[0]
    assert pool.promises == {}
    assert sure.lower_eur <= sure.cost_eur + 1e-9
    assert any(power.any() for power in outcome.powers[0])
    felt = apart.market.bill(_placed(apart, outcome.powers[0], here)).breach
    assert np.abs(felt - sure.breach).max() < 1e-6


def _placed(task, powers, here: Party) -> np.ndarray:  # type: ignore[no-untyped-def]
    """(P,T) of all places if the hub keeps to its promise."""
    total = np.zeros(task.market.loss.shape)
    for rows, power in zip(task.rows, powers, strict=True):
        np.add.at(total, task.market.place[rows.connection], power)
    total[here.place] += here.promise_kw
    return total


def test_one_hub_at_fault_does_not_touch_another() -> None:
    apart, good = town(), hub()
    waited: list[bytes] = []
    loop = Loop({"good": good.reply, "gone": waited.append})
    pool = beside(apart, loop, party(apart, 0.0, "good"), party(apart, 2.0, "gone"))
    sure = apart.solve(FEW, pool=pool).certificate
    assert [note.split()[0] for note in sure.notes] == ["gone"]
    assert set(pool.promises) == {"good"}
    assert len(waited) == 1, "whoever is out is not asked again"


def test_names_are_fit_for_topics() -> None:
    with pytest.raises(InvalidInput, match="no name"):
        party(town(), name="hub/+")


def test_our_rows_may_be_in_processes_meanwhile() -> None:
    apart, home = town(), hub()
    here = apart.solve(FEW, pool=beside(apart, Loop({HUB: home.reply})))
    with Processes(apart.shards) as workers:
        pool = Beside(
            workers, [party(apart)], Loop({HUB: home.reply}), window=ours().window, run="run-2"
        )
        there = apart.solve(FEW, pool=pool)
        assert_same_plan((apart, here), (apart, there))
        os.kill(workers.processes[0].pid, signal.SIGKILL)
        again = pool.powers()
    assert all((a == b).all() for a, b in zip(there.powers[0], again[0], strict=True))
