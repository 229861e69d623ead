"""What homes offer, how they follow a plan, and what a competent installer sets up today."""

from __future__ import annotations

from commonwatt.kernel.commands import Commands
from commonwatt.kernel.flexibility import Offers, Schedule
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import View
from commonwatt.sectors.homes.control import batteries, following, heating, tanks, worth


class HomesFlexible:
    """Fills the port `Flexible` for base consumption, heat pumps, hot water and batteries."""

    def offer(self, view: View, window: Window) -> Offers:
        """Base consumption as expected, and three blocks of storage."""
        price = worth.energy_price(view, window)
        kinds = (heating.offered, tanks.offered, batteries.offered)
        blocks = [offered(view, window, price) for offered in kinds]
        kw, kvar = worth.base(view, window)
        return Offers(
            window=window,
            fixed_kw=kw,
            fixed_kvar=kvar,
            storage=tuple(block for block in blocks if block is not None),
        )

    def follow(self, schedule: Schedule, view: View) -> Commands:
        """Setpoints for the first slot of `schedule`, each with its reason."""
        return following.followed(schedule, view)

    def local(self, view: View) -> Commands:
        """Timers to the cheap window, sun-following, peak-shaving charging; within the fuse."""
        rules = (heating.local, tanks.local, batteries.local)
        return Commands.gathered([rule(view) for rule in rules], worth.INSTALLER)


__all__ = ["HomesFlexible"]
