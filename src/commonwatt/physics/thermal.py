"""Heated buildings and hot-water tanks, and how well heat pumps serve them.

A building has two nodes: heavy mass (floor, walls), which hydronic heat enters, and room air, which
sun and people warm and through which heat leaves (a reduced form of the resistance-capacity models
of ISO 52016-1 and VDI 6007-1). For planning, air follows at once and one level remains: the mass.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import expm

from commonwatt.kernel.units import WATER_KWH_PER_LITRE_K, F

COUPLING = 6.0
"""Conductance between mass and air, as a multiple of the envelope's loss coefficient."""
AIR_SHARE = 0.02
"""Heat capacity of air and furniture, as a share of the mass's."""

FLOOR_SUPPLY_C = 38.0
TANK_SUPPLY_C = 50.0
COLD_WATER_C = 10.0
FIELD_FACTOR = 0.85
"""Measured over catalogue performance (Ruhnau, Hirth & Praktiknjo 2019, Sci. Data 6:189)."""
LEAST_LIFT_K = 15.0


def cop(outdoor_c: F, supply_c: float) -> F:
    """Heat per unit of electricity of an air-source heat pump.

    Quadratic regression over the temperature lift by Ruhnau, Hirth & Praktiknjo (2019), "Time
    series of heat demand and heat pump efficiency for energy system modeling", Sci. Data 6:189.

    Args:
        outdoor_c: (...) outdoor air, °C.
        supply_c: temperature of the water it makes, °C.

    >>> cop(np.array([-10.0, 7.0]), FLOOR_SUPPLY_C).round(2)
    array([2.48, 3.2 ])
    """
    lift = np.maximum(supply_c - outdoor_c, LEAST_LIFT_K)
    ratio: F = FIELD_FACTOR * (6.08 - 0.09 * lift + 0.0005 * lift**2)
    return ratio


@dataclass(frozen=True, eq=False)
class Building:
    """N two-node buildings, stepped exactly over slots with constant inputs.

    Attributes:
        loss_kw_per_k: (N,) heat loss of the envelope.
        mass_kwh_per_k: (N,) heat capacity of the mass.
        hours: length of a slot.
    """

    loss_kw_per_k: F
    mass_kwh_per_k: F
    hours: float

    @cached_property
    def _transition(self) -> F:
        """(N,2,2) what a slot leaves of a deviation of (air, mass) from its steady state."""
        couple = COUPLING * self.loss_kw_per_k
        air = AIR_SHARE * self.mass_kwh_per_k
        rates = np.empty((couple.size, 2, 2))
        rates[:, 0, 0] = -(couple + self.loss_kw_per_k) / air
        rates[:, 0, 1] = couple / air
        rates[:, 1, 0] = couple / self.mass_kwh_per_k
        rates[:, 1, 1] = -couple / self.mass_kwh_per_k
        moved: F = expm(rates * self.hours) if couple.size else rates
        return moved

    def steady(self, heat_kw: F, gain_kw: F, outdoor_c: F | float) -> tuple[F, F]:
        """(air, mass) where constant inputs end up, each (N,)."""
        air: F = outdoor_c + (heat_kw + gain_kw) / self.loss_kw_per_k
        mass: F = air + heat_kw / (COUPLING * self.loss_kw_per_k)
        return air, mass

    def step(
        self, air_c: F, mass_c: F, *, heat_kw: F, gain_kw: F, outdoor_c: F | float
    ) -> tuple[F, F]:
        """(air, mass) after a slot.

        Args:
            air_c: (N,) room air at the start, °C.
            mass_c: (N,) mass at the start, °C.
            heat_kw: (N,) heat from the floor circuit into the mass.
            gain_kw: (N,) useful heat of sun and people into the air.
            outdoor_c: outdoor air, °C.
        """
        air_end, mass_end = self.steady(heat_kw, gain_kw, outdoor_c)
        off = np.stack([air_c - air_end, mass_c - mass_end], axis=1)
        left = np.einsum("nij,nj->ni", self._transition, off)
        return air_end + left[:, 0], mass_end + left[:, 1]


