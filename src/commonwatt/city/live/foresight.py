"""What the live loop said of the future, put on record; and bands for what it plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from sqlalchemy import Connection

from commonwatt.city.brain import Brain
from commonwatt.city.live import arrivals, loads
from commonwatt.city.live.census import Census
from commonwatt.city.live.coming import Sessions
from commonwatt.city.live.doubt import doubted
from commonwatt.city.live.outlook import Outlook
from commonwatt.kernel.intervals import DAY_S, SLOT_S, Window
from commonwatt.kernel.ports import Forecast, View
from commonwatt.kernel.units import F, I
from commonwatt.platform.database import Database
from commonwatt.platform.forecast import Inputs, Issued, archive, residuals
from commonwatt.platform.forecast.track import Track

HOUR_S = archive.HOUR_S
LATEST_S = archive.ALL_KEPT_S - HOUR_S
"""Of the issues kept beside the hourly ones, those learnt from: all that are surely still there."""

HISTORY_S = 28 * DAY_S
"""What is usual is learnt from so much of the past."""


class Foresight:
    """Keeps what was foreseen, and learns from it how surely plans come true.

    What is learnt at an hour is a function of what is on record then, so that a restart within the
    hour goes on with the same bands.

    Args:
        census: what there is.
        database: holds the archive.
        begun: when life began, epoch seconds.
    """

    def __init__(self, census: Census, database: Database, begun: int) -> None:
        self._census = census
        self._database = database
        self._begun = begun
        self._hour = -1
        self._margins: dict[str, tuple[F, F]] = {}
        self._seasons: dict[str, arrivals.Season] = {}
        self._sessions: Sessions
        self._noted: dict[str, int] = {}
        self._doubt = ""

    def doubted(self, view: View) -> bool:
        """Whether what models foresee has drifted, so that they should learn anew now."""
        wanted = {q for row in self._census.sectors for q in row.foreseen}
        self._doubt = doubted(self._database, sorted(wanted), view)
        return bool(self._doubt)

    def planned(self, ahead: Outlook, view: View) -> list[Forecast]:
        """What loads are expected to be, with the bands that errors so far give."""
        self._keep_up(view)
        city = self._census.city
        coming = self._sessions.after(ahead.window, len(city.connections), city.place)
        return [
            loads.surely(said, *self._margins[said.quantity])
            for said in loads.expected(self._census, ahead, coming, view.now)
        ]

    def counted(self, view: View) -> list[Issued]:
        """What is usual of the cars to come; none where no car ever charges."""
        self._keep_up(view)
        found = []
        for quantity, season in self._seasons.items():
            said = loads.surely(
                arrivals.said(self._census, quantity, season, view.now), *self._margins[quantity]
            )
            seen = Inputs(
                measured_until=season.until,
                fitted_at=season.until,
                history_from=season.since,
                basis=season.basis,
            )
            found.append(Issued(forecast=said, inputs=seen))
        return found

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
        for issued in self.counted(brain.view(now)):
            archive.put(connection, issued)
        seen = brain.inputs(now)
        basis = (
            f"the plan made then, the forecasts of {', '.join(sorted(brain.forecasts))}, "
            "and what cars that come later usually draw"
        )
        plan = Inputs(measured_until=now, weather_issued_at=now, basis=basis)
        for said in brain.forecasts.values():
            archive.put(connection, Issued(forecast=said, inputs=seen))
        for said in planned:
            archive.put(connection, Issued(forecast=said, inputs=plan))
        fitted_at, reasons = brain.reasons()
        for quantity, why in reasons.items():
            if self._noted.get(quantity) != fitted_at:
                archive.note_learnt(connection, quantity, fitted_at, self._early(why))
                self._noted[quantity] = fitted_at
        archive.drop_old(connection, now)

    def _early(self, why: Mapping[int, tuple[str, str]]) -> Mapping[int, tuple[str, str]]:
        """`why`, with the reason for learning before the day was over, if there was one."""
        if not self._doubt:
            return why
        return {
            k: (model, f"{said}; learnt early: {self._doubt}") for k, (model, said) in why.items()
        }

    def _keep_up(self, view: View) -> None:
        """Learn anew when an hour has passed."""
        hour = view.now - view.now % HOUR_S
        if hour == self._hour:
            return
        self._hour = hour
        counted = [q.name for q in arrivals.COUNTED if self._series(q.name).size]
        self._margins = {
            name: self._learnt(name, view) for name in (*(q.name for q in loads.PLANNED), *counted)
        }
        past = self._past()
        self._sessions = Sessions.measured(self._census, view.history, past)
        self._seasons = {
            name: arrivals.Season.learnt(
                self._actual(name, view, past), past, self._census.city.place
            )
            for name in counted
        }

    def _past(self) -> Window:
        """The quarter hours before the hour that something may be learnt from, four weeks."""
        first = max(self._hour - HISTORY_S, self._begun)
        return Window.uniform(first, max(1, (self._hour - first) // SLOT_S))

    def _series(self, quantity: str) -> I:
        numbers = arrivals.series_of if _is_counted(quantity) else loads.series_of
        return numbers(self._census, quantity)

    def _actual(self, quantity: str, view: View, window: Window) -> F:
        told = arrivals.counted if _is_counted(quantity) else loads.actual
        return told(self._census, view.history, quantity, self._series(quantity), window)

    def _learnt(self, quantity: str, view: View) -> tuple[F, F]:
        """What the issues on record at the hour teach, against what was measured since.

        Returns:
            (B,Q,N) errors by lead time, and (N,) what the series cannot fall below: 0 where they
            were never negative.
        """
        series = self._series(quantity)
        begin = self._hour - archive.KEPT_S
        with self._database.read() as connection:
            past = [
                one.forecast
                for one in archive.since(connection, quantity, begin, self._hour)
                if one.forecast.issued_at % HOUR_S == 0
                or one.forecast.issued_at >= self._hour - LATEST_S
            ]
        if not past:
            return residuals.offsets([], series.size), np.full(series.size, -np.inf)
        first = past[0].issued_at
        lived = Window.uniform(first, (self._hour - first) // SLOT_S)
        track = Track(first, self._actual(quantity, view, lived))
        floor = np.where(np.nan_to_num(track.values).min(axis=1) < 0, -np.inf, 0.0)
        came = [(said, track.over(said.window)) for said in past]
        return residuals.offsets(came, series.size), floor


def _is_counted(quantity: str) -> bool:
    return any(quantity == one.name for one in arrivals.COUNTED)
