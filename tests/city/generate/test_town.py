"""A town looks like one: streets that meet, blocks between them, houses that stand apart."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from commonwatt.city.generate.town import MOST, founded
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.rng import Rng

TOUCHING_M = 0.6
"""Walls that houses of a row share may overlap by this much where their street bends."""


def apart(one, other):
    """How far two convex rings are apart along the best axis, m; negative if they cut."""
    best = -np.inf
    for ring in (one, other):
        sides = np.roll(ring, -1, axis=0) - ring
        across = np.column_stack([-sides[:, 1], sides[:, 0]]) / np.hypot(*sides.T)[:, None]
        for axis in across:
            a, b = one @ axis, other @ axis
            best = max(best, a.min() - b.max(), b.min() - a.max())
    return best


@given(homes=st.integers(50, 500), seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_a_town_has_exactly_the_homes_asked_for_each_by_a_street(homes, seed):
    town = founded(homes, Rng(seed))
    assert town.buildings.homes.sum() == homes
    assert (town.buildings.homes >= 0).all()
    front = town.plan.at(town.buildings.road, town.buildings.share)
    away = np.hypot(*(town.buildings.middle - front).T)
    assert away.max() < 40
    assert ((town.buildings.share > 0) & (town.buildings.share < 1)).all()


@pytest.mark.parametrize(("homes", "seed"), [(60, 3), (300, 7), (1500, 1)])
def test_no_two_buildings_of_a_block_overlap(town, homes, seed):
    grown = town(homes, seed)
    rings = grown.footprints()
    for block in np.unique(grown.buildings.block):
        here = rings[grown.buildings.block == block]
        for i in range(len(here)):
            for j in range(i + 1, len(here)):
                assert apart(here[i], here[j]) > -TOUCHING_M


@pytest.mark.parametrize(("homes", "seed"), [(60, 3), (300, 7), (1500, 1)])
def test_buildings_stand_within_their_block(town, homes, seed):
    grown = town(homes, seed)
    plan, buildings = grown.plan, grown.buildings
    for block, corners in zip(buildings.block, buildings.corner, strict=True):
        ring = plan.corner[block, : plan.sides[block]]
        along = np.roll(ring, -1, axis=0) - ring
        inward = np.column_stack([-along[:, 1], along[:, 0]]) / np.hypot(*along.T)[:, None]
        inside = ((corners[:, None] - ring) * inward).sum(axis=2)
        assert inside.min() > 3.0


def test_blocks_are_convex_and_fill_the_outline(town):
    plan = town(1500, 1).plan
    area = 0.0
    for corners, sides in zip(plan.corner, plan.sides, strict=True):
        ring = corners[:sides]
        along = np.roll(ring, -1, axis=0) - ring
        turn = along[:, 0] * np.roll(along[:, 1], -1) - along[:, 1] * np.roll(along[:, 0], -1)
        assert turn.min() > -1e-6
        x, y = ring.T
        area += 0.5 * float(x @ np.roll(y, -1) - y @ np.roll(x, -1))
    edge = np.flatnonzero(plan.kind == "edge")
    ends = plan.node[plan.first[edge]], plan.node[plan.last[edge]]
    cross = ends[0][:, 0] * ends[1][:, 1] - ends[0][:, 1] * ends[1][:, 0]
    assert abs(cross.sum()) / 2 == pytest.approx(area, rel=1e-6)


def test_the_whole_plan_hangs_together_and_is_no_lattice(town):
    plan = town(1500, 1).plan
    nodes = len(plan.node)
    graph = coo_array((np.ones(plan.road.size), (plan.first, plan.last)), shape=(nodes, nodes))
    assert connected_components(graph, directed=False)[0] == 1
    degree = np.bincount(np.concatenate([plan.first, plan.last]))
    assert 0.5 < (degree == 3).mean() < 0.95
    assert (degree == 4).mean() > 0.03
    heading = np.arctan2(*(plan.node[plan.last] - plan.node[plan.first]).T[::-1]) % (np.pi / 2)
    assert np.histogram(heading, bins=6, range=(0, np.pi / 2))[0].min() > 0


def test_streets_form_a_hierarchy(town):
    plan = town(5000, 7).plan
    metres = {k: plan.length_m[plan.kind == k].sum() for k in np.unique(plan.road_kind)}
    assert set(metres) == {"main", "collector", "residential", "lane", "edge"}
    assert metres["residential"] > metres["collector"] > metres["lane"]
    assert metres["main"] > 0


def test_a_town_is_denser_inside_than_outside(town):
    grown = town(5000, 7)
    depth = grown.blocks.depth[grown.buildings.block]
    inner = grown.buildings.homes[depth < 0.3].sum() / 0.3**2
    outer = grown.buildings.homes[(depth > 0.5) & (depth < 0.7)].sum() / (0.7**2 - 0.5**2)
    assert inner > 1.3 * outer
    flats = grown.buildings.homes > 2
    assert depth[flats].mean() < depth[~flats].mean()


def test_a_town_has_every_kind_of_building(town):
    kinds = set(town(5000, 7).kind)
    assert kinds >= {
        "detached", "semi_detached", "terrace", "apartments", "town_house", "shop", "office",
        "school",
    }  # fmt: skip


@pytest.mark.parametrize("homes", [0, 9, MOST + 1])
def test_what_is_no_town_is_refused(homes):
    with pytest.raises(InvalidInput, match="ask for 10 to"):
        founded(homes, Rng(1))
