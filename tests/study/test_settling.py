from dataclasses import replace

import numpy as np
import pytest

from commonwatt.city.bootstrap import STUDY
from commonwatt.kernel.money import TICKS_PER_EUR, eur
from commonwatt.platform.settlement import (
    Journal,
    Tariff,
    export_reads,
    owed,
    recompute,
    settle,
)
from commonwatt.study import settling
from commonwatt.study.settling import bills_of

RUNS = ["today", "tuned", "coordinated", "bound"]
HOMES = np.arange(7)


@pytest.fixture(scope="module")
def played(lived):
    return [lived(run).played for run in RUNS]


@pytest.fixture
def journals(monkeypatch):
    """Every journal with a guarantee that settling makes."""
    made, real = [], settling.guarantee

    def kept(*args, **named):
        made.append((real(*args, **named), named["pool"]))
        return made[-1][0]

    monkeypatch.setattr(settling, "guarantee", kept)
    return made


def pick(rows, run, measure):
    return next(r for r in rows if (r.run, r.measure, r.area) == (run, measure, "all"))


def costing(played, eur):
    """A run that cost the city something else, all else alike."""
    rows = tuple(replace(r, value=eur) if r.measure == "system_cost" else r for r in played.rows)
    return replace(played, rows=rows)


def test_every_line_sums_to_zero_across_parties(village, played, journals):
    bills_of(village(), played)
    plain = settle(Journal(), played[0].reads, Tariff(), STUDY)
    for journal in [plain, *(j for j, _ in journals)]:
        for line in journal.lines():
            assert len(line.postings()) == 2, line
            assert sum(line.postings().values()) == 0, line


@pytest.mark.parametrize("run", RUNS)
def test_a_bill_recomputed_from_exported_reads_is_the_same_to_the_last_unit(
    run, lived, village, tmp_path
):
    reads = lived(run).played.reads
    export_reads(reads, tmp_path / "reads.csv")
    again = owed(recompute(tmp_path / "reads.csv", Tariff()), HOMES, STUDY)
    once = owed(settle(Journal(), reads, Tariff(), STUDY), HOMES, STUDY)
    np.testing.assert_array_equal(again, once)
    both = [lived("today").played] + ([lived(run).played] if run != "today" else [])
    told = [b for b in bills_of(village(), both)[0] if b.run == run]
    assert [b.cost_eur for b in told] == [float(eur(int(t))) for t in again]


def test_nobodys_bill_rises_by_taking_part(village, played):
    bills, rows = bills_of(village(), played)
    today = {b.connection: b.pays_eur for b in bills if b.run == "today"}
    for run in ("coordinated", "bound"):
        gain, needed = (pick(rows, run, m) for m in ("guarantee_paid", "guarantee_needed"))
        assert 0 < needed.value <= gain.share_of, f"{run}: the pool should suffice on this day"
        assert pick(rows, run, "bill_rise_worst").value <= 0, f"{run}: somebody pays more"
        for b in (b for b in bills if b.run == run):
            assert b.pays_eur <= today[b.connection] + 0.011, f"{run}: {b.connection} pays more"


def test_the_guarantee_is_paid_once_and_at_most_the_gain(village, played, journals):
    _, rows = bills_of(village(), played)
    assert len(journals) == 2, "the coordinated run and the bound, nobody else"
    for (journal, pool), run in zip(journals, ("coordinated", "bound"), strict=True):
        lines = [x for x in journal.lines() if "guarantee" in x.text]
        assert len({x.credit for x in lines}) == len(lines), f"{run}: a home was paid twice"
        assert all(x.debit == "gain" and x.ticks > 0 for x in lines)
        paid = sum(x.ticks for x in lines)
        saved = next(r.value for r in played[0].rows if r.measure == "system_cost") - next(
            r.value for p in played if p.run == run for r in p.rows if r.measure == "system_cost"
        )
        assert pool == round(saved * TICKS_PER_EUR)
        assert 0 < paid <= pool
        assert pick(rows, run, "guarantee_paid").value == paid / TICKS_PER_EUR
        assert pick(rows, run, "guarantee_paid").value == pick(rows, run, "guarantee_needed").value


@pytest.mark.parametrize("worse", [0.0, 1.0])
def test_without_a_gain_nobody_is_paid_and_the_rise_is_told(village, lived, measure, worse):
    today, ours = lived("today").played, lived("coordinated").played
    bills, rows = bills_of(village(), [today, costing(ours, measure(today, "system_cost") + worse)])
    assert pick(rows, "coordinated", "guarantee_paid").value == 0
    assert {b.guarantee_eur for b in bills} == {0.0}
    needed = pick(rows, "coordinated", "guarantee_needed").value
    assert 0 < pick(rows, "coordinated", "bill_rise_worst").value <= needed


def test_tuned_and_today_are_nobodys_favour(village, played):
    bills, rows = bills_of(village(), played)
    for run in ("today", "tuned"):
        assert pick(rows, run, "guarantee_needed").value == 0
        assert all(b.guarantee_eur == 0 for b in bills if b.run == run)


def test_areas_add_up_to_the_whole(village, played):
    bills, rows = bills_of(village(), played)
    for run in RUNS:
        of = {r.area: r.value for r in rows if (r.run, r.measure) == (run, "bill_mean")}
        assert set(of) == {"all", "near", "far"}
        assert of["all"] * 7 == pytest.approx(of["near"] * 4 + of["far"] * 3)
        worst = max(b.pays_eur for b in bills if b.run == run)
        assert pick(rows, run, "bill_worst").value == worst
