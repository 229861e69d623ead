"""How things stand, as pages see it: one document, and what changed in it since the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from commonwatt.city.live.census import Census, asset_kw
from commonwatt.city.live.outlook import Outlook
from commonwatt.kernel.intervals import Window, moment
from commonwatt.kernel.ports import View
from commonwatt.kernel.units import F, I
from commonwatt.platform.alarms import Alarm, Condition

LIMITS_SHOWN = 12
SOURCE = np.zeros(1, dtype=np.int64)
_TABLES = ("branches", "connections", "assets")
Document = dict[str, Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """The newest measured values of the whole city, NaN where nothing was ever measured.

    Attributes:
        source_kw: drawn from the grid above.
        losses_kw: lost in the wires.
        loading: (B,).
        bus_pu: (bus,) voltages.
        connection_kw: (C,).
        connection_pu: (C,).
        asset_kw: (A,).
    """

    source_kw: float
    losses_kw: float
    loading: F
    bus_pu: F
    connection_kw: F
    connection_pu: F
    asset_kw: F

    @classmethod
    def of(cls, census: Census, view: View) -> Measured:
        """What `view` has newest."""
        homes = np.arange(len(census.city.connections))
        assets = np.arange(census.city.assets)
        return cls(
            source_kw=float(view.latest("grid.source_kw", SOURCE)[0]),
            losses_kw=float(view.latest("grid.loss_kw", SOURCE)[0]),
            loading=view.latest("branch.loading", np.arange(len(census.branches))),
            bus_pu=view.latest("bus.volts_pu", np.arange(len(census.city.table("bus")))),
            connection_kw=view.latest("meter.power_kw", homes),
            connection_pu=view.latest("meter.volts_pu", homes),
            asset_kw=asset_kw(
                census,
                assets,
                view.latest("asset.power_kw", assets),
                view.latest("connection.base_kw", homes)[census.city.sites],
            ),
        )


def document(
    census: Census,
    measured: Measured,
    ahead: Outlook | None,
    alarms: Sequence[Alarm],
    pace: Mapping[str, Any],
) -> Document:
    """Everything a page shows of the present, without the number of the event it belongs to."""
    plan = ahead.schedule if ahead is not None else None
    return {
        **pace,
        "mode": "twin",
        "plan_status": "none" if plan is None else plan.status,
        "plan_cause": "no plan was made yet" if plan is None else plan.cause,
        "source_kw": number(measured.source_kw),
        "losses_kw": number(measured.losses_kw),
        "voltage_low_pu": number(_extreme(np.nanmin, measured.bus_pu), 4),
        "voltage_high_pu": number(_extreme(np.nanmax, measured.bus_pu), 4),
        "sectors": [_sector(census, row.name, measured, ahead, alarms) for row in census.sectors],
        "limits": limits(census, measured, ahead),
        "branches": {"ids": list(census.branches), "loading": numbers(measured.loading, 4)},
        "connections": {
            "ids": list(census.city.connections.ids),
            "kw": numbers(measured.connection_kw),
            "volts_pu": numbers(measured.connection_pu, 4),
        },
        "assets": {"ids": list(census.assets), "kw": numbers(measured.asset_kw)},
        "alarms": [alarm_document(alarm) for alarm in alarms],
    }


def sector_kw(census: Census, name: str, measured: Measured) -> float:
    """Power of a sector: of its assets; the source's for the wires; all homes' for the meters."""
    members = census.members[name]
    if members.size:
        return float(np.nansum(measured.asset_kw[members]))
    if census.sector(name).network is not None:
        return measured.source_kw
    if any(q.name == "meter.power_kw" for q in census.sector(name).quantities):
        return float(np.nansum(measured.connection_kw))
    return 0.0


def _sector(
    census: Census,
    name: str,
    measured: Measured,
    ahead: Outlook | None,
    alarms: Sequence[Alarm],
) -> Document:
    row = census.sector(name)
    mine = [a for a in alarms if a.key.startswith(f"{name}.") and a.condition is Condition.ACTIVE]
    coming = ahead.sectors.get(name) if ahead is not None else None
    members = census.members[name]
    silent = bool(members.size) and not np.isfinite(measured.asset_kw[members]).any()
    return {
        "name": name,
        "title": row.title,
        "kw": number(sector_kw(census, name, measured)),
        "up_kw": None if coming is None else number(coming.up_kw),
        "down_kw": None if coming is None else number(coming.down_kw),
        "forecast_low_kw": None if coming is None else number(coming.low_kw[0]),
        "forecast_kw": None if coming is None else number(coming.mid_kw[0]),
        "forecast_high_kw": None if coming is None else number(coming.high_kw[0]),
        "state": "stale" if silent else "abnormal" if mine else "normal",
        "note": "nothing measured yet" if silent else mine[0].cause if mine else "",
        "assets": int(members.size),
    }


def limits(census: Census, measured: Measured, ahead: Outlook | None) -> list[Document]:
    """The limits of the wires that are nearest now or get nearest within the plan, worst first."""
    bus = census.city.table("bus")
    rise, drop = bus.f("high_pu") - 1.0, 1.0 - bus.f("low_pu")
    share = np.concatenate(
        [measured.loading, (measured.bus_pu - 1.0) / rise, (1.0 - measured.bus_pu) / drop]
    )
    worst, at = (np.full(share.size, np.nan), np.zeros(share.size, np.int64))
    alone, then = worst.copy(), at.copy()
    if ahead is not None:
        worst, at = _peaks(ahead.loading, ahead.volts_pu, ahead.window, rise, drop)
        alone, then = _peaks(ahead.alone_loading, ahead.alone_volts_pu, ahead.window, rise, drop)
    names = _limit_names(census)
    order = _worst_first(share, worst, len(census.branches))
    return [
        {
            "id": names[k][0],
            "name": names[k][1],
            "kind": names[k][2],
            "loading": number(share[k], 4),
            "worst_ahead": number(worst[k], 4),
            "at": moment_text(int(at[k])) if np.isfinite(worst[k]) else None,
            "alone_ahead": number(alone[k], 4),
            "alone_at": moment_text(int(then[k])) if np.isfinite(alone[k]) else None,
        }
        for k in order
    ]


def _peaks(loading: F, volts_pu: F, window: Window, rise: F, drop: F) -> tuple[F, I]:
    """(L,) how near every limit gets within `window`, and at which moment."""
    volts = volts_pu - 1.0
    coming = np.concatenate([loading, volts / rise[:, None], -volts / drop[:, None]])
    slot = np.nan_to_num(coming, nan=-np.inf).argmax(axis=1)
    return coming[np.arange(slot.size), slot], window.starts[slot]


def _limit_names(census: Census) -> list[tuple[str, str, str]]:
    """(id, name, kind) of every branch, then of every bus from above and from below."""
    transformers = len(census.city.table("transformer"))
    branches = [
        (
            name,
            name.replace("/", " ", 1),
            "transformer" if k < transformers else "line",
        )
        for k, name in enumerate(census.branches)
    ]
    buses = census.city.table("bus").ids
    high = [(f"{b}/high", f"voltage at {b.removeprefix('bus/')}, high", "voltage") for b in buses]
    low = [(f"{b}/low", f"voltage at {b.removeprefix('bus/')}, low", "voltage") for b in buses]
    return branches + high + low


def _worst_first(share: F, worst: F, branches: int) -> list[int]:
    """The most pressing limits; of voltages only the worst above and the worst below."""
    pressing = np.fmax(np.nan_to_num(share, nan=-np.inf), np.nan_to_num(worst, nan=-np.inf))
    buses = (share.size - branches) // 2
    voltages = [
        first + int(pressing[first : first + buses].argmax())
        for first in (branches, branches + buses)
    ]
    ranked = sorted([*range(branches), *voltages], key=lambda k: (-pressing[k], k))
    return ranked[:LIMITS_SHOWN]


def changes(before: Document, after: Document) -> Document:
    """What of `after` is new: changed values, sectors, and rows of tables; empty where nothing is.

    Folding it into `before` gives `after`: sectors merge by name, the rows of branches, connections
    and assets by id, everything else is replaced.
    """
    found: Document = {}
    for key, value in after.items():
        if value == before.get(key):
            continue
        if key in _TABLES and key in before and before[key]["ids"] == value["ids"]:
            found[key] = _changed_rows(before[key], value)
        elif key == "sectors" and key in before:
            known = {sector["name"]: sector for sector in before[key]}
            found[key] = [s for s in value if s != known.get(s["name"])]
        else:
            found[key] = value
    return found


def _changed_rows(before: Document, after: Document) -> Document:
    columns = list(after)
    rows = list(zip(*(after[c] for c in columns), strict=True))
    old = zip(*(before[c] for c in columns), strict=True)
    changed = [row for row, was in zip(rows, old, strict=True) if row != was]
    return {c: [row[k] for row in changed] for k, c in enumerate(columns)}


def alarm_document(alarm: Alarm) -> Document:
    """An alarm as pages see it."""
    return {
        "key": alarm.key,
        "priority": int(alarm.priority),
        "cause": alarm.cause,
        "consequence": alarm.consequence,
        "action": alarm.action,
        "raised_at": moment_text(alarm.raised),
        "acknowledged_at": moment_text(alarm.acknowledged),
        "acknowledged_by": alarm.by or None,
        "cleared_at": moment_text(alarm.cleared) if alarm.condition is Condition.CLEARED else None,
        "count": alarm.times,
    }


def moment_text(seconds: int | None) -> str | None:
    """A moment as pages read it: "2016-06-13T10:15:00Z"."""
    return None if seconds is None else f"{moment(seconds):%Y-%m-%dT%H:%M:%SZ}"


def moment_texts(seconds: I) -> list[str]:
    """Many moments as pages read them."""
    return [f"{moment(second):%Y-%m-%dT%H:%M:%SZ}" for second in seconds.tolist()]


def number(value: float, digits: int = 3) -> float | None:
    """A value as pages see it: rounded, and null where it is unknown or has no bound."""
    return round(float(value), digits) + 0.0 if np.isfinite(value) else None


def numbers(values: F, digits: int = 3) -> list[float | None]:
    """Many values as pages see them."""
    rounded = np.round(values, digits) + 0.0
    return [v if ok else None for v, ok in zip(rounded.tolist(), np.isfinite(values), strict=True)]


def _extreme(pick: Any, values: F) -> float:
    return float(pick(values)) if np.isfinite(values).any() else float("nan")
