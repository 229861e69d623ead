"""The perfect-foresight bound: one plan over the whole span, made with the truth, then lived."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from commonwatt.city.allowances import Allowances
from commonwatt.city.brain import certain
from commonwatt.city.ground import TrueGround
from commonwatt.city.reserve import Reserve
from commonwatt.city.strategy import BRAIN, objective
from commonwatt.city.view import averaged
from commonwatt.kernel.commands import Commands
from commonwatt.kernel.errors import InvalidInput, NoPlan
from commonwatt.kernel.flexibility import Offers, Schedule
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.ports import Fate, Flexible, Forecast, Plan, Requests, View
from commonwatt.kernel.units import SECONDS_PER_HOUR, F, I
from commonwatt.kernel.world import Weather
from commonwatt.platform.dispatch import Dispatcher
from commonwatt.study.accounts import electricity_per_level, last_price


@dataclass(kw_only=True, eq=False)
class FateView:
    """Fills the port `View` with what will really happen; only the bound may look at it."""

    seen: View
    ground: TrueGround
    fate: Fate
    window: Window

    @property
    def now(self) -> int:
        """City time."""
        return self.seen.now

    @property
    def plan(self) -> Plan:
        """The city with its true parameters."""
        return self.ground

    def latest(self, quantity: str, series: I) -> F:
        """(K,) newest measured value."""
        return self.seen.latest(quantity, series)

    def history(self, quantity: str, series: I, window: Window) -> F:
        """(K,T) measured values."""
        return self.seen.history(quantity, series, window)

    def forecast(self, quantity: str, series: I, window: Window) -> Forecast:
        """The truth."""
        if quantity not in self.fate.truth:
            raise InvalidInput(f"no twin tells the fate of {quantity!r}")
        return averaged(certain(quantity, *self.fate.truth[quantity], self.window), series, window)

    def errors(self, quantity: str, series: I, window: Window) -> F | None:  # noqa: ARG002 - the port's
        """None: the truth is off by nothing."""
        return None

    def weather(self, window: Window) -> Weather:
        """The weather as it will be."""
        return self.ground.weather(window)

    def signal(self, name: str, window: Window) -> F:
        """(T,) the price as it will be."""
        return self.ground.signals.truth(name, window)

    def requests(self) -> Requests:
        """Every session while the plan is made; those that are open while it is followed."""
        return self.fate.requests or self.seen.requests()


class Foresight:
    """Follows one plan made with the truth at the first slot.

    Args:
        flexible: the sectors that can move power.
        dispatcher: solves the whole span at once.
        ground: the truth.
        prophet: tells what will happen in a window.
        end: the span's end, epoch seconds.
        allowances: what sites may draw and feed in beside their fuses.
        reserve: what the plan keeps ready.
    """

    def __init__(
        self,
        flexible: Sequence[Flexible],
        dispatcher: Dispatcher,
        ground: TrueGround,
        prophet: Callable[[Window], Fate],
        end: int,
        *,
        allowances: Allowances | None = None,
        reserve: Reserve | None = None,
    ) -> None:
        self._flexible = flexible
        self._dispatcher = dispatcher
        self._ground = ground
        self._prophet = prophet
        self._end = end
        self._reserve = reserve or Reserve()
        self._allowances = allowances or Allowances()
        self.schedule: Schedule | None = None
        self._told: FateView | None = None

    def decide(self, view: View) -> Commands:
        """Follow the plan, which is made when first asked.

        Raises:
            NoPlan: the whole span could not be solved.
        """
        if self._told is None or self.schedule is None:
            told = self._all_knowing(view)
            self.schedule = self._planned(told)
            self._told = replace(told, fate=replace(told.fate, requests=None))
        self._told = replace(self._told, seen=view)
        rest = self.schedule.since(view.now)
        if rest is None:
            raise NoPlan(f"the bound's plan ends before {view.now}")
        return Commands.gathered([f.follow(rest, self._told) for f in self._flexible], BRAIN)

    def _all_knowing(self, view: View) -> FateView:
        window = Window.uniform(view.now, (self._end - view.now) // SLOT_S)
        return FateView(seen=view, ground=self._ground, fate=self._prophet(window), window=window)

    def _planned(self, told: FateView) -> Schedule:
        """The plan of the whole span, its wires linearised around an hourly one made before."""
        hours = Window.uniform(told.window.start, len(told.window) // 4, 4 * SLOT_S)
        self._plan(told, hours)
        return self._plan(told, told.window)

    def _plan(self, told: FateView, window: Window) -> Schedule:
        offers = Offers.gathered([f.offer(told, window) for f in self._flexible])
        offers = replace(
            self._credited(offers, told.requests()),
            allowed=self._allowances.over(window, self._ground.place),
        )
        aim = replace(objective(told, window), reserve=self._reserve.over(window))
        schedule = self._dispatcher.plan(offers, aim, told.now)
        if schedule.status != "optimal":
            raise NoPlan(f"the perfect-foresight bound has no plan: {schedule.cause}")
        return schedule

    def _credited(self, offers: Offers, cars: Requests) -> Offers:
        """`offers` with what is left at the end worth what the study credits for it.

        Cars that leave within the span take with them what they got. Those that stay must have at
        its end what full power cannot make up before they leave, for then they charge whatever the
        plan says; beyond that the study ends before they could miss anything.
        """
        worth = electricity_per_level(self._ground) * last_price(self._ground, offers.window)
        chargers = self._ground.table("charger").ix
        least = np.zeros(self._ground.assets)
        stay = cars.until > offers.window.end
        later_h = (cars.until - offers.window.end) / SECONDS_PER_HOUR
        least[cars.asset[stay]] = (cars.need_kwh - cars.power_kw * later_h)[stay]
        blocks = []
        for block in offers.storage:
            car, stays = np.isin(block.asset, chargers), block.end_price > 0
            low = block.low_kwh.copy()
            low[car & stays, -1] = np.maximum(least[block.asset[car & stays]], 0.0)
            credit = np.where(car & ~stays, 0.0, worth[block.asset])
            blocks.append(replace(block, end_price=credit, low_kwh=low))
        return replace(offers, storage=tuple(blocks))
