"""One sector: what it is, how it stands, what it did today, what it expects."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from sqlalchemy import select

from commonwatt.city.live.bookkeeping import local_date
from commonwatt.city.live.loads import SECTOR
from commonwatt.city.live.present import moment_texts, number, numbers
from commonwatt.city.registry import docs
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.principal import Warrant
from commonwatt.kernel.units import F
from commonwatt.platform.database.tables import MEASURE
from commonwatt.platform.devices import archive, overrides
from commonwatt.server.access import Operator
from commonwatt.server.live import Live, live_of
from commonwatt.server.states import states_of
from commonwatt.server.views.shapes import Asked, Override, SectorNow, asked, override

router = APIRouter(prefix="/api/sectors", tags=["sectors"])
WEEK_H = 168


class Quantity(BaseModel):
    """Something measured."""

    name: str
    of: str
    doc: str
    unit: str
    state: bool


class Kind(BaseModel):
    """A kind of thing, and how many there are."""

    name: str
    doc: str
    count: int


class Measure(BaseModel):
    """A value of today so far; `share_of` is what it is a share of, in the same unit."""

    area: str
    measure: str
    unit: str
    value: float | None
    share_of: float | None


class AssetLine(BaseModel):
    """A device in short."""

    id: str
    kind: str
    connection: str
    kw: float | None
    state: str
    asked: Asked | None
    override: Override | None


class SectorPage(BaseModel):
    """A sector whole; `total` is how many assets there are, of which some are listed."""

    name: str
    title: str
    doc: str
    quantities: list[Quantity]
    kinds: list[Kind]
    now: SectorNow
    measures: list[Measure]
    assets: list[AssetLine]
    total: int
    foreseen: list[str]


class Band(BaseModel):
    """What is expected."""

    issued_at: str
    times: list[str]
    low: list[float | None]
    mid: list[float | None]
    high: list[float | None]


class SectorSeries(BaseModel):
    """Power of a sector slot by slot, and what is expected of it."""

    times: list[str]
    kw: list[float | None]
    forecast: Band | None


@router.get("/{name}")
def read_sector(
    name: str,
    live: Annotated[Live, Depends(live_of)],
    who: Operator,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> SectorPage:
    """Tell everything of one sector."""
    census, row = live.census, live.census.sector(name)
    present = live.present()
    tables = census.city.tables
    members = census.members[name]
    shown = [int(ix) for ix in members[offset : offset + limit]]
    return SectorPage(
        name=row.name,
        title=row.title,
        doc=docs().get(name, row.title),
        quantities=[
            Quantity(name=q.name, of=str(q.of), doc=q.doc, unit=q.unit, state=q.state)
            for q in row.quantities
        ],
        kinds=[
            Kind(name=k.name, doc=k.doc, count=len(tables[k.name]) if k.name in tables else 0)
            for k in row.kinds
        ],
        now=next(SectorNow(**s) for s in present["sectors"] if s["name"] == name),
        measures=_measures(live, name),
        assets=asset_lines(live, shown, who.warrant),
        total=int(members.size),
        foreseen=[*([SECTOR.name] if row.flexible is not None else []), *row.foreseen],
    )


@router.get("/{name}/series")
def read_sector_series(
    name: str,
    live: Annotated[Live, Depends(live_of)],
    who: Operator,
    hours: Annotated[int, Query(ge=1, le=WEEK_H)] = 24,
) -> SectorSeries:
    """Tell a sector's power over the last hours, and what is expected of the next."""
    live.census.sector(name)
    window = live.past(hours)
    plan = live.plan()
    expected = plan["sectors"].get(name) if plan is not None else None
    return SectorSeries(
        times=moment_texts(window.starts),
        kw=numbers(sector_power(live, name, window, who.warrant)),
        forecast=Band(issued_at=plan["made_at"], times=plan["times"], **expected)
        if plan is not None and expected is not None
        else None,
    )


def sector_power(live: Live, name: str, window: Window, warrant: Warrant) -> F:
    """(T,) power of a sector, NaN where nothing of it was measured."""
    census = live.census
    members = census.members[name]
    if members.size:
        power = live.asset_kw(members, window, warrant)
    elif census.sector(name).network is not None:
        power = live.history("grid.source_kw", np.array([0]), window, warrant)
    else:
        homes = np.arange(len(census.city.connections))
        power = live.history("meter.power_kw", homes, window, warrant)
    silent = ~np.isfinite(power).any(axis=0)
    total: F = np.where(silent, np.nan, np.nansum(power, axis=0))
    return total


def asset_lines(live: Live, shown: list[int], warrant: Warrant) -> list[AssetLine]:
    """Some devices in short."""
    now = live.now()
    with live.database.read() as connection:
        told = archive.newest(connection, now)
        above = overrides.standing(connection, now, shown)
    census = live.census
    assets = np.array(shown, np.int64)
    power, states = live.newest_kw(assets, warrant), states_of(live, assets, warrant)
    return [
        AssetLine(
            id=census.assets[ix],
            kind=census.kinds[ix],
            connection=census.city.connections.ids[census.city.sites[ix]],
            kw=number(kw),
            state=state,
            asked=asked(told.get(ix)),
            override=override(above.get(ix), census.assets[ix]),
        )
        for ix, kw, state in zip(shown, power.tolist(), states, strict=True)
    ]


def _measures(live: Live, name: str) -> list[Measure]:
    today = local_date(live.now() - 1, live.census.city.place.zone).isoformat()
    wanted = select(MEASURE).where((MEASURE.c.day == today) & (MEASURE.c.sector == name))
    with live.database.read() as connection:
        rows = connection.execute(wanted.order_by(MEASURE.c.id)).all()
    return [
        Measure(
            area=row.area,
            measure=row.measure,
            unit=row.unit,
            value=row.value,
            share_of=row.share_of,
        )
        for row in rows
    ]
