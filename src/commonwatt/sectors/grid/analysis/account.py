"""The grid's account: peaks, overload, voltage and losses, from what was measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import Measures, View
from commonwatt.kernel.units import F
from commonwatt.sectors.grid.analysis.flow import Feeder
from commonwatt.sectors.grid.analysis.overload import hours_above, outside_band, overload_kvah

AREA = "all"
KNIFE_EDGE = 1.01
"""Hours above exactly 1.0 hang on the last digit; hours above this do not."""
Row = tuple[str, str, str, float, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """What was measured of the grid in T slots; NaN where a reading is missing.

    Attributes:
        loading: (branch,T).
        power_kw: (branch,T).
        volts_pu: (bus,T).
        loss_kw: (T,).
        source_kw: (T,).
        hours: (T,).
    """

    loading: F
    power_kw: F
    volts_pu: F
    loss_kw: F
    source_kw: F
    hours: F


class GridAccount:
    """Fills the port `Measured`."""

    def measures(self, view: View, window: Window) -> Measures:
        """The grid's rows for `window`."""
        feeder = Feeder.of(view.plan)
        branches, city = np.arange(feeder.branches), np.zeros(1, dtype=np.int64)
        seen = Measured(
            loading=view.history("branch.loading", branches, window),
            power_kw=view.history("branch.power_kw", branches, window),
            volts_pu=view.history("bus.volts_pu", np.arange(feeder.buses), window),
            loss_kw=view.history("grid.loss_kw", city, window)[0],
            source_kw=view.history("grid.source_kw", city, window)[0],
            hours=window.hours,
        )
        bus = view.plan.table("bus")
        split = feeder.transformers
        rows = [
            *_branch_rows("transformer", seen, feeder.rating_kva, slice(0, split)),
            *_branch_rows("line", seen, feeder.rating_kva, slice(split, None)),
            *_voltage_rows(seen, bus.f("low_pu"), bus.f("high_pu")),
            *_energy_rows(seen),
        ]
        return Measures(rows=tuple(rows))


def _branch_rows(kind: str, seen: Measured, rating_kva: F, which: slice) -> list[Row]:
    """Peak power and loading, overload energy and hours of one kind of branch."""
    loading, power = seen.loading[which], seen.power_kw[which]
    if not loading.size:
        return []
    worst = _extreme(np.nanmax, loading)
    any_above = np.nan_to_num(loading).max(axis=0, keepdims=True)
    total_h = float(seen.hours.sum())
    energy = float(overload_kvah(np.nan_to_num(loading), rating_kva[which], seen.hours).sum())
    above = {level: float(hours_above(any_above, level, seen.hours)[0]) for level in (1.0, 1.01)}
    return [
        (AREA, f"{kind} peak power", "kW", _extreme(np.nanmax, np.abs(power)), np.nan),
        (AREA, f"{kind} worst loading", "1", worst, np.nan),
        (AREA, f"{kind} overload energy", "kVAh", energy, np.nan),
        (AREA, f"{kind} hours above 100 %", "h", above[1.0], total_h),
        (AREA, f"{kind} hours above 101 %", "h", above[KNIFE_EDGE], total_h),
    ]


def _voltage_rows(seen: Measured, low_pu: F, high_pu: F) -> list[Row]:
    outside = outside_band(seen.volts_pu, low_pu, high_pu)
    return [
        (AREA, "lowest voltage", "pu", _extreme(np.nanmin, seen.volts_pu), np.nan),
        (AREA, "highest voltage", "pu", _extreme(np.nanmax, seen.volts_pu), np.nan),
        (
            AREA,
            "hours outside the voltage band",
            "h",
            float(seen.hours[outside].sum()),
            float(seen.hours.sum()),
        ),
    ]


def _energy_rows(seen: Measured) -> list[Row]:
    drawn = float(np.nansum(np.maximum(seen.source_kw, 0.0) * seen.hours))
    fed = float(np.nansum(np.maximum(-seen.source_kw, 0.0) * seen.hours))
    return [
        (AREA, "source peak power", "kW", _extreme(np.nanmax, np.abs(seen.source_kw)), np.nan),
        (AREA, "energy from the source", "kWh", drawn, np.nan),
        (AREA, "energy to the source", "kWh", fed, np.nan),
        (AREA, "losses", "kWh", float(np.nansum(seen.loss_kw * seen.hours)), drawn + fed),
    ]


def _extreme(pick: Callable[[F], float], values: F) -> float:
    """The extreme of the values measured, NaN if none was."""
    return float(pick(values)) if np.isfinite(values).any() else float("nan")
