"""One device: its nameplate, its telemetry, what it is asked and why, and people's overrides."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, Field, model_validator

from commonwatt.city.live.answers import ALONE, answer, moment_of
from commonwatt.city.live.present import moment_text, moment_texts, number, numbers
from commonwatt.kernel.errors import NotFound
from commonwatt.kernel.intervals import DAY_S, SLOT_S
from commonwatt.kernel.readings import Of
from commonwatt.platform import decisions
from commonwatt.platform.access import require_reach
from commonwatt.platform.devices import archive, overrides
from commonwatt.server.access import Caller, Known, Meant
from commonwatt.server.live import Live, live_of
from commonwatt.server.states import foreseen_of_asset, quantities_of
from commonwatt.server.views.shapes import Asked, Override, asked, override

router = APIRouter(prefix="/api/assets", tags=["assets"])
WEEK_H = 168
MOST_KW = 1e5


class NamePlate(BaseModel):
    """One figure of a nameplate."""

    value: float | int | str
    doc: str


class Told(BaseModel):
    """A command of the last day."""

    time: str
    low_kw: float | None
    high_kw: float | None
    reason: str
    author: str
    acknowledged: bool


class AssetPage(BaseModel):
    """A device whole."""

    id: str
    kind: str
    sector: str
    connection: str
    fields: dict[str, NamePlate]
    now: dict[str, float | None]
    asked: Asked | None
    override: Override | None
    reason: str
    history: list[Told]
    foreseen: list[str]


class Planned(BaseModel):
    """What the plan has for a device."""

    times: list[str]
    kw: list[float | None]
    level_kwh: list[float | None] | None


class AssetSeries(BaseModel):
    """One quantity of a device, slot by slot, and the plan beside it."""

    quantity: str
    unit: str
    times: list[str]
    value: list[float | None]
    plan: Planned | None
    quantities: list[str]


class Why(BaseModel):
    """Why a device was asked what it was, by the plan made at `made_at`."""

    asset: str
    made_at: str
    status: str
    sentence: str


class Wanted(BaseModel):
    """An override as asked for, in city minutes."""

    low_kw: float = Field(ge=-MOST_KW, le=MOST_KW)
    high_kw: float = Field(ge=-MOST_KW, le=MOST_KW)
    minutes: int = Field(ge=1, le=1440)
    note: str = Field(default="", max_length=300)

    @model_validator(mode="after")
    def _ordered(self) -> Wanted:
        if self.low_kw > self.high_kw:
            msg = f"{self.low_kw:g} to {self.high_kw:g} kW is no envelope"
            raise ValueError(msg)
        return self


@router.get("/{asset:path}/series")
def read_asset_series(
    asset: str,
    live: Annotated[Live, Depends(live_of)],
    who: Known,
    hours: Annotated[int, Query(ge=1, le=WEEK_H)] = 48,
    quantity: Annotated[str | None, Query(max_length=100)] = None,
) -> AssetSeries:
    """Tell what was measured of a device, and what is planned for it."""
    ix = _reached(live, who, asset)
    known = quantities_of(live, ix)
    names = [q.name for q in known]
    name = quantity or (names[0] if names else "asset.power_kw")
    found = live.census.quantities.get(name)
    if found is None or found.of is not Of.ASSET:
        raise NotFound(f"{asset} has no quantity {name!r}; it has {', '.join(names) or 'none'}")
    window = live.past(hours)
    value = live.history(name, np.array([ix]), window, who.warrant)[0]
    return AssetSeries(
        quantity=name,
        unit=found.unit,
        times=moment_texts(window.starts),
        value=numbers(value),
        plan=_planned(live.plan(), asset),
        quantities=names,
    )


@router.get("/{asset:path}/why")
def read_why(
    asset: str,
    live: Annotated[Live, Depends(live_of)],
    who: Known,
    time: Annotated[str, Query(max_length=40)] = "now",
) -> Why:
    """Tell in one sentence why a device was asked what it was, by the plan that governed `time`.

    `time` is "now" or an ISO time, local where it names no zone.
    """
    ix = _reached(live, who, asset)
    moment = moment_of(time, live.census.city.place.zone)
    with live.database.read() as connection:
        found = answer(connection, live.census, ix, moment)
    return Why(
        asset=asset,
        made_at=str(moment_text(found.made_at)),
        status=found.status,
        sentence=found.sentence,
    )


@router.post("/{asset:path}/override", dependencies=[Meant])
def put_override(
    asset: str, wanted: Wanted, live: Annotated[Live, Depends(live_of)], who: Known
) -> Override:
    """Put an envelope above every command; its minutes count from the next slot, which obeys it."""
    ix, now = _reached(live, who, asset), live.now()
    with live.database.write() as connection:
        standing = overrides.put(
            connection,
            ix,
            (wanted.low_kw, wanted.high_kw),
            (now, now + SLOT_S + 60 * wanted.minutes),
            author=who.warrant.principal.id,
            note=wanted.note,
        )
    found = override(standing, asset)
    if found is None:
        raise HTTPException(500)
    return found


@router.delete("/{asset:path}/override", status_code=204, dependencies=[Meant])
def end_override(asset: str, live: Annotated[Live, Depends(live_of)], who: Known) -> None:
    """End an override before it lapses."""
    ix = _reached(live, who, asset)
    with live.database.write() as connection:
        if not overrides.release(connection, ix, live.now()):
            raise NotFound(f"nobody overrides {asset} now")


@router.get("/{asset:path}")
def read_asset(asset: str, live: Annotated[Live, Depends(live_of)], who: Known) -> AssetPage:
    """Tell everything of one device."""
    census, ix, now = live.census, _reached(live, who, asset), live.now()
    with live.database.read() as connection:
        history = archive.told(connection, ix, now - DAY_S)
        above = overrides.standing(connection, now, [ix]).get(ix)
        decided = decisions.governing(connection, now)
    in_force = next((row for row in reversed(history) if row.expires > now), None)
    return AssetPage(
        id=asset,
        kind=census.kinds[ix],
        sector=census.sector_of_asset(ix),
        connection=census.city.connections.ids[census.city.sites[ix]],
        fields=_fields(live, ix),
        now={
            q.name: number(live.latest(q.name, np.array([ix]), who.warrant)[0])
            for q in quantities_of(live, ix)
        },
        asked=asked(in_force),
        override=override(above, asset),
        reason=reason(above, in_force)
        if above is not None or decided is None
        else decided.why.get(ix, ALONE),
        history=[
            Told(
                time=str(moment_text(row.time)),
                low_kw=number(row.low_kw),
                high_kw=number(row.high_kw),
                reason=row.reason,
                author=row.author,
                acknowledged=row.acknowledged,
            )
            for row in history
        ],
        foreseen=foreseen_of_asset(live, ix),
    )


def reason(above: overrides.Override | None, in_force: Any | None) -> str:
    """One sentence: why a device does what it does."""
    if above is not None:
        note = f": {above.note}" if above.note else ""
        return f"{above.author} overrides it until {moment_text(above.until)}{note}."
    if in_force is not None:
        return str(in_force.reason)
    return "Nothing is in force: the device follows its own rule."


def _reached(live: Live, who: Caller, asset: str) -> int:
    """The index of an asset that the caller may see; residents cannot tell others' from none."""
    ix = live.census.asset(asset)
    require_reach(who.warrant, live.census.city.sites[np.array([ix])])
    return ix


def _fields(live: Live, ix: int) -> dict[str, NamePlate]:
    table = live.census.city.tables[live.census.kinds[ix]]
    row = int(np.flatnonzero(table.ix == ix)[0])
    return {
        spec.name: NamePlate(value=table.columns[spec.name][row].item(), doc=spec.doc)
        for spec in table.kind.fields
    }


def _planned(plan: dict[str, Any] | None, asset: str) -> Planned | None:
    if plan is None or asset not in plan["assets"]["ids"]:
        return None
    row = plan["assets"]["ids"].index(asset)
    return Planned(
        times=plan["times"],
        kw=plan["assets"]["kw"][row],
        level_kwh=plan["assets"]["level_kwh"][row],
    )
