"""What everybody pays in each run, and the guarantee that nobody pays more for taking part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from commonwatt.city.bootstrap import STUDY
from commonwatt.city.model import City
from commonwatt.kernel.money import TICKS_PER_EUR, eur
from commonwatt.kernel.units import I
from commonwatt.platform.settlement import Journal, Tariff, given_up, guarantee, owed, settle
from commonwatt.study.play import Played
from commonwatt.study.result import HomeBill, Row

REFERENCE = "today"
"""What not taking part means: to go on as today."""


def bills_of(city: City, played: Sequence[Played]) -> tuple[list[HomeBill], list[Row]]:
    """Every connection's bill in every run, and the measures that speak of bills.

    Where taking part made a bill higher than today's on the same luck, the difference is paid back
    from the measured gain in system cost, once, if the gain covers it.
    """
    tariff = Tariff(zone=city.place.zone)
    connections = np.arange(len(city.connections))
    journals = {_key(p): settle(Journal(), p.reads, tariff, STUDY) for p in played}
    today = {
        p.seed: owed(journals[_key(p)], connections, STUDY) for p in played if p.run == REFERENCE
    }
    costs = {_key(p): _value(p, "system_cost") for p in played}
    bills: list[HomeBill] = []
    rows: list[Row] = []
    for p in played:
        journal, pool = journals[_key(p)], 0
        due = owed(journal, connections, STUDY)
        back = np.zeros_like(due)
        if p.run not in {REFERENCE, "tuned"}:
            pool = round((costs[REFERENCE, p.seed] - costs[_key(p)]) * TICKS_PER_EUR)
            back = given_up(due, today[p.seed])
        if 0 < back.sum() <= pool:
            journal = guarantee(
                journal,
                connections,
                today[p.seed],
                pool=pool,
                window=p.reads.window,
                warrant=STUDY,
            )
        paid = due - owed(journal, connections, STUDY)
        mine = _bills(city, p, due, paid)
        bills += mine
        rows += _rows(p, mine, gave_up=int(back.sum()), paid=int(paid.sum()), pool=pool)
        rows += _rises(p, due - paid, today[p.seed])
    return bills, rows


def _key(played: Played) -> tuple[str, int]:
    return played.run, played.seed


def _value(played: Played, measure: str) -> float:
    return next(r.value for r in played.rows if r.measure == measure and r.area == "all")


def _bills(city: City, played: Played, due: I, paid: I) -> list[HomeBill]:
    area, use = city.connections.text("neighbourhood"), city.connections.text("use")
    reads = played.reads
    return [
        HomeBill(
            run=played.run,
            seed=played.seed,
            connection=city.connections.ids[c],
            area=area[c],
            use=use[c],
            import_wh=int(reads.import_wh[c].sum()),
            export_wh=int(reads.export_wh[c].sum()),
            cost_eur=float(eur(int(due[c]))),
            guarantee_eur=float(eur(int(paid[c]))),
        )
        for c in range(len(city.connections))
    ]


def _rows(
    played: Played, bills: list[HomeBill], *, gave_up: int, paid: int, pool: int
) -> list[Row]:
    rows: list[Row] = []
    by_area: Mapping[str, list[HomeBill]] = {
        "all": bills,
        **{a: [b for b in bills if b.area == a] for a in sorted({b.area for b in bills})},
    }
    for area, some in by_area.items():
        pays = [b.pays_eur for b in some]
        rows.append(Row(played.run, played.seed, area, "bill_mean", "€", float(np.mean(pays))))
        rows.append(Row(played.run, played.seed, area, "bill_worst", "€", max(pays)))
    whole = Row(played.run, played.seed, "all", "guarantee_needed", "€", gave_up / TICKS_PER_EUR)
    rows.append(whole)
    rows.append(
        replace(whole, measure="guarantee_paid", value=paid / TICKS_PER_EUR,
                share_of=pool / TICKS_PER_EUR)
    )  # fmt: skip
    return rows


def _rises(played: Played, pays: I, today: I) -> list[Row]:
    """The largest rise of any bill over today's, after the guarantee, to the last unit."""
    rise = float(np.max(pays - today)) / TICKS_PER_EUR
    return [Row(played.run, played.seed, "all", "bill_rise_worst", "€", rise)]
