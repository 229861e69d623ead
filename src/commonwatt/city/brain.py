"""The brain: sense, judge, foresee, decide, act — one method each, run by the loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from commonwatt.city.loop import Job
from commonwatt.city.model import City
from commonwatt.city.strategy import Strategy
from commonwatt.city.view import LiveView
from commonwatt.kernel.commands import Commands
from commonwatt.kernel.intervals import DAY_S, SLOT_S, Window
from commonwatt.kernel.ports import Fate, Field, Forecast
from commonwatt.kernel.principal import Principal, Purpose, Role, system
from commonwatt.kernel.sector import Sector
from commonwatt.kernel.units import F, I
from commonwatt.platform.alarms import Alarms, Priority
from commonwatt.platform.devices import Devices
from commonwatt.platform.forecast import Inputs, Predictor
from commonwatt.platform.signals import Signals
from commonwatt.platform.telemetry import Telemetry

HORIZON_SLOTS = 128
"""How far ahead forecasts reach: 32 hours, beyond any dispatch window."""
HISTORY_DAYS = 28
OFTEN = 4
"""Forecasts are fitted anew when the past has grown by this part, once a day at most."""
RECENT_SLOTS = 8
DRAWS = 120
"""Draws from the forecasts' past errors: enough to tell 99 % by rank."""

SENSE = system("loop.sense", Purpose.OPERATE)
FORESEE = system("loop.foresee", Purpose.FORECAST)
ACT = system("loop.act", Purpose.OPERATE)
DEVICES = Principal("devices", Role.SYSTEM)


