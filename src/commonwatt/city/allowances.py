"""What sites may draw and feed in beside their fuses, over time: contracts, dimming, export limits.

A rule holds every day between two local times, or between two moments. Where several rules meet,
the strictest holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.flexibility import Allowed
from commonwatt.kernel.intervals import DAY_S, SLOT_S, Window, moment
from commonwatt.kernel.place import Place
from commonwatt.kernel.units import B, F, I

FIELDS = ("connection", "since", "until", "import_kw", "export_kw")


def _ints() -> I:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, kw_only=True, eq=False)
class Allowances:
    """K rules.

    Attributes:
        connection: (K,) whose.
        daily: (K,) whether `since` and `until` are seconds of the local day rather than of the
            epoch; a rule whose `until` is not after its `since` then holds through midnight.
        since: (K,) from when on, a quarter hour.
        until: (K,) until when, itself not inside.
        import_kw: (K,) most net power drawn, inf for any.
        export_kw: (K,) most net power fed in, inf for any.
    """

    connection: I = field(default_factory=_ints)
    daily: B = field(default_factory=lambda: np.empty(0, dtype=np.bool_))
    since: I = field(default_factory=_ints)
    until: I = field(default_factory=_ints)
    import_kw: F = field(default_factory=lambda: np.empty(0))
    export_kw: F = field(default_factory=lambda: np.empty(0))

    def __len__(self) -> int:
        """Rules."""
        return self.connection.size

    def over(self, window: Window, place: Place) -> Allowed | None:
        """What sites may do in `window`, the strictest of every slot; None where no rule holds."""
        fine = window.fine()
        holds = self._holds(fine.starts, place)
        cuts = (window.starts - window.start) // SLOT_S
        touched = np.logical_or.reduceat(holds, cuts, axis=1) if len(self) else holds
        rules = np.flatnonzero(touched.any(axis=1))
        if not rules.size:
            return None
        connection, row = np.unique(self.connection[rules], return_inverse=True)
        draw, feed = (np.full((connection.size, len(window)), np.inf) for _ in range(2))
        for power, most in ((draw, self.import_kw), (feed, self.export_kw)):
            np.minimum.at(power, row, np.where(touched[rules], most[rules, None], np.inf))
        return Allowed(connection=connection, draw_kw=draw, feed_kw=feed)

    def _holds(self, starts: I, place: Place) -> B:
        """(K,H) whether each rule holds in the quarter hours from `starts`."""
        local = place.local(starts) % DAY_S
        now = np.where(self.daily[:, None], local, starts)
        since, until = self.since[:, None], self.until[:, None]
        within = (now >= since) & (now < until)
        through = self.daily[:, None] & (until <= since) & ((now >= since) | (now < until))
        held: B = within | through
        return held

    def columns(self, connections: Sequence[str]) -> dict[str, list[str]]:
        """By field, its cells, as `read` takes them."""
        return {
            "connection": [connections[c] for c in self.connection],
            "since": [_told(*one) for one in zip(self.since, self.daily, strict=True)],
            "until": [_told(*one) for one in zip(self.until, self.daily, strict=True)],
            "import_kw": [f"{kw:g}" if np.isfinite(kw) else "" for kw in self.import_kw],
            "export_kw": [f"{kw:g}" if np.isfinite(kw) else "" for kw in self.export_kw],
        }


def read(raw: Mapping[str, Sequence[object]], connections: Sequence[str], where: str) -> Allowances:
    """The rules in columns of text.

    Args:
        raw: by field of FIELDS, (K,) cells: `since` and `until` are both local times of every day,
            as 11:00, or both moments, ISO 8601 or epoch seconds; an empty power is no limit.
        connections: ids, in the order of their index.
        where: the file, for what is said of faults.

    Raises:
        InvalidInput: names the row and field of the first fault.
    """
    missing = [name for name in FIELDS if name not in raw]
    if missing:
        raise InvalidInput(f"{where}: field {missing[0]!r} is missing")
    place = {name: number for number, name in enumerate(connections)}
    rows = [
        _rule(dict(zip(FIELDS, cells, strict=True)), place, f"{where}: row {row + 1}")
        for row, cells in enumerate(zip(*(raw[name] for name in FIELDS), strict=True))
    ]
    if not rows:
        return Allowances()
    connection, daily, since, until, most, fed = (
        np.array(column) for column in zip(*rows, strict=True)
    )
    return Allowances(
        connection=connection, daily=daily, since=since, until=until, import_kw=most, export_kw=fed
    )


def _rule(
    cells: Mapping[str, object], place: Mapping[str, int], where: str
) -> tuple[int, bool, int, int, float, float]:
    name = str(cells["connection"])
    if name not in place:
        raise InvalidInput(f"{where}, field 'connection': there is no connection {name!r}")
    (since, daily), (until, same) = (_time(cells[f], f, where) for f in ("since", "until"))
    if daily != same:
        raise InvalidInput(f"{where}: 'since' and 'until' are both times of day, or both moments")
    if until == since or (not daily and until < since):
        raise InvalidInput(f"{where}, field 'until': not after 'since'")
    powers = [_power(cells[f], f, where) for f in ("import_kw", "export_kw")]
    if not np.isfinite(powers).any():
        raise InvalidInput(f"{where}: neither 'import_kw' nor 'export_kw' says a limit")
    return place[name], daily, since, until, powers[0], powers[1]


def _time(cell: object, name: str, where: str) -> tuple[int, bool]:
    """Seconds, and whether they count from every local midnight."""
    text = str(cell).strip()
    try:
        if len(text) == len("11:00") and text[2] == ":":
            hours, minutes = int(text[:2]), int(text[3:])
            found, daily, known = 3600 * hours + 60 * minutes, True, hours <= 24 and minutes < 60
        elif text.isdigit():
            found, daily, known = int(text), False, True
        else:
            plain = text.removesuffix("Z").removesuffix("+00:00")
            found, daily, known = int(np.datetime64(plain, "s").astype(np.int64)), False, True
    except ValueError:
        known = False
    if not known:
        raise InvalidInput(f"{where}, field {name!r}: {text!r} is neither 11:00 nor a moment")
    if found % SLOT_S:
        raise InvalidInput(f"{where}, field {name!r}: {text!r} is not on a quarter hour")
    return found % DAY_S if daily else found, daily


def _power(cell: object, name: str, where: str) -> float:
    text = "" if cell is None else str(cell).strip()
    if not text:
        return float("inf")
    try:
        kw = float(text)
    except ValueError:
        kw = float("nan")
    if not 0 <= kw < np.inf:
        raise InvalidInput(f"{where}, field {name!r}: {text!r} is not a power of 0 kW or more")
    return kw


def _told(seconds: int, daily: bool) -> str:
    if daily:
        return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"
    return f"{moment(int(seconds)):%Y-%m-%dT%H:%M:%SZ}"
