"""Heating of buildings: what a thermostat asks, what a balance missed, and the store it makes.

Whoever heats a building with a heat pump, a home or a school, plans it the same way: the comfort
band of room air becomes a band of heat in the mass, wider or narrower slot by slot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.flexibility import Storage
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.tables import Table
from commonwatt.kernel.units import F
from commonwatt.physics.thermal import COUPLING, FLOOR_SUPPLY_C, OneLevel, cop

FEWEST_SLOTS = 8
"""Slots a building's drift is learned from, at least."""
LASTING_H = 12.0
"""Heat left at the window's end is worth what survives of it half a day later."""


def thermostat_kw(
    *,
    air_c: F,
    set_c: F,
    outdoor_c: F,
    loss_kw_per_k: F,
    rated_kw: F,
    supply_c: float = FLOOR_SUPPLY_C,
) -> F:
    """Electric power (N,) of a modulating heat pump: heating curve with room influence.

    The curve covers the envelope's loss at the set point; each kelvin of air off it adds or takes
    what the floor would pass to the room.

    >>> air, outdoor, loss = np.array([21.0, 23.0]), np.array([1.0]), np.array([0.2])
    >>> thermostat_kw(
    ...     air_c=air, set_c=np.array([21.0]), outdoor_c=outdoor, loss_kw_per_k=loss,
    ...     rated_kw=np.array([3.0]),
    ... ).round(2)
    array([1.37, 0.55])
    """
    heat = loss_kw_per_k * (set_c - outdoor_c) + COUPLING * loss_kw_per_k * (set_c - air_c)
    power: F = np.clip(heat / cop(outdoor_c, supply_c), 0.0, rated_kw)
    return power


def drift_kw(
    one: OneLevel,
    *,
    mass_c: F,
    air_c: F,
    power_kw: F,
    outdoor_c: F,
    hours: F,
    supply_c: float = FLOOR_SUPPLY_C,
) -> F:
    """(N,) mean heat in kW by which the mass warmed more than nameplates explain; 0 if unknown.

    Args:
        one: the buildings, by nameplate.
        mass_c: (N,T+1) mass at slot edges, NaN where missing.
        air_c: (N,T) room air at slot ends: its balance tells what sun and people gave.
        power_kw: (N,T) electricity of the heat pumps.
        outdoor_c: (T,).
        hours: (T,).
        supply_c: temperature of the water the heat pumps make.
    """
    gains_kw = one.gain(air_c, mass_c[:, 1:], outdoor_c)
    level = one.level(mass_c)
    taken = one.intake(hours) * hours
    heated = taken * cop(outdoor_c, supply_c) * power_kw
    expected = one.keep(hours) * level[:, :-1] + heated - one.use(hours, outdoor_c, gains_kw)
    missing = (level[:, 1:] - expected) / taken
    known = np.isfinite(missing)
    count = known.sum(axis=1)
    mean = np.where(known, missing, 0.0).sum(axis=1) / np.maximum(count, 1)
    return np.where(count >= FEWEST_SLOTS, mean, 0.0)


def mass_now(measured_c: F, set_c: F, outdoor_c: float) -> F:
    """(N,) measured mass temperature; the steady state of the set point where none has come."""
    usual = set_c + np.maximum(set_c - outdoor_c, 0.0) / COUPLING
    return np.where(np.isfinite(measured_c), measured_c, usual)


def coasting(start_kwh: F, keep: F, use_kwh: F) -> F:
    """(N,T) levels if the heat pumps stayed off.

    Args:
        start_kwh: (N,) level now.
        keep: (N,T) share that survives each slot.
        use_kwh: (N,T) taken in each slot.
    """
    level, path = start_kwh, np.empty_like(keep)
    for t in range(keep.shape[1]):
        level = keep[:, t] * level - use_kwh[:, t]
        path[:, t] = level
    return path


def heat_worth(price: F, window: Window, eta: F, keep: F) -> F:
    """(N,) €/kWh of heat left at the end: what making it again costs, less what leaks away.

    Args:
        price: (T,) of electricity.
        window: the slots.
        eta: (T,) heat per electricity.
        keep: (N,T) share of heat that survives each slot.
    """
    mean = float(np.average(price, weights=window.hours))
    ratio = float(np.average(eta, weights=window.hours))
    lasting = keep[:, 0] ** (LASTING_H / window.hours[0])
    worth: F = np.maximum(mean, 0.0) / ratio * lasting
    return worth


@dataclass(frozen=True, kw_only=True, eq=False)
class Outlook:
    """What N heated buildings expect of T slots.

    Attributes:
        window: the slots.
        outdoor_c: (T,) outdoor air.
        gain_kw: (N,T) useful heat of sun and people.
        least_gain_kw: (N,T) what of it rooms may count on: air follows gains at once and floors
            do not, so floors must be warm enough for so little.
        drift_kw: (N,) heat that nameplates miss.
        coldest_c: (N,T) or (N,1) least room air wanted at slot ends.
        warmest_c: (N,T) or (N,1) most.
        cold_price: (N,T) €/K for a slot that ends colder than wanted.
        energy_price: (T,) €/kWh of electricity.
        supply_c: temperature of the water the heat pumps make.
    """

    window: Window
    outdoor_c: F
    gain_kw: F
    least_gain_kw: F
    drift_kw: F
    coldest_c: F
    warmest_c: F
    cold_price: F
    energy_price: F
    supply_c: float = FLOOR_SUPPLY_C


def heat_store(table: Table, one: OneLevel, mass_c: F, ahead: Outlook) -> Storage:
    """Buildings as heat stores. Level: heat in the mass above `OneLevel.EMPTY_C`.

    The comfort band holds for room air; each slot's weather and gains turn it into a band of mass
    temperature. The ceiling never lies below what the building reaches unheated, for no plan can
    help that.

    Args:
        table: N heat pumps with their `rated_kw`.
        one: the buildings they heat.
        mass_c: (N,) mass now.
        ahead: what is expected.
    """
    hours, outdoor = ahead.window.hours, ahead.outdoor_c
    keep, taken = one.keep(hours), one.intake(hours)
    eta = cop(outdoor, ahead.supply_c)
    use = one.use(hours, outdoor, ahead.gain_kw) - ahead.drift_kw[:, None] * taken * hours
    start = one.level(mass_c)
    alone = coasting(start, keep, use)
    low = one.level(one.mass_for(ahead.coldest_c, outdoor, ahead.least_gain_kw))
    high = np.maximum(one.level(one.mass_for(ahead.warmest_c, outdoor, ahead.gain_kw)), alone)
    k_per_kwh = one.AIR_PER_MASS / one.capacity
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
        short_price=k_per_kwh[:, None] * ahead.cold_price,
        start_kwh=start,
        wear_price=np.zeros(len(table)),
        end_price=heat_worth(ahead.energy_price, ahead.window, eta, keep) * needed,
    )
