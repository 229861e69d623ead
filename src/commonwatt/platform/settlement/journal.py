"""The journal: lines are added, never changed; what turns out wrong is reversed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from enum import IntEnum

import numpy as np

from commonwatt.kernel.intervals import moment
from commonwatt.kernel.units import B, I

SUPPLIER = "supplier"
GAIN = "gain"
"""The account that holds what coordination has measurably saved."""


class Item(IntEnum):
    """What a line is for."""

    IMPORT = 0
    EXPORT = 1
    STANDING = 2
    GUARANTEE = 3

    @property
    def text(self) -> str:
        """As printed on bills."""
        return _TEXT[self]

    def accounts(self, connection: int) -> tuple[str, str]:
        """Who pays and who is paid."""
        home = f"connection/{connection}"
        if self is Item.EXPORT:
            return SUPPLIER, home
        if self is Item.GUARANTEE:
            return GAIN, home
        return home, SUPPLIER

    @property
    def sign(self) -> int:
        """+1 for what a home pays, -1 for what it gets."""
        return -1 if self in {Item.EXPORT, Item.GUARANTEE} else 1


_TEXT = {
    Item.IMPORT: "energy drawn",
    Item.EXPORT: "energy fed in",
    Item.STANDING: "standing charge",
    Item.GUARANTEE: "participation guarantee",
}


@dataclass(frozen=True)
class Line:
    """One line as people read it: `ticks` move from `debit` to `credit`."""

    time: int
    debit: str
    credit: str
    ticks: int
    wh: int
    text: str

    def postings(self) -> dict[str, int]:
        """What each party has more, or less, in ticks: together nothing."""
        return {self.debit: -self.ticks, self.credit: self.ticks}


@dataclass(frozen=True, kw_only=True, eq=False)
class Entries:
    """L amounts, one per (time, connection, item).

    Attributes:
        time: (L,) start of the quarter hour they are for, epoch seconds.
        connection: (L,) connection index.
        item: (L,) of `Item`.
        band: (L,) which of the journal's band names, -1 for none.
        ticks: (L,) money from payer to payee, 10⁻⁵ ct; negative where a line is reversed.
        wh: (L,) energy; negative where a line is reversed.
    """

    time: I
    connection: I
    item: I
    band: I
    ticks: I
    wh: I

    def __len__(self) -> int:
        """How many."""
        return self.time.size

    @property
    def key(self) -> I:
        """(L,) one integer per (time, connection, item)."""
        return ((self.time << 24) + self.connection) * len(Item) + self.item

    def where(self, keep: B) -> Entries:
        """Those for which the mask holds."""
        return Entries(**{f.name: getattr(self, f.name)[keep] for f in fields(self)})

    @classmethod
    def gathered(cls, parts: list[Entries]) -> Entries:
        """One after another."""
        return cls(
            **{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)}
        )

    @classmethod
    def of(
        cls, item: Item, time: I, connection: I, ticks: I, *, wh: I, band: I | int = -1
    ) -> Entries:
        """Entries of one item; columns broadcast against `ticks`."""
        shape = ticks.shape

        def column(values: I | int) -> I:
            return np.broadcast_to(np.asarray(values, np.int64), shape).ravel()

        return cls(
            time=column(time),
            connection=column(connection),
            item=column(int(item)),
            band=column(band),
            ticks=column(ticks),
            wh=column(wh),
        )


_EMPTY = np.empty(0, dtype=np.int64)
_NOTHING = Entries(
    time=_EMPTY, connection=_EMPTY, item=_EMPTY, band=_EMPTY, ticks=_EMPTY, wh=_EMPTY
)


@dataclass(frozen=True, eq=False)
class Journal:
    """All lines posted so far, in the order of posting. Posting gives a longer journal.

    Attributes:
        entries: the lines as columns.
        bands: names of the tariff bands they point to.
    """

    entries: Entries = _NOTHING
    bands: tuple[str, ...] = ()

    def __len__(self) -> int:
        """How many lines."""
        return len(self.entries)

    def lines(self) -> Iterator[Line]:
        """Every line as a record."""
        e = self.entries
        columns = (e.time, e.connection, e.item, e.band, e.ticks, e.wh)
        for time, connection, item, band, ticks, wh in zip(
            *(c.tolist() for c in columns), strict=True
        ):
            debit, credit = Item(item).accounts(connection)
            named = Item(item).text if band < 0 else f"{Item(item).text}, {self.bands[band]}"
            undone = "reversal of " if ticks < 0 or wh < 0 else ""
            text = f"{undone}{named}, {moment(time):%Y-%m-%d %H:%M} UTC"
            yield Line(time, debit, credit, ticks, wh, text)

    def posted(self, wanted: Entries, bands: tuple[str, ...]) -> Journal:
        """The journal in which `wanted` is what stands for each of its keys.

        What stands already is left alone, so posting twice posts nothing; what stands otherwise is
        reversed first.

        Args:
            wanted: at most one entry per key; nothing for a key is an entry of zeros.
            bands: names that `wanted.band` points to.
        """
        names = (*self.bands, *(name for name in bands if name not in self.bands))
        number = np.array([*(names.index(name) for name in bands), -1], dtype=np.int64)
        wanted = replace(wanted, band=number[wanted.band])
        standing = self._standing(wanted)
        held = (standing.ticks != 0) | (standing.wh != 0)
        same = (standing.ticks == wanted.ticks) & (standing.wh == wanted.wh)
        changed = ~same | (held & (standing.band != wanted.band))
        reversal = standing.where(changed & held)
        undone = replace(reversal, ticks=-reversal.ticks, wh=-reversal.wh)
        anew = wanted.where(changed & ((wanted.ticks != 0) | (wanted.wh != 0)))
        return Journal(Entries.gathered([self.entries, undone, anew]), names)

    def _standing(self, wanted: Entries) -> Entries:
        """The net of what was posted for each of `wanted`'s keys, with the newest band."""
        key = self.entries.key
        order = np.argsort(key, kind="stable")
        found, first = np.unique(key[order], return_index=True)
        if not found.size:
            return replace(wanted, ticks=wanted.ticks * 0, wh=wanted.wh * 0)
        at = np.minimum(np.searchsorted(found, wanted.key), found.size - 1)
        hit = found[at] == wanted.key
        last = np.append(first[1:], order.size) - 1
        ticks = np.add.reduceat(self.entries.ticks[order], first)[at] * hit
        wh = np.add.reduceat(self.entries.wh[order], first)[at] * hit
        band = np.where(hit, self.entries.band[order][last][at], wanted.band)
        return replace(wanted, ticks=ticks, wh=wh, band=band)
