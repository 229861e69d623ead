"""What stands in every block: neighbourhoods get a character, and their blocks a way to build."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from commonwatt.city.generate.outline import Outline
from commonwatt.city.generate.plan import Plan
from commonwatt.city.generate.survey import Cell, Survey
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import F, I

QUARTER_HA = 7.0
"""Neighbourhoods are cells no larger than this, bounded by streets."""
QUARTERS_AT_LEAST = 3
HAMLET_M = 200.0
"""Places with a smaller radius have no blocks of flats."""


@dataclass(frozen=True, kw_only=True)
class Build:
    """A way to build along a street; lengths in m.

    Attributes:
        kind: what its buildings are called on the map.
        width: frontage of a building.
        gap: between neighbours.
        depth: of a building.
        setback: from the middle of the street to the front.
        row: how many stand wall to wall before a gap is left; 0 for no end.
        homes: least and most homes in a building.
        storeys: least and most.
    """

    kind: str
    width: float
    gap: float
    depth: float
    setback: float
    row: int = 0
    homes: tuple[int, int] = (0, 0)
    storeys: tuple[int, int] = (1, 2)


BUILDS = {
    "old": Build(
        kind="town_house", width=10.5, gap=0.0, depth=11.0, setback=5.5, row=9,
        homes=(2, 5), storeys=(3, 4),
    ),
    "core": Build(
        kind="farmhouse", width=13.5, gap=4.5, depth=11.0, setback=6.5, homes=(1, 2)
    ),
    "terraces": Build(
        kind="terrace", width=6.8, gap=0.0, depth=10.5, setback=9.5, row=6, homes=(1, 1),
        storeys=(2, 2),
    ),
    "houses": Build(kind="detached", width=11.5, gap=7.0, depth=9.5, setback=11.0, homes=(1, 1)),
    "pairs": Build(
        kind="semi_detached", width=8.2, gap=0.0, depth=10.5, setback=10.5, row=2, homes=(1, 1),
        storeys=(2, 2),
    ),
    "flats": Build(
        kind="apartments", width=22.0, gap=11.0, depth=12.0, setback=13.0, homes=(6, 14),
        storeys=(3, 4),
    ),
    "estate": Build(
        kind="apartments", width=46.0, gap=18.0, depth=12.5, setback=18.0, homes=(20, 36),
        storeys=(5, 6),
    ),
    "business": Build(
        kind="office", width=34.0, gap=16.0, depth=22.0, setback=16.0, storeys=(1, 3)
    ),
    "school": Build(kind="school", width=48.0, gap=24.0, depth=16.0, setback=17.0, storeys=(2, 2)),
    "green": Build(kind="green", width=1e9, gap=0.0, depth=1.0, setback=1.0),
}  # fmt: skip
NAMES = tuple(BUILDS)

_CHARACTERS: Mapping[str, Mapping[str, float]] = {
    "core": {"core": 0.55, "houses": 0.25, "pairs": 0.1, "flats": 0.06, "green": 0.04},
    "village": {"houses": 0.7, "pairs": 0.14, "terraces": 0.07, "flats": 0.06, "green": 0.03},
    "old town": {"old": 0.96, "green": 0.04},
    "inner": {"old": 0.38, "flats": 0.34, "terraces": 0.2, "green": 0.05, "houses": 0.03},
    "terraces": {"terraces": 0.5, "pairs": 0.22, "houses": 0.14, "flats": 0.1, "green": 0.04},
    "suburb": {"houses": 0.68, "pairs": 0.16, "terraces": 0.08, "flats": 0.04, "green": 0.04},
    "flats": {"flats": 0.74, "terraces": 0.14, "green": 0.08, "houses": 0.04},
    "estate": {"estate": 0.78, "flats": 0.08, "green": 0.14},
    "business": {"business": 0.94, "green": 0.06},
}
"""Share of blocks built each way, by the character of their neighbourhood."""
_MIX: tuple[tuple[float, Mapping[str, float]], ...] = (
    (0.42, {"inner": 0.72, "terraces": 0.14, "flats": 0.14}),
    (0.74, {"terraces": 0.3, "flats": 0.24, "suburb": 0.36, "estate": 0.06, "business": 0.04}),
    (9.99, {"suburb": 0.66, "terraces": 0.12, "estate": 0.08, "business": 0.1, "flats": 0.04}),
)
"""Characters by distance from the middle of a town (0 to 1 at the fields)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Blocks:
    """B blocks.

    Attributes:
        quarter: (B,) neighbourhood of each.
        build: (B,) number among `NAMES`.
        middle: (B,2) on the flat plane, m.
        depth: (B,) 0 in the middle of the town, 1 at its outline.
        cells: (Q,) the cell of each neighbourhood.
        character: (Q,).
    """

    quarter: I
    build: I
    middle: F
    depth: F
    cells: list[Cell]
    character: list[str]


def built(survey: Survey, whole: Cell, plan: Plan, shape: Outline, rng: Rng) -> Blocks:
    """Deal characters to neighbourhoods, and ways to build to their blocks."""
    land_ha = sum(survey.area_ha(cell) for cell in whole.children)
    cells = _quarters(survey, whole, min(QUARTER_HA, land_ha / QUARTERS_AT_LEAST))
    blocks = len(survey.blocks)
    quarter = np.zeros(blocks, dtype=np.int64)
    for q, cell in enumerate(cells):
        quarter[slice(*cell.blocks)] = q
    live = np.arange(plan.corner.shape[1]) < plan.sides[:, None]
    middle = (plan.corner * live[..., None]).sum(axis=1) / plan.sides[:, None]
    away = np.hypot(*middle.T)
    luck = rng.uniform("generate.character", np.arange(len(cells)), 0)
    character = [
        _character(shape, float(away[slice(*cell.blocks)].mean()), float(u))
        for cell, u in zip(cells, luck, strict=True)
    ]
    drawn = rng.uniform("generate.build", np.arange(blocks), 0)
    core = shape.village & (away < shape.old_m)
    build = np.array(
        [
            NAMES.index(_pick(_CHARACTERS["core" if c else character[q]], float(u)))
            for c, q, u in zip(core, quarter, drawn, strict=True)
        ]
    )
    if shape.radius_m < HAMLET_M:
        build[build == NAMES.index("flats")] = NAMES.index("pairs")
    if not shape.village:
        build[np.argmin(away)] = NAMES.index("green")
    return Blocks(
        quarter=quarter,
        build=build,
        middle=middle,
        depth=away / shape.radius_m,
        cells=cells,
        character=character,
    )


def _quarters(survey: Survey, whole: Cell, most_ha: float) -> list[Cell]:
    """The largest cells that are no larger than `most_ha`, in the order of their blocks."""
    found, waiting = [], [whole]
    while waiting:
        cell = waiting.pop()
        if cell is not whole and (not cell.children or survey.area_ha(cell) <= most_ha):
            found.append(cell)
        else:
            waiting.extend(reversed(cell.children))
    return found


def _character(shape: Outline, away_m: float, luck: float) -> str:
    if shape.village:
        return "core" if away_m < shape.old_m * 1.4 else "village"
    if away_m < 0.9 * shape.old_m:
        return "old town"
    depth = away_m / shape.radius_m
    return next(_pick(mix, luck) for most, mix in _MIX if depth < most)


def _pick(shares: Mapping[str, float], luck: float) -> str:
    """The name on which a uniform draw falls."""
    total, name = 0.0, ""
    for name, share in shares.items():  # noqa: B007 - the last one stands if rounding leaves a gap
        total += share
        if luck < total:
            break
    return name
