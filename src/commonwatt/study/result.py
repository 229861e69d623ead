"""What a study found: one long table, and enough traces to look at rather than read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from commonwatt.kernel.prices import PriceList
from commonwatt.kernel.units import F, I

RUNS = ("today", "tuned", "coordinated", "bound")
"""The four runs of every study, on the same luck."""

BESIDE = ("no margin", "one slot later", "naive forecast", "perfect forecast")
"""Variants of *coordinated* shown beside, on the first seed."""

UNFAIR = "without fairness"
"""*Coordinated* with a weight of 0, on every seed, where the city gives fairness a weight."""


@dataclass(frozen=True)
class Row:
    """One line of the long table. `share_of` is NaN where the value stands for itself."""

    run: str
    seed: int
    area: str
    measure: str
    unit: str
    value: float
    share_of: float = float("nan")


@dataclass(frozen=True, kw_only=True, eq=False)
class Trace:
    """How one run went, slot by slot.

    Attributes:
        run: one of `RUNS` or `BESIDE`, or `UNFAIR`.
        seed: its luck.
        time: (T,) slot starts, epoch seconds.
        loading: (T,) substation transformer, 1.0 = rated.
        line_loading: (T,) worst line.
        volts_low: (T,) lowest bus, pu.
        volts_high: (T,) highest bus, pu.
        power_kw: (T,) mean power by asset kind ("consumer", "pv", "battery", "heat_pump",
            "hot_water", "charger"), + drawn.
        price: (T,) wholesale price in €/kWh.
        reasons: (time, asset id, kW asked, sentence) of commands worth telling.
    """

    run: str
    seed: int
    time: I
    loading: F
    line_loading: F
    volts_low: F
    volts_high: F
    power_kw: Mapping[str, F]
    price: F
    reasons: tuple[tuple[int, str, float, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class HomeBill:
    """One connection's bill for the studied days, whole cents."""

    run: str
    seed: int
    connection: str
    area: str
    use: str
    import_wh: int
    export_wh: int
    cost_eur: float
    guarantee_eur: float = 0.0

    @property
    def pays_eur(self) -> float:
        """What is left to pay after the participation guarantee."""
        return self.cost_eur - self.guarantee_eur


@dataclass(frozen=True, kw_only=True, eq=False)
class StudyResult:
    """A finished study."""

    city: str
    start: int
    days: int
    seeds: tuple[int, ...]
    why_this_week: str
    zone: str
    prices: PriceList
    rows: tuple[Row, ...]
    traces: tuple[Trace, ...]
    bills: tuple[HomeBill, ...]
    binds: bool
    settings: Mapping[str, str] = field(default_factory=dict)

    def value(self, run: str, measure: str, area: str = "all") -> F:
        """(S,) one measure of one run over the seeds, NaN where a seed lacks it."""
        found = {
            r.seed: r.value
            for r in self.rows
            if r.run == run and r.measure == measure and r.area == area
        }
        return np.array([found.get(seed, np.nan) for seed in self.seeds])

    @property
    def measures(self) -> dict[str, dict[str, float]]:
        """Measure → run → mean over seeds, for the whole city: what a notebook shows."""
        table: dict[str, dict[str, list[float]]] = {}
        for row in self.rows:
            if row.area == "all":
                table.setdefault(row.measure, {}).setdefault(row.run, []).append(row.value)
        return {m: {r: float(np.mean(v)) for r, v in runs.items()} for m, runs in table.items()}

    def unit(self, measure: str) -> str:
        """The unit a measure is given in."""
        return next((r.unit for r in self.rows if r.measure == measure), "")


def areas(rows: Iterable[Row]) -> list[str]:
    """The areas rows speak of, "all" first."""
    names = sorted({r.area for r in rows} - {"all"})
    return ["all", *names]
