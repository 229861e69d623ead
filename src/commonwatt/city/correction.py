"""Between two plans: every feeder watches itself, and takes back for a while what it cannot carry.

Every 10 s of city time the wires are read. Where a limit is broken, whoever pushes on it is held
back (`platform.dispatch.correction` says by how much): a command like any other, with an author, a
reason and an expiry of a minute, renewed as long as it is needed. If nobody renews it, because the
controller is dead, devices are back at their plan a minute later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from commonwatt.city.model import City
from commonwatt.city.steps import Glance
from commonwatt.kernel.commands import Commands
from commonwatt.kernel.flexibility import Offers
from commonwatt.kernel.intervals import SLOT_S, STEP_S
from commonwatt.kernel.principal import Principal, Role
from commonwatt.kernel.units import F, I
from commonwatt.platform.dispatch.correction import Caps, Movers, Patience, Reading, corrected
from commonwatt.platform.dispatch.needs import least_draw_kw
from commonwatt.sectors.grid.control import Gauges, GridNetwork

FEEDER = Principal("feeder.correction", Role.SYSTEM)
EXPIRY_STEPS = 3
LEAST_EXPIRY_S = 60
"""A correction lapses after so many looks, or so many seconds, whichever is longer."""
STALE_S = 30
"""A glance older than this by more than the time between looks is none."""


@dataclass(frozen=True, kw_only=True)
class Hold:
    """How one asset was held back in one slot.

    Attributes:
        asset: its index.
        since: city time at which it first was.
        seconds: for how long in all.
        to_kw: what it was held to at the tightest moment; negative where it feeds in.
        of_kw: what it was permitted then, of the same sign.
        limit: what was too full.
    """

    asset: int
    since: int
    seconds: int
    to_kw: float
    of_kw: float
    limit: str

    @property
    def sentence(self) -> str:
        """What happened, as people are told."""
        minutes = max(1, round(self.seconds / 60))
        return (
            f"held by the feeder's own correction to {abs(self.to_kw):.1f} of "
            f"{abs(self.of_kw):.1f} kW at the tightest, for {minutes} min in all: "
            f"{self.limit} was measured at its limit"
        )

    def also(self, other: Hold) -> Hold:
        """This one and `other`, which came later, together."""
        tightest = min(self, other, key=lambda hold: abs(hold.to_kw))
        return replace(tightest, since=self.since, seconds=self.seconds + other.seconds)


Memory = tuple[Caps, Movers, I, int, tuple[tuple[int, Hold], ...]]


class Correction:
    """One controller for all feeders of a city.

    Light is left alone: it is little, and for safety. So is what a plan cannot move.

    Args:
        city: what there is.
        wires: whose rows are watched.
        gauges: reads them.
        patience: how quickly it lets go.

    Attributes:
        movers: who may be held back under the plan in force.
        looked: city time of the last look.
        past: start of the slot before, and who was held in it.
    """

    def __init__(
        self, city: City, wires: GridNetwork, gauges: Gauges, patience: Patience | None = None
    ) -> None:
        self._sites, self._names = city.sites, wires.names
        self._sens = wires.rows.sens.tocsc()
        self._gauges = gauges
        self._patience = patience or Patience()
        self._pause = np.zeros(city.assets)
        chargers = city.table("charger")
        self._pause[chargers.ix] = chargers.f("min_kw")
        self._rated = np.zeros(city.assets)
        self._rated[city.table("pv").ix] = city.table("pv").f("rated_kw")
        nobody = np.empty(0, dtype=np.int64)
        self._caps = Caps.none(nobody, len(self._names))
        self.movers = self._of(nobody, *np.zeros((3, 0)))
        self._told = nobody
        self.looked = 0
        self._holds: dict[int, Hold] = {}
        self.past: tuple[int, Sequence[Hold]] = (0, ())

    @property
    def memory(self) -> Memory:
        """What the next look goes on from; sensitivities follow from the city."""
        bare = replace(self.movers, sens=np.empty((0, 0)))
        return self._caps, bare, self._told, self.looked, tuple(self._holds.items())

    @memory.setter
    def memory(self, memory: Memory) -> None:
        self._caps, bare, self._told, self.looked, holds = memory
        self._holds = dict(holds)
        self.movers = replace(bare, sens=self._pushes(bare.asset))

    @property
    def holds(self) -> Sequence[Hold]:
        """Who has been held since the last plan, by asset."""
        return [self._holds[asset] for asset in sorted(self._holds)]

    @property
    def holding(self) -> I:
        """Who is held now, by asset index."""
        return self._caps.asset[self._caps.held]

    @property
    def now(self) -> Sequence[Hold]:
        """How those are held who are held now; `since` is when that began in this slot."""
        found = []
        for hold in self._held(self.looked, 0):
            known = self._holds.get(hold.asset, hold)
            found.append(replace(hold, since=known.since, seconds=known.seconds))
        return found

    def renew(
        self, offers: Sequence[Offers], low_kw: F, high_kw: F, people: I, now: int
    ) -> Commands:
        """Begin a slot under a new plan.

        Args:
            offers: of all sectors; what none of them offers is not moved.
            low_kw: (A,) of the commands in force, -inf for none.
            high_kw: (A,) likewise, inf for none.
            people: assets under a person's override: left alone.
            now: start of the slot.

        Returns:
            The corrections that go on.
        """
        self.movers = self._permitted(offers, low_kw, high_kw)
        self._caps = self._caps.under(self.movers).freed(people)
        self.past = (now - SLOT_S, self.holds)
        self._holds, self.looked = {}, now
        return self._commands(now, STEP_S)

    def look(self, glance: Glance | None, people: I, now: int, step_s: int = STEP_S) -> Commands:
        """Correct by what was measured.

        Args:
            glance: what instruments show; None where nothing came through.
            people: assets under a person's override: left alone, at once.
            now: city time.
            step_s: until the next look.

        Returns:
            An envelope for everybody who is held, and one without bounds for whom is let go.
        """
        passed = now - self.looked
        reading = self._reading(glance if glance and now - glance.time <= STALE_S else None)
        self._note(now, passed)
        caps = corrected(self._caps, self.movers, reading, float(passed), self._patience)
        self._caps = caps.freed(people)
        self.looked = now
        return self._commands(now, step_s)

    def _commands(self, now: int, step_s: int) -> Commands:
        caps, held = self._caps, self._caps.held
        asset, gone = caps.asset[held], np.setdiff1d(self._told, caps.asset[held])
        self._told = asset
        expires = now + max(LEAST_EXPIRY_S, EXPIRY_STEPS * step_s)
        limit = [self._names[row] for row in caps.limit[held].tolist()]
        holding = Commands(
            asset=asset,
            low_kw=-caps.feed_kw[held],
            high_kw=caps.draw_kw[held],
            expires=np.full(asset.size, expires, dtype=np.int64),
            reason=tuple(
                f"held by the feeder's own correction: {name} is at its limit" for name in limit
            ),
            author=FEEDER,
        )
        reason = "let go by the feeder's own correction"
        free = Commands.bands(gone, np.array(-np.inf), np.array(np.inf), now, reason, FEEDER)
        return Commands.gathered([holding, free], FEEDER)

    def _note(self, now: int, passed: int) -> None:
        """Remember for how long who was held to what since the last look."""
        for hold in self._held(now - passed, passed):
            known = self._holds.get(hold.asset)
            self._holds[hold.asset] = hold if known is None else known.also(hold)

    def _held(self, since: int, seconds: int) -> Iterator[Hold]:
        """Who is held under the caps as they are."""
        caps, movers = self._caps, self.movers
        for k in np.flatnonzero(caps.held).tolist():
            draws = bool(np.isfinite(caps.draw_kw[k]))
            yield Hold(
                asset=int(caps.asset[k]),
                since=since,
                seconds=seconds,
                to_kw=float(caps.draw_kw[k] if draws else -caps.feed_kw[k]),
                of_kw=float(movers.draw_kw[k] if draws else -movers.feed_kw[k]),
                limit=self._names[int(caps.limit[k])],
            )

    def _reading(self, glance: Glance | None) -> Reading:
        rows, units = len(self._names), self.movers.asset
        if glance is None:
            nothing = np.full(rows, np.nan)
            return Reading(
                value=nothing,
                low=nothing,
                high=nothing,
                spare=nothing,
                power_kw=np.full(units.size, np.nan),
            )
        gauged = self._gauges.read(glance.branch_kw, glance.loading, glance.volts_pu)
        return Reading(
            value=gauged.value,
            low=gauged.low,
            high=gauged.high,
            spare=gauged.spare,
            power_kw=glance.asset_kw[units],
        )

    def _permitted(self, offers: Sequence[Offers], low_kw: F, high_kw: F) -> Movers:
        """What each offered asset may do under the commands in force, and what it needs."""
        every = self._sites.size
        draw, feed, least_draw = np.zeros((3, every))
        offered = np.zeros(every, dtype=np.bool_)
        for offer in offers:
            for block in offer.storage:
                offered[block.asset] = True
                np.maximum.at(draw, block.asset, block.draw_kw[:, 0])
                np.maximum.at(feed, block.asset, block.feed_kw[:, 0])
                np.maximum.at(least_draw, block.asset, least_draw_kw(block, offer.window.hours))
            for band in offer.envelope:
                roofs = band.asset[(band.low_kw[:, 0] < 0) & (band.high_kw[:, 0] >= 0)]
                offered[roofs], feed[roofs] = True, self._rated[roofs]
        draw = np.clip(high_kw, 0.0, draw)
        feed = np.clip(-low_kw, 0.0, feed)
        asset = np.flatnonzero(offered)
        return self._of(asset, draw[asset], feed[asset], least_draw[asset])

    def _of(self, asset: I, draw: F, feed: F, least: F) -> Movers:
        return Movers(
            asset=asset,
            sens=self._pushes(asset),
            draw_kw=draw,
            feed_kw=feed,
            least_draw_kw=np.minimum(least, draw),
            least_feed_kw=np.zeros(asset.size),
            pause_kw=self._pause[asset],
        )

    def _pushes(self, asset: I) -> F:
        """(R,K) change of every limit's quantity per kW of each asset."""
        pushes: F = self._sens[:, self._sites[asset]].toarray()
        return pushes
