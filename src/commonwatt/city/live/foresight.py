"""What the live loop said of the future, put on record; and bands for what it plans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from commonwatt.city.brain import Brain
from commonwatt.city.live import loads
from commonwatt.city.live.census import Census
from commonwatt.city.live.outlook import Outlook
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.ports import Forecast, View
from commonwatt.kernel.units import F
from commonwatt.platform.database import Database
from commonwatt.platform.forecast import Inputs, Issued, archive, residuals
from commonwatt.platform.forecast.track import Track

HOUR_S = archive.HOUR_S
LATEST_S = archive.ALL_KEPT_S - HOUR_S
"""Of the issues kept beside the hourly ones, those learnt from: all that are surely still there."""


class Foresight:
    """Keeps what was foreseen, and learns from it how surely plans come true.

    What is learnt at an hour is a function of what is on record then, so that a restart within the
    hour goes on with the same bands.

    Args:
        census: what there is.
        database: holds the archive.
    """

    def __init__(self, census: Census, database: Database) -> None:
        self._census = census
        self._database = database
        self._hour = -1
        self._offsets: dict[str, F] = {}
        self._noted: dict[str, int] = {}

    def planned(self, ahead: Outlook, view: View) -> list[Forecast]:
        """What the newest plan expects of loads, with the bands its errors so far give."""
        hour = view.now - view.now % HOUR_S
        if hour != self._hour:
            self._hour = hour
            self._offsets = {
                quantity.name: self._learnt(quantity.name, view) for quantity in loads.PLANNED
            }
        return [
            loads.surely(said, self._offsets[said.quantity])
            for said in loads.expected(self._census, ahead, view.now)
        ]

    def seen_by_sector(self, ahead: Outlook, planned: Sequence[Forecast]) -> Outlook:
        """`ahead` with the bands of sectors that their own errors give, where they are known."""
        said = next(one for one in planned if one.quantity == loads.SECTOR.name)
        names = [self._census.sectors[k].name for k in said.series.tolist()]
        told = {name: loads.spread(ahead.sectors[name], said, k) for k, name in enumerate(names)}
        return replace(ahead, sectors={**ahead.sectors, **told})

    def record(
        self, connection: Connection, brain: Brain, planned: Sequence[Forecast], now: int
    ) -> None:
        """Put down all that was said at `now`, and what it could see."""
        seen = brain.inputs(now)
        basis = f"the plan made then, and the forecasts of {', '.join(sorted(brain.forecasts))}"
        plan = Inputs(measured_until=now, weather_issued_at=now, basis=basis)
        for said in brain.forecasts.values():
            archive.put(connection, Issued(forecast=said, inputs=seen))
        for said in planned:
            archive.put(connection, Issued(forecast=said, inputs=plan))
        fitted_at, reasons = brain.reasons()
        for quantity, why in reasons.items():
            if self._noted.get(quantity) != fitted_at:
                archive.note_learnt(connection, quantity, fitted_at, why)
                self._noted[quantity] = fitted_at
        archive.drop_old(connection, now)

    def _learnt(self, quantity: str, view: View) -> F:
        """(B,Q,N) offsets from the issues on record at the hour, against what was measured."""
        series = loads.series_of(self._census, quantity)
        begin = self._hour - archive.KEPT_S
        with self._database.read() as connection:
            past = [
                one.forecast
                for one in archive.since(connection, quantity, begin, self._hour)
                if one.forecast.issued_at % HOUR_S == 0
                or one.forecast.issued_at >= self._hour - LATEST_S
            ]
        if not past:
            return residuals.offsets([], series.size)
        first = past[0].issued_at
        lived = Window.uniform(first, (self._hour - first) // SLOT_S)
        read = loads.actual(self._census, view.history, quantity, series, lived)
        track = Track(first, read)
        return residuals.offsets([(said, track.over(said.window)) for said in past], series.size)
