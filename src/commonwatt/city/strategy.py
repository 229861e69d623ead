"""Who decides in a slot: nobody, each device's own rule, or the city as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from commonwatt.city.allowances import Allowances
from commonwatt.city.confidence import Dispatch
from commonwatt.city.doubt import doubt
from commonwatt.city.fairness import Accounts, Burden, Fairness, eased, surcharge
from commonwatt.city.held import Holding, around, nobody
from commonwatt.city.reserve import Calling, Release, Reserve, never, telling
from commonwatt.kernel.commands import Commands
from commonwatt.kernel.flexibility import Offers, Schedule
from commonwatt.kernel.intervals import DAY_S, SLOT_S, Window
from commonwatt.kernel.ports import Flexible, View
from commonwatt.kernel.principal import Principal, Role
from commonwatt.kernel.units import G_PER_KG, B, F, I
from commonwatt.platform.dispatch import Dispatcher, Objective, released
from commonwatt.sectors.grid.control import Limiter
from commonwatt.sectors.renewables.analysis import references

BRAIN = Principal("dispatch", Role.SYSTEM)
INSTALLER = Principal("local-rule", Role.SYSTEM)
_FREE_KW = 1e-3


class Strategy(Protocol):
    """Turns what may be seen into what devices are told."""

    def decide(self, view: View) -> Commands:
        """Commands for the slot that starts at `view.now`."""


class Habit:
    """Nobody decides: devices do what they do today."""

    def decide(self, view: View) -> Commands:  # noqa: ARG002 - the port's shape
        """No command."""
        return Commands.none(INSTALLER)


class LocalRules:
    """Each device by the competent rule of its own sector, under the operator's live limiter."""

    def __init__(self, flexible: Sequence[Flexible], limiter: Limiter) -> None:
        self._flexible = flexible
        self._limiter = limiter

    def decide(self, view: View) -> Commands:
        """Local commands, throttled where last slot's measurements ask for it."""
        wanted = Commands.gathered([f.local(view) for f in self._flexible], INSTALLER)
        return self._limiter.throttle(view, wanted)


