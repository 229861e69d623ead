"""The field of a study: it calls the twins, slot by slot, where live devices would answer.

Asked for a glance within a slot, it lives through that slot in steps of 10 s (`steps`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from commonwatt.city.link import Link
from commonwatt.city.steps import Glance, Steps
from commonwatt.kernel.commands import Commands
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.ports import Fate, Ground, Requests, Twin
from commonwatt.kernel.readings import Readings
from commonwatt.kernel.units import F, I
from commonwatt.kernel.world import PHASES, Weather, World
from commonwatt.platform.devices import Envelopes
from commonwatt.sectors.grid.analysis.flow import Feeder

NOBODY = Requests(
    asset=np.empty(0, np.int64),
    since=np.empty(0, np.int64),
    until=np.empty(0, np.int64),
    need_kwh=np.empty(0),
    got_kwh=np.empty(0),
    power_kw=np.empty(0),
)
"""No requests at all."""


class DirectField:
    """Fills the port `Field` with simulated twins.

    Args:
        ground: what the twins stand on.
        twins: one per kind of thing, stepped in order of their stage.
        link: how readings travel.
        start: city time at which it begins.
    """

    def __init__(self, ground: Ground, twins: Sequence[Twin], link: Link, start: int) -> None:
        self._ground = ground
        self._twins = sorted(twins, key=lambda twin: twin.stage)
        self.link = link
        self._low = np.full(ground.assets, -np.inf)
        self._high = np.full(ground.assets, np.inf)
        self._expires = np.zeros(ground.assets, dtype=np.int64)
        self._corrected = Envelopes(ground.assets)
        self._weather: tuple[int, Weather] | None = None
        self._feeder: Feeder | None = None
        self._steps: Steps | None = None
        self.now = start
        self.truth: list[Readings] = []

    def __getstate__(self) -> dict[str, Any]:
        """All but the slot in progress: its steps follow from what stood at its start."""
        return {**self.__dict__, "_steps": None, "_feeder": None}

    def advance(self, to: int) -> list[Readings]:
        """Live through the slots until `to`; return the readings that arrived by then.

        What a perfect instrument would have seen is left in `truth` for whoever measures the study.
        """
        while self.now < to:
            world = self._fresh(self.now, min(self.now + SLOT_S, to))
            self._as_corrected(world)
            for twin in self._twins:
                twin.step(world)
            self.now = world.end
            self.truth.extend(world.readings)
            self.link.send(world.readings, self.now)
        return self.link.arrived(self.now)

    def accept(self, commands: Commands) -> None:
        """Devices keep each envelope until it expires or a new one comes."""
        self._low[commands.asset] = commands.low_kw
        self._high[commands.asset] = commands.high_kw
        self._expires[commands.asset] = commands.expires

    def correct(self, commands: Commands) -> None:
        """Devices stay within these envelopes, too, until they expire: from the next step on."""
        self._corrected.put(
            commands.asset,
            commands.low_kw,
            commands.high_kw,
            commands.expires,
            list(commands.reason),
        )

    def glance(self, to: int) -> Glance:
        """Live in steps until city time `to` within the slot under way; what instruments show then.

        Args:
            to: epoch seconds, after `now` and at most a slot later.
        """
        steps = self.steps()
        steps.live(to, self._corrected.bounds)
        return steps.glance()

    def steps(self) -> Steps:
        """The slot under way."""
        if self._steps is None:
            self._feeder = self._feeder or Feeder.of(self._ground)
            self._steps = Steps(
                self._ground,
                self._twins,
                partial(self._fresh, self.now, self.now + SLOT_S),
                self._feeder,
            )
        return self._steps

    def requests(self) -> Requests:
        """Customers' open requests, of all twins together."""
        return _joined([r for twin in self._twins if (r := twin.requests()) is not None])

    def fate(self, window: Window) -> Fate:
        """What will happen in `window` whatever anybody commands: for the bound alone."""
        fates = [twin.fate(window) for twin in self._twins]
        truth: dict[str, tuple[I, F]] = {}
        for fate in fates:
            for quantity, told in fate.truth.items():
                known = truth.get(quantity)
                truth[quantity] = told if known is None else _added(known, told)
        return Fate(
            truth=truth, requests=_joined([f.requests for f in fates if f.requests is not None])
        )

    def _as_corrected(self, world: World) -> None:
        """Hold whom corrections touch in this slot to the mean of their steps."""
        if self._steps is None and not self._corrected.active(self.now).any():
            return
        steps = self.steps()
        steps.live(world.end, self._corrected.bounds)
        held, mean = steps.held()
        if held.any():
            world.low_kw[held] = world.high_kw[held] = mean[held]
            world.averaged = held
        self._steps = None

    def _fresh(self, start: int, end: int) -> World:
        connections = len(self._ground.connections)
        in_force = self._expires > start
        return World(
            start=start,
            end=end,
            weather=self._weather_at(start),
            phase=self._ground.connections.i("phase"),
            power_kw=np.zeros((connections, PHASES)),
            reactive_kvar=np.zeros((connections, PHASES)),
            asset_kw=np.zeros(self._ground.assets),
            low_kw=np.where(in_force, self._low, -np.inf),
            high_kw=np.where(in_force, self._high, np.inf),
            volts_pu=np.ones(connections),
            energised=np.ones(connections, dtype=np.bool_),
        )

    def _weather_at(self, start: int) -> Weather:
        """One slot of weather, read from the ground a day at a time."""
        day = 96
        if self._weather is None or not 0 <= (start - self._weather[0]) // SLOT_S < day:
            self._weather = (start, self._ground.weather(Window.uniform(start, day)))
        slot = (start - self._weather[0]) // SLOT_S
        return self._weather[1].at(slice(slot, slot + 1))


def _added(one: tuple[I, F], other: tuple[I, F]) -> tuple[I, F]:
    """What two twins tell of one quantity, series by series: a school and a shop behind one bus."""
    series = np.union1d(one[0], other[0])
    total = np.zeros((series.size, one[1].shape[1]))
    for who, value in (one, other):
        total[np.searchsorted(series, who)] += value
    return series, total


def _joined(parts: list[Requests]) -> Requests:
    if not parts:
        return NOBODY
    return Requests(
        asset=np.concatenate([p.asset for p in parts]),
        since=np.concatenate([p.since for p in parts]),
        until=np.concatenate([p.until for p in parts]),
        need_kwh=np.concatenate([p.need_kwh for p in parts]),
        got_kwh=np.concatenate([p.got_kwh for p in parts]),
        power_kw=np.concatenate([p.power_kw for p in parts]),
    )