class Brain:
    """Everything between readings in and commands out.

    Args:
        city: as drawn.
        sectors: whose rules apply.
        field: the world out there.
        telemetry: where readings go.
        signals: weather and prices as issued.
        forecaster: expects.
        strategy: decides.
        prophet: tells the fate of a window, where a study asks what perfect forecasts are worth.
        told: hears of all commands.
        doubted: whether forecasts have drifted, so that they are learnt anew before their time.
    """

    def __init__(
        self,
        *,
        city: City,
        sectors: Sequence[Sector],
        field: Field,
        telemetry: Telemetry,
        signals: Signals,
        forecaster: Predictor,
        strategy: Strategy,
        prophet: Callable[[Window], Fate] | None = None,
        told: Callable[[int, Commands], None] = lambda _now, _commands: None,
        doubted: Callable[[LiveView], bool] = lambda _view: False,
    ) -> None:
        self._city = city
        self._sectors = sectors
        self._field = field
        self._telemetry = telemetry
        self._signals = signals
        self._forecaster = forecaster
        self._strategy = strategy
        self._prophet = prophet
        self._fitted = -DAY_S
        self._forecasts: dict[str, Forecast] = {}
        self._told = told
        self._doubted = doubted
        self.devices = Devices(city.sites)
        self.alarms = Alarms()

    @property
    def forecasts(self) -> Mapping[str, Forecast]:
        """The newest forecast of every quantity."""
        return self._forecasts

    def inputs(self, now: int) -> Inputs:
        """What the forecasts issued at `now` could see."""
        past = Window.uniform(self._fitted - HISTORY_DAYS * DAY_S, HISTORY_DAYS * DAY_S // SLOT_S)
        return Inputs(
            measured_until=now,
            fitted_at=self._fitted,
            history_from=self._telemetry.covered(past).start,
            weather_issued_at=now,
        )

    def reasons(self) -> tuple[int, Mapping[str, Mapping[int, tuple[str, str]]]]:
        """Since when models serve, and by quantity and series: which, and one sentence why."""
        said = getattr(self._forecaster, "reasons", None)
        found = {q: said(q) for q in self._forecasts} if said is not None else {}
        return self._fitted, found

    @property
    def memory(self) -> tuple[Predictor, int]:
        """What the next forecast takes from the past; whoever is given it goes on as this one."""
        return self._forecaster, self._fitted

    @memory.setter
    def memory(self, memory: tuple[Predictor, int]) -> None:
        self._forecaster, self._fitted = memory

    def jobs(self) -> list[Job]:
        """The loop of this brain, in order."""
        return [
            Job("sense", self.sense),
            Job("judge", self.judge),
            Job("foresee", self.foresee),
            Job("decide", self.decide),
        ]

    def sense(self, now: int) -> None:
        """Take in what arrived, and what follows from it."""
        self._telemetry.append(self._field.advance(now), SENSE)
        view, slot = self.view(now), Window.uniform(now - SLOT_S, 1)
        derived = [
            readings
            for sector in self._sectors
            if sector.derive is not None
            for readings in sector.derive(view, slot)
        ]
        self._telemetry.append(derived, SENSE)

    def judge(self, now: int) -> None:
        """Raise alarms for what is wrong; clear those whose cause is gone."""
        view = self.view(now)
        found = {
            finding.key: finding
            for sector in self._sectors
            if sector.judge is not None
            for finding in sector.judge.findings(view)
        }
        for finding in found.values():
            self.alarms.raise_(
                finding.key,
                Priority(finding.priority),
                cause=finding.cause,
                consequence=finding.consequence,
                action=finding.action,
                time=now,
                warrant=ACT,
            )
        for alarm in self.alarms.standing(ACT):
            if alarm.key not in found:
                self.alarms.clear(alarm.key, now, ACT)

    def foresee(self, now: int) -> None:
        """Issue a forecast of every quantity a sector wants foreseen; refit as the past grows."""
        ahead = Window.uniform(now, HORIZON_SLOTS)
        if self._prophet is not None:
            fate = self._prophet(ahead)
            self._forecasts = {q: certain(q, *fate.truth[q], ahead) for q in self._foreseen(fate)}
            return
        if now - self._fitted >= self._patience(now) or self._doubted(self.view(now)):
            self._fit(now)
        weather = self._signals.weather_issued(ahead, now)
        last = Window.uniform(now - RECENT_SLOTS * SLOT_S, RECENT_SLOTS)
        for quantity in self._quantities():
            series = self._telemetry.series(quantity)
            recent = self._telemetry.read(quantity, series, last, FORESEE)
            self._forecasts[quantity] = self._forecaster.issue(
                quantity, series, recent, weather, ahead
            )

    def decide(self, now: int) -> None:
        """Decide, and tell the devices."""
        commands = self._strategy.decide(self.view(now))
        self.devices.command(commands, ACT)
        self._field.accept(self._overruled(commands, now))
        self.devices.acknowledge(commands.asset, now, ACT)
        self._told(now, commands)

    def _overruled(self, commands: Commands, now: int) -> Commands:
        """`commands`, with people's overrides in place of what they overrule."""
        people = self.devices.overridden(now, ACT)
        low, high = self.devices.in_force(now, ACT)
        stands = Commands.bands(
            people, low[people], high[people], now + SLOT_S, "a person's override", DEVICES
        )
        return Commands.gathered(
            [commands.where(~np.isin(commands.asset, people)), stands], DEVICES
        )

    def view(self, now: int) -> LiveView:
        """What may be seen at `now`."""
        return LiveView(
            now=now,
            plan=self._city,
            telemetry=self._telemetry,
            signals=self._signals,
            open_requests=self._field.requests(),
            forecasts=self._forecasts,
            drawn=self._drawn,
        )

    def _drawn(self, quantity: str, series: I, window: Window) -> F | None:
        """(S,K,T) what such forecasts were off by, of forecasters that keep a record."""
        errors = getattr(self._forecaster, "errors", None)
        if errors is None or self._prophet is not None:
            return None
        found: F | None = errors(quantity, series, window, DRAWS)
        return found

    def _patience(self, now: int) -> int:
        """Seconds between fits: a day, or less while the past is short and grows fast."""
        whole = Window.uniform(now - HISTORY_DAYS * DAY_S, HISTORY_DAYS * DAY_S // SLOT_S)
        past = self._telemetry.covered(whole)
        return min(DAY_S, (now - past.start) // OFTEN)

    def _fit(self, now: int) -> None:
        past = Window.uniform(now - HISTORY_DAYS * DAY_S, HISTORY_DAYS * DAY_S // SLOT_S)
        past = self._telemetry.covered(past)
        weather = self._signals.weather_truth(past)
        for quantity in self._quantities():
            series = self._telemetry.series(quantity)
            history = self._telemetry.read(quantity, series, past, FORESEE)
            self._forecaster.fit(quantity, series, history, weather, past)
        self._fitted = now

    def _quantities(self) -> list[str]:
        wanted = {q for sector in self._sectors for q in sector.foreseen}
        return sorted(q for q in wanted if self._telemetry.series(q).size)

    def _foreseen(self, fate: Fate) -> list[str]:
        wanted = {q for sector in self._sectors for q in sector.foreseen}
        return sorted(wanted & set(fate.truth))


def certain(quantity: str, series: I, value: F, window: Window) -> Forecast:
    """The truth in a forecast's clothes."""
    return Forecast(
        quantity=quantity,
        series=series,
        window=window,
        levels=np.array([0.5]),
        value=value[None],
        issued_at=window.start,
        model=("truth",) * series.size,
    )