@dataclass(frozen=True, eq=False)
class OneLevel:
    """The same buildings with air that follows at once: one level of heat, for planning.

    With coupling K and loss L, air = f·mass + (1-f)·outdoor + gain/(K+L), f = K/(K+L). The mass
    then loses U = f·L per kelvin above outdoors and gains f·gain; its capacity grows by the air's
    f² share (first order in the air's time constant).

    Attributes:
        loss_kw_per_k: (N,).
        mass_kwh_per_k: (N,).
    """

    loss_kw_per_k: F
    mass_kwh_per_k: F

    AIR_PER_MASS = COUPLING / (1 + COUPLING)
    """f: by how much air warms when the mass warms by one kelvin."""
    EMPTY_C = 10.0
    """Mass temperature at which the level counts as 0 kWh."""

    @property
    def capacity(self) -> F:
        """(N,) kWh of level per kelvin of mass temperature."""
        grown: F = self.mass_kwh_per_k * (1 + AIR_SHARE * self.AIR_PER_MASS**2)
        return grown

    def level(self, mass_c: F) -> F:
        """Energy in kWh at a mass temperature, (N,) or (N,T)."""
        return _over(self.capacity, mass_c) * (mass_c - self.EMPTY_C)

    def mass_at(self, level_kwh: F) -> F:
        """Mass temperature at a level, (N,) or (N,T)."""
        mass: F = self.EMPTY_C + level_kwh / _over(self.capacity, level_kwh)
        return mass

    def air(self, mass_c: F, outdoor_c: F, gain_kw: F) -> F:
        """Room air, °C, (N,T)."""
        whole = _over((1 + COUPLING) * self.loss_kw_per_k, mass_c)
        return self.AIR_PER_MASS * mass_c + (1 - self.AIR_PER_MASS) * outdoor_c + gain_kw / whole

    def mass_for(self, air_c: F, outdoor_c: F, gain_kw: F) -> F:
        """Mass temperature that holds room air at `air_c`, (N,T)."""
        whole = _over((1 + COUPLING) * self.loss_kw_per_k, gain_kw)
        rest = (1 - self.AIR_PER_MASS) * outdoor_c + gain_kw / whole
        mass: F = (air_c - rest) / self.AIR_PER_MASS
        return mass

    def gain(self, air_c: F, mass_c: F, outdoor_c: F) -> F:
        """The gain in kW that explains measured air and mass temperatures, (N,T)."""
        whole = _over((1 + COUPLING) * self.loss_kw_per_k, mass_c)
        share = self.AIR_PER_MASS
        found: F = whole * (air_c - share * mass_c - (1 - share) * outdoor_c)
        return found

    def keep(self, hours: F) -> F:
        """(N,T) share of the level that survives slots of `hours` (T,)."""
        kept: F = np.exp(-np.outer(self._decay, hours))
        return kept

    def intake(self, hours: F) -> F:
        """(N,T) level at a slot's end per kWh of heat spread evenly over it; a little below 1."""
        lost = np.outer(self._decay, hours)
        taken: F = -np.expm1(-lost) / lost
        return taken

    def use(self, hours: F, outdoor_c: F, gain_kw: F) -> F:
        """(N,T) kWh taken from the level in each slot beside `keep`; negative is a gain.

        Args:
            hours: (T,) widths.
            outdoor_c: (T,) outdoor air, °C.
            gain_kw: (N,T) useful heat of sun and people.
        """
        loss = self.AIR_PER_MASS * self.loss_kw_per_k[:, None]
        flow = loss * (self.EMPTY_C - outdoor_c) - self.AIR_PER_MASS * gain_kw
        return self.intake(hours) * flow * hours

    @property
    def _decay(self) -> F:
        """(N,) share of the level lost per hour, continuously."""
        rate: F = self.AIR_PER_MASS * self.loss_kw_per_k / self.capacity
        return rate


@dataclass(frozen=True, eq=False)
class Tank:
    """N mixed hot-water tanks; the level is heat above cold water.

    Standing loss is the limit of energy class B for storage tanks, 12 + 5.93·V^0.4 W when full
    (Commission Delegated Regulation (EU) No 812/2013, annex II), in proportion to the level.

    Attributes:
        volume_l: (N,).
    """

    volume_l: F

    @cached_property
    def full_kwh(self) -> F:
        """(N,) level of a tank at supply temperature."""
        return tapped_kwh(self.volume_l)

    @cached_property
    def _decay(self) -> F:
        """(N,) share of the level lost per hour, continuously."""
        rate: F = (12 + 5.93 * self.volume_l**0.4) / 1000 / self.full_kwh
        return rate

    def keep(self, hours: F) -> F:
        """(N,T) share of the level that survives slots of `hours` (T,)."""
        kept: F = np.exp(-np.outer(self._decay, hours))
        return kept

    def step(self, level_kwh: F, heat_kw: F, use_kw: F, hours: float) -> F:
        """(N,) level after a slot; an empty tank gives no more, whatever people turn on."""
        kept = self.keep(np.array([hours]))[:, 0]
        return np.clip(kept * level_kwh + (heat_kw - use_kw) * hours, 0.0, self.full_kwh)


def tapped_kwh(litres: F) -> F:
    """Heat in `litres` of hot water above cold water."""
    return litres * WATER_KWH_PER_LITRE_K * (TANK_SUPPLY_C - COLD_WATER_C)


def _over(per_building: F, like: F) -> F:
    """`per_building` (N,) shaped to broadcast over (N,) or (N,T)."""
    return per_building if np.ndim(like) < 2 else per_building[:, None]
