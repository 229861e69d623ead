"""Studies: order one, watch it, read what it found."""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from sqlalchemy import Row, select

from commonwatt.city.importers.overlay import parse
from commonwatt.kernel.errors import InvalidInput
from commonwatt.platform.database.tables import STUDY
from commonwatt.server.access import Meant, Operator
from commonwatt.server.laboratory import DONE, Laboratory
from commonwatt.server.live import Live, live_of

router = APIRouter(prefix="/api/studies", tags=["studies"])
SOURCES = ("generate:", "simbench:")


class Order(BaseModel):
    """What to study; without a start the most stressed days of the year."""

    city: str = Field(default="this", max_length=200)
    start: date | None = None
    days: int = Field(default=1, ge=1, le=14)
    seeds: int = Field(default=1, ge=1, le=5)
    overlay: str = Field(default="", max_length=200)


class StudyState(BaseModel):
    """How a study stands."""

    id: str
    city: str
    start: str | None
    days: int
    seeds: int
    overlay: str
    status: Literal["queued", "running", "done", "failed"]
    what: str
    share: float
    error: str | None
    created_at: str
    report: str | None


class StudyRow(BaseModel):
    """One measure of one run."""

    run: str
    seed: int
    area: str
    measure: str
    unit: str
    value: float | None
    share_of: float | None


class StudyBill(BaseModel):
    """What one home pays in one run."""

    run: str
    seed: int
    connection: str
    area: str
    use: str
    import_wh: int
    export_wh: int
    cost_eur: float
    guarantee_eur: float
    pays_eur: float


class StudyFound(StudyState):
    """A study with what it found, once it is done."""

    rows: list[StudyRow] | None
    bills: list[StudyBill] | None
    settings: dict[str, str] | None


def laboratory_of(request: Request) -> Laboratory:
    """Who conducts studies."""
    laboratory: Laboratory = request.app.state.laboratory
    return laboratory


@router.get("")
def list_studies(live: Annotated[Live, Depends(live_of)], _who: Operator) -> list[StudyState]:
    """List all studies, newest first."""
    return [_state(row) for row in _rows(live)]


@router.post("", status_code=202, dependencies=[Meant])
def order_study(
    order: Order, laboratory: Annotated[Laboratory, Depends(laboratory_of)], _who: Operator
) -> StudyState:
    """Queue a study; it runs in a process of its own."""
    if order.city != "this" and not order.city.startswith(SOURCES):
        raise InvalidInput('city: name "this", "generate:HOMES:SEED" or "simbench:CODE"')
    parse(order.overlay)
    number = laboratory.order(
        order.city,
        order.start.isoformat() if order.start else None,
        order.days,
        order.seeds,
        order.overlay,
    )
    return _state(laboratory.find(number))


@router.get("/{number}")
def read_study(
    number: str,
    live: Annotated[Live, Depends(live_of)],
    laboratory: Annotated[Laboratory, Depends(laboratory_of)],
    _who: Operator,
) -> StudyFound:
    """Tell how a study stands, and what it found."""
    state = _state(laboratory.find(number))
    if state.status != DONE:
        return StudyFound(**state.model_dump(), rows=None, bills=None, settings=None)
    out = live.folder.studies / state.id
    found = json.loads((out / "result.json").read_text())
    names = found["columns"]
    with (out / "bills.csv").open(newline="") as sheet:
        bills = [StudyBill.model_validate(row) for row in csv.DictReader(sheet)]
    return StudyFound(
        **state.model_dump(),
        rows=[StudyRow(**dict(zip(names, row, strict=True))) for row in found["rows"]],
        bills=bills,
        settings=found["settings"],
    )


@router.delete("/{number}", status_code=204, dependencies=[Meant])
def cancel_study(
    number: str, laboratory: Annotated[Laboratory, Depends(laboratory_of)], _who: Operator
) -> None:
    """Stop a study that waits or runs."""
    laboratory.cancel(number)


def told(live: Live) -> dict[str, str]:
    """The state of every study as JSON, by id, for the stream."""
    return {row.id: _state(row).model_dump_json() for row in _rows(live)}


def _rows(live: Live) -> list[Row[Any]]:
    with live.database.read() as connection:
        newest = select(STUDY).order_by(STUDY.c.wall_created.desc(), STUDY.c.id.desc())
        return list(connection.execute(newest.limit(100)).all())


def _state(row: Row[Any]) -> StudyState:
    created = datetime.fromtimestamp(row.wall_created, tz=UTC)
    return StudyState(
        id=row.id,
        city=row.city,
        start=row.start,
        days=row.days,
        seeds=row.seeds,
        overlay=row.overlay,
        status=row.status,
        what=row.what,
        share=row.share,
        error=row.error,
        created_at=f"{created:%Y-%m-%dT%H:%M:%SZ}",
        report=f"/studies/{row.id}/report.html" if row.status == DONE else None,
    )
