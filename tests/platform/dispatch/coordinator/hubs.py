"""A town with a charging hub elsewhere, and channels that need no network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from commonwatt.kernel.flexibility import Offers
from commonwatt.kernel.intervals import Window
from commonwatt.platform.dispatch.coordinator import Task
from commonwatt.platform.dispatch.coordinator.home import Home
from commonwatt.platform.dispatch.coordinator.pools.beside import Beside, Channel, Party
from commonwatt.platform.dispatch.coordinator.pools.here import Here
from tests.platform.dispatch.coordinator.test_coordination import cycles, limits, objective, offers

PLACE = 2
HUB = "hub-1"


@dataclass
class Loop:
    """Calls homes at once, and keeps all that went over the wire."""

    homes: dict[str, Callable[[bytes], bytes | None]]
    wire: list[bytes] = field(default_factory=list)
    found: dict[str, bytes] = field(default_factory=dict)

    def send(self, number: str, bodies: dict[str, bytes]) -> None:
        del number
        replies = {name: self.homes[name](body) for name, body in bodies.items()}
        self.found = {name: reply for name, reply in replies.items() if reply is not None}
        self.wire += [*bodies.values(), *self.found.values()]

    def collect(self, number: str, within_s: float) -> dict[str, bytes]:
        del number, within_s
        return self.found


def ours() -> Offers:
    """Sixty rows in town."""
    return offers(3, 60)


def theirs(window: Window | None = None) -> Offers:
    """The hub's: cars, batteries and heat at one place, and cycles that stay whole."""
    del window
    given = replace(offers(4, 30), profile=(cycles(4, 6),))
    here = {"connection": np.full(10, PLACE)}
    return replace(
        given,
        storage=tuple(replace(rows, **here) for rows in given.storage),
        profile=tuple(replace(rows, connection=np.full(6, PLACE)) for rows in given.profile),
    )


def hub() -> Home:
    given = theirs()
    return Home(lambda _: (*given.storage, *given.profile))


def town() -> Task:
    """Without the hub."""
    given = ours()
    return Task.of(given, limits(given.fixed_kw), given.fixed_kw, objective())


def whole_town() -> Task:
    """With the hub's rows among ours, none of them elsewhere."""
    mine, hubs = ours(), theirs()
    given = replace(mine, storage=mine.storage + hubs.storage, profile=hubs.profile)
    return Task.of(given, limits(given.fixed_kw), given.fixed_kw, objective())


def party(task: Task, promise_kw: float = 0.0, name: str = HUB) -> Party:
    slots = task.market.hours.size
    place = int(task.market.place[PLACE])
    promised = np.full(slots, promise_kw)
    return Party(name=name, place=place, fuse_kw=200.0, promise_kw=promised)


def beside(task: Task, channel: Channel, *parties: Party, patience_s: float = 10.0) -> Beside:
    return Beside(
        Here(task.shards), parties or (party(task),), channel, window=ours().window, run="run-1",
        patience_s=patience_s,
    )  # fmt: skip
