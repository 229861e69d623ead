"""One measured quantity on a regular grid of time, with what is known ahead about each step."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import polars as pl

from commonwatt.kernel.intervals import DAY_S
from commonwatt.kernel.units import F, I

WEEK_DAYS = 7


@dataclass(frozen=True)
class Series:
    """T steps of equal length, labelled by their start.

    Attributes:
        start: epoch seconds UTC of the first step.
        step_s: length of a step in seconds, 5 min to 1 day.
        value: (T,) measured, NaN where nothing was.
        weather: (T,W) known ahead, NaN where missing; W may be 0.
        holiday: (T,) 1 on public holidays.
        zone: IANA name of the local time people live by.
    """

    start: int
    step_s: int
    value: F
    weather: F = field(default_factory=lambda: np.empty((0, 0)))
    holiday: F = field(default_factory=lambda: np.empty(0))
    zone: str = "UTC"

    @property
    def day(self) -> int:
        """Steps in a day, at least 1."""
        return max(1, DAY_S // self.step_s)

    @property
    def week(self) -> int:
        """Steps in a week."""
        return WEEK_DAYS * DAY_S // self.step_s

    @property
    def time(self) -> I:
        """(T,) epoch seconds of the steps' starts."""
        return self.start + self.step_s * np.arange(len(self.value), dtype=np.int64)

    def known_at(self, origin: int) -> Series:
        """What somebody standing before step `origin` has measured: nothing from there on."""
        value = self.value.copy()
        value[origin:] = np.nan
        return replace(self, value=value)

    @cached_property
    def clock(self) -> pl.Series:
        """(T,) what clocks on the wall show, without a zone."""
        stamps = pl.from_epoch(pl.Series(self.time), time_unit="s").dt.replace_time_zone("UTC")
        return stamps.dt.convert_time_zone(self.zone).dt.replace_time_zone(None)

    @cached_property
    def calendar(self) -> tuple[I, I, I]:
        """(T,) each: second of the local day, day of the week 0 … 6, day of the year."""
        local = self.clock
        second = local.dt.hour().cast(pl.Int64) * 3600 + local.dt.minute().cast(pl.Int64) * 60
        return (
            second.to_numpy(),
            local.dt.weekday().cast(pl.Int64).to_numpy() - 1,
            local.dt.ordinal_day().cast(pl.Int64).to_numpy(),
        )

    @cached_property
    def offset(self) -> I:
        """(T,) seconds by which local clocks are ahead of UTC."""
        return self.clock.dt.epoch("s").cast(pl.Int64).to_numpy() - self.time

    @cached_property
    def kind(self) -> I:
        """(T,) kind of the local day: 0 working day, 1 Saturday, 2 Sunday or holiday."""
        weekday = self.calendar[1]
        kind = np.maximum(weekday - 4, 0)
        return np.where(self.holiday > 0, 2, kind) if len(self.holiday) else kind
