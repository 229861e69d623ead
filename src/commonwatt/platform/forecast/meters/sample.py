"""What a partition has to teach: readings with what could be known of them, drawn by lot."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import B, F, I
from commonwatt.platform.forecast.meters.calendar import Ahead, Calendar
from commonwatt.platform.forecast.meters.choice import DAYS, ENOUGH_FOR_GLOBAL
from commonwatt.platform.forecast.meters.design import FEATURES, LOOK_BACK, design, truth
from commonwatt.platform.forecast.meters.history import Block, block
from commonwatt.platform.forecast.meters.weather import Weather

TAUGHT_DAYS = 28
"""Origins from which the trees learn, a day apart, before those that judge them."""
BESIDE = ("class", "series", "back", "target", "profile", "naive", "off", "slot", "scale", "spread")
"""Columns of a lesson beside FEATURES; `back` is how many days before the origin it was issued."""


@dataclass(frozen=True, eq=False)
class Sample:
    """A pure function too: a table of readings in, a table of lessons out.

    Lessons issued within the last DAYS judge (they teach how far readings lie from what was said);
    those before teach the trees, if their targets were over by then.

    Attributes:
        calendar: step, zone and holidays.
        origin: epoch seconds; nothing at or after it is looked at.
        steps: readings ahead.
        weather: what was known of the temperature, when.
        per_origin: lessons drawn of each meter at each origin.
        seed: decides which.
    """

    calendar: Calendar
    origin: int
    steps: int
    weather: Weather | None
    per_origin: int
    seed: int = 0

    def __call__(self, table: pa.Table) -> pa.Table:
        """Lessons of every series of `table`."""
        horizon = -(-self.steps // self.calendar.slots)
        days = LOOK_BACK + DAYS + horizon + TAUGHT_DAYS
        past = block(table, self.calendar, self.origin, days)
        ahead = Ahead.at(self.calendar, self.origin, self.steps)
        entity = np.array([crc32(name.encode()) for name in past.series], dtype=np.int64)
        backs = [*range(1, DAYS + 1), *range(DAYS + horizon, DAYS + horizon + TAUGHT_DAYS)]
        return pa.concat_tables(self._lessons(past, ahead, back, entity) for back in backs)

    def _lessons(self, past: Block, ahead: Ahead, back: int, entity: I) -> pa.Table:
        slots = self.calendar.slots
        known_until = min(back * slots, self.steps)
        leads = self._drawn(back, known_until)
        then = ahead.before(back, slots, leads)
        celsius = None
        if self.weather is not None:
            moment = self.origin - 86_400 * back
            days = int(then.days[-1]) - past.first + 2
            celsius = self.weather.seen(self.calendar, moment, past.first, days)
        seen = design(past, then, celsius)
        target = truth(past, then, seen.scale)
        fit = np.isfinite(target) & (seen.days >= ENOUGH_FOR_GLOBAL)[:, None]
        fit &= (seen.scale > 0)[:, None]
        shape = target.shape
        wide = {
            "series": np.broadcast_to(entity[:, None], shape),
            "back": np.full(shape, back),
            "target": target,
            "profile": seen.profile,
            "naive": seen.naive,
            "off": np.broadcast_to(seen.off, shape),
            "slot": np.broadcast_to(seen.slot, shape),
            "scale": np.broadcast_to(seen.scale[:, None], shape),
            "spread": np.broadcast_to(seen.spread[:, None], shape),
        }
        return _table(past.kind, seen.x, wide, fit)

    def _drawn(self, back: int, until: int) -> I:
        """Leads to learn from at one origin, others at the next."""
        few = min(self.per_origin, until)
        order = np.argsort(Rng(self.seed).uniform("fleet.lessons", back, np.arange(until)))
        return np.sort(order[:few]).astype(np.int64)


def _table(kind: list[str], x: NDArray[np.float32], wide: dict[str, F | I], fit: B) -> pa.Table:
    row = np.nonzero(fit)[0]
    kinds = pa.array(kind, pa.string()).dictionary_encode().take(pa.array(row))
    columns = {"class": kinds.cast(pa.string())}
    columns |= {name: pa.array(values[fit]) for name, values in wide.items()}
    taught = x[fit]
    columns |= {name: pa.array(taught[:, p].copy()) for p, name in enumerate(FEATURES)}
    return pa.table(columns)
