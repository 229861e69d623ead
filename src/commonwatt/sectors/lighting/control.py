"""What lamps could give up, and how a plan's dimming reaches them."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.commands import Commands
from commonwatt.kernel.flexibility import Envelope, Offers, Schedule
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.ports import View
from commonwatt.kernel.principal import Principal, Role
from commonwatt.kernel.tables import Table
from commonwatt.kernel.units import F
from commonwatt.sectors.lighting import model
from commonwatt.sectors.lighting.analysis import Levels, dark_share

INSTALLER = Principal("lighting.local", Role.SYSTEM)
PLANNER = Principal("lighting.follow", Role.SYSTEM)
_TOLERANCE = 0.01
"""A plan within this share of a lamp's wish dims nothing."""


class Dimming:
    """Fills the port `Flexible`: a lamp can give up light down to the least its class allows."""

    def offer(self, view: View, window: Window) -> Offers:
        """Envelopes from the least permitted up to the wish, each kWh of light at its price.

        A lamp's wish is known but for the people: dusk is astronomy, their presence a forecast.
        """
        table = view.plan.table(model.LAMP.name)
        nothing = np.zeros((len(view.plan.connections), len(window)))
        if not len(table):
            return Offers(window=window, fixed_kw=nothing, fixed_kvar=nothing)
        levels, dark = Levels.of(table), dark_share(window, view.plan.place)
        want = levels.wanted(dark, _presence(view, table, window))
        lamps = Envelope(
            asset=table.ix,
            connection=table.connection,
            low_kw=np.minimum(dark * levels.least_kw[:, None], want),
            want_kw=want,
            high_kw=want,
            down_price=np.full(want.shape, view.plan.prices.dimming_eur_per_kwh),
            up_price=np.zeros_like(want),
        )
        return Offers(window=window, fixed_kw=nothing, fixed_kvar=nothing, envelope=(lamps,))

    def follow(self, schedule: Schedule, view: View) -> Commands:
        """A cap where the plan dims; every other lamp follows its clock and its sensor."""
        table = view.plan.table(model.LAMP.name)
        if not len(table):
            return Commands.none(PLANNER)
        levels, now = Levels.of(table), Window.uniform(view.now, 1)
        dark = float(dark_share(now, view.plan.place)[0])
        presence = _presence(view, table, now)
        want = levels.wanted(dark, presence)[:, 0]
        planned = schedule.power_of(table.ix)[:, 0]
        dimmed = planned < (1 - _TOLERANCE) * want
        burning = np.divide(planned, dark, out=np.zeros_like(planned), where=dark > 0)
        cap = levels.cap_for(burning, presence[:, 0])
        return Commands.bands(
            table.ix[dimmed],
            np.zeros(int(dimmed.sum())),
            cap[dimmed],
            view.now + SLOT_S,
            "dimmed by the plan, not below what its class allows",
            PLANNER,
        )

    def local(self, view: View) -> Commands:
        """The astronomical clock: off by day; by night between reduced and full, as people pass."""
        table = view.plan.table(model.LAMP.name)
        if not len(table):
            return Commands.none(INSTALLER)
        levels = Levels.of(table)
        dark = float(dark_share(Window.uniform(view.now, 1), view.plan.place)[0])
        return Commands.bands(
            table.ix,
            levels.reduced_kw if dark == 1 else np.zeros(len(table)),
            levels.full_kw if dark > 0 else np.zeros(len(table)),
            view.now + 2 * SLOT_S,
            "burns from dusk to dawn, brighter while somebody is near",
            INSTALLER,
        )


def _presence(view: View, table: Table, window: Window) -> F:
    """(N,T) share of each slot in which somebody is expected near."""
    expected = view.forecast(model.PRESENCE.name, table.ix, window).middle
    return np.clip(np.nan_to_num(expected), 0.0, 1.0)
