"""Whether a city is electrically sound: who is unsupplied, and what its hardest days do to it.

Three days of the year are lived through by the twins of all sectors under today's habits: the day
with the highest base load, the coldest and the sunniest. A limit is broken where a branch is loaded
above 100 % of its rating or a bus leaves its voltage band.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from commonwatt.city.bootstrap import signals_of, simulated
from commonwatt.city.model import City, indexed
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import DAY_S, SLOT_S, SLOTS_PER_DAY, Window
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import F, I
from commonwatt.sectors.grid.analysis.flow import Feeder
from commonwatt.sectors.grid.analysis.overload import band_breach_pu

NEW_LOADS = ("battery", "charger", "heat_pump", "hot_water", "pv")
"""Kinds that a planner of yesterday did not know of."""
SETTLE_S = 12 * 3600
"""Before a day is judged, devices live through so much of the day before."""
_HOUR_S = 3600


@dataclass(frozen=True, kw_only=True)
class Breach:
    """A limit broken on some day.

    Attributes:
        what: "transformer X", "line Y" or "bus Z".
        value: worst loading (1 is rated) or voltage in pu.
        at: when, epoch seconds.
    """

    what: str
    value: float
    at: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Day:
    """What a hard day does.

    Attributes:
        why: what makes it hard.
        start: local midnight, epoch seconds.
        transformer: worst loading of a transformer, 1 is rated.
        line: worst loading of a line.
        low_pu: lowest voltage of a bus.
        high_pu: highest.
        source_kw: highest power drawn from above.
        overloads: branches above 100 %, worst first.
        voltages: buses outside their band, worst first.
    """

    why: str
    start: int
    transformer: float
    line: float
    low_pu: float
    high_pu: float
    source_kw: float
    overloads: tuple[Breach, ...]
    voltages: tuple[Breach, ...]

    @property
    def sound(self) -> bool:
        """Whether no limit is broken."""
        return not self.overloads and not self.voltages


@dataclass(frozen=True, kw_only=True, eq=False)
class Soundness:
    """The finding about a city.

    Attributes:
        unsupplied: connections that nothing feeds.
        dark_buses: how many buses nothing feeds.
        days: its hard days; none where somebody is unsupplied.
    """

    unsupplied: tuple[str, ...]
    dark_buses: int
    days: tuple[Day, ...]

    @property
    def sound(self) -> bool:
        """Whether everybody is supplied and no limit is broken."""
        return not self.unsupplied and all(day.sound for day in self.days)


def inspected(
    city: City, seed: int, progress: Callable[[str, float], None] = lambda _what, _share: None
) -> Soundness:
    """Judge `city` by its wires and its hard days, on the luck of `seed`.

    Raises:
        InvalidInput: its tables make no grid, or its series are too short for a day.
    """
    feeder = Feeder.of(city)
    dead = feeder.tree.depth < 0
    unsupplied = np.flatnonzero(dead[feeder.connection_bus])
    if unsupplied.size:
        names = tuple(city.connections.ids[c] for c in unsupplied)
        return Soundness(unsupplied=names, dark_buses=int(dead.sum()), days=())
    days: list[Day] = []
    for why, start in hard_days(city).items():
        progress(f"living through the day of the {why}", len(days) / 3)
        days.append(lived(city, feeder, why, start, seed))
    return Soundness(unsupplied=(), dark_buses=int(dead.sum()), days=tuple(days))


def without(city: City, kinds: tuple[str, ...] = NEW_LOADS) -> City:
    """`city` without the assets of some kinds."""
    left = {name: table for name, table in city.tables.items() if name not in kinds}
    return replace(city, tables=indexed(left), version=city.version + 1)


def hard_days(city: City) -> dict[str, int]:
    """Local midnights, by what makes the day hard; days at the series' edges do not count.

    Raises:
        InvalidInput: the series cover fewer than four days.
    """
    days = city.series.slots // SLOTS_PER_DAY - 3
    if days < 1:
        raise InvalidInput(
            f"{city.name}: its profiles cover {city.series.slots // SLOTS_PER_DAY} days; "
            "a check needs at least four"
        )
    noon = city.series.start + DAY_S * np.arange(1, days + 1) + DAY_S // 2
    midnight = noon - city.place.local(noon) % DAY_S
    window = Window.uniform(int(midnight[0]), days * SLOTS_PER_DAY)
    weather = signals_of(city, Rng(0)).weather_truth(window)
    daily = (days, SLOTS_PER_DAY)
    return {
        "highest load": int(midnight[np.argmax(_base(city, window).reshape(daily).max(1))]),
        "deepest cold": int(midnight[np.argmin(weather.temperature_c.reshape(daily).mean(axis=1))]),
        "most sun": int(midnight[np.argmax(weather.ghi_w_m2.reshape(daily).mean(axis=1))]),
    }


def _base(city: City, window: Window) -> F:
    """(T,) what all consumers draw by their profiles alone."""
    table = city.table("consumer")
    total = np.zeros(len(window))
    names, which = np.unique(table.text("profile") if len(table) else [], return_inverse=True)
    for k, name in enumerate(names):
        peak = float(table.f("peak_kw")[which == k].sum())
        total += peak * city.series.mean(f"{name}.p", window)
    return total


def lived(city: City, feeder: Feeder, why: str, start: int, seed: int) -> Day:
    """One local day under today's habits, an hour at a time."""
    field = simulated(city, seed, start - SETTLE_S).field
    field.advance(start)
    seen: dict[str, list[F]] = {"branch.loading": [], "bus.volts_pu": [], "grid.source_kw": []}
    while field.now < start + DAY_S:
        field.truth.clear()
        field.advance(field.now + _HOUR_S)
        for reading in field.truth:
            if reading.quantity in seen:
                seen[reading.quantity].append(reading.value)
    loading, volts, source = (np.array(seen[name]).T for name in seen)
    bus = city.table("bus")
    breach = band_breach_pu(volts, bus.f("low_pu"), bus.f("high_pu"))
    split = feeder.transformers
    buses = tuple(f"bus {name.removeprefix('bus/')}" for name in bus.ids)
    return Day(
        why=why,
        start=start,
        transformer=float(np.max(loading[:split], initial=0.0)),
        line=float(np.max(loading[split:], initial=0.0)),
        low_pu=float(np.nanmin(volts)),
        high_pu=float(np.nanmax(volts)),
        source_kw=float(source.max()),
        overloads=_worst(loading - 1.0, loading, feeder.names, start),
        voltages=_worst(np.abs(breach), volts, buses, start),
    )


def _worst(excess: F, value: F, names: tuple[str, ...], start: int) -> tuple[Breach, ...]:
    """Rows with an excess above 0, by their worst moment, worst first."""
    slot: I = excess.argmax(axis=1)
    rows = np.arange(slot.size)
    most = excess[rows, slot]
    order = np.argsort(-most, kind="stable")
    return tuple(
        Breach(what=names[r], value=float(value[r, slot[r]]), at=start + SLOT_S * int(slot[r]))
        for r in order.tolist()
        if most[r] > 0
    )
