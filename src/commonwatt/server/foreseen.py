"""What was foreseen, laid beside what came: for the page, from what is on record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

import numpy as np

from commonwatt.city.live import arrivals, loads
from commonwatt.kernel.errors import NotFound
from commonwatt.kernel.intervals import DAY_S, SLOT_S, Window
from commonwatt.kernel.principal import Warrant
from commonwatt.kernel.readings import Of, Quantity
from commonwatt.kernel.units import F, I
from commonwatt.platform.forecast import Issued, archive
from commonwatt.platform.forecast.jury import Jury
from commonwatt.platform.forecast.quality import Cause, Kind, causes, lag_of
from commonwatt.platform.forecast.track import Track
from commonwatt.server.live import Live

HISTORY_S = 28 * DAY_S
PLANNED = {quantity.name: quantity for quantity in loads.PLANNED}
COUNTED = {quantity.name: quantity for quantity in arrivals.COUNTED}
TOWN = {**PLANNED, **COUNTED}
"""What is foreseen of the whole town rather than measured of one of its things."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """One quantity as it was foreseen over the last days, against what was measured until an hour.

    Attributes:
        jury: who judged it.
        causes: by series, what is wrong with its data.
    """

    jury: Jury
    causes: Mapping[int, list[Cause]]


class Foreseen:
    """Reads forecasts on record and judges them; what was judged is kept for the hour.

    Attributes:
        live: the running city.
    """

    def __init__(self, live: Live) -> None:
        self.live = live
        self._lock = Lock()
        self._judged: dict[str, Judged] = {}

    def quantity(self, name: str) -> Quantity:
        """What `name` is.

        Raises:
            NotFound: nobody foresees it.
        """
        found = TOWN.get(name) or self.live.census.quantities.get(name)
        if found is None:
            raise NotFound(f"nobody foresees {name!r}; /api/forecasts lists what is")
        return found

    def said(self, name: str, issued_at: int | None) -> Issued:
        """The forecast of a quantity issued at a moment, or the newest.

        Raises:
            NotFound: it is not kept.
        """
        with self.live.database.read() as connection:
            found = archive.load(connection, name, issued_at)
        if found is None:
            raise NotFound(f"no forecast of {name!r} issued then is kept; its issues are listed")
        return found

    def names(self, quantity: Quantity, series: I) -> list[str]:
        """(N,) what the series are called."""
        census = self.live.census
        if quantity.name == loads.SECTOR.name:
            return [census.sectors[k].name for k in series.tolist()]
        known = {
            Of.ASSET: census.assets,
            Of.CONNECTION: census.city.connections.ids,
            Of.BRANCH: census.branches,
            Of.BUS: census.city.table("bus").ids,
            Of.CITY: (census.city.name,),
        }[quantity.of]
        return [known[k] for k in series.tolist()]

    def measured(self, name: str, series: I, window: Window, warrant: Warrant) -> F:
        """(N,T) what was measured of series of a quantity, NaN where nothing was."""
        if name in TOWN:

            def read(quantity: str, numbers: I, over: Window) -> F:
                return self.live.history(quantity, numbers, over, warrant)

            told = arrivals.counted if name in COUNTED else loads.actual
            return told(self.live.census, read, name, series, window)
        return self.live.history(name, series, window, warrant)

    def wrong(self, name: str, values: F, starts: I) -> list[Cause]:
        """What is wrong with what was measured of one series; a sum has no meter of its own."""
        found = causes(values, starts)
        return [c for c in found if name not in TOWN or c.kind in {Kind.MISSING, Kind.SHORT}]

    def past(self, now: int) -> Window:
        """The quarter hours up to `now` in which something may have been measured, four weeks."""
        begin = self.live.setting.begin(self.live.census.city)
        first = max(begin, now - HISTORY_S)
        return Window.uniform(first, max(1, (now - first) // SLOT_S))

    def judged(self, name: str, warrant: Warrant) -> Judged:
        """How forecasts of a quantity fared until the last full hour.

        Raises:
            NotFound: nobody foresees it, or no forecast was issued yet.
        """
        hour = self.live.now() // archive.HOUR_S * archive.HOUR_S
        with self._lock:
            found = self._judged.get(name)
            if found is None or found.jury.hour != hour:
                found = self._judged[name] = self._judge(name, hour, warrant)
        return found

    def _judge(self, name: str, hour: int, warrant: Warrant) -> Judged:
        series = np.sort(self.said(name, None).forecast.series)
        past = self.past(hour)
        values = self.measured(name, series, past, warrant)
        jury = Jury(series, Track(past.start, values), lag_of(past.starts, values), hour)
        with self.live.database.read() as connection:
            for one in archive.since(connection, name, hour - archive.KEPT_S, hour):
                if one.forecast.issued_at % archive.HOUR_S == 0:
                    jury.judge(one.forecast)
        wrong = {
            number: found
            for number, row in zip(series.tolist(), values, strict=True)
            if (found := self.wrong(name, row, past.starts))
        }
        return Judged(jury=jury, causes=wrong)


def row_of(series: I, number: int) -> int:
    """Where a series stands among `series`, rising."""
    return int(np.searchsorted(series, number))


def worst(found: Mapping[int, list[Cause]], kind: Kind) -> tuple[int, Cause, int] | None:
    """Of all series: how many have a cause of a kind, which is worst, and how that is."""
    hit = [
        (cause.slots, number, cause)
        for number, some in found.items()
        for cause in some
        if cause.kind is kind
    ]
    if not hit:
        return None
    _, number, cause = max(hit, key=lambda one: (one[0], -one[1]))
    return len(hit), cause, number
