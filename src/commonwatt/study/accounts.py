"""System cost: one published price list, the same in all runs, so that a gain means something.

Counted from the field's truth over the studied window: energy at the wholesale price, carbon, each
day's network peak, battery wear, curtailment, discomfort, energy missing at departure, street light
taken away where there is any, and every breach of a limit; what is left in stores at the end is
credited at the mean price of the last day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.city.ground import TrueGround
from commonwatt.kernel.intervals import DAY_S, SLOTS_PER_DAY, Window
from commonwatt.kernel.ports import View
from commonwatt.kernel.units import G_PER_KG, F
from commonwatt.sectors.buildings.model import homes_in
from commonwatt.sectors.homes.model import REFERENCE_C

BREACHES = ("overload", "voltage")
"""The parts of system cost that price breaches of limits."""

STORE_COP = 3.0
"""Electricity that heat left in a store saves, as a round coefficient of performance."""


@dataclass(frozen=True, kw_only=True)
class Breaches:
    """Overload and voltage outside the band, as the grid accounts them."""

    overload_kvah: float
    voltage_pu_h: float


def system_cost(
    view: View, ground: TrueGround, window: Window, breaches: Breaches
) -> dict[str, float]:
    """Parts of the system cost in €, by name.

    Args:
        view: a view of the field's truth.
        ground: for the prices as they were.
        window: uniform 15-minute slots.
        breaches: from the grid's account.
    """
    prices = ground.prices
    hours = window.hours
    source = view.history("grid.source_kw", np.array([0]), window)[0]
    wholesale = ground.signals.truth("price.wholesale_eur_per_kwh", window)
    intensity = ground.signals.truth("carbon.kg_per_kwh", window)
    carbon_price = prices.carbon_eur_per_t / G_PER_KG
    battery = ground.table("battery")
    parts = {
        "energy": float(np.sum(source * wholesale * hours)),
        "carbon": float(np.sum(source * intensity * hours)) * carbon_price,
        "peak": prices.peak_eur_per_kw_day * float(daily_peaks(view, source, window).sum()),
        "wear": prices.wear_eur_per_kwh
        * float(np.sum(np.abs(view.history("asset.power_kw", battery.ix, window)) * hours)),
        "curtailment": prices.curtailment_eur_per_kwh
        * total(view, ground, "pv", "pv.curtailed_kw", window),
        "discomfort": prices.discomfort_eur_per_k_h * cold_k_h(view, ground, window),
        "missing": prices.missing_eur_per_kwh * missing_kwh(view, ground, window),
        "overload": prices.overload_eur_per_kvah * breaches.overload_kvah,
        "voltage": prices.voltage_eur_per_pu_h * breaches.voltage_pu_h,
        "left in stores": -stored_kwh(view, ground) * last_price(ground, window),
    }
    if prices.loss_eur_per_kwh:
        lost = view.history("grid.loss_kw", np.array([0]), window)[0]
        parts["losses"] = prices.loss_eur_per_kwh * float(lost @ hours)
    if len(ground.table("lamp")):
        taken = total(view, ground, "lamp", "lamp.taken_kw", window)
        parts["dimming"] = prices.dimming_eur_per_kwh * taken
    return parts


def daily_peaks(view: View, source_kw: F, window: Window) -> F:
    """(D,) highest load of the substation on each local day, in either direction."""
    day = view.plan.place.local(window.starts) // DAY_S
    return np.array([np.abs(source_kw[day == d]).max() for d in np.unique(day)])


def total(
    view: View,
    ground: TrueGround,
    kind: str,
    quantity: str,
    window: Window,
    *,
    per_hour: bool = True,
) -> float:
    """Sum of a quantity over the assets of a kind and the window, times hours if it is a power."""
    values = view.history(quantity, ground.table(kind).ix, window)
    return float(np.nansum(values * (window.hours if per_hour else 1.0)))


def cold_k_h(view: View, ground: TrueGround, window: Window) -> float:
    """Kelvin-hours too cold, in homes; a public building counts as the homes its people would fill.

    Of its hours only those count in which it is open.
    """
    homes = total(view, ground, "heat_pump", "building.cold_k_h", window, per_hour=False)
    building = ground.table("building")
    cold = np.nansum(view.history("zone.cold_k_h", building.ix, window), axis=1)
    return homes + float(cold @ homes_in(building))


def missing_kwh(view: View, ground: TrueGround, window: Window) -> float:
    """Energy that cars could have had by their departure and did not."""
    charger = ground.table("charger").ix
    feasible = view.history("ev.feasible_kwh", charger, window)
    served = view.history("ev.served_kwh", charger, window)
    return float(np.nansum(np.maximum(feasible - served, 0.0)))


def last_price(ground: TrueGround, window: Window) -> float:
    """Mean €/kWh of electricity with its carbon on the last day of `window`."""
    last = Window.uniform(window.end - DAY_S, SLOTS_PER_DAY)
    price = ground.prices.with_carbon(
        ground.signals.truth("price.wholesale_eur_per_kwh", last),
        ground.signals.truth("carbon.kg_per_kwh", last),
    )
    return float(np.mean(price))


def electricity_per_level(ground: TrueGround) -> F:
    """(A,) kWh of electricity that a kWh left in each asset's store is worth; 0 without one."""
    worth = np.zeros(ground.assets)
    worth[ground.table("battery").ix] = ground.table("battery").f("efficiency")
    worth[ground.table("charger").ix] = 1.0
    for kind in ("heat_pump", "hot_water", "building"):
        worth[ground.table(kind).ix] = 1.0 / STORE_COP
    return worth


def stored_kwh(view: View, ground: TrueGround) -> float:
    """Electricity that the stores' contents are worth at the end: batteries, cars, heat."""
    battery, home, tank = (ground.table(kind) for kind in ("battery", "heat_pump", "hot_water"))
    public, cars = ground.table("building"), view.requests()
    level = np.zeros(ground.assets)
    level[battery.ix] = view.latest("battery.level_kwh", battery.ix)
    level[tank.ix] = view.latest("hot_water.level_kwh", tank.ix)
    for heated, mass in ((home, "building.mass_c"), (public, "zone.mass_c")):
        warmer = view.latest(mass, heated.ix) - REFERENCE_C
        level[heated.ix] = heated.f("mass_kwh_per_k") * warmer
    level[cars.asset] = cars.got_kwh
    return float(np.nansum(level * electricity_per_level(ground)))
