"""Heat pumps: buildings as storage within comfort, and the local timer that preheats them."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.commands import Commands
from commonwatt.kernel.flexibility import Storage
from commonwatt.kernel.intervals import SLOT_S, SLOTS_PER_DAY, Window
from commonwatt.kernel.ports import View
from commonwatt.kernel.tables import Table
from commonwatt.kernel.units import F
from commonwatt.physics.thermal import COUPLING, FLOOR_SUPPLY_C, OneLevel, cop
from commonwatt.sectors.homes import model
from commonwatt.sectors.homes.analysis import drift_kw, gain_kw, thermostat_kw
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
    """Buildings as heat stores. Level: heat in the mass above `REFERENCE_C`.

    The comfort band holds for room air; each slot's weather and gains turn it into a band of mass
    temperature. Air follows gains at once and floors do not, so the floor must be warm enough for
    the least gain there may be. Cold is priced per kelvin-hour of air, margin included: a plan that
    uses the margin up pays as if people froze, but what a study counts is measured. The ceiling
    never lies below what the home reaches unheated, for no plan can help that.
    """
    table = view.plan.table(model.HEAT_PUMP.name)
    if not len(table):
        return None
    one, hours = _one_level(table), window.hours
    outdoor = view.weather(window).temperature_c
    gains = view.forecast(model.GAIN_KW.name, table.ix, window)
    gain = worth.expected(gains)
    keep, taken = one.keep(hours), one.intake(hours)
    eta = cop(outdoor, FLOOR_SUPPLY_C)
    use = one.use(hours, outdoor, gain) - _drift(view, table, one)[:, None] * taken * hours
    start = one.level(_mass_now(view, table, float(outdoor[0])))
    alone = _unheated(start, keep, use)
    spare = MODEL_K + (SPARE_K if gains.levels.size > 1 else 0.0)
    coldest = table.f("low_c")[:, None] + spare
    warmest = table.f("high_c")[:, None] - COMFORT_MARGIN_K
    low = one.level(one.mass_for(coldest, outdoor, worth.least(gains)))
    high = one.level(one.mass_for(warmest, outdoor, gain))
    high = np.maximum(high, alone)
    k_per_kwh = one.AIR_PER_MASS / one.capacity
    discomfort = view.plan.prices.discomfort_eur_per_k_h
    needed = alone[:, -1] < low[:, -1]
    none = np.zeros_like(keep)
    return Storage(
        asset=table.ix,
        connection=table.connection,
        draw_kw=none + table.f("rated_kw")[:, None],
        feed_kw=none,
        eta_in=taken * eta,
        eta_out=none + 1.0,
        keep=keep,
        use_kwh=use,
        low_kwh=np.minimum(low, high),
        high_kwh=high,
        short_price=np.outer(k_per_kwh, discomfort * hours),
        start_kwh=start,
        wear_price=np.zeros(len(table)),
        end_price=worth.heat_worth(price, window, eta, keep) * needed,
    )


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


def _unheated(start: F, keep: F, use: F) -> F:
    """(N,T) level if the heat pump stayed off."""
    level, path = start, np.empty_like(keep)
    for t in range(keep.shape[1]):
        level = keep[:, t] * level - use[:, t]
        path[:, t] = level
    return path


def _mass_now(view: View, table: Table, outdoor: float) -> F:
    """(N,) measured mass temperature; the steady state of the set point where none has come."""
    usual = table.f("set_c") + np.maximum(table.f("set_c") - outdoor, 0.0) / COUPLING
    measured = view.latest(model.MASS_C.name, table.ix)
    return np.where(np.isfinite(measured), measured, usual)


def _drift(view: View, table: Table, one: OneLevel) -> F:
    """(N,) heat in kW that nameplates have missed over the last day."""
    day = Window.uniform(view.now - SLOTS_PER_DAY * SLOT_S, SLOTS_PER_DAY)
    edges = Window.uniform(day.start - SLOT_S, SLOTS_PER_DAY + 1)
    mass = view.history(model.MASS_C.name, table.ix, edges)
    air = view.history(model.AIR_C.name, table.ix, day)
    outdoor = view.weather(day).temperature_c
    return drift_kw(
        one,
        mass_c=mass,
        power_kw=view.history("asset.power_kw", table.ix, day),
        gains_kw=gain_kw(one, air, mass[:, 1:], outdoor),
        outdoor_c=outdoor,
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
