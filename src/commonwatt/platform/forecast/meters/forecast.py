"""The pure function: a table of readings in, a table of forecasts out, one partition at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from commonwatt.kernel.units import F, I
from commonwatt.platform.forecast.meters.calendar import Ahead
from commonwatt.platform.forecast.meters.choice import Choice, chosen, trials
from commonwatt.platform.forecast.meters.design import LOOK_BACK, Design, design
from commonwatt.platform.forecast.meters.history import Block, block
from commonwatt.platform.forecast.meters.model import CHAIN, FleetModel, Lore
from commonwatt.platform.forecast.meters.weather import Weather

FORECAST = pa.schema(
    [
        ("series", pa.string()),
        ("time", pa.timestamp("us", tz="UTC")),
        ("issued_at", pa.timestamp("us", tz="UTC")),
        ("level", pa.float64()),
        ("value", pa.float64()),
        ("model", pa.string()),
        ("reason", pa.string()),
    ]
)
"""Columns of a forecast. `level` is null on the rows that hold the mean: add up those."""
CELLS = 600_000
"""Readings held as a block at a time: memory is bounded by this, not by the partition."""
BACKTEST_DAYS = 7


@dataclass(frozen=True, eq=False)
class Forecast:
    """The function itself: pickle it, broadcast it, call it on any partition.

    Attributes:
        model: what was learnt.
        origin: epoch seconds; readings at or after it are not looked at.
        steps: how many readings ahead.
        weather: what was known of the temperature, when.
    """

    model: FleetModel
    origin: int
    steps: int
    weather: Weather | None = None

    def __call__(self, table: pa.Table) -> pa.Table:
        """Forecasts of every series of `table`, in the order of their ids (see FORECAST)."""
        look_back = LOOK_BACK + BACKTEST_DAYS
        past = block(table, self.model.calendar, self.origin, look_back)
        ahead = Ahead.at(self.model.calendar, self.origin, self.steps)
        if not past.series:
            return FORECAST.empty_table()
        return pa.concat_tables(self._part(part, ahead) for part in _parts(past))

    def _part(self, past: Block, ahead: Ahead) -> pa.Table:
        """Forecasts of the meters of one block: seen together, told class by class."""
        now = design(past, ahead, self._celsius(past, self.origin, ahead))
        tried = trials(past, ahead, lambda day: self._then(past, ahead, day))
        count = len(past.series)
        rows = np.empty((self.model.levels.size + 1, count, self.steps))
        choices = []
        kinds = np.array(past.kind)
        for kind in sorted(set(past.kind)):
            mine = np.flatnonzero(kinds == kind)
            lore, seen = self.model.of(kind), now.only(mine)
            picked = chosen([t.only(mine) for t in tried], lore, seen, past.stuck[mine])
            rows[:, mine] = self._told(seen, lore, picked.model)
            choices.append((mine, picked))
        draws = np.nanmin(past.value, axis=(1, 2), initial=0.0) >= 0
        rows = np.where(draws[:, None], np.maximum(rows, 0.0), rows)
        return self._table(past.series, rows, Choice.joined(choices))

    def _told(self, seen: Design, lore: Lore, model: I) -> F:
        """(Q+1,N,H) quantiles and the mean of meters of one class, each by its `model`."""
        centre = said(seen, lore, model)
        scale = np.where(seen.days > 0, seen.scale, lore.size)
        hour = seen.slot * 24 // self.model.calendar.slots
        each = [s.around(centre, seen.spread, lore.bucket(scale), hour) for s in lore.spread]
        bands = np.sort(np.choose(model[:, None], each), axis=0)
        mean = centre.copy()
        heard = model == 0
        mean[heard] = lore.expected(seen.x[heard])
        return np.concatenate([bands, mean[None]]) * scale[:, None]

    def _then(self, past: Block, ahead: Ahead, days: int) -> F | None:
        """Temperature as known `days` days before the origin."""
        return self._celsius(past, self.origin - 86_400 * days, ahead)

    def _celsius(self, past: Block, moment: int, ahead: Ahead) -> F | None:
        if self.weather is None:
            return None
        days = int(ahead.days[-1]) - past.first + 2
        return self.weather.seen(self.model.calendar, moment, past.first, days)

    def _table(self, series: list[str], rows: F, picked: Choice) -> pa.Table:
        """`rows` (Q+1,N,H) as a table, meter by meter, time by time, level by level."""
        levels, count, steps = rows.shape
        each = steps * levels
        step_us = 1_000_000 * self.model.calendar.step_s
        times = 1_000_000 * self.origin + step_us * np.arange(steps)
        level = pa.array([*self.model.levels.tolist(), None], pa.float64())
        names = [f"{name} {self.model.id}" for name in CHAIN]
        total = count * each
        columns = [
            _repeated(series, np.repeat(np.arange(count), each)),
            pa.array(np.tile(np.repeat(times, levels), count), FORECAST.field("time").type),
            pa.array(np.full(total, 1_000_000 * self.origin), FORECAST.field("issued_at").type),
            level.take(pa.array(np.tile(np.arange(levels), count * steps))),
            pa.array(np.moveaxis(rows, 0, 2).ravel()),
            _repeated(names, np.repeat(picked.model, each)),
            _repeated(picked.reason, np.repeat(np.arange(count), each)),
        ]
        return pa.Table.from_arrays(columns, schema=FORECAST)


def said(seen: Design, lore: Lore, model: I) -> F:
    """(N,H) what each meter's model says, relative to the meter's mean."""
    found = lore.profile[seen.off, seen.slot] * np.ones((model.size, 1))
    found[model == 1] = seen.profile[model == 1]
    found[model == 2] = seen.naive[model == 2]
    heard = model == 0
    if heard.any():
        found[heard] = lore.halfway(seen.x[heard])
    return found


def _parts(past: Block) -> Iterator[Block]:
    """`past` in blocks, none too large."""
    room = max(CELLS // past.value[0].size, 1)
    for start in range(0, len(past.series), room):
        yield past.only(np.arange(start, min(start + room, len(past.series))))


def _repeated(words: list[str], codes: I) -> pa.Array:
    """(K,) plain strings."""
    return pa.array(words, pa.string()).take(pa.array(codes))
