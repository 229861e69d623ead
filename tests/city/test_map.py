"""The map of any city, as GeoJSON with ids that its tables know."""

import json
from dataclasses import replace

import pytest

from commonwatt.city import map as city_map
from commonwatt.city import sources
from commonwatt.city.drawing import read
from commonwatt.city.generate import grown
from commonwatt.kernel.errors import InvalidInput, StorageFailed


@pytest.fixture(scope="module")
def town():
    return grown(150, 7)


def by_layer(city):
    found = {}
    for feature in city_map.geojson(city)["features"]:
        found.setdefault(feature["properties"]["layer"], []).append(feature)
    return found


def ids(features, name="id"):
    return [feature["properties"][name] for feature in features]


def test_every_layer_is_there_with_what_it_promises(town):
    found = by_layer(town)
    shapes = {
        "neighbourhood": "Polygon", "street": "LineString", "building": "Polygon",
        "line": "LineString", "transformer": "Point", "connection": "Point", "charger": "Point",
        "lamp": "Point",
    }  # fmt: skip
    assert set(found) == set(shapes)
    for layer, features in found.items():
        assert {f["geometry"]["type"] for f in features} == {shapes[layer]}
    for kind in ("line", "transformer", "charger", "lamp"):
        assert ids(found[kind]) == list(town.table(kind).ids)
    assert ids(found["connection"]) == list(town.connections.ids)
    assert ids(found["neighbourhood"], "name") == town.table("neighbourhood").text("name")
    assert {"income_eur", "homes", "owned_share"} <= set(found["neighbourhood"][0]["properties"])
    assert {f["properties"]["level"] for f in found["line"]} == {"lv", "mv"}
    assert all({"name", "kind"} <= set(f["properties"]) for f in found["street"])


def test_buildings_name_a_connection_of_theirs_or_none(town):
    known = set(town.connections.ids)
    named = [name for name in ids(by_layer(town)["building"], "connection") if name is not None]
    assert named
    assert set(named) <= known


def test_it_is_json_with_closed_rings_around_the_place(town):
    found = json.loads(json.dumps(city_map.geojson(town)))
    for feature in found["features"]:
        geometry = feature["geometry"]
        if geometry["type"] == "Polygon":
            ring = geometry["coordinates"][0]
            assert ring[0] == ring[-1]
            assert len(ring) >= 4
            lon, lat = ring[0]
            assert abs(lon - town.place.longitude) < 0.02
            assert abs(lat - town.place.latitude) < 0.02


def test_a_simbench_city_gets_its_map_from_its_buses():
    city = sources.load("simbench:1-LV-rural1--2-sw")
    found = by_layer(city)
    assert set(found) == {"line", "transformer", "connection", "charger"}
    assert ids(found["line"]) == list(city.table("line").ids)
    assert all(len(f["geometry"]["coordinates"]) == 2 for f in found["line"])


def test_a_map_that_knows_only_some_leaves_the_rest_at_their_bus(hamlet):
    known = json.dumps({"features": [
        {"properties": {"layer": "connection", "id": "c/2"},
         "geometry": {"type": "Point", "coordinates": [11.4, 53.6]}},
        {"properties": {"layer": "connection"},
         "geometry": {"type": "Point", "coordinates": [0.5, 0.5]}},
    ]})  # fmt: skip
    city = replace(hamlet(), layers=read(known.encode(), "here"))
    (only,) = by_layer(city)["connection"]
    assert only["properties"]["id"] == "c/2"
    assert only["geometry"]["coordinates"] == [11.4, 53.6]


def test_a_city_nowhere_has_an_empty_map(hamlet):
    assert city_map.geojson(hamlet())["features"] == []


def test_it_saves_and_says_why_not(town, tmp_path):
    city_map.save(town, tmp_path / "map.geojson")
    saved = json.loads((tmp_path / "map.geojson").read_text())
    assert saved == city_map.geojson(town)
    with pytest.raises(StorageFailed, match="could not be written"):
        city_map.save(town, tmp_path / "nowhere" / "map.geojson")


@pytest.mark.parametrize(
    "text",
    [b"{", b"[]", b'{"features": [{"properties": {}}]}',
     b'{"features": [{"properties": {"layer": "a"}, "geometry": {"type": "Blob"}}]}'],
)  # fmt: skip
def test_a_broken_map_is_refused_by_name(text):
    with pytest.raises(InvalidInput, match=r"town/map\.geojson"):
        read(text, "town/map.geojson")
