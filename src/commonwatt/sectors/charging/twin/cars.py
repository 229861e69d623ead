"""What chargers do: full power from plug-in until the need is met, within the envelope in force."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import DAY_S, Window
from commonwatt.kernel.ports import Fate, Ground, Requests
from commonwatt.kernel.units import SECONDS_PER_HOUR, F
from commonwatt.kernel.world import World
from commonwatt.sectors.charging.twin.sessions import Habits, Sessions

_AHEAD_S = 7 * DAY_S


class Cars:
    """Every `charger` of the city and the cars that come to it.

    A session that began before the field did is taken to have charged at full power until then.

    Args:
        ground: true parameters and luck.
    """

    stage = 0

    def __init__(self, ground: Ground) -> None:
        table = ground.table("charger")
        self._asset, self._connection = table.ix, table.connection
        self._rated_kw, self._min_kw = table.f("rated_kw"), table.f("min_kw")
        self._habits = Habits.of(ground)
        self._known: Sessions | None = None
        self._known_from = self._known_to = 0
        self._plugged = np.full(len(table), -1, dtype=np.int64)
        self._got_kwh = np.zeros(len(table))
        self._now: int | None = None

    def step(self, world: World) -> None:
        """Charge for one slot; publish each car's level and, where one leaves, its outcome."""
        if not self._asset.size:
            return
        here = self._open_at(world.start)
        row, asset = here.row, self._asset[here.row]
        got = self._got_of(here, world.start)
        power = self._firmware_kw(world, here, here.need_kwh - got)
        world.run(asset, self._connection[row], power)
        got = got + world.asset_kw[asset] * world.hours
        self._plugged[row], self._got_kwh[row] = here.since, got
        self._now = world.end
        world.publish("ev.got_kwh", asset, got)
        gone = here.until == world.end
        if gone.any():
            world.publish("ev.asked_kwh", asset[gone], here.need_kwh[gone])
            world.publish("ev.feasible_kwh", asset[gone], here.feasible_kwh[gone])
            world.publish("ev.served_kwh", asset[gone], got[gone])

    def requests(self) -> Requests | None:
        """Sessions open now, those that begin this moment included; none before the first slot."""
        if self._now is None or not self._asset.size:
            return None
        return self._asked(self._open_at(self._now), self._now)

    def fate(self, window: Window) -> Fate:
        """Every session that touches `window`, with what the one under way has got by now."""
        if not self._asset.size:
            return Fate(truth={})
        coming = self._habits.touching(window.start, window.end)
        return Fate(truth={}, requests=self._asked(coming, window.start))

    def _firmware_kw(self, world: World, here: Sessions, remaining_kwh: F) -> F:
        """(K,) power: what the envelope lets full power have, until the need is met."""
        rated, asset = self._rated_kw[here.row], self._asset[here.row]
        allowed = np.clip(world.within(asset, rated), 0.0, rated)
        allowed = world.running(asset, allowed, self._min_kw[here.row])
        power: F = np.minimum(allowed, np.maximum(remaining_kwh, 0.0) / world.hours)
        return power

    def _got_of(self, sessions: Sessions, now: int) -> F:
        """(K,) delivered so far: as counted, or else as full power from plug-in would have."""
        row = sessions.row
        before_h = np.maximum(now - sessions.since, 0) / SECONDS_PER_HOUR
        unseen = np.minimum(sessions.need_kwh, self._rated_kw[row] * before_h)
        return np.where(self._plugged[row] == sessions.since, self._got_kwh[row], unseen)

    def _asked(self, sessions: Sessions, now: int) -> Requests:
        return Requests(
            asset=self._asset[sessions.row],
            since=sessions.since,
            until=sessions.until,
            need_kwh=sessions.need_kwh,
            got_kwh=self._got_of(sessions, now),
            power_kw=self._rated_kw[sessions.row],
        )

    def _open_at(self, moment: int) -> Sessions:
        """Sessions with a car plugged in at `moment`, worked out a week at a time."""
        if self._known is None or not self._known_from <= moment < self._known_to:
            self._known_from, self._known_to = moment, moment + _AHEAD_S
            self._known = self._habits.touching(self._known_from, self._known_to)
        return self._known.where((self._known.since <= moment) & (self._known.until > moment))
