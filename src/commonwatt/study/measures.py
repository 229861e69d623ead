"""The measures of one run: what happened, for the whole city and by neighbourhood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.city.bootstrap import Simulated
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import View
from commonwatt.kernel.units import B, F
from commonwatt.sectors.grid.analysis.flow import Feeder
from commonwatt.sectors.grid.analysis.overload import (
    band_breach_pu,
    hours_above,
    overload_kvah,
)
from commonwatt.sectors.lighting.analysis import timed_kwh
from commonwatt.study.accounts import BREACHES, Breaches, system_cost

Line = tuple[str, str, str, float, float]
"""(area, measure, unit, value, share of)."""

NONE = float("nan")
ABOVE = 1.01
"""Loading from which an hour counts as overloaded: at 1.0 exactly, hours are knife-edge."""


def measured(truth: View, world: Simulated, window: Window) -> list[Line]:
    """All measures of a run, from the field's truth over `window`."""
    wires = _wires(truth, world, window)
    breaches = Breaches(
        overload_kvah=wires["overload_energy"][1], voltage_pu_h=wires["voltage_energy"][1]
    )
    cost = system_cost(truth, world.ground, window, breaches)
    lines = [("all", name, unit, value, NONE) for name, (unit, value) in wires.items()]
    lines += [("all", f"cost_{part}", "€", value, NONE) for part, value in cost.items()]
    lines.append(("all", "system_cost", "€", sum(cost.values()), NONE))
    bare = sum(value for part, value in cost.items() if part not in BREACHES)
    lines.append(("all", "system_cost_without_breaches", "€", bare, NONE))
    for area, mask in _areas(world).items():
        lines += _services(truth, world, window, area, mask)
    return lines


def _wires(truth: View, world: Simulated, window: Window) -> dict[str, tuple[str, float]]:
    """Measures of the grid as a whole: name → (unit, value)."""
    feeder, hours = Feeder.of(world.ground), window.hours
    loading = truth.history("branch.loading", np.arange(feeder.branches), window)
    volts = truth.history("bus.volts_pu", np.arange(feeder.buses), window)
    bus = world.city.table("bus")
    outside = band_breach_pu(volts, bus.f("low_pu"), bus.f("high_pu"))
    source = truth.history("grid.source_kw", np.array([0]), window)[0]
    losses = truth.history("grid.loss_kw", np.array([0]), window)[0]
    carbon = world.ground.signals.truth("carbon.kg_per_kwh", window)
    transformer, line = loading[: feeder.transformers], loading[feeder.transformers :]
    worst = loading.max(axis=0, keepdims=True)
    return {
        "transformer_peak": ("%", 100 * float(transformer.max(initial=0.0))),
        "line_peak": ("%", 100 * float(line.max(initial=0.0))),
        "overload_energy": ("kVAh", float(overload_kvah(loading, feeder.rating_kva, hours).sum())),
        "overload_hours": ("h", float(hours_above(worst, ABOVE, hours)[0])),
        "voltage_lowest": ("pu", float(volts.min())),
        "voltage_highest": ("pu", float(volts.max())),
        "voltage_hours": ("h", float((outside != 0).any(axis=0) @ hours)),
        "voltage_energy": ("pu·h", float((np.abs(outside) @ hours).sum())),
        "losses": ("kWh", float(losses @ hours)),
        "energy": ("kWh", float(source @ hours)),
        "co2": ("kg", float((source * carbon) @ hours)),
    }


def _areas(world: Simulated) -> dict[str, B]:
    """(C,) masks of the connections in each neighbourhood, the whole city first."""
    names = np.array(world.city.connections.text("neighbourhood"))
    areas = {"all": np.ones(names.size, dtype=np.bool_)}
    if len(set(names)) > 1:
        areas |= {str(name): names == name for name in np.unique(names)}
    return areas


@dataclass(frozen=True, eq=False)
class _Area:
    """Sums over the assets of one neighbourhood."""

    truth: View
    world: Simulated
    window: Window
    area: str
    mask: B

    def per_slot(self, kind: str, quantity: str) -> F:
        """(T,) sum over the area's assets of a kind."""
        table = self.world.city.table(kind)
        ix = table.ix[self.mask[table.connection]]
        total: F = np.nansum(self.truth.history(quantity, ix, self.window), axis=0)
        return total

    def kwh(self, kind: str, quantity: str = "asset.power_kw") -> float:
        """Energy of a power."""
        return float(self.per_slot(kind, quantity) @ self.window.hours)


def _services(truth: View, world: Simulated, window: Window, area: str, mask: B) -> list[Line]:
    """Measures that belong to people: cars, comfort, sun."""
    here = _Area(truth, world, window, area, mask)
    fed, curtailed = -here.kwh("pv"), here.kwh("pv", "pv.curtailed_kw")
    asked, feasible, served = (
        float(here.per_slot("charger", f"ev.{what}_kwh").sum())
        for what in ("asked", "feasible", "served")
    )
    return [
        (area, "ev_asked", "kWh", asked, NONE),
        (area, "ev_served", "kWh", served, feasible),
        (area, "ev_charged", "kWh", here.kwh("charger"), NONE),
        (area, "comfort_lost", "K·h", float(here.per_slot("heat_pump", "building.cold_k_h").sum()),
         NONE),
        (area, "heat_electricity", "kWh", here.kwh("heat_pump") + here.kwh("hot_water"), NONE),
        (area, "self_consumption", "kWh", _own_use(truth, world, window, mask), fed),
        (area, "curtailment", "kWh", curtailed, fed + curtailed),
        *_lights(here),
        *_halls(here),
    ]  # fmt: skip


def _lights(here: _Area) -> list[Line]:
    """Measures of street light, where the city has any: of full-night burning, and of its hours."""
    lamp = here.world.city.table("lamp")
    if not len(lamp):
        return []
    mine = here.mask[lamp.connection]
    burning = here.truth.history("lamp.burning_h", lamp.ix, here.window)
    timed = timed_kwh(lamp, here.world.city.place, here.window, burning)[mine].sum()
    full = float(burning[mine].sum(axis=1) @ lamp.f("rated_kw")[mine])
    below = float(here.per_slot("lamp", "lamp.below_h").sum())
    return [
        (here.area, "light_energy", "kWh", here.kwh("lamp"), full),
        (here.area, "light_energy_timed", "kWh", float(timed), full),
        (here.area, "light_taken", "kWh", here.kwh("lamp", "lamp.taken_kw"), full),
        (here.area, "lamp_hours_below_class", "h", below, float(burning[mine].sum())),
    ]


def _halls(here: _Area) -> list[Line]:
    """Measures of schools and offices, where the city has any."""
    if not len(here.world.city.table("building")):
        return []
    cold = float(here.per_slot("building", "zone.cold_k_h").sum())
    occupied = float(here.per_slot("building", "zone.occupied_h").sum())
    return [
        (here.area, "building_comfort_lost", "K·h", cold, NONE),
        (here.area, "building_occupied", "h", occupied, NONE),
        (here.area, "building_heat_electricity", "kWh", here.kwh("building"), NONE),
    ]


def _own_use(truth: View, world: Simulated, window: Window, mask: B) -> float:
    """Solar energy used behind the meter it was made behind, kWh."""
    pv = world.city.table("pv")
    made = np.zeros((mask.size, len(window)))
    np.add.at(made, pv.connection, -truth.history("asset.power_kw", pv.ix, window))
    net = truth.history("meter.power_kw", np.arange(mask.size), window)
    own = np.maximum(made - np.maximum(-net, 0.0), 0.0)
    return float((own[mask] @ window.hours).sum())
