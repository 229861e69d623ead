"""Which homes have a roof of their own power, a battery, a car, a heat pump, and how large.

Each thing goes to a share of the homes by weighted luck without replacement (Efraimidis & Spirakis
2006): a home with twice the weight is twice as likely to come next. The same luck orders homes
whatever the share, so a larger share keeps every home of a smaller one. Weights say what surveys of
early adopters agree on: owners before tenants, houses before flats, and the well off first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from commonwatt.city.generate.buildings import Buildings
from commonwatt.city.generate.households import Households
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import B, F, I
from commonwatt.physics.thermal import FLOOR_SUPPLY_C, cop

DESIGN_C, ROOM_C = -12.0, 21.0
HEADROOM = 1.15
KW_PER_M2 = 0.2
"""Rated power of modules per area."""
ROOF_USED = 0.75
"""Of the half of a pitched roof that faces the sun."""
TURN_DEG = 15.0
"""Roofs are set down facing whole multiples of this."""


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Share of all homes that have each; the defaults are about Germany's aims for 2030.

    Attributes:
        pv: a roof of their own, where there are so many houses.
        battery: a battery, of the homes with a roof.
        ev: a car charged at home.
        heat_pump: a heat pump with its hot-water tank, where there are so many houses.
    """

    pv: float = 0.25
    battery: float = 0.6
    ev: float = 0.3
    heat_pump: float = 0.15

    def __post_init__(self) -> None:
        """Refuse what is no share.

        Raises:
            InvalidInput: a share is not from 0 to 1.
        """
        for spec in fields(self):
            share = getattr(self, spec.name)
            if not 0.0 <= share <= 1.0:
                raise InvalidInput(
                    f"{spec.name}={share:g}: a share of homes goes from 0 to 1, for instance 0.3"
                )


Assets = Mapping[str, tuple[I, Mapping[str, F]]]
"""By kind: (K,) homes, and the columns of its table."""


def adopted(homes: Households, buildings: Buildings, shares: Shares, rng: Rng) -> Assets:
    """Assets of the homes, by kind."""
    well_off = np.exp(0.7 * homes.standing)
    roofed = homes.house & homes.owner
    sun = np.where(roofed, well_off, homes.house * 0.08)
    roofs = _taken(sun, shares.pv * homes.house.size, "pv", rng)
    stored = _taken(np.isin(np.arange(sun.size), roofs) * well_off,
                    shares.battery * roofs.size, "battery", rng)  # fmt: skip
    drive = np.where(homes.house, np.where(homes.owner, 1.0, 0.45), 0.16)
    cars = _taken(drive * well_off * (1.0 - 0.4 * (homes.elderly > 0)),
                  shares.ev * homes.house.size, "ev", rng)  # fmt: skip
    warm = _taken(np.where(roofed, np.sqrt(well_off), homes.house * 0.12),
                  shares.heat_pump * homes.house.size, "heat_pump", rng)  # fmt: skip
    return {
        "pv": (roofs, _roofs(homes.building[roofs], buildings, rng, roofs)),
        "battery": (stored, _batteries(stored, rng)),
        "charger": (cars, _cars(homes, cars, rng)),
        "heat_pump": (warm, _heat_pumps(homes.building[warm], buildings, rng, warm)),
        "hot_water": (warm, _tanks(homes.people[warm])),
    }


def _taken(weight: F | B, count: float, stream: str, rng: Rng) -> I:
    """About `count` of the homes, fewer where fewer have a weight above 0; sorted."""
    luck = -np.log(rng.uniform(f"generate.own.{stream}", np.arange(weight.size), 0))
    able: B = weight > 0
    key = np.where(able, luck / np.where(able, weight, 1.0), np.inf)
    first = np.argsort(key, kind="stable")[: min(round(count), int(able.sum()))]
    return np.sort(first)


def _between(low: float, high: float, stream: str, homes: I, rng: Rng) -> F:
    drawn: F = low + (high - low) * rng.uniform(f"generate.own.{stream}", homes, 0)
    return drawn


def _roofs(building: I, buildings: Buildings, rng: Rng, homes: I) -> dict[str, F]:
    """As large as half the house's roof allows, up to 15 kW, on its side nearer to the south."""
    half = 0.5 * buildings.footprint_m2[building] / np.maximum(buildings.homes[building], 1)
    filled = _between(0.6, 1.0, "pv.filled", homes, rng)
    east, north = (buildings.corner[building, 1] - buildings.corner[building, 0]).T
    ridge = np.degrees(np.arctan2(east, north))
    across = (ridge + 90.0) % 180.0
    facing = np.where(across < 90.0, across + 180.0, across)
    steep = np.array([30.0, 38.0, 45.0])
    tilt = steep[(3 * rng.uniform("generate.own.pv.tilt", homes, 0)).astype(np.int64)]
    area = half / np.cos(np.radians(tilt))
    return {
        "rated_kw": np.round(np.clip(KW_PER_M2 * ROOF_USED * filled * area, 2.0, 15.0), 1),
        "tilt_deg": tilt,
        "azimuth_deg": np.round(facing / TURN_DEG) * TURN_DEG,
    }


def _batteries(homes: I, rng: Rng) -> dict[str, F]:
    """5–12 kWh that fill in two hours."""
    capacity = np.round(_between(5.0, 12.0, "battery.capacity", homes, rng), 1)
    return {"rated_kw": capacity / 2, "capacity_kwh": capacity}


def _cars(homes: Households, cars: I, rng: Rng) -> dict[str, F]:
    """11 kW; a median of 6 kWh a day (about 11,000 km a year), more the better off its people."""
    spread = np.clip(rng.normal("generate.own.ev.daily", cars, 0), -2.5, 2.5)
    late = rng.normal("generate.own.ev.arrival", cars, 0)
    daily = 6.0 * np.exp(0.4 * spread + 0.1 * np.clip(homes.standing[cars], -2.0, 2.0))
    return {
        "rated_kw": np.full(cars.size, 11.0),
        "daily_kwh": daily,
        "arrival_h": np.clip(17.5 + 1.5 * late, 12.0, 22.0),
        "stay_h": np.clip(13.0 - late, 8.0, 18.0),
    }


def _heat_pumps(building: I, buildings: Buildings, rng: Rng, homes: I) -> dict[str, F]:
    """Houses losing 0.8–1.6 W/K per m² of floor, 50–100 h slow, just warm on the design day."""
    floor = 0.8 * buildings.footprint_m2[building] * buildings.storeys[building]
    own = np.clip(floor / np.maximum(buildings.homes[building], 1), 70.0, 200.0)
    loss = own * _between(0.8, 1.6, "hp.loss", homes, rng) / 1e3
    design_kw = loss * (ROOM_C - DESIGN_C) / cop(np.array([DESIGN_C]), FLOOR_SUPPLY_C)[0]
    return {
        "rated_kw": HEADROOM * design_kw,
        "loss_kw_per_k": loss,
        "mass_kwh_per_k": loss * _between(50.0, 100.0, "hp.slow", homes, rng),
    }


def _tanks(people: I) -> dict[str, F]:
    """40 l a head and day from tanks of 100 l and 60 l a head."""
    return {
        "rated_kw": np.full(people.size, 1.5),
        "volume_l": 100.0 + 60.0 * people,
        "daily_l": 40.0 * people,
    }
