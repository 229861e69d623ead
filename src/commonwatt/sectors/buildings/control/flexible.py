"""Buildings as stores of heat, wanted warm while open; and their plan, carried out."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.commands import Commands
from commonwatt.kernel.flexibility import Offers, Schedule, Storage
from commonwatt.kernel.intervals import SLOT_S, SLOTS_PER_DAY, Window
from commonwatt.kernel.ports import View
from commonwatt.kernel.principal import Principal, Role
from commonwatt.kernel.tables import Table
from commonwatt.kernel.units import F
from commonwatt.physics.heating import Outlook, drift_kw, heat_store, mass_now
from commonwatt.physics.thermal import OneLevel
from commonwatt.sectors.buildings import model
from commonwatt.sectors.buildings.analysis import comfort_due, one_level, open_share
from commonwatt.sectors.buildings.control import start

PLANNER = Principal("buildings.follow", Role.SYSTEM)
COMFORT_MARGIN_K = 0.4
"""Plans stay this far inside what is accepted: forecasts and nameplates err."""
MODEL_K = 0.05
"""What remains of it where forecasts are certain: one level of heat is less than a building."""
FIRMNESS = 5.0
"""Plans price cold at this multiple of the list: accepted temperatures are not for sale.

In a dear hour a cold first lesson would be cheaper than warming heavy walls for it. But a caretaker
would not have it, and would heat with all there is at that dearest hour, which no plan foresees.
What a study counts is measured cold, at the list's price.
"""
_IDLE_KW = 0.05


class BuildingsFlexible:
    """Fills the port `Flexible`. Plugs, light and fans are part of the connection's base load."""

    def offer(self, view: View, window: Window) -> Offers:
        """A store of heat per building: warm while it is open, above its setback else.

        A kelvin too cold for an hour costs `FIRMNESS` times what it costs in as many homes as its
        people would fill. The least air while empty is priced alike: cold walls are slow to warm.
        """
        table = view.plan.table(model.BUILDING.name)
        nothing = np.zeros((len(view.plan.connections), len(window)))
        if not len(table):
            return Offers(window=window, fixed_kw=nothing, fixed_kvar=nothing)
        store = _store(view, table, window)
        return Offers(window=window, fixed_kw=nothing, fixed_kvar=nothing, storage=(store,))

    def follow(self, schedule: Schedule, view: View) -> Commands:
        """Setpoints that lapse one slot after the first slot's end."""
        table = view.plan.table(model.BUILDING.name)
        power = schedule.power_of(table.ix)[:, 0]
        planned = np.flatnonzero(np.isfinite(power))
        is_open = open_share(table, view.plan.place, Window.uniform(view.now, 1))[:, 0] > 0
        opens = table.f("open_h")
        return Commands(
            asset=table.ix[planned],
            low_kw=power[planned],
            high_kw=power[planned],
            expires=np.full(planned.size, int(schedule.window.edges[1]) + SLOT_S, dtype=np.int64),
            reason=tuple(
                _sentence(float(power[k]), bool(is_open[k]), float(opens[k])) for k in planned
            ),
            author=PLANNER,
        )

    def local(self, view: View) -> Commands:
        """Optimum start: as late as still makes rooms warm by opening; setback until then."""
        table = view.plan.table(model.BUILDING.name)
        if not len(table):
            return Commands.none(start.INSTALLER)
        outdoor = float(view.weather(Window.uniform(view.now, 1)).temperature_c[0])
        return start.local(view, table, _mass(view, table, outdoor))


def _store(view: View, table: Table, window: Window) -> Storage:
    prices, outdoor = view.plan.prices, view.weather(window).temperature_c
    one = one_level(table)
    due = comfort_due(table, view.plan.place, window)
    coldest = np.where(due, table.f("low_c")[:, None], table.f("setback_c")[:, None])
    cold = FIRMNESS * prices.discomfort_eur_per_k_h * model.homes_in(table)
    price = prices.with_carbon(
        view.signal("price.wholesale_eur_per_kwh", window),
        view.signal("carbon.kg_per_kwh", window),
    )
    told = view.forecast(model.GAIN_KW.name, table.ix, window)
    gain, margin = told.mean, COMFORT_MARGIN_K if told.levels.size > 1 else MODEL_K
    ahead = Outlook(
        window=window,
        outdoor_c=outdoor,
        gain_kw=gain,
        least_gain_kw=gain,
        drift_kw=_drift(view, table, one),
        coldest_c=coldest + margin,
        warmest_c=table.f("high_c")[:, None] - COMFORT_MARGIN_K,
        cold_price=np.outer(cold, window.hours),
        energy_price=price,
        supply_c=model.SUPPLY_C,
    )
    return heat_store(table, one, _mass(view, table, float(outdoor[0])), ahead)


def _mass(view: View, table: Table, outdoor: float) -> F:
    """(N,) mass temperature now."""
    return mass_now(view.latest(model.MASS_C.name, table.ix), table.f("set_c"), outdoor)


def _drift(view: View, table: Table, one: OneLevel) -> F:
    """(N,) heat in kW that nameplates have missed over the last day."""
    day = Window.uniform(view.now - SLOTS_PER_DAY * SLOT_S, SLOTS_PER_DAY)
    edges = Window.uniform(day.start - SLOT_S, SLOTS_PER_DAY + 1)
    return drift_kw(
        one,
        mass_c=view.history(model.MASS_C.name, table.ix, edges),
        air_c=view.history(model.AIR_C.name, table.ix, day),
        power_kw=view.history("asset.power_kw", table.ix, day),
        outdoor_c=view.weather(day).temperature_c,
        hours=day.hours,
        supply_c=model.SUPPLY_C,
    )


def _sentence(kw: float, is_open: bool, opens_h: float) -> str:
    clock = f"{int(opens_h)}:{round(60 * (opens_h % 1)):02d}"
    if kw > _IDLE_KW:
        why = "to keep its rooms warm" if is_open else f"ahead of opening at {clock}"
        return f"Heats at {kw:.1f} kW {why}, as planned."
    why = "warm enough for now" if is_open else f"empty until {clock}"
    return f"Lets the building coast: {why}."
