"""The city as a whole: the same for the same seed, kept by its folder, with lamps and services."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from demandlib.bdew import G25, H25

from commonwatt.city import folder, sources
from commonwatt.city.drawing import written
from commonwatt.city.generate import Shares, grown, profiles
from commonwatt.city.generate.terrain import PLACE
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.ids import checked_id
from commonwatt.kernel.intervals import SLOT_S

LIT = {"M4", "M5", "P3", "P4", "P5"}


def digests(path):
    return {
        str(p.relative_to(path)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(path.rglob("*"))
        if p.is_file()
    }


def test_the_same_seed_gives_the_same_bytes_and_another_another_town(tmp_path):
    for name, seed in (("one", 11), ("again", 11), ("other", 12)):
        folder.save(grown(150, seed), tmp_path / name)
    one, again, other = (digests(tmp_path / name) for name in ("one", "again", "other"))
    assert one == again
    assert one["map.geojson"] != other["map.geojson"]
    assert one["tables/line.parquet"] != other["tables/line.parquet"]


def test_a_folder_gives_the_city_back_map_and_all(tmp_path, city):
    drawn = city(300, 7)
    folder.save(drawn, tmp_path / "town")
    back = sources.load(tmp_path / "town")
    assert written(back.layers) == written(drawn.layers)
    assert back.connections.ids == drawn.connections.ids
    for name, table in drawn.tables.items():
        assert back.tables[name].ids == table.ids
        for column, values in table.columns.items():
            assert (back.tables[name].columns[column] == values).all(), (name, column)


def test_a_town_saved_over_another_leaves_nothing_of_it(tmp_path, city, hamlet):
    folder.save(city(300, 7), tmp_path / "town")
    bare = grown(60, 1, Shares(pv=0, battery=0, ev=0, heat_pump=0))
    folder.save(bare, tmp_path / "town")
    assert set(sources.load(tmp_path / "town").tables) == set(bare.tables)
    plain = hamlet()
    folder.save(plain, tmp_path / "town")
    back = sources.load(tmp_path / "town")
    assert set(back.tables) == set(plain.tables)
    assert not back.layers


def test_it_is_a_source_like_any_other(city):
    loaded = sources.load("generate:300:7")
    assert loaded.name == city(300, 7).name
    assert written(loaded.layers) == written(city(300, 7).layers)


@pytest.mark.parametrize(
    "text",
    ["generate:", "generate:300", "generate:a:7", "generate:60:7:5", "generate:60:7:boats=0.1",
     "generate:60:7:ev=many", "generate:60:7:ev=0.5:pv=0.1"],
)  # fmt: skip
def test_a_source_that_names_no_town_is_refused(text):
    with pytest.raises(InvalidInput, match="generate:HOMES:SEED"):
        sources.load(text)


def test_a_source_may_name_shares():
    drawn = sources.load("generate:60:7:ev=0.5,heat_pump=0.25")
    assert len(drawn.table("heat_pump")) == 15
    assert len(drawn.table("charger")) == 30 + drawn.connections.text("use").count("charge_point")
    with pytest.raises(InvalidInput, match="from 0 to 1"):
        sources.load("generate:60:7:ev=5")


def test_ids_are_unique_and_well_formed(city):
    drawn = city(3000, 4)
    for table in (drawn.connections, *drawn.tables.values()):
        assert len(set(table.ids)) == len(table)
        assert all(checked_id(name) for name in table.ids)


def test_every_home_has_a_meter_and_every_meter_a_place(city):
    drawn = city(3000, 4)
    uses = drawn.connections.text("use")
    assert uses.count("home") == 3000
    assert {"home", "business", "school", "charge_point", "lighting"} == set(uses)
    points = drawn.layers["connection"]
    assert list(points.columns["id"]) == list(drawn.connections.ids)
    assert (drawn.connections.f("fuse_kw") >= 43).all()


def test_lamps_hang_on_their_stations_cabinet_and_line_the_streets(city):
    drawn = city(3000, 4)
    lamp = drawn.table("lamp")
    uses = np.array(drawn.connections.text("use"))
    assert set(uses[lamp.connection]) == {"lighting"}
    assert (uses == "lighting").sum() == len(drawn.table("transformer"))
    bus = drawn.connections.i("bus")[uses == "lighting"]
    assert sorted(bus) == sorted(drawn.table("transformer").i("low_bus"))
    assert {"M4", "M5", "P3", "P4"} <= set(lamp.text("road_class")) <= LIT
    street = drawn.layers["street"]
    scale = np.array([np.cos(np.radians(51.0)), 1.0]) * 111_195
    vertices = np.column_stack([street.lon, street.lat]) * scale
    at = np.column_stack([lamp.f("lon"), lamp.f("lat")]) * scale
    for place in at[::25]:
        assert np.hypot(*(vertices - place).T).min() < 15


def test_schools_and_offices_are_buildings_that_can_be_kept_warm(city):
    building = city(3000, 4).table("building")
    assert 3 <= building.text("use").count("school") <= 5
    assert building.text("use").count("office") >= 10
    warmth = building.f("rated_kw") * 2.4
    assert (warmth >= building.f("loss_kw_per_k") * 33).all()
    assert (building.f("floor_m2") <= 4000).all()


@pytest.mark.parametrize(("name", "theirs"), [("h25", H25), ("g25", G25)])
def test_profiles_are_bdews(name, theirs):
    series, per_kw = profiles.year(PLACE)
    index = pd.date_range("2016-01-01", periods=366 * 96, freq="15min")
    expected = np.asarray(theirs(index))
    starts = profiles.START + SLOT_S * np.arange(profiles.SLOTS)
    local = PLACE.local(starts) - PLACE.local(starts[:1])
    there = local < expected.size * SLOT_S
    shape = dict(series.values)[f"{name}.p"]
    mine = shape[there]
    wanted = expected[local[there] // SLOT_S]
    assert mine / mine.max() == pytest.approx(wanted / wanted.max(), rel=1e-6)
    assert per_kw[name] == pytest.approx(8.76 * shape.mean())


def test_homes_use_what_homes_use(city):
    drawn = city(3000, 4)
    consumer = drawn.table("consumer")
    home = np.array(consumer.text("profile")) == "h25"
    _, per_kw = profiles.year(PLACE)
    mwh = consumer.f("peak_kw")[home] * per_kw["h25"]
    assert 1.8 < mwh.mean() < 3.2
    assert 0.3 < mwh.min() < mwh.max() < 13
