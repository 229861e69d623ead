"""What devices were told and why, thinned to what is worth telling people."""

from __future__ import annotations

import numpy as np

from commonwatt.city.model import City
from commonwatt.kernel.commands import Commands

PER_SLOT = 2
"""How many commands of a slot are remembered: the largest ones."""
MOST = 300
"""How many reasons a report can bear."""


class Diary:
    """Collects the largest commands of every slot with their reasons."""

    def __init__(self, city: City) -> None:
        self._ids = {
            int(ix): name
            for table in city.tables.values()
            if table.kind.sited
            for ix, name in zip(table.ix, table.ids, strict=True)
        }
        self._entries: list[tuple[int, str, float, str]] = []

    def note(self, now: int, commands: Commands) -> None:
        """Remember what was worth telling of one slot."""
        asked = np.where(np.isfinite(commands.low_kw), commands.low_kw, commands.high_kw)
        size = np.where(np.isfinite(asked), np.abs(asked), 0.0)
        for row in np.argsort(-size, kind="stable")[:PER_SLOT]:
            name = self._ids[int(commands.asset[row])]
            self._entries.append((now, name, float(asked[row]), commands.reason[row]))

    def telling(self) -> tuple[tuple[int, str, float, str], ...]:
        """Evenly spread over the time noted, at most `MOST`."""
        step = max(1, -(-len(self._entries) // MOST))
        return tuple(self._entries[::step])
