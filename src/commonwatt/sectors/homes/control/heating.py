"""Heat pumps: buildings as storage within comfort, and the local timer that preheats them."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.commands import Commands
from commonwatt.kernel.flexibility import Storage
from commonwatt.kernel.intervals import SLOT_S, SLOTS_PER_DAY, Window
from commonwatt.kernel.ports import View
from commonwatt.kernel.tables import Table
from commonwatt.kernel.units import F
from commonwatt.physics.heating import Outlook, drift_kw, heat_store, mass_now, thermostat_kw
from commonwatt.physics.thermal import OneLevel
from commonwatt.sectors.homes import model
from commonwatt.sectors.homes.control import worth

MODEL_K = 0.05
"""Plans stay this far above the cold, because one level of heat is less than a building."""
SPARE_K = 0.10
"""And this much further where forecasts are not certain: weather and nameplates err."""
COMFORT_MARGIN_K = 0.4
"""Plans stay this far below too warm, and local timers on either side."""
PREHEAT_K = 1.0
"""Local timer: raise the set point by this in cheap hours and with surplus sun."""
SETBACK_K = 0.7
"""Local timer: lower the set point by this in dear hours, yet not into the margin."""


def offered(view: View, window: Window, price: F) -> Storage | None:
    """Buildings as heat stores whose room air stays inside the comfort band and its margin.

    Cold is priced per kelvin-hour of air, margin included: a plan that uses the margin up pays as
    if people froze, but what a study counts is measured.
    """
    table = view.plan.table(model.HEAT_PUMP.name)
    if not len(table):
        return None
    one = _one_level(table)
    outdoor = view.weather(window).temperature_c
    gain = view.forecast(model.GAIN_KW.name, table.ix, window)
    spare = MODEL_K + (SPARE_K if gain.levels.size > 1 else 0.0)
    cold = view.plan.prices.discomfort_eur_per_k_h * window.hours
    ahead = Outlook(
        window=window,
        outdoor_c=outdoor,
        gain_kw=gain.mean,
        least_gain_kw=gain.least,
        drift_kw=_drift(view, table, one),
        coldest_c=table.f("low_c")[:, None] + spare,
        warmest_c=table.f("high_c")[:, None] - COMFORT_MARGIN_K,
        cold_price=np.broadcast_to(cold, (len(table), len(window))),
        energy_price=price,
    )
    measured = view.latest(model.MASS_C.name, table.ix)
    mass = mass_now(measured, table.f("set_c"), float(outdoor[0]))
    return heat_store(table, one, mass, ahead)


def local(view: View) -> Commands:
    """Preheat with surplus sun or through the cheap window, ease off in the dear one.

    The set point climbs as the cheap window goes by, so that a street of timers does not start
    at full power all at once.
    """
    table = view.plan.table(model.HEAT_PUMP.name)
    if not len(table):
        return Commands.none(worth.INSTALLER)
    meter = worth.Meter.of(view, table)
    timer = worth.Timer.of(view)
    warmer = np.minimum(table.f("set_c") + PREHEAT_K, table.f("high_c") - COMFORT_MARGIN_K)
    cooler = np.maximum(table.f("set_c") - SETBACK_K, table.f("low_c") + COMFORT_MARGIN_K)
    climbing = cooler + timer.progress * (warmer - cooler) if timer.cheap else warmer
    raised = _thermostat(view, table, climbing)
    low = np.minimum(raised, meter.room_kw if timer.cheap else meter.surplus_kw)
    eased = _thermostat(view, table, climbing if timer.cheap else cooler)
    high = eased if timer.cheap or timer.dear else np.full(len(table), np.inf)
    high = np.maximum(high, low)
    some = ((low > 0) | np.isfinite(high)) & meter.known & np.isfinite(raised)
    reason = "Preheats in the cheap window or with surplus sun, eases off in the dear one."
    return Commands.bands(
        table.ix[some],
        np.where(low > 0, low, -np.inf)[some],
        high[some],
        view.now + 2 * SLOT_S,
        reason,
        worth.INSTALLER,
    )


def _one_level(table: Table) -> OneLevel:
    return OneLevel(table.f("loss_kw_per_k"), table.f("mass_kwh_per_k"))


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
    )


def _thermostat(view: View, table: Table, set_c: F) -> F:
    """(N,) power the heat pumps would choose at another set point; NaN without a reading of air."""
    return thermostat_kw(
        air_c=view.latest(model.AIR_C.name, table.ix),
        set_c=set_c,
        outdoor_c=view.weather(Window.uniform(view.now, 1)).temperature_c,
        loss_kw_per_k=table.f("loss_kw_per_k"),
        rated_kw=table.f("rated_kw"),
    )
