"""Schemas that several pages share."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from commonwatt.city.live.present import moment_text, number
from commonwatt.platform.devices.overrides import Override as Standing


class Override(BaseModel):
    """A person's envelope above every command."""

    asset: str
    low_kw: float | None
    high_kw: float | None
    until: str
    author: str
    note: str


class Asked(BaseModel):
    """The envelope in force for a device; null where it has no such bound."""

    low_kw: float | None
    high_kw: float | None
    reason: str
    expires: str


class Alarm(BaseModel):
    """One occurrence of an alarm; priority 3 is the highest."""

    key: str
    priority: Literal[1, 2, 3]
    cause: str
    consequence: str
    action: str
    raised_at: str
    acknowledged_at: str | None
    acknowledged_by: str | None
    cleared_at: str | None
    count: int


class SectorNow(BaseModel):
    """A sector in the newest slot; headroom and forecast are of the next one."""

    name: str
    title: str
    kw: float | None
    up_kw: float | None = Field(description="How much more could be drawn now.")
    down_kw: float | None = Field(description="How much less could be drawn now.")
    forecast_low_kw: float | None
    forecast_kw: float | None
    forecast_high_kw: float | None
    state: Literal["normal", "abnormal", "stale"]
    note: str
    assets: int


def asked(row: Any | None) -> Asked | None:
    """A row of the command table as pages see it."""
    if row is None:
        return None
    return Asked(
        low_kw=number(row.low_kw),
        high_kw=number(row.high_kw),
        reason=row.reason,
        expires=str(moment_text(row.expires)),
    )


def override(standing: Standing | None, asset: str) -> Override | None:
    """An override as pages see it."""
    if standing is None:
        return None
    return Override(
        asset=asset,
        low_kw=number(standing.low_kw),
        high_kw=number(standing.high_kw),
        until=str(moment_text(standing.until)),
        author=standing.author,
        note=standing.note,
    )
