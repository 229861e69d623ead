"""Schemas of what is foreseen."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class Served(BaseModel):
    """How many series a model serves."""

    model: str
    series: int


class ForecastQuantity(BaseModel):
    """Something that is foreseen; `sector` is null for what is planned for the whole city."""

    quantity: str
    doc: str
    unit: str
    of: str
    sector: str | None
    series: int
    issued_at: str
    issues: int
    models: list[Served]
    banded: float = Field(description="Share of the series that have a band with some width.")


class ForecastList(BaseModel):
    """All that is foreseen, and what is kept of it: an issue an hour, of the last hours all."""

    quantities: list[ForecastQuantity]
    kept_bytes: int
    kept_h: int
    all_kept_h: int


class SeriesName(BaseModel):
    """One series of a quantity."""

    series: str
    model: str


class ForecastSeriesList(BaseModel):
    """The series of a quantity, of which some are listed."""

    quantity: str
    unit: str
    series: list[SeriesName]
    total: int


class SeenInputs(BaseModel):
    """What a forecast could see: nothing later than any of these moments."""

    measured_until: str
    fitted_at: str | None
    history_from: str | None
    weather_issued_at: str | None
    basis: str


class DataCause(BaseModel):
    """What is wrong with measured data; `series` of them have it, `worst` most of all."""

    kind: Literal["missing", "frozen", "set_aside", "short"]
    slots: int
    share: float
    longest_h: float
    since: str
    series: int
    worst: str


class Actual(BaseModel):
    """What was measured, quarter hour by quarter hour."""

    times: list[str]
    value: list[float | None]


class SaidForecast(BaseModel):
    """One series as it was foreseen in one issue, beside what was measured."""

    quantity: str
    series: str
    unit: str
    doc: str
    asset: str | None
    sector: str | None
    issued_at: str
    issues: list[str]
    model: str
    reason: str
    inputs: SeenInputs
    times: list[str]
    hours: list[float]
    low: list[float | None]
    mid: list[float | None]
    high: list[float | None]
    banded: bool
    naive: list[float | None]
    naive_lag_h: int
    actual: Actual
    problems: list[DataCause]


class LeadScore(BaseModel):
    """How forecasts fared up to a lead time; `skill` is 1 - own error / the naive forecast's."""

    lead_h: float
    slots: int
    mae: float | None
    nrmse: float | None
    pinball: float | None
    coverage: float | None
    naive_mae: float | None
    naive_pinball: float | None
    skill: float | None


class Drift(BaseModel):
    """By which factor errors of the last day have grown, against the naive forecast's."""

    factor: float | None
    limit: float
    drifts: bool | None


class ForecastSkill(BaseModel):
    """How a quantity, or one series of it, was foreseen over the last days."""

    quantity: str
    series: str | None
    unit: str
    since: str | None
    until: str
    issues: int
    naive_lag_h: int
    rows: list[LeadScore]
    coverage: float | None
    nominal: float
    drift: Drift
    models: list[Served]
    problems: list[DataCause]
