from dataclasses import replace

import numpy as np
import pytest

from commonwatt.city import bootstrap
from commonwatt.city.bootstrap import flexible, network, simulated
from commonwatt.city.registry import sectors
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import SLOT_S, Window


def test_every_sector_brings_its_twins_in_order_of_their_stage(village, noon):
    world = simulated(village(), 1, noon)
    stages = [twin.stage for twin in world.field._twins]
    assert stages == sorted(stages)
    assert {0, 1, 2, 3} == set(stages), "people, meter-watchers, the grid, the meters"
    assert len(stages) == sum(len(row.twins) for row in sectors())
    assert world.field.now == noon


def test_the_citys_own_weather_and_prices_are_used_where_it_brings_them(village, noon):
    city, window = village(), Window.uniform(noon, 8)
    world = simulated(city, 1, noon)
    np.testing.assert_array_equal(
        world.ground.weather(window).ghi_w_m2, city.series.mean("weather.ghi_w_m2", window)
    )
    name = "price.wholesale_eur_per_kwh"
    truth = world.ground.signals.truth(name, window)
    np.testing.assert_array_equal(truth, city.series.mean(name, window))


def test_profiles_are_no_signals(village, noon):
    world = simulated(village(), 1, noon)
    with pytest.raises(InvalidInput, match=r"there is no signal 'h0.p'"):
        world.ground.signals.truth("h0.p", Window.uniform(noon, 1))


def test_half_a_weather_is_refused(village, noon):
    city = village()
    values = {n: v for n, v in city.series.values.items() if n != "weather.wind_m_s"}
    with pytest.raises(InvalidInput, match=r"'weather.wind_m_s' is missing"):
        simulated(replace(city, series=replace(city.series, values=values)), 1, noon)


def test_the_truth_differs_from_nameplates_and_by_seed(village, noon):
    city = village()
    plate = city.table("heat_pump").f("loss_kw_per_k")
    drawn = [
        simulated(city, s, noon).ground.table("heat_pump").f("loss_kw_per_k") for s in (1, 1, 2)
    ]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert (drawn[0] != plate).all()
    assert (drawn[0] != drawn[2]).all()
    assert simulated(city, 1, noon).brain(None, None).view(noon).plan is city, (
        "control sees nameplates only"
    )


def test_the_truth_is_what_the_field_saw_without_loss(village, noon):
    world = simulated(village(), 1, noon)
    world.field.advance(noon + 3 * SLOT_S)
    seen = world.truth().history("meter.power_kw", np.arange(7), Window.uniform(noon, 3))
    assert np.isfinite(seen).all()


def test_only_sectors_that_move_power_are_flexible():
    rows = sectors()
    movers = {row.name for row in rows if row.flexible is not None}
    assert movers == {"buildings", "charging", "homes", "lighting", "renewables"}
    assert len(flexible(rows)) == 5


def test_a_margin_keeps_part_of_every_rating_free(village, noon):
    city, window = village(), Window.uniform(noon, 1)
    nothing = np.zeros((7, 1))
    full, less = (
        network(city, sectors(), margin).limits(window, nothing, nothing) for margin in (0.0, 0.1)
    )
    # rows of branches lie at their rating, as no reactive power flows
    ratio = less.high[0] / full.high[0]
    assert ratio == pytest.approx(0.9, abs=5e-3)


def test_a_city_without_wires_in_any_sector_is_told_what_to_do(village):
    rows = [row for row in sectors() if row.name != "grid"]
    with pytest.raises(InvalidInput, match="no installed sector provides the grid"):
        network(village(), rows, 0.0)


def test_signal_prefixes_are_the_ones_a_city_may_bring():
    assert bootstrap.SIGNALS == ("weather.", "price.", "carbon.")
