"""What is foreseen, beside what came of it: bands, skill by lead time, who says it and why."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends, HTTPException, Query, Request

from commonwatt.city.live import loads
from commonwatt.city.live.present import moment_text, moment_texts, numbers
from commonwatt.kernel.errors import NotFound
from commonwatt.kernel.intervals import DAY_S, SLOT_S, Window, epoch
from commonwatt.kernel.ports import Forecast
from commonwatt.kernel.readings import Of
from commonwatt.platform.forecast import Issued, archive
from commonwatt.platform.forecast.jury import OLD_S
from commonwatt.platform.forecast.quality import Cause, Kind
from commonwatt.platform.forecast.skill import DRIFT, drift
from commonwatt.platform.forecast.track import Track
from commonwatt.server.access import Operator
from commonwatt.server.foreseen import TOWN, Foreseen, Judged, row_of, worst
from commonwatt.server.live import Live, live_of
from commonwatt.server.views.forecast_shapes import (
    Actual,
    DataCause,
    Drift,
    ForecastList,
    ForecastQuantity,
    ForecastSeriesList,
    ForecastSkill,
    LeadScore,
    SaidForecast,
    SeenInputs,
    SeriesName,
    Served,
)

router = APIRouter(prefix="/api/forecasts", tags=["forecasts"])
BEFORE_S = DAY_S
"""How much of what was measured before a forecast is shown beside it."""
NOMINAL = 0.8
"""Share of values that the band between the 10 % and the 90 % quantile should hold."""
DIGITS = 4


def foreseen_of(request: Request, live: Annotated[Live, Depends(live_of)]) -> Foreseen:
    """Who reads and judges what was foreseen."""
    state = request.app.state
    found: Foreseen | None = getattr(state, "foreseen", None)
    if found is None:
        found = state.foreseen = Foreseen(live)
    return found


Reader = Annotated[Foreseen, Depends(foreseen_of)]
Name = Annotated[str | None, Query(max_length=300)]


@router.get("")
def list_forecasts(reader: Reader, _who: Operator) -> ForecastList:
    """List what is foreseen."""
    live = reader.live
    with live.database.read() as connection:
        entries = archive.newest(connection)
        issues = {e.quantity: len(archive.issues(connection, e.quantity)) for e in entries}
        held = archive.held_bytes(connection)
    order = {name: k for k, name in enumerate(TOWN)}
    owner = {q.name: row.name for row in live.census.sectors for q in row.quantities}
    found = []
    for entry in sorted(entries, key=lambda e: order.get(e.quantity, len(order))):
        quantity, said = reader.quantity(entry.quantity), reader.said(entry.quantity, None).forecast
        found.append(
            ForecastQuantity(
                quantity=quantity.name,
                doc=quantity.doc,
                unit=quantity.unit,
                of=str(quantity.of),
                sector=owner.get(quantity.name),
                series=entry.series,
                issued_at=str(moment_text(entry.issued_at)),
                issues=issues[quantity.name],
                models=_models(said),
                banded=float(_wide(said).mean()) if entry.series else 0.0,
            )
        )
    return ForecastList(
        quantities=found,
        kept_bytes=held,
        kept_h=archive.KEPT_S // archive.HOUR_S,
        all_kept_h=archive.ALL_KEPT_S // archive.HOUR_S,
    )


@router.get("/{quantity}")
def list_forecast_series(
    quantity: str,
    reader: Reader,
    _who: Operator,
    find: Annotated[str, Query(max_length=200)] = "",
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> ForecastSeriesList:
    """List the series of a quantity whose names hold `find`."""
    known = reader.quantity(quantity)
    said = reader.said(quantity, None).forecast
    pairs = zip(reader.names(known, said.series), said.model, strict=True)
    held = [(name, model) for name, model in pairs if find.lower() in name.lower()]
    return ForecastSeriesList(
        quantity=quantity,
        unit=known.unit,
        series=[SeriesName(series=n, model=m) for n, m in held[offset : offset + limit]],
        total=len(held),
    )


@router.get("/{quantity}/series")
def read_forecast(
    quantity: str,
    reader: Reader,
    who: Operator,
    series: Name = None,
    issued_at: datetime | None = None,
) -> SaidForecast:
    """Tell one series as it was foreseen, newest or as issued then, beside what was measured."""
    known = reader.quantity(quantity)
    issued = reader.said(quantity, None if issued_at is None else _moment(issued_at))
    said, now = issued.forecast, reader.live.now()
    row = _row(reader, quantity, said, series)
    one, past = said.series[[row]], reader.past(now)
    values = reader.measured(quantity, one, past, who.warrant)
    lag_s = reader.judged(quantity, who.warrant).jury.lag_s
    shown = Window.uniform(said.issued_at - BEFORE_S, BEFORE_S // SLOT_S + _ahead(said, now))
    with reader.live.database.read() as connection:
        times = archive.issues(connection, quantity)
        why = archive.learnt(connection, quantity, issued.inputs.fitted_at or 0)
    model, reason = why.get(int(one[0]), (said.model[row], issued.inputs.basis))
    track, wrong = Track(past.start, values), reader.wrong(quantity, values[0], past.starts)
    band, name = said.value[:, row], reader.names(known, one)[0]
    return SaidForecast(
        quantity=quantity,
        series=name,
        unit=known.unit,
        doc=known.doc,
        asset=name if known.of is Of.ASSET else None,
        sector=name if quantity == loads.SECTOR.name else None,
        issued_at=str(moment_text(said.issued_at)),
        issues=moment_texts(np.array(times, np.int64)),
        model=model,
        reason=reason,
        inputs=_inputs(issued),
        times=moment_texts(said.window.starts),
        hours=said.window.hours.tolist(),
        low=numbers(band[0], DIGITS),
        mid=numbers(said.middle[row], DIGITS),
        high=numbers(band[-1], DIGITS),
        banded=bool(_wide(said)[row]),
        naive=numbers(track.naive(said.window, said.issued_at, lag_s)[0], DIGITS),
        naive_lag_h=lag_s // 3600,
        actual=Actual(
            times=moment_texts(shown.starts), value=numbers(track.over(shown)[0], DIGITS)
        ),
        problems=[_problem(cause, 1, name) for cause in wrong],
    )


@router.get("/{quantity}/skill")
def read_forecast_skill(
    quantity: str, reader: Reader, who: Operator, series: Name = None
) -> ForecastSkill:
    """Tell how a quantity, or one series of it, was foreseen over the last days."""
    known = reader.quantity(quantity)
    said = reader.said(quantity, None).forecast
    judged = reader.judged(quantity, who.warrant)
    jury = judged.jury
    before, lately = jury.before, jury.lately
    models, row = _models(said), None
    if series is not None:
        row = _row(reader, quantity, said, series)
        models = [Served(model=said.model[row], series=1)]
        place = np.array([row_of(jury.series, int(said.series[row]))])
        before, lately = before.of(place), lately.of(place)
    both = before + lately
    old = jury.hour - jury.since >= OLD_S
    factor = drift(before, lately) if old else None
    return ForecastSkill(
        quantity=quantity,
        series=series,
        unit=known.unit,
        since=moment_text(jury.since) if jury.issues else None,
        until=str(moment_text(jury.hour)),
        issues=jury.issues,
        naive_lag_h=jury.lag_s // 3600,
        rows=[LeadScore(**vars(score)) for score in both.scores()],
        coverage=both.coverage(),
        nominal=NOMINAL,
        drift=Drift(factor=factor, limit=DRIFT, drifts=None if factor is None else factor > DRIFT),
        models=models,
        problems=_problems(reader, quantity, judged, None if row is None else said.series[row]),
    )


def _moment(moment: datetime) -> int:
    try:
        return epoch(moment)
    except (OverflowError, ValueError) as error:
        raise HTTPException(422, "issued_at lies outside all time") from error


def _row(reader: Foreseen, quantity: str, said: Forecast, series: str | None) -> int:
    """Where a series stands in a forecast; the first where none is named."""
    if not said.series.size:
        raise NotFound(f"no series of {quantity!r} is foreseen yet")
    if series is None:
        return 0
    names = reader.names(reader.quantity(quantity), said.series)
    if series not in names:
        raise NotFound(
            f"{quantity!r} has no series {series!r}; /api/forecasts/{quantity} lists all"
        )
    return names.index(series)


def _ahead(said: Forecast, now: int) -> int:
    """How many quarter hours of what was foreseen have come since."""
    return max(0, (min(now, said.window.end) - said.issued_at) // SLOT_S)


def _wide(said: Forecast) -> np.ndarray:
    """(N,) whether a series has a band with some width."""
    wide: np.ndarray = (said.value[-1] > said.value[0]).any(axis=1)
    return wide


def _models(said: Forecast) -> list[Served]:
    return [Served(model=m, series=n) for m, n in Counter(said.model).most_common()]


def _inputs(issued: Issued) -> SeenInputs:
    seen = issued.inputs
    return SeenInputs(
        measured_until=str(moment_text(seen.measured_until)),
        fitted_at=moment_text(seen.fitted_at),
        history_from=moment_text(seen.history_from),
        weather_issued_at=moment_text(seen.weather_issued_at),
        basis=seen.basis,
    )


def _problem(cause: Cause, series: int, worst_of: str) -> DataCause:
    return DataCause(
        kind=cause.kind.value,
        slots=cause.slots,
        share=round(cause.share, 4),
        longest_h=cause.longest_h,
        since=str(moment_text(cause.since)),
        series=series,
        worst=worst_of,
    )


def _problems(
    reader: Foreseen, quantity: str, judged: Judged, number_: int | None
) -> list[DataCause]:
    """What is wrong with one series, or of all of them by kind with the worst."""
    known = reader.quantity(quantity)
    if number_ is not None:
        name = reader.names(known, np.array([number_]))[0]
        return [_problem(cause, 1, name) for cause in judged.causes.get(int(number_), [])]
    found = []
    for kind in Kind:
        told = worst(judged.causes, kind)
        if told is not None:
            count, cause, number_of = told
            name = reader.names(known, np.array([number_of]))[0]
            found.append(_problem(cause, count, name))
    return found
