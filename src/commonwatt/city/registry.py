"""Which sectors there are: ours and strangers' alike come by entry point `commonwatt.sectors`."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.sector import Sector
from commonwatt.kernel.tables import CONNECTION, NEIGHBOURHOOD, Kind

GROUP = "commonwatt.sectors"


@cache
def sectors() -> tuple[Sector, ...]:
    """Every installed sector, by name.

    Raises:
        InvalidInput: an entry point does not lead to a `Sector`, or two claim the same kind.
    """
    found: list[Sector] = []
    for point in sorted(entry_points(group=GROUP), key=lambda p: p.name):
        row = point.load()
        if not isinstance(row, Sector):
            msg = f"entry point {point.value!r} of {GROUP} is not a Sector row"
            raise InvalidInput(msg)
        found.append(row)
    _no_kind_twice(found)
    return tuple(found)


@cache
def docs() -> dict[str, str]:
    """What every sector is, in the words its package begins with, by name."""
    points = entry_points(group=GROUP)
    told = {point.name: (import_module(point.module).__doc__ or "") for point in points}
    return {name: words.strip().split("\n")[0] for name, words in told.items()}


def kinds() -> dict[str, Kind]:
    """Every kind of table a city may hold, by name."""
    owned = {kind.name: kind for sector in sectors() for kind in sector.kinds}
    return {CONNECTION.name: CONNECTION, NEIGHBOURHOOD.name: NEIGHBOURHOOD, **owned}


def states() -> frozenset[str]:
    """Quantities whose value holds at a slot's end rather than on its average."""
    return frozenset(q.name for sector in sectors() for q in sector.quantities if q.state)


def _no_kind_twice(rows: list[Sector]) -> None:
    owner: dict[str, str] = {}
    for sector in rows:
        for kind in sector.kinds:
            if kind.name in owner:
                msg = f"sectors {owner[kind.name]!r} and {sector.name!r} both own {kind.name!r}"
                raise InvalidInput(msg)
            owner[kind.name] = sector.name
