"""Whether what the loop foresees has drifted: then it learns anew at once, not at the day's end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from commonwatt.kernel.intervals import DAY_S, SLOT_S, Window
from commonwatt.kernel.ports import View
from commonwatt.platform.database import Database
from commonwatt.platform.forecast import archive
from commonwatt.platform.forecast.jury import Jury
from commonwatt.platform.forecast.quality import lag_of
from commonwatt.platform.forecast.skill import DRIFT
from commonwatt.platform.forecast.track import Track

PATIENCE_S = 6 * archive.HOUR_S
"""How often anybody asks; whoever learns anew needs some hours to show for it."""
PAST_S = 14 * DAY_S


def doubted(database: Database, quantities: Sequence[str], view: View) -> str:
    """Why models should be fitted anew now, in words; nothing where they need not.

    It is a function of what is on record at `view.now`, so that a restart doubts alike.

    Args:
        database: holds the archive.
        quantities: what is foreseen by models.
        view: tells what was measured.
    """
    if view.now % PATIENCE_S:
        return ""
    found = {name: _drift(database, name, view) for name in quantities}
    grown = {name: factor for name, factor in found.items() if factor and factor > DRIFT}
    return ", ".join(
        f"errors of {name} grew {factor:.1f} times against naive" for name, factor in grown.items()
    )


def _drift(database: Database, quantity: str, view: View) -> float | None:
    with database.read() as connection:
        newest = archive.load(connection, quantity)
        if newest is None:
            return None
        series = np.sort(newest.forecast.series)
        past = Window.uniform(view.now - PAST_S, PAST_S // SLOT_S)
        values = view.history(quantity, series, past)
        if not np.isfinite(values).any():
            return None
        jury = Jury(series, Track(past.start, values), lag_of(past.starts, values), view.now)
        for one in archive.since(connection, quantity, view.now - archive.KEPT_S, view.now):
            if one.forecast.issued_at % archive.HOUR_S == 0:
                jury.judge(one.forecast)
    return jury.drift()
