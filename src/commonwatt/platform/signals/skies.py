"""Weather: the city's own series, or else the test reference year of its region."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cached_property

import numpy as np

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import DAY_S, SLOT_S, SLOTS_PER_DAY, Window
from commonwatt.kernel.place import Place
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import F
from commonwatt.kernel.world import Weather
from commonwatt.physics.sun import clear_sky_w_m2
from commonwatt.physics.weather import ReferenceYear, issued, reference_year
from commonwatt.platform.signals.recorded import Recorded

PREFIX = "weather."
NAMES = tuple(PREFIX + f.name for f in fields(Weather))
"""The four series a city brings if it brings its own weather."""

_STATIONS = (
    (53.53, 8.58),
    (54.18, 12.08),
    (53.63, 9.99),
    (52.38, 13.06),
    (51.40, 6.97),
    (50.66, 7.96),
    (51.30, 9.44),
    (51.72, 10.60),
    (50.79, 12.87),
    (50.31, 11.88),
    (50.43, 12.95),
    (49.51, 8.55),
    (48.28, 12.50),
    (48.67, 9.86),
    (47.48, 11.06),
)
"""Latitude and longitude of the stations behind test reference years 1…15 (DWD/BBR 2011)."""

_KM_PER_DEGREE = 111.0
_FARTHEST_KM = 500.0
_ISSUE_S = 36 * 3600
"""An issue is worked out this far ahead at once: many ask for parts of the same one."""
_BLOCK_DAYS = 64
_BLOCK_S = _BLOCK_DAYS * DAY_S


class Skies:
    """The weather of one place.

    Args:
        place: where.
        recorded: the city's series by name; those that start with `weather.` count.
        rng: the luck of the forecast errors.

    Raises:
        InvalidInput: the city brings some weather series but not all four.
    """

    def __init__(self, place: Place, recorded: Mapping[str, Recorded], rng: Rng) -> None:
        own = {name for name in recorded if name.startswith(PREFIX)}
        missing = [name for name in NAMES if name not in own]
        if own and missing:
            raise InvalidInput(f"series {missing[0]!r} is missing; weather needs all of {NAMES}")
        self._place = place
        self._rng = rng
        self._own = {name: recorded[name] for name in NAMES} if own else {}
        self._true_blocks: dict[int, F] = {}
        self._clear_blocks: dict[int, F] = {}
        self._newest_issue: tuple[int, Window, Weather] | None = None

    @property
    def start(self) -> int:
        """Since when there is weather, epoch seconds."""
        return max((series.start for series in self._own.values()), default=0)

    @property
    def end(self) -> int:
        """Until when there is weather, epoch seconds."""
        far = np.iinfo(np.int64).max
        return min((series.end for series in self._own.values()), default=int(far))

    def truth(self, window: Window) -> Weather:
        """The weather as it was and will be.

        Raises:
            InvalidInput: names the series and the missing span.
        """
        if self._own:
            columns = [self._own[name].mean(window) for name in NAMES]
        else:
            fine = _gathered(window, self._true_blocks, self._reference)
            columns = list(window.average(fine))
        return Weather(**dict(zip((f.name for f in fields(Weather)), columns, strict=True)))

    def issued(self, window: Window, now: int) -> Weather:
        """What a weather service, asked at `now`, says about `window`."""
        at, span, said = self._newest_issue or (now - 1, window, None)
        if said is None or at != now or window.start < span.start or window.end > span.end:
            reach = max(window.end, min(window.start + _ISSUE_S, self.end))
            span = Window.uniform(window.start, (reach - window.start) // SLOT_S)
            said = self._issue(span, now)
            self._newest_issue = (now, span, said)
        part = slice((window.start - span.start) // SLOT_S, (window.end - span.start) // SLOT_S)
        return Weather(
            **{f.name: window.average(getattr(said, f.name)[part]) for f in fields(said)}
        )

    def _issue(self, fine: Window, now: int) -> Weather:
        clear = _gathered(fine, self._clear_blocks, self._clear)[0]
        return issued(self.truth(fine), clear, now, fine, self._rng)

    @cached_property
    def _year(self) -> ReferenceYear:
        return reference_year(nearest_region(self._place))

    def _reference(self, block: Window) -> F:
        weather = self._year.over(block, self._place)
        return np.stack([getattr(weather, f.name) for f in fields(weather)])

    def _clear(self, block: Window) -> F:
        return clear_sky_w_m2(block.starts + SLOT_S // 2, self._place)[None]


def nearest_region(place: Place) -> int:
    """Climate region 1…15 whose station lies nearest.

    Raises:
        InvalidInput: none lies within 500 km.
    """
    north, east = np.array(_STATIONS).T
    across = (east - place.longitude) * np.cos(np.radians(place.latitude))
    distance = _KM_PER_DEGREE * np.hypot(north - place.latitude, across)
    if distance.min() > _FARTHEST_KM:
        msg = (
            f"no test reference year lies within {_FARTHEST_KM:.0f} km of {place.latitude:g}° N "
            f"{place.longitude:g}° E; give the city the series {', '.join(NAMES)}"
        )
        raise InvalidInput(msg)
    return int(distance.argmin()) + 1


def _gathered(window: Window, blocks: dict[int, F], make: Callable[[Window], F]) -> F:
    """(R,K) rows of `make` on the quarter hours of `window`, made and kept by the block."""
    first, last = window.start // _BLOCK_S, (window.end - 1) // _BLOCK_S
    for number in range(first, last + 1):
        if number not in blocks:
            blocks[number] = make(Window.uniform(number * _BLOCK_S, _BLOCK_DAYS * SLOTS_PER_DAY))
    row = np.concatenate([blocks[n] for n in range(first, last + 1)], axis=1)
    start = first * _BLOCK_S
    return row[:, (window.start - start) // SLOT_S : (window.end - start) // SLOT_S]
