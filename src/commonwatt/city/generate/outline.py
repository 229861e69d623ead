"""How a town begins: a village street, or an old town with a ring and roads that leave it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import cos, hypot, log, pi, sin, sqrt

from commonwatt.city.generate.survey import Cell, Point, Survey
from commonwatt.kernel.rng import Rng

VILLAGE_HOMES = 700
"""Below this a place has one street through it rather than an old town."""
CUTS_AT_ONCE = 4096


@dataclass(frozen=True)
class Outline:
    """The size of a town on the flat plane, its middle at (0, 0).

    Attributes:
        radius_m: mean distance from the middle to the fields.
        old_m: radius of the old town; a village's is its core.
        village: whether it has no ring.
    """

    radius_m: float
    old_m: float
    village: bool

    def depth(self, point: Point) -> float:
        """0 in the middle, 1 at the fields."""
        return hypot(*point) / self.radius_m

    def grain(self, point: Point) -> tuple[float, float]:
        """Longest and shortest side of a block, m: small in the old town, long further out."""
        away = hypot(*point)
        if away < self.old_m and not self.village:
            return 92.0, 84.0
        if self.village:
            return 140.0, 102.0
        out = min(1.0, away / self.radius_m)
        return 120.0 + 60.0 * out, 100.0 + 12.0 * out


def outline(homes: int, homes_per_ha: float) -> Outline:
    """The outline of a place with room for `homes`, with fields to spare at its edge."""
    radius = sqrt(homes / homes_per_ha * 1e4 / pi)
    village = homes < VILLAGE_HOMES
    old = radius * 0.42 if village else min(120.0 + 26.0 * log(homes / 400), 330.0)
    return Outline(radius_m=radius, old_m=old, village=village)


def surveyed(shape: Outline, rng: Rng) -> tuple[Survey, Cell]:
    """Streets and blocks of a town, and the cell that holds them all."""

    @cache
    def draws(chunk: int) -> list[list[float]]:
        numbers = [[k] for k in range(chunk * CUTS_AT_ONCE, (chunk + 1) * CUTS_AT_ONCE)]
        found: list[list[float]] = rng.uniform("generate.cuts", numbers, [0, 1, 2]).tolist()
        return found

    survey = Survey(lambda cut, what: draws(cut // CUTS_AT_ONCE)[cut % CUTS_AT_ONCE][what],
                    shape.grain)  # fmt: skip
    whole = _village(survey, shape, rng) if shape.village else _town(survey, shape, rng)
    for cell in whole.children:
        survey.divide(cell)
    whole.blocks = 0, len(survey.blocks)
    return survey, whole


def _village(survey: Survey, shape: Outline, rng: Rng) -> Cell:
    """An oval of fields with a street through it, along its length."""
    count = 9
    wobble = rng.uniform("generate.outline", range(count), 0)
    turn = 2 * pi * float(rng.uniform("generate.turn", 0, 0))
    long, wide = 1.3 * shape.radius_m, shape.radius_m / 1.3
    nodes = []
    for k in range(count):
        angle = 2 * pi * (k + 0.35 * (wobble[k] - 0.5)) / count
        x, y = long * cos(angle), wide * sin(angle)
        nodes.append(survey.node((x * cos(turn) - y * sin(turn), x * sin(turn) + y * cos(turn))))
    whole = _ringed(survey, nodes, "edge")
    survey.split(whole, (0.0, 0.0), turn + 0.1 * float(wobble[0] - 0.5), "main")
    return whole


def _town(survey: Survey, shape: Outline, rng: Rng) -> Cell:
    """Rings crossed by roads that lead out of town; the innermost holds the old town."""
    spokes = 5 + int(2 * rng.uniform("generate.spokes", 0, 0))
    wobble = rng.uniform("generate.outline", [[k] for k in range(spokes)], range(8))
    turn = 2 * pi * float(rng.uniform("generate.turn", 0, 0))
    angles = [turn + 2 * pi * (k + 0.45 * (wobble[k, 0] - 0.5)) / spokes for k in range(spokes)]
    radii = [shape.old_m]
    while radii[-1] * 2.7 < 0.8 * shape.radius_m:
        radii.append(radii[-1] * 2.7)
    rings = []
    for level, radius in enumerate((*radii, shape.radius_m)):
        reach = [radius * (0.88 + 0.24 * wobble[k, 1 + level % 6]) for k in range(spokes)]
        rings.append([survey.node(_at(a, r)) for a, r in zip(angles, reach, strict=True)])
    old = _ringed(survey, rings[0], "main")
    return Cell(rings[-1], [], [old, *_sectors(survey, rings, old.roads, angles)])


def _sectors(
    survey: Survey, rings: list[list[int]], inner: list[int], angles: list[float]
) -> list[Cell]:
    """Cells between neighbouring rings and spokes, ring by ring."""
    cells, spokes = [], len(angles)
    for level in range(len(rings) - 1):
        here, beyond = rings[level], rings[level + 1]
        last = level == len(rings) - 2
        rays = [survey.road("main", here[k], beyond[k]) for k in range(spokes)]
        outer = []
        for k in range(spokes):
            following = (k + 1) % spokes
            corners = [here[k], beyond[k]]
            roads = [rays[k]]
            if last:
                width = (angles[following] - angles[k]) % (2 * pi)
                far = max(hypot(*survey.points[n]) for n in (beyond[k], beyond[following]))
                between = survey.node(_at(angles[k] + width / 2, 1.03 * far))
                corners.append(between)
                roads.append(survey.road("edge", beyond[k], between))
                roads.append(survey.road("edge", between, beyond[following]))
            else:
                outer.append(survey.road("main", beyond[k], beyond[following]))
                roads.append(outer[-1])
            corners += [beyond[following], here[following]]
            roads += [rays[following], inner[k]]
            cells.append(Cell(corners, roads))
        inner = outer
    return cells


def _ringed(survey: Survey, nodes: list[int], kind: str) -> Cell:
    pairs = zip(nodes, [*nodes[1:], nodes[0]], strict=True)
    return Cell(list(nodes), [survey.road(kind, a, b) for a, b in pairs])


def _at(angle: float, radius: float) -> Point:
    return radius * cos(angle), radius * sin(angle)
