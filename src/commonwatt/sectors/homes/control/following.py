"""Carrying out a plan: setpoints for its first slot, each with the reason people are told."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.commands import Commands
from commonwatt.kernel.flexibility import Schedule
from commonwatt.kernel.intervals import SLOT_S
from commonwatt.kernel.ports import View
from commonwatt.kernel.tables import Table
from commonwatt.sectors.homes import model
from commonwatt.sectors.homes.control import worth

_DEEDS = {
    model.HEAT_PUMP.name: ("Heats", "Heats", "Lets the house coast"),
    model.HOT_WATER.name: ("Heats water", "Heats water", "Leaves the tank alone"),
    model.BATTERY.name: ("Charges", "Discharges", "Keeps its energy"),
}
"""What a kind of device does when it draws, feeds, or neither."""
_IDLE_KW = 0.005
_SAME_PRICE = 0.02
"""Prices closer than this share of the day's mean count as the same."""


def followed(schedule: Schedule, view: View) -> Commands:
    """Setpoints that lapse one slot after the first slot's end."""
    parts = [_kind(schedule, view.plan.table(kind)) for kind in _DEEDS]
    return Commands.gathered(parts, worth.PLANNER)


def _kind(schedule: Schedule, table: Table) -> Commands:
    power = schedule.power_of(table.ix)[:, 0]
    planned = np.flatnonzero(np.isfinite(power))
    why = _why(schedule, table)
    reasons = [f"{_deed(table.kind.name, float(power[row]))}, as {why[row]}." for row in planned]
    return Commands(
        asset=table.ix[planned],
        low_kw=power[planned],
        high_kw=power[planned],
        expires=np.full(planned.size, int(schedule.window.edges[1]) + SLOT_S, dtype=np.int64),
        reason=tuple(reasons),
        author=worth.PLANNER,
    )


def _deed(kind: str, kw: float) -> str:
    drawing, feeding, idle = _DEEDS[kind]
    if abs(kw) < _IDLE_KW:
        return idle
    return f"{drawing if kw > 0 else feeding} at {abs(kw):.1f} kW"


def _why(schedule: Schedule, table: Table) -> list[str]:
    """Per asset: how this slot's price at its connection stands, and which limit makes it so."""
    price = schedule.node_price[table.connection]
    mean = np.average(price, axis=1, weights=schedule.window.hours)
    row = int(schedule.binding[0])
    limit = f" while {schedule.limits[row]} is at its limit" if row >= 0 else ""
    step = _SAME_PRICE * np.abs(mean)
    return [
        (
            "power is cheap now"
            if now < m - s
            else "power is dear now"
            if now > m + s
            else "it suits"
        )
        + limit
        for now, m, s in zip(price[:, 0], mean, step, strict=True)
    ]
