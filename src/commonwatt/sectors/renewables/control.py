"""What roofs could give up, and how a plan's curtailment reaches their inverters."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.commands import Commands
from commonwatt.kernel.flexibility import Envelope, Offers, Schedule
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.ports import View
from commonwatt.kernel.principal import Principal, Role
from commonwatt.kernel.units import F
from commonwatt.sectors.renewables.analysis import references

AUTHOR = Principal("renewables", Role.SYSTEM)
_TOLERANCE_KW = 1e-3
"""A plan within a watt of the potential curtails nothing."""


class Curtailment:
    """Fills the port `Flexible`: a roof can feed in anything from nothing to its potential."""

    def offer(self, view: View, window: Window) -> Offers:
        """Envelopes from the expected potential up to nothing, each kWh given up at its price.

        Reference roofs give up nothing: they show what the capped ones could do.

        The energy's own worth is the objective's business; `up_price` is what curtailment costs
        beside it.
        """
        table = view.plan.table("pv")
        nothing = np.zeros((len(view.plan.connections), len(window)))
        if not len(table):
            return Offers(window=window, fixed_kw=nothing, fixed_kvar=nothing)
        full = -_expected_kw(view, window)
        free = references(table.f("rated_kw"))
        price = np.full(full.shape, view.plan.prices.curtailment_eur_per_kwh)
        roofs = Envelope(
            asset=table.ix,
            connection=table.connection,
            low_kw=full,
            want_kw=full,
            high_kw=np.where(free[:, None], full, 0.0),
            down_price=np.zeros_like(full),
            up_price=price,
        )
        return Offers(window=window, fixed_kw=nothing, fixed_kvar=nothing, envelope=(roofs,))

    def follow(self, schedule: Schedule, view: View) -> Commands:
        """A cap where the plan curtails; every other roof runs free."""
        roofs = view.plan.table("pv").ix
        if not roofs.size:
            return Commands.none(AUTHOR)
        free = references(view.plan.table("pv").f("rated_kw"))
        planned = schedule.power_of(roofs)[:, 0]
        now = Window.uniform(view.now, 1)
        held = ~free & (planned > _TOLERANCE_KW - _expected_kw(view, now)[:, 0])
        cap = np.minimum(planned[held], 0.0)
        reason = "curtailed by the plan, so that the wires hold"
        return Commands.bands(
            roofs[held], cap, np.zeros(cap.size), view.now + SLOT_S, reason, AUTHOR
        )

    def local(self, view: View) -> Commands:  # noqa: ARG002 - the port hands it over
        """Nothing to do: left alone, a roof feeds in all it can."""
        return Commands.none(AUTHOR)


def _expected_kw(view: View, window: Window) -> F:
    """(N,T) median of the roofs' potential, never negative."""
    middle = view.forecast("pv.potential_kw", view.plan.table("pv").ix, window).middle
    return np.maximum(middle, 0.0)
