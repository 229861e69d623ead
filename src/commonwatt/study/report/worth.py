"""What coordination is worth: against *tuned*, and as a share of what the bound could win."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.units import F
from commonwatt.study.report.catalogue import COST, COST_BARE, OVERLOAD
from commonwatt.study.report.figures import Spread, euros, kvah, number, percent
from commonwatt.study.result import UNFAIR, StudyResult

WORTH_TELLING_EUR = 0.01
ZERO_KVAH = 0.005


@dataclass(frozen=True)
class Worth:
    """The gain of *coordinated* over *tuned* in one cost, mean over seeds, and the bound's.

    Attributes:
        gain_eur: what coordination saves.
        possible_eur: what perfect foresight saves.
        spread: the gain over the seeds.
    """

    gain_eur: float
    possible_eur: float
    spread: Spread

    @property
    def share(self) -> float:
        """Gain as a share of the possible one; NaN where nothing can be won."""
        worth_it = self.possible_eur > WORTH_TELLING_EUR
        return self.gain_eur / self.possible_eur if worth_it else math.nan


def worth(result: StudyResult, measure: str = COST) -> Worth:
    """What coordination is worth in `measure`, a cost in €."""
    tuned, ours, bound = (result.value(run, measure) for run in ("tuned", "coordinated", "bound"))
    return Worth(_mean(tuned - ours), _mean(tuned - bound), Spread.of(tuned - ours))


@dataclass(frozen=True)
class Verdict:
    """The report's first words: one sentence to remember, then those that explain it."""

    headline: str
    sentences: tuple[str, ...]


def verdict(result: StudyResult) -> Verdict:
    """What the study found, in words."""
    money = worth(result)
    if not result.binds:
        return Verdict(
            "No limit binds here: coordination has nothing to win for the wires.",
            (_calm(result), *_money(result, money), *_fairness(result)),
        )
    saves = money.gain_eur > WORTH_TELLING_EUR
    head = (
        "A limit binds, and coordination pays."
        if saves
        else "A limit binds, but coordination does not pay."
    )
    return Verdict(head, (_overload(result), *_money(result, money), *_fairness(result)))


def _calm(result: StudyResult) -> str:
    peaks = [_mean(result.value("today", m)) for m in ("transformer_peak", "line_peak")]
    return (
        f"Even as people live today, the transformer peaks at {number(peaks[0], 0)} % and the "
        f"worst line at {number(peaks[1], 0)} % of its rating."
    )


def _overload(result: StudyResult) -> str:
    runs = ("today", "tuned", "coordinated", "bound")
    today, tuned, ours, bound = (_mean(result.value(run, OVERLOAD)) for run in runs)
    left = "nothing" if bound < ZERO_KVAH else kvah(bound, 2)
    return (
        f"Overload energy is {kvah(today)} today, {kvah(tuned)} with well-tuned devices and "
        f"{kvah(ours, 2)} coordinated; perfect foresight leaves {left}."
    )


def _money(result: StudyResult, money: Worth) -> tuple[str, ...]:
    days = "On this day" if result.days == 1 else f"In these {result.days} days"
    gain, bare = _gain(money), _gain(worth(result, COST_BARE))
    compared = f"{days}, compared with well-tuned devices, coordination {gain}"
    return (f"{compared}; with breach prices left out, it {bare}.", *_bills(result))


def _gain(money: Worth) -> str:
    amount = euros(abs(money.gain_eur))
    if money.gain_eur < 0:
        return f"costs {amount} of system cost more"
    if not math.isfinite(money.share):
        return f"saves {amount} of system cost, where even perfect foresight wins nothing"
    return f"saves {amount} of system cost, {percent(money.share)} of what perfect foresight saves"


def _bills(result: StudyResult) -> tuple[str, ...]:
    before = {(b.seed, b.connection): b.cost_eur for b in result.bills if b.run == "today"}
    rises = [
        b.pays_eur - before[b.seed, b.connection]
        for b in result.bills
        if b.run == "coordinated" and (b.seed, b.connection) in before
    ]
    if not rises:
        return ()
    worst = max(rises)
    if worst < WORTH_TELLING_EUR:
        return ("Nobody's bill rises by taking part.",)
    return (f"The worst-off home pays {euros(worst)} more than today.",)


def _fairness(result: StudyResult) -> tuple[str, ...]:
    """What the weight of fairness costs, and how even it leaves the sun that is held back."""
    extra, bare = (
        _mean(result.value("coordinated", cost) - result.value(UNFAIR, cost))
        for cost in (COST, COST_BARE)
    )
    if not math.isfinite(extra):
        return ()
    costs = f"Fairness {_costs(extra)} of system cost, and {_costs(bare)} without breach prices"
    fair, plain = (unevenness(result, run) for run in ("coordinated", UNFAIR))
    if not (math.isfinite(fair) and math.isfinite(plain)):
        return (f"{costs}.",)
    most = "the neighbourhood that gives up most of its sun gives up"
    even = f"{number(fair, 2)} times the city's share, {number(plain, 2)} times without it"
    return (f"{costs}; {most} {even}.",)


def _costs(extra_eur: float) -> str:
    return f"{'costs' if extra_eur >= 0 else 'saves'} {euros(abs(extra_eur))}"


def unevenness(result: StudyResult, run: str) -> float:
    """Largest share of its sun that a neighbourhood gives up over the city's, mean over seeds.

    1 is even; NaN where nothing is given up, or there is one neighbourhood.
    """
    rows = [r for r in result.rows if r.run == run and r.measure == "curtailment"]
    found = []
    for seed in result.seeds:
        share = {r.area: r.value / r.share_of for r in rows if r.seed == seed and r.share_of > 0}
        city = share.pop("all", 0.0)
        if city > 0 and share:
            found.append(max(share.values()) / city)
    return float(np.mean(found)) if found else math.nan


def _mean(values: F) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else math.nan
