"""The job between plans: look at the wires every few seconds, and tell devices what follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from commonwatt.city.brain import ACT
from commonwatt.city.correction import Correction
from commonwatt.city.steps import Glance
from commonwatt.kernel.commands import Commands
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.flexibility import Offers
from commonwatt.kernel.intervals import SLOT_S, STEP_S
from commonwatt.platform.devices import Devices

CADENCES_S = (STEP_S, 20, 30, 60)
"""How often it may look: each fits a slot."""
LOOKS_PER_S = 12
"""More looks than this in a second of the wall are not worth it: the faster the city, the rarer."""


class Stepped(Protocol):
    """A field that can be looked at within a slot."""

    def glance(self, to: int) -> Glance:
        """Let time pass until `to`; what instruments show then."""

    def correct(self, commands: Commands) -> None:
        """Hand a correction to the devices."""


class Watch:
    """Renews the correction under every plan, and lets it look in between.

    Args:
        correction: what it thinks.
        field: what it looks at and tells.
        devices: know commands and overrides, and hear of corrections.
        offers: those behind the newest plan.

    Attributes:
        cadence_s: seconds of city time between looks.
    """

    def __init__(
        self,
        correction: Correction,
        field: Stepped,
        devices: Devices,
        offers: Callable[[], Sequence[Offers]],
    ) -> None:
        self.correction = correction
        self.cadence_s = STEP_S
        self._field = field
        self._devices = devices
        self._offers = offers

    def run(self, now: int) -> None:
        """Begin a slot, or look."""
        people = self._devices.overridden(now, ACT)
        if now % SLOT_S == 0:
            bounds = self._devices.commanded(now, ACT)
            told = self.correction.renew(self._offers(), *bounds, people, now)
        else:
            told = self.correction.look(self._glance(now), people, now, self.cadence_s)
        if len(told):
            self._devices.correct(told, ACT)
            self._devices.acknowledge(told.asset, now, ACT)
            self._field.correct(told)

    def _glance(self, now: int) -> Glance | None:
        """What instruments show; nothing where the wires could not carry this moment at all."""
        try:
            return self._field.glance(now)
        except InvalidInput:
            return None


def cadence_at(speed: float) -> int:
    """Seconds of city time between looks at so many city seconds per second.

    >>> cadence_at(60.0), cadence_at(600.0)
    (10, 60)
    """
    fits = [step for step in CADENCES_S if speed / step <= LOOKS_PER_S]
    return fits[0] if fits else CADENCES_S[-1]
