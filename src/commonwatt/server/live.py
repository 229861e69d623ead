"""What the server knows of the running city: its tables, its telemetry, its database, read only."""

from __future__ import annotations

import json
from threading import RLock
from typing import Any

import numpy as np
from fastapi import HTTPException, Request

from commonwatt.city.live.census import Census, asset_kw
from commonwatt.city.live.folder import StateFolder
from commonwatt.city.registry import sectors, states
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.principal import Warrant
from commonwatt.kernel.units import F, I
from commonwatt.platform import milestones, outbox, plans
from commonwatt.platform.database import Database
from commonwatt.platform.telemetry import Telemetry


class Live:
    """A look at one running city.

    Telemetry is another process's: it is followed, never locked. Requests run in threads, so each
    look at telemetry takes a lock of our own.

    Args:
        folder: its state folder.
        database: of the same city.

    Attributes:
        census: what there is.
    """

    def __init__(self, folder: StateFolder, database: Database) -> None:
        self.folder = folder
        self.database = database
        self.setting = folder.setting()
        self.census = Census(folder.city(), sectors())
        self._lock = RLock()
        self._telemetry = Telemetry.follow(
            folder.telemetry, self.census.quantities.values(), self.census.city.sites
        )

    def now(self) -> int:
        """City time of the newest decided slot."""
        with self.database.read() as connection:
            return milestones.reached(connection, milestones.LOOP) or self.setting.start

    def present(self) -> dict[str, Any]:
        """How things stand, with the number of the event they include.

        Raises:
            HTTPException: 503 while nothing was measured yet.
        """
        with self.database.read() as connection:
            found = outbox.present(connection)
        if found is None:
            raise HTTPException(503, "The district is still being prepared; ask again in a second.")
        return {"event": found[0], **json.loads(found[1])}

    def plan(self) -> dict[str, Any] | None:
        """The newest plan, None before there is one."""
        with self.database.read() as connection:
            body = plans.newest(connection)
        found: dict[str, Any] | None = None if body is None else json.loads(body)
        return found

    def past(self, hours: float) -> Window:
        """The quarter hours of the last `hours` hours."""
        now = self.now()
        slots = max(1, int(hours * 3600) // SLOT_S)
        return Window.uniform(now - slots * SLOT_S, slots)

    def latest(self, quantity: str, series: I, warrant: Warrant) -> F:
        """(K,) newest measured values, NaN where there are none."""
        with self._lock:
            self._telemetry.refresh()
            return self._telemetry.latest(quantity, series, warrant)

    def history(self, quantity: str, series: I, window: Window, warrant: Warrant) -> F:
        """(K,T) what was measured; NaN where nothing was."""
        with self._lock:
            self._telemetry.refresh()
            read = self._telemetry.last if quantity in states() else self._telemetry.read
            return read(quantity, series, window, warrant)

    def measured(self, quantity: str, series: I) -> bool:
        """Whether any of `series` was ever measured in `quantity`."""
        with self._lock:
            return bool(np.isin(series, self._telemetry.series(quantity)).any())

    def asset_kw(self, assets: I, window: Window, warrant: Warrant) -> F:
        """(K,T) power of some assets."""
        metered = self.history("asset.power_kw", assets, window, warrant)
        homes, back = np.unique(self.census.city.sites[assets], return_inverse=True)
        base = self.history("connection.base_kw", homes, window, warrant)
        return asset_kw(self.census, assets, metered, base[back])

    def newest_kw(self, assets: I, warrant: Warrant) -> F:
        """(K,) newest power of some assets, as the present shows it."""
        metered = self.latest("asset.power_kw", assets, warrant)
        base = self.latest("connection.base_kw", self.census.city.sites[assets], warrant)
        return asset_kw(self.census, assets, metered, base)


def live_of(request: Request) -> Live:
    """The city this server shows."""
    live: Live = request.app.state.live
    return live
