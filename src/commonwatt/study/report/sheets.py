"""The tables of the report, as rows of text."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field, fields

import numpy as np

from commonwatt.kernel.prices import PriceList
from commonwatt.study.report.catalogue import (
    COST,
    COST_BARE,
    GROUPS,
    OVERLOAD,
    PARTS,
    RUN_WORDS,
    Headline,
    headlines,
)
from commonwatt.study.report.figures import MISSING, Spread, euros, number, percent, text
from commonwatt.study.report.traces import clock
from commonwatt.study.result import BESIDE, RUNS, UNFAIR, StudyResult, areas

_AMOUNT = re.compile(r" at \S+ kW\b")
ALARMS = {OVERLOAD: 0.005, "overload_hours": 0.0, "voltage_hours": 0.0}
KNIFE_EDGE_PCT = 101.0
PEAKS = ("transformer_peak", "line_peak")
PRICE_WORDS = {
    "carbon_eur_per_t": ("Carbon dioxide of the electricity drawn", "€/t"),
    "peak_eur_per_kw_day": ("Each day's highest load of the substation", "€/kW and day"),
    "wear_eur_per_kwh": ("Battery wear, charging and discharging", "€/kWh"),
    "curtailment_eur_per_kwh": ("Sun not let in, beside its energy", "€/kWh"),
    "discomfort_eur_per_k_h": ("A home one kelvin too cold for an hour", "€/(K·h)"),
    "dimming_eur_per_kwh": ("Street light taken away, beside its energy", "€/kWh"),
    "missing_eur_per_kwh": ("Energy a car lacks at departure", "€/kWh"),
    "overload_eur_per_kvah": ("Flow above the rating of a transformer or line", "€/kVAh"),
    "loss_eur_per_kwh": ("Energy lost in the wires, beside its worth", "€/kWh"),
    "voltage_eur_per_pu_h": ("A bus one pu outside its band for an hour", "€/(pu·h)"),
}


@dataclass(frozen=True)
class Cell:
    """One value: what is shown, what stands smaller beneath, whether a limit is broken."""

    shown: str
    small: tuple[str, ...] = ()
    alarm: bool = False


@dataclass(frozen=True)
class Line:
    """One row of a table: its head, a note beneath it, its cells."""

    head: str
    cells: tuple[Cell, ...]
    note: str = ""


@dataclass(frozen=True)
class Sheet:
    """A table: caption, column heads, and rows in groups (a group without words has no heading)."""

    caption: str
    heads: tuple[str, ...]
    groups: tuple[tuple[str, tuple[Line, ...]], ...]
    runs: tuple[str, ...] = field(default=())

    @property
    def empty(self) -> bool:
        """Whether it has no row at all."""
        return not any(lines for _, lines in self.groups)


def headline_sheet(result: StudyResult) -> Sheet:
    """The four runs side by side, mean and spread over seeds."""
    groups = [
        (group.words, tuple(_line(result, h) for h in group.headlines if result.unit(h.name)))
        for group in GROUPS
    ]
    heads = ("Measure", *(RUN_WORDS[r] for r in RUNS))
    kept = tuple((words, lines) for words, lines in groups if lines)
    return Sheet("The four runs", heads, kept, RUNS)


def more_sheet(result: StudyResult) -> Sheet:
    """Every other measure of the long table, for the whole city."""
    told = {h.name for h in headlines()} | set(PARTS)
    names = list(dict.fromkeys(r.measure for r in result.rows if r.area == "all"))
    lines = tuple(
        Line(f"{name.replace('_', ' ')}, {result.unit(name)}", _plain(result, name))
        for name in names
        if name not in told
    )
    heads = ("Measure", *(RUN_WORDS[r] for r in RUNS))
    return Sheet("All other measures, mean over seeds", heads, (("", lines),), RUNS)


def area_sheet(result: StudyResult) -> Sheet:
    """Measures by neighbourhood: coordinated, with tuned beneath."""
    known = {(r.area, r.measure) for r in result.rows}
    places = areas(result.rows)[1:]
    places = places if len(places) > 1 else []
    shown = [h for h in headlines() if any((place, h.name) in known for place in places)]
    lines = tuple(
        Line(place, tuple(_area_cell(result, place, h) for h in shown)) for place in places
    )
    heads = ("Neighbourhood", *(f"{h.words}, {_unit(result, h)}" for h in shown))
    return Sheet("Coordinated, with tuned beneath", heads, (("", lines),))


def beside_sheet(result: StudyResult) -> Sheet:
    """Variants of *coordinated* on the first seed, between tuned and the bound."""
    there = {r.run for r in result.rows}
    variants = (UNFAIR, *BESIDE)
    if not there & set(variants):
        return Sheet("", (), ())
    names = (OVERLOAD, "overload_hours", COST, COST_BARE, "ev_served", "comfort_lost")
    shown = [h for h in headlines() if h.name in names and result.unit(h.name)]
    order = [r for r in ("tuned", "coordinated", *variants, "bound") if r in there]
    lines = tuple(
        Line(RUN_WORDS[run], tuple(_first(result, run, h) for h in shown)) for run in order
    )
    heads = ("Run", *(f"{h.words}, {_unit(result, h)}" for h in shown))
    return Sheet("First seed only", heads, (("", lines),))


def price_sheet(prices: PriceList) -> Sheet:
    """The published price list."""
    lines = tuple(
        Line(
            PRICE_WORDS[f.name][0],
            (Cell(text(getattr(prices, f.name))), Cell(PRICE_WORDS[f.name][1])),
        )
        for f in fields(prices)
    )
    return Sheet("The same in all four runs", ("For", "Price", "Unit"), (("", lines),))


def bill_sheet(result: StudyResult) -> Sheet:
    """What homes pay in each run: mean, highest, and the guarantee paid."""
    lines = []
    for run in [r for r in RUNS if any(b.run == r for b in result.bills)]:
        mine = [b for b in result.bills if b.run == run]
        pays = np.array([b.pays_eur for b in mine])
        given = sum(b.guarantee_eur for b in mine) / len(result.seeds)
        shown = (float(pays.mean()), float(np.median(pays)), float(pays.max()), given)
        lines.append(Line(RUN_WORDS[run], tuple(Cell(euros(v)) for v in shown)))
    heads = ("Run", "Mean", "Median", "Highest", "Guarantee paid, all together")
    return Sheet("Bills over the studied days, all seeds", heads, (("", tuple(lines)),))


def reason_sheet(result: StudyResult, most: int = 20) -> Sheet:
    """Why the planner commanded what it did: reasons, most frequent first."""
    told = [(asset, abs(kw), _AMOUNT.sub("", why)) for _, asset, kw, why in _reasons(result)]
    counts = Counter(sentence for *_, sentence in told)
    lines = []
    for sentence, count in counts.most_common(most):
        mine = [(asset, kw) for asset, kw, why in told if why == sentence]
        kinds = ", ".join(sorted({asset.split("/")[0].replace("_", " ") for asset, _ in mine}))
        assets = str(len({asset for asset, _ in mine}))
        biggest = number(max(kw for _, kw in mine), 1)
        cells = (Cell(number(count, 0)), Cell(assets), Cell(biggest), Cell(kinds))
        lines.append(Line(sentence, cells))
    heads = ("Reason", "Commands", "Assets", "Largest, kW", "Kinds")
    return Sheet("Coordinated run, first seed", heads, (("", tuple(lines)),))


def command_sheet(result: StudyResult, most: int = 300) -> Sheet:
    """The largest commands, one by one, in order of time."""
    largest = sorted(_reasons(result), key=lambda r: (-abs(r[2]), r[0], r[1]))[:most]
    lines = tuple(
        Line(
            clock(np.array([time]), result.zone)[0],
            (Cell(asset), Cell(number(kw, 2)), Cell(why)),
        )
        for time, asset, kw, why in sorted(largest)
    )
    heads = ("Time", "Asset", "kW asked", "Why")
    return Sheet(f"The {len(lines)} largest commands", heads, (("", lines),))


def share(result: StudyResult, run: str, measure: str, area: str = "all") -> str:
    """What share of its whole a measure is, over all seeds; "" where it stands for itself."""
    mine = [r for r in result.rows if (r.run, r.measure, r.area) == (run, measure, area)]
    whole = sum(r.share_of for r in mine)
    if not mine or not math.isfinite(whole):
        return ""
    return percent(sum(r.value for r in mine) / whole, 1) if whole else MISSING


def _reasons(result: StudyResult) -> tuple[tuple[int, str, float, str], ...]:
    ours = (t for t in result.traces if t.run == "coordinated" and t.seed == result.seeds[0])
    return next((t.reasons for t in ours), ())


def _line(result: StudyResult, headline: Headline) -> Line:
    cells = tuple(_cell(result, run, headline) for run in RUNS)
    return Line(f"{headline.words}, {_unit(result, headline)}", cells, headline.note)


def _unit(result: StudyResult, headline: Headline) -> str:
    return result.unit(headline.name)


def _cell(result: StudyResult, run: str, headline: Headline) -> Cell:
    spread = Spread.of(result.value(run, headline.name))
    part_of = share(result, run, headline.name)
    small = tuple(part for part in (part_of, spread.range(headline.digits)) if part)
    alarm = breaks(headline.name, spread.high)
    return Cell(number(spread.mean, headline.digits), small, alarm)


def breaks(measure: str, value: float) -> bool:
    """Whether `value` says that a limit is broken."""
    return value > KNIFE_EDGE_PCT if measure in PEAKS else value > ALARMS.get(measure, math.inf)


def _plain(result: StudyResult, measure: str) -> tuple[Cell, ...]:
    return tuple(
        Cell(text(Spread.of(result.value(run, measure)).mean), _some(share(result, run, measure)))
        for run in RUNS
    )


def _some(words: str) -> tuple[str, ...]:
    return (words,) if words else ()


def _area_cell(result: StudyResult, area: str, headline: Headline) -> Cell:
    ours, tuned = (
        Spread.of(result.value(run, headline.name, area)).mean for run in ("coordinated", "tuned")
    )
    alarm = breaks(headline.name, ours)
    return Cell(number(ours, headline.digits), (number(tuned, headline.digits),), alarm)


def _first(result: StudyResult, run: str, headline: Headline) -> Cell:
    value = float(result.value(run, headline.name)[0])
    return Cell(number(value, headline.digits), (), breaks(headline.name, value))
