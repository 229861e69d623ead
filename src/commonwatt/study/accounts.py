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
        "left in stores": -stored_kwh(view, ground)
        * float(np.mean((wholesale + carbon_price * intensity)[-SLOTS_PER_DAY:])),
    }
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


def stored_kwh(view: View, ground: TrueGround) -> float:
    """Electricity that the stores' contents are worth at the end: batteries, cars, heat."""
    battery, home, tank = (ground.table(kind) for kind in ("battery", "heat_pump", "hot_water"))
    public = ground.table("building")
    in_batteries = view.latest("battery.level_kwh", battery.ix) * battery.f("efficiency")
    in_walls = home.f("mass_kwh_per_k") * (view.latest("building.mass_c", home.ix) - REFERENCE_C)
    in_halls = public.f("mass_kwh_per_k") * (view.latest("zone.mass_c", public.ix) - REFERENCE_C)
    in_tanks = view.latest("hot_water.level_kwh", tank.ix)
    in_cars = view.requests().got_kwh
    heat = np.nansum(in_walls) + np.nansum(in_tanks) + np.nansum(in_halls)
    return float(np.nansum(in_batteries) + heat / STORE_COP + in_cars.sum())
