"""Years of growth until the first overload: sane, and right by the year before."""

from dataclasses import replace
from itertools import pairwise

import pytest

from commonwatt.city.generate import grown
from commonwatt.city.growth import CURVES, HORIZON, shares_after, until_overload
from commonwatt.city.importers.overlay import overlay
from commonwatt.city.model import indexed
from commonwatt.city.soundness import hard_days, lived, without
from commonwatt.kernel.errors import InvalidInput
from commonwatt.sectors.grid.analysis.flow import Feeder


@pytest.mark.parametrize(("homes", "seed"), [(60, 7), (150, 1), (300, 7)])
def test_some_years_pass_before_the_first_overload_but_not_all(homes, seed):
    found = until_overload(grown(homes, seed), seed=1)
    assert found.years is not None
    assert 2 <= found.years < 30
    assert found.day.overloads[0].value > 1.0
    assert f"after {found.years} years" in found.sentence


def test_the_year_before_overloads_nothing():
    city = grown(60, 7)
    found = until_overload(city, seed=1)
    bare = without(city)
    before = overlay(bare, shares_after(found.years - 1), 1)
    start = hard_days(bare)["deepest cold"]
    assert not lived(before, Feeder.of(bare), "deepest cold", start, 1).overloads


def test_a_grid_that_cannot_even_carry_growth_says_so():
    city = grown(60, 7)
    line = city.table("line")
    thin = replace(line, columns={**line.columns, "r_ohm": 80 * line.f("r_ohm")})
    weak = replace(city, tables=indexed({**city.tables, "line": thin}))
    found = until_overload(weak, seed=1)
    assert found.years is not None
    assert found.day is None
    assert "collapses after" in found.sentence


def test_curves_rise_and_end_where_they_say():
    for curve in CURVES.values():
        values = [curve.at(2024 + k) for k in range(HORIZON)]
        assert all(b > a for a, b in pairwise(values))
        assert curve.at(curve.half) == pytest.approx(curve.full / 2)
        assert curve.at(2500) == pytest.approx(curve.full)


def test_a_city_without_homes_cannot_grow(hamlet):
    with pytest.raises(InvalidInput):
        until_overload(hamlet(), seed=1)
