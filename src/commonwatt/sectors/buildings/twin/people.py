"""What people do in buildings: current they use, heat they bring, air they are given.

Every law is a pure function of (luck, time), so that paired runs see the same people.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import Ground
from commonwatt.kernel.units import F
from commonwatt.physics.people import mood
from commonwatt.sectors.buildings import model
from commonwatt.sectors.buildings.analysis import open_share

_W_PER_KW = 1000.0


@dataclass(frozen=True)
class Usage:
    """Per m² of floor, of the order that SIA 2024 gives for class rooms and open-plan offices.

    Attributes:
        current_w: plugs and light when all are there.
        standby_w: plugs and light when nobody is.
        fans_w: ventilation while open.
        fresh_w_per_k: heat the fresh air takes while open, 70 % being recovered.
    """

    current_w: float
    standby_w: float
    fans_w: float
    fresh_w_per_k: float


USAGE = {
    "school": Usage(current_w=6.0, standby_w=0.7, fans_w=1.0, fresh_w_per_k=0.3),
    "office": Usage(current_w=11.0, standby_w=2.0, fans_w=0.6, fresh_w_per_k=0.18),
}
PERSON_W = 75.0
"""Sensible heat of somebody who sits."""
APERTURE = 0.03
"""Effective solar aperture per floor area, in terms of horizontal irradiance."""


@dataclass(eq=False)
class Occupants:
    """The people of every building, by its floor area and hours."""

    ground: Ground

    def __post_init__(self) -> None:
        """Look the buildings up once.

        Raises:
            InvalidInput: a building has a use nobody described.
        """
        self._table = self.ground.table(model.BUILDING.name)
        people = model.homes_in(self._table) * model.HOME_PEOPLE
        self._warmth = PERSON_W * people[:, None] / _W_PER_KW
        uses = self._table.text("use")
        floor = self._table.f("floor_m2")[:, None] / _W_PER_KW
        self._per_use = {
            part: floor * np.array([getattr(USAGE[use], part) for use in uses])[:, None]
            for part in Usage.__dataclass_fields__
        }

    def over(self, window: Window) -> tuple[F, F]:
        """(current, gain) in kW, each (N,T): what they draw, and the heat they leave in the rooms.

        All current ends as heat; fresh air at the set point takes some of it out again.
        """
        table, of = self._table, self._per_use
        buildings = np.arange(len(table))
        share = open_share(table, self.ground.place, window)
        there = share * mood(
            self.ground.rng, self.ground.place, "buildings.people", buildings, window
        )
        used = of["standby_w"] + (of["current_w"] - of["standby_w"]) * there
        weather = self.ground.weather(window)
        sun = APERTURE * table.f("floor_m2")[:, None] * weather.ghi_w_m2 / _W_PER_KW
        colder = np.maximum(table.f("set_c")[:, None] - weather.temperature_c, 0.0)
        fresh = of["fresh_w_per_k"] * colder * share
        return used + of["fans_w"] * share, used + self._warmth * there + sun - fresh
