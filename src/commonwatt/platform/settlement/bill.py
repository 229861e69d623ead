"""A home's bill: its journal lines, added up by item and band, rounded only as printed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from commonwatt.kernel.intervals import Window
from commonwatt.kernel.money import eur
from commonwatt.kernel.principal import Purpose, Warrant
from commonwatt.kernel.units import I
from commonwatt.platform.access import require_reach
from commonwatt.platform.settlement.journal import Entries, Item, Journal

_MAY_READ = (Purpose.SETTLE, Purpose.STUDY, Purpose.OPERATE, Purpose.OWN)


@dataclass(frozen=True)
class BillItem:
    """One line of a bill: positive `ticks` are what the home pays, negative what it gets."""

    text: str
    wh: int
    ticks: int

    @property
    def eur(self) -> Decimal:
        """Rounded to the cent."""
        return eur(self.ticks)


@dataclass(frozen=True)
class Bill:
    """What one connection owes."""

    connection: int
    items: tuple[BillItem, ...]

    @property
    def ticks(self) -> int:
        """The exact total, unrounded."""
        return sum(item.ticks for item in self.items)

    @property
    def eur(self) -> Decimal:
        """The printed total: the sum of the printed lines."""
        return sum((item.eur for item in self.items), Decimal("0.00"))


def bill(journal: Journal, connection: int, warrant: Warrant, window: Window | None = None) -> Bill:
    """The bill of one connection, for slots that start in `window` or for all there are.

    Raises:
        NotPermitted: a resident asks for another's bill, or the warrant is not for bills.
    """
    warrant.require(*_MAY_READ)
    require_reach(warrant, np.array([connection]))
    entries = _within(journal.entries.where(journal.entries.connection == connection), window)
    items = []
    for item in Item:
        mine = entries.where(entries.item == item)
        for band in np.unique(mine.band).tolist():
            part = mine.where(mine.band == band)
            wh, ticks = int(part.wh.sum()), int(part.ticks.sum()) * item.sign
            if wh or ticks:
                text = item.text if band < 0 else f"{item.text}, {journal.bands[band]}"
                items.append(BillItem(text, wh, ticks))
    return Bill(connection, tuple(items))


def owed(journal: Journal, connection: I, warrant: Warrant, window: Window | None = None) -> I:
    """(C,) exact ticks that each of `connection` (C,) owes, in `window` or over all there is.

    Raises:
        NotPermitted: a resident asks for another's, or the warrant is not for bills.
    """
    warrant.require(*_MAY_READ)
    require_reach(warrant, connection)
    return totals(journal, connection, tuple(Item), window)


def totals(journal: Journal, connection: I, items: tuple[Item, ...], window: Window | None) -> I:
    """(C,) what each of `connection` (C,) owes for some items, in ticks."""
    entries = _within(journal.entries, window)
    top = int(max(entries.connection.max(initial=-1), connection.max(initial=-1))) + 1
    total = np.zeros(top, dtype=np.int64)
    for item in items:
        mine = entries.item == item
        np.add.at(total, entries.connection[mine], item.sign * entries.ticks[mine])
    found: I = total[connection]
    return found


def _within(entries: Entries, window: Window | None) -> Entries:
    if window is None:
        return entries
    return entries.where((entries.time >= window.start) & (entries.time < window.end))
