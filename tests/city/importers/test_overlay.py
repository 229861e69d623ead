"""Overlays: from a seed, nested, and refused in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandapower as pp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.city.importers.overlay import HEADROOM, overlay, parse
from commonwatt.city.importers.pandapower import imported
from commonwatt.city.model import City
from commonwatt.kernel.errors import InvalidInput
from commonwatt.physics.thermal import FLOOR_SUPPLY_C, cop

ALL = {"ev": 0.5, "hp": 0.4, "pv": 0.3, "battery": 0.2}


def street(homes: int = 40) -> City:
    net = pp.create_empty_network()
    top, low = pp.create_bus(net, 20.0, name="top"), pp.create_bus(net, 0.4, name="low")
    pp.create_ext_grid(net, top)
    pp.create_transformer(net, top, low, "0.25 MVA 20/0.4 kV")
    for k in range(homes):
        pp.create_load(net, low, p_mw=0.004, q_mvar=0.001, name=f"home {k}")
    pp.create_sgen(net, low, p_mw=0.005, type="PV", name="roof")
    return imported(net, "street", "street")


STREET = street()


def test_shares_are_met_and_indices_stay_dense() -> None:
    city = overlay(STREET, ALL, seed=7)
    kinds = ("charger", "heat_pump", "hot_water", "pv", "battery")
    assert [len(city.table(k)) for k in kinds] == [20, 16, 16, 13, 8]
    tables = [t for t in city.tables.values() if t.kind.sited]
    assert np.array_equal(np.sort(np.concatenate([t.ix for t in tables])), np.arange(city.assets))
    for kind in kinds:
        hosts = city.table(kind).connection
        assert len(set(hosts)) == len(hosts)
        assert len(set(city.table(kind).ids)) == len(hosts)
    assert city.version > STREET.version


def test_batteries_go_to_roofs_first() -> None:
    city = overlay(STREET, ALL, seed=7)
    assert set(city.table("battery").connection) <= set(city.table("pv").connection)


@given(seed=st.integers(0, 1000), share=st.floats(0.1, 0.6))
@settings(max_examples=15, deadline=None)
def test_same_seed_same_city_and_more_includes_less(seed: int, share: float) -> None:
    few, again = (overlay(STREET, {"ev": share}, seed).table("charger") for _ in range(2))
    assert few.ids == again.ids
    assert np.array_equal(few.f("daily_kwh"), again.f("daily_kwh"))
    many = overlay(STREET, {"ev": share + 0.3}, seed).table("charger")
    assert set(few.ids) <= set(many.ids)


def test_other_seeds_deal_otherwise() -> None:
    assert (
        overlay(STREET, ALL, 1).table("charger").ids != overlay(STREET, ALL, 2).table("charger").ids
    )


def test_heat_pumps_keep_the_design_day_warm() -> None:
    pump = overlay(STREET, {"hp": 1.0}, 3).table("heat_pump")
    best = pump.f("rated_kw") * cop(np.array([-12.0]), FLOOR_SUPPLY_C)
    assert np.allclose(best, HEADROOM * 33 * pump.f("loss_kw_per_k"))
    assert pump.f("loss_kw_per_k").min() >= 0.10
    assert pump.f("loss_kw_per_k").max() <= 0.25


def test_cars_drive_what_people_drive() -> None:
    daily = overlay(street(400), {"ev": 1.0}, 3).table("charger").f("daily_kwh")
    assert np.median(daily) == pytest.approx(7.0, rel=0.1)
    assert daily.max() <= 7.0 * np.e  # 2.5 standard deviations of 0.4


def test_fuses_grow_with_what_hangs_behind() -> None:
    city = overlay(STREET, {"ev": 1.0, "hp": 1.0}, 3)
    draw = np.zeros(len(city.connections))
    for kind in ("charger", "heat_pump", "hot_water"):
        np.add.at(draw, city.table(kind).connection, city.table(kind).f("rated_kw"))
    assert (city.connections.f("fuse_kw") >= draw).all()


def test_beyond_one_homes_get_a_second_car_of_its_own() -> None:
    one, some = (overlay(STREET, {"ev": share}, 3).table("charger") for share in (1.0, 1.5))
    first, second = np.arange(40), np.arange(40, 60)
    assert len(some) == 60
    assert some.ids[:40] == one.ids
    assert np.array_equal(some.f("daily_kwh")[first], one.f("daily_kwh"))
    assert len(set(some.ids)) == 60
    hosts = some.connection[second]
    assert len(set(hosts)) == 20
    beside = np.searchsorted(some.connection[first], hosts)
    assert (some.connection[first][beside] == hosts).all()
    assert (some.f("daily_kwh")[second] != some.f("daily_kwh")[beside]).all()
    assert (some.f("arrival_h")[second] != some.f("arrival_h")[beside]).mean() > 0.9


def test_more_second_cars_include_fewer() -> None:
    few, many, all_ = (
        overlay(STREET, {"ev": share}, 3).table("charger") for share in (1.2, 1.6, 2.0)
    )
    assert set(few.ids) < set(many.ids) < set(all_.ids)
    assert np.bincount(all_.connection, minlength=40)[:40].tolist() == [2] * 40


def test_parse_reads_what_the_command_line_says() -> None:
    assert parse("ev=0.5, hp=0.4") == {"ev": 0.5, "hp": 0.4}
    assert parse("ev=2") == {"ev": 2.0}
    assert parse("") == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("car=0.5", "'car' is not one of ev, hp, pv, battery"),
        ("ev", "ev needs a share"),
        ("ev=half", "ev needs a share"),
        ("ev=2.1", "ev needs a share from 0 to 2"),
        ("pv=1.5", "pv needs a share from 0 to 1,"),
        ("ev=-0.1", "ev needs a share"),
        ("ev=nan", "ev needs a share"),
        ("ev=0.1,ev=0.2", "named twice"),
    ],
)
def test_parse_refuses_in_words(text: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        parse(text)


def test_a_city_without_homes_is_refused() -> None:
    columns = {
        **STREET.connections.columns,
        "use": np.array(["business"] * len(STREET.connections)),
    }
    shops = replace(STREET, connections=replace(STREET.connections, columns=columns))
    with pytest.raises(InvalidInput, match="no connection of use 'home'"):
        overlay(shops, ALL, 1)