class Coordinated:
    """The city as one: offers, one plan within the wires, followed; local rules when there is none.

    Args:
        flexible: the sectors that can move power.
        dispatcher: plans, checks, and keeps its last plan.
        fallback: decides when nobody plans.
        margin: share of the day's peak so far that plans keep free. What nobody moves is more than
            expected in every other slot; a plan that goes up to the peak each time raises it each
            time.
        holding: tells what people hold assets to; the plan goes around it.
        fairness: how hard the burdens of neighbourhoods are drawn together.
        surely: how surely its limits are to hold; the dispatcher is given the same probability.
        allowances: what sites may draw and feed in beside their fuses.
        reserve: what plans keep ready.
        calling: tells how much of it is called; it is released beside the plan.

    Attributes:
        holding: as given; may be set later.
        calling: likewise.
        schedule: the newest plan.
        offers: what each of `flexible` offered for it.
        burdens: what neighbourhoods had borne before it, by kind of asset; empty without a weight.
        fairness_eur: what fairness costs in it.
        release: what is given of a call beside it; None where nothing is called.
    """

    def __init__(
        self,
        flexible: Sequence[Flexible],
        dispatcher: Dispatcher,
        fallback: LocalRules,
        margin: float = 0.0,
        holding: Holding = nobody,
        *,
        fairness: Fairness | None = None,
        surely: Dispatch | None = None,
        allowances: Allowances | None = None,
        reserve: Reserve | None = None,
        calling: Calling = never,
    ) -> None:
        self._flexible = flexible
        self._dispatcher = dispatcher
        self._fallback = fallback
        self._margin = margin
        self.holding = holding
        self.schedule: Schedule | None = None
        self.offers: list[Offers] = []
        self._surely = surely or Dispatch()
        self._allowances = allowances or Allowances()
        self._reserve = reserve or Reserve()
        self.calling = calling
        self._accounts = Accounts(fairness or Fairness())
        self.burdens: dict[str, Burden] = {}
        self.fairness_eur = 0.0
        self.release: Release | None = None

    @property
    def dispatcher(self) -> Dispatcher:
        """Who plans."""
        return self._dispatcher

    def decide(self, view: View) -> Commands:
        """Plan afresh and tell devices the first slot of the plan."""
        window = Window.graded(view.now)
        held = self.holding(view.now)
        plain = [around(f.offer(view, window), held) for f in self._flexible]
        aim = objective(view, window, self._margin)
        aim = replace(aim, reserve=self._reserve.over(window))
        self.burdens = self._accounts.burdens(view)
        self.offers = [eased(offers, view.plan, self.burdens) for offers in plain]
        allowed = self._allowances.over(window, view.plan.place)
        whole = replace(
            Offers.gathered(self.offers),
            doubt=doubt(self._surely, view, window),
            allowed=allowed,
        )
        self.schedule = self._dispatcher.plan(whole, aim, view.now)
        self.fairness_eur = self._dearer(replace(Offers.gathered(plain), allowed=allowed), aim)
        called = self.calling(view.now)
        goal = self.schedule if called is None else released(self.schedule, called.kw)
        self.release = None if called is None else Release.of(called, self.schedule, goal)
        if self.schedule.status == "local":
            return self._fallback.decide(view)
        told = Commands.gathered([f.follow(goal, view) for f in self._flexible], BRAIN)
        return telling(self._with_headroom(told, view), self.release)

    def _dearer(self, plain: Offers, aim: Objective) -> float:
        """€ by which the newest plan is dearer than one without fairness, both at plain prices."""
        assert self.schedule is not None  # noqa: S101 - asked for right after planning
        if not any((burden.factor > 1).any() for burden in self.burdens.values()):
            return 0.0
        extra = surcharge(self.schedule, plain, Offers.gathered(self.offers))
        return self._dispatcher.above(plain, aim) - extra

    def _with_headroom(self, told: Commands, view: View) -> Commands:
        """`told` with the roofs' caps as wide as the wires allow, not as the forecast has it.

        Roofs that a call of reserve moves stay where it put them.
        """
        roofs = view.plan.table("pv")
        capped = ~references(roofs.f("rated_kw"))
        asset, full = roofs.ix[capped], -roofs.f("rated_kw")[capped]
        cap = self._dispatcher.caps(asset, full, self._favour(view, capped))
        known = np.isfinite(cap)
        if self.release is not None:
            known &= ~np.isin(asset, self.release.asset)
        held = known & (cap > full + _FREE_KW)
        wide = Commands.bands(
            asset[held],
            np.minimum(cap[held], 0.0),
            np.zeros(int(held.sum())),
            view.now + SLOT_S,
            "capped so that the wires hold even if the sun is brighter than forecast",
            BRAIN,
        )
        return Commands.gathered([told.where(~np.isin(told.asset, asset[known])), wide], BRAIN)

    def _favour(self, view: View, capped: B) -> F | float:
        """(K,) how much faster the caps of capped roofs grow where their street bore more."""
        roofs = view.plan.table("pv")
        burden = self.burdens.get("pv")
        return 1.0 if burden is None else burden.at(roofs.connection[capped])


def objective(view: View, window: Window, margin: float = 0.0) -> Objective:
    """What a plan over `window` minimises, from signals as issued and today's peak so far.

    Args:
        view: what may be seen.
        window: the slots.
        margin: share of today's peak so far that the plan keeps free.
    """
    prices = view.plan.prices
    carbon = prices.carbon_eur_per_t / G_PER_KG * view.signal("carbon.kg_per_kwh", window)
    day = local_day(view, window.starts)
    return Objective(
        energy_price=view.signal("price.wholesale_eur_per_kwh", window) + carbon,
        carbon_price=carbon,
        peak_price_eur_per_kw_day=prices.peak_eur_per_kw_day,
        loss_price=prices.loss_eur_per_kwh,
        day=day,
        peak_so_far_kw={int(day[0]): (1 - margin) * peak_so_far(view)},
    )


def local_day(view: View, times: I) -> I:
    """(T,) number of the local civil day each moment lies in."""
    return view.plan.place.local(times) // DAY_S


def peak_so_far(view: View) -> float:
    """Highest load of the substation since local midnight, either direction, kW."""
    local = int(view.plan.place.local(np.array([view.now]))[0])
    midnight = view.now - local % DAY_S
    if midnight >= view.now:
        return 0.0
    today = Window.uniform(midnight, (view.now - midnight) // SLOT_S)
    measured: F = view.history("grid.source_kw", np.array([0]), today)
    return float(np.nanmax(np.abs(measured), initial=0.0))
