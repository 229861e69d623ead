"""The forecaster of the loop: learns from what was measured, says what to expect and how surely."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.place import Place
from commonwatt.kernel.ports import Forecast
from commonwatt.kernel.units import B, F, I
from commonwatt.kernel.world import Weather
from commonwatt.platform.forecast import learning
from commonwatt.platform.forecast.cleaning import cleaned
from commonwatt.platform.forecast.fallback import LAST_VALUE, NOTHING
from commonwatt.platform.forecast.features import Features, is_solar, seen, sky, unit
from commonwatt.platform.forecast.learning import Evidence, Learnt
from commonwatt.platform.forecast.rolling import HORIZON, said
from commonwatt.platform.forecast.tail import Tail
from commonwatt.platform.forecast.trust import Archive, Past, Trust, judged

LEVELS = (0.1, 0.5, 0.9)


class Forecaster:
    """Seasonal profile, ridge regression on weather, and a correction by the newest errors.

    It keeps, per quantity, what was learnt at the last `fit` and what it has said about the last
    day; nothing else, so it can be deep-copied at any time.

    Args:
        place: sets sun and local time.
        levels: quantile levels, rising, with 0.5 among them.
        archive: what the weather service said in the past, to learn how far to trust it; without,
            it is believed to the letter and the spread leaves its errors out.
        draws: whether past errors are kept, so that `errors` can draw from them.
    """

    def __init__(
        self,
        place: Place,
        levels: tuple[float, ...] = LEVELS,
        archive: Archive | None = None,
        *,
        draws: bool = False,
    ) -> None:
        if 0.5 not in levels or list(levels) != sorted(levels):
            msg = f"quantile levels {levels} must rise and hold 0.5"
            raise InvalidInput(msg)
        self._place = place
        self._levels = np.array(levels)
        self._archive = archive
        self._draws = draws
        self._judged: tuple[Window, Trust, Past] | None = None
        self._learnt: dict[str, Learnt] = {}
        self._tails: dict[str, Tail] = {}

    def fit(self, quantity: str, series: I, history: F, weather: Weather, window: Window) -> None:
        """Learn one quantity afresh; once a day is enough.

        Args:
            quantity: its name.
            series: (N,) which series.
            history: (N,K) measured means, NaN where missing; four weeks are plenty.
            weather: (K,) as observed.
            window: the K quarter hours, ending now.
        """
        _check_past(quantity, history, window)
        _check_weather(quantity, weather, len(window))
        evidence = self._evidence(np.array(history.T, float, order="C"), weather, window)
        kept_from = window.start if self._draws else None
        learnt = learning.learn(np.array(series), evidence, self._levels, kept_from=kept_from)
        self._learnt[quantity] = learnt
        view = evidence.seen
        base = said(learnt.beta, learnt.table, view)
        self._tails[quantity] = Tail.of(base, view.scale, evidence.values, window.end)

    def issue(
        self, quantity: str, series: I, recent: F, weather: Weather, window: Window
    ) -> Forecast:
        """Say what to expect.

        Args:
            quantity: its name.
            series: (N,) which series. Those not fitted are expected to stay as they were lately.
            recent: (N,R) as measured in the last R slots, NaN where missing; one slot suffices if
                forecasts are issued every slot.
            weather: as forecast now, on `window.fine()`.
            window: slots from now on, at most 36 h.

        Returns:
            The forecast. Its middle is the expectation, so that sums over series hold; the other
            levels are quantiles of what was off at that lead time and time of day.
        """
        fine = window.fine()
        if len(fine) > HORIZON:
            raise InvalidInput(
                f"{quantity!r} was asked for {len(fine) / 4:g} hours ahead; "
                f"{HORIZON // 4} is the most"
            )
        _check_weather(quantity, weather, len(fine))
        newest = np.asarray(recent, float)
        value, model = _unfitted(newest, self._levels.size, len(fine))
        learnt = self._learnt.get(quantity)
        if learnt is not None:
            row, there = _places(learnt.series, series)
            measured = np.full((newest.shape[1], learnt.series.size), np.nan)
            measured[:, row[there]] = newest[there].T
            value[:, there] = self._foreseen(quantity, learnt, measured, weather, fine)[
                :, row[there]
            ]
            model[there] = np.array(learnt.model)[row[there]]
        return Forecast(
            quantity=quantity,
            series=series,
            window=window,
            levels=self._levels,
            value=window.average(value),
            issued_at=window.start,
            model=tuple(str(name) for name in model),
        )

    def errors(self, quantity: str, series: I, window: Window, count: int) -> F | None:
        """What forecasts of `window`, issued at its start, may be off by: actual less expected.

        Args:
            quantity: its name.
            series: (N,) which series; those not fitted are off by nothing.
            window: slots from now on, at most 36 h.
            count: S draws; draw `s` is the same past moment for every series and quantity.

        Returns:
            (S,N,T), or None where too little is on record.
        """
        learnt = self._learnt.get(quantity)
        if learnt is None or learnt.draws is None:
            return None
        middle = window.starts + (np.diff(window.edges) // SLOT_S - 1) // 2 * SLOT_S
        ahead = (middle - window.start) // SLOT_S + 1
        scale = unit(sky(middle, self._place), solar=learnt.solar)
        row, there = _places(learnt.series, series)
        drawn = learnt.draws.drawn(middle, ahead, learnt.beta, count)
        found = np.zeros((count, series.size, len(window)))
        found[:, there] = drawn[:, row[there]] * scale
        return found

    def reasons(self, quantity: str) -> dict[int, tuple[str, str]]:
        """By series: the model that serves it, and one sentence why."""
        learnt = self._learnt.get(quantity)
        if learnt is None:
            raise InvalidInput(f"{quantity!r} was never fitted: fit it before asking for reasons")
        rows = zip(learnt.series, learnt.model, learnt.reason, strict=True)
        return {int(series): (model, reason) for series, model, reason in rows}

    def _evidence(self, history: F, weather: Weather, window: Window) -> Evidence:
        values = cleaned(history)
        solar = is_solar(values, window.starts, self._place)
        view = seen(window.starts, weather, self._place, solar=solar)
        if self._archive is None or len(window) < HORIZON:
            return Evidence(values, solar, view)
        if self._judged is None or not np.array_equal(self._judged[0].edges, window.edges):
            self._judged = (window, *judged(self._archive, weather, window, self._place))
        past = self._judged[2]
        foretold = seen(window.starts[past.row], past.weather, self._place, solar=solar)
        return Evidence(values, solar, view, past, foretold)

    def _foreseen(
        self, quantity: str, learnt: Learnt, newest: F, weather: Weather, fine: Window
    ) -> F:
        """(Q,N,H) quantiles on the fine window."""
        if self._judged is not None:
            weather = self._judged[1].weather(weather, fine.starts)
        view = seen(fine.starts, weather, self._place, solar=learnt.solar)
        base = said(learnt.beta, learnt.table, view)
        tail = self._tails[quantity]
        tail.learn(fine.start, np.where(learnt.credible(newest), newest, np.nan))
        expected = learnt.correction.expected(*tail.errors(fine.start), len(fine))
        tail.note(fine.start, base, view.scale)
        return _spread(learnt, base + view.scale[:, None] * expected, view)


def _spread(learnt: Learnt, middle: F, view: Features) -> F:
    """(Q,N,H) quantiles around `middle` (H,N), within what the series can be."""
    ahead = np.arange(1, middle.shape[0] + 1)
    offset = learnt.spread.around(ahead, view.block) * view.scale
    high = learnt.high[:, None] * (view.scale > 0)
    clipped: F = np.clip(middle.T + offset, learnt.low[:, None], high)
    return clipped


def _unfitted(newest: F, levels: int, slots: int) -> tuple[F, NDArray[np.str_]]:
    """(Q,N,H) more of what was measured lately (N,R), 0 where nothing was, and (N,) model names."""
    known = np.isfinite(newest)
    lately = np.where(known, newest, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    value = np.broadcast_to(lately[:, None], (levels, lately.size, slots)).copy()
    return value, np.where(known.any(axis=1), LAST_VALUE, NOTHING).astype("U16")


def _places(fitted: I, series: I) -> tuple[I, B]:
    """(N,) row of each of `series` among `fitted`, and whether it is there."""
    order = np.argsort(fitted, kind="stable")
    row = order[np.minimum(np.searchsorted(fitted, series, sorter=order), fitted.size - 1)]
    return row, fitted[row] == series


def _check_past(quantity: str, history: F, window: Window) -> None:
    if np.any(np.diff(window.edges) != SLOT_S) or history.shape[1] != len(window):
        raise InvalidInput(
            f"the history of {quantity!r} has {history.shape[1]} values for {len(window)} slots: "
            "give one for every quarter hour, NaN where missing"
        )


def _check_weather(quantity: str, weather: Weather, slots: int) -> None:
    for name in ("temperature_c", "ghi_w_m2", "dhi_w_m2"):
        column = getattr(weather, name)
        if column.size != slots or not np.isfinite(column).all():
            raise InvalidInput(
                f"weather {name!r} for {quantity!r} must be {slots} finite values, one a quarter "
                f"hour; there are {int(np.isfinite(column).sum())}"
            )
