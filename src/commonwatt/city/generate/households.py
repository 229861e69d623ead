"""Who lives where: income, tenure, age and size of households, and what they use.

Neighbourhoods differ in how well off they are, by the way they are built and by chance; a household
differs from its neighbours more than neighbourhoods do. Neighbourhoods also age: where people moved
in long ago there are many old and few young. All else follows: owners earn more than tenants and
live in houses, the old live in what they own, large homes use more.

Levels are of the order of German statistics, from memory rather than from tables: median
equivalised net income 26,000 € (EU-SILC 2023), two thirds of houses and a quarter of flats lived in
by their owners (census 2022), annual use by household size (Stromspiegel, without hot water).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.city.generate.town import Town
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import B, F, I

MEDIAN_EUR = 26_000.0
SPREAD = 0.45
"""Standard deviation of the logarithm of income."""
OWN, SHARED, HOUSED = 0.85, 0.25, 0.4
"""What a household's standing owes to itself, to its neighbourhood's luck, and to being able to
afford a house rather than a flat, in standard deviations."""
OWNED = {
    "detached": 0.86, "farmhouse": 0.86, "semi_detached": 0.78, "terrace": 0.7,
    "town_house": 0.3, "apartments": 0.2, "shop": 0.3,
}  # fmt: skip
"""Share of homes lived in by their owners, by kind of building, at median income."""
AFFLUENCE = {
    "old town": 0.1, "inner": -0.1, "terraces": 0.0, "suburb": 0.4, "flats": -0.35, "estate": -0.8,
    "business": -0.4, "core": 0.0, "village": 0.2,
}  # fmt: skip
"""How well off neighbourhoods are by the way they are built, in standard deviations."""
OLD_ARE_SMALL = 0.55
"""Households of the old keep to so much of the range of sizes: few of them have children."""
_SIZES = np.array([[0.46, 0.32, 0.12, 0.07, 0.03], [0.18, 0.39, 0.19, 0.18, 0.06]])
"""Share of households of one to five people, in flats and in houses."""
_USE_MWH = np.array([[1.3, 1.9, 2.4, 2.7, 3.0], [2.1, 2.8, 3.4, 3.9, 4.6]])
"""Median annual use by size, in flats and in houses."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Households:
    """N households, one to a home, in order of their buildings.

    Attributes:
        building: (N,).
        house: (N,) whether the home is a house of its own rather than a flat.
        standing: (N,) how well off, in standard deviations from the town's median.
        income_eur: (N,) equivalised net income a year.
        owner: (N,) whether it owns its home.
        people: (N,).
        children: (N,) of them under 18.
        elderly: (N,) of them 65 or older.
        mwh: (N,) electricity a year for what nobody moves.
    """

    building: I
    house: B
    standing: F
    income_eur: F
    owner: B
    people: I
    children: I
    elderly: I
    mwh: F


def settled(town: Town, rng: Rng) -> Households:
    """A household for every home of the town."""
    building = np.repeat(np.arange(len(town.buildings)), town.buildings.homes)
    home = np.arange(building.size)
    kind = town.kind[building]
    house = np.isin(kind, ["detached", "farmhouse", "semi_detached", "terrace"])
    standing = _standing(town, building, house, rng)
    owner = rng.uniform("generate.owner", home, 0) < _owned(kind, standing)
    aged = rng.uniform("generate.aged", town.quarter[building], 0)
    old = rng.uniform("generate.age", home, 0) < np.where(owner, 0.34, 0.2) * (0.2 + 1.6 * aged)
    luck = rng.uniform("generate.people", home, 0)
    luck = np.where(old, luck * OLD_ARE_SMALL, luck)[:, None]
    size = (luck > np.cumsum(_SIZES, axis=1)[:, :4][house.astype(np.int64)]).sum(axis=1)
    people = size + 1
    grown = (people > 2) & (rng.uniform("generate.grown", home, 0) < 0.15)
    children = np.maximum(people - 2, 0) - grown
    spread = np.exp(0.3 * rng.normal("generate.use", home, 0) + 0.08 * standing)
    return Households(
        building=building,
        house=house,
        standing=standing,
        income_eur=MEDIAN_EUR * np.exp(SPREAD * standing),
        owner=owner,
        people=people,
        children=children,
        elderly=np.where(old, np.minimum(people, 2), 0),
        mwh=_USE_MWH[house.astype(np.int64), size] * spread,
    )


def _standing(town: Town, building: I, house: B, rng: Rng) -> F:
    """(N,) how well off each household is: by its neighbourhood, by its home, and by chance."""
    quarters = np.arange(len(town.blocks.cells))
    usual = np.array([AFFLUENCE[c] for c in town.blocks.character])
    shared = usual + SHARED * rng.normal("generate.affluence", quarters, 0)
    own = OWN * rng.normal("generate.income", np.arange(building.size), 0)
    standing = shared[town.quarter[building]] + HOUSED * house + own
    centred: F = standing - np.median(standing)
    return centred


def _owned(kind: np.ndarray, standing: F) -> F:
    """(N,) chance that a household owns its home; it rises with income."""
    base = np.array([OWNED.get(k, 0.3) for k in kind])
    odds = np.log(base / (1 - base)) + 0.7 * standing
    chance: F = 1 / (1 + np.exp(-odds))
    return chance
