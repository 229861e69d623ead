"""What coordination is worth: against *tuned*, and as a share of what the bound could win."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.units import F
from commonwatt.study.report.catalogue import COST, COST_BARE, OVERLOAD
from commonwatt.study.report.figures import Spread, euros, number, percent
from commonwatt.study.result import StudyResult

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
            (_calm(result), *_money(result, money)),
        )
    saves = money.gain_eur > WORTH_TELLING_EUR
    head = (
        "A limit binds, and coordination pays."
        if saves
        else "A limit binds, but coordination does not pay."
    )
    return Verdict(head, (_overload(result), *_money(result, money)))


def _calm(result: StudyResult) -> str:
    peaks = [_mean(result.value("today", m)) for m in ("transformer_peak", "line_peak")]
    return (
        f"Even as people live today, the transformer peaks at {number(peaks[0], 0)} % and the "
        f"worst line at {number(peaks[1], 0)} % of its rating, and every voltage "
        "stays within its band."
    )


def _overload(result: StudyResult) -> str:
    runs = ("today", "tuned", "coordinated", "bound")
    today, tuned, ours, bound = (_mean(result.value(run, OVERLOAD)) for run in runs)
    left = "nothing" if bound < ZERO_KVAH else f"{number(bound, 2)} kVAh"
    return (
        f"Overload energy is {number(today, 1)} kVAh today, {number(tuned, 1)} kVAh with "
        f"well-tuned devices and {number(ours, 2)} kVAh coordinated; "
        f"perfect foresight leaves {left}."
    )


def _money(result: StudyResult, money: Worth) -> tuple[str, ...]:
    bare = worth(result, COST_BARE)
    days = "a day" if result.days == 1 else f"{result.days} days"
    verb = "saves" if money.gain_eur >= 0 else "costs"
    first = (
        f"Against the tuned devices it {verb} {euros(abs(money.gain_eur))} of system cost in {days}"
        f"{_share(money)}; with breach prices left out, {euros(bare.gain_eur)}{_share(bare)}."
    )
    return (first, *_bills(result))


def _share(money: Worth) -> str:
    if not math.isfinite(money.share):
        return ", where even perfect foresight would win nothing"
    return f", {percent(money.share)} of what perfect foresight would win"


def _bills(result: StudyResult) -> tuple[str, ...]:
    before = {(b.seed, b.connection): b.cost_eur for b in result.bills if b.run == "tuned"}
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
    return (f"The worst-off home pays {euros(worst)} more than with tuned devices.",)


def _mean(values: F) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else math.nan
