"""The city as GeoJSON features, each with the id that live values join."""

from __future__ import annotations

from typing import Any

from commonwatt.city.live.census import Census

LOW_VOLTAGE_KV = 1.0
Feature = dict[str, Any]


def features(census: Census) -> list[Feature]:
    """Lines, transformers and connections where their buses lie."""
    city = census.city
    bus = city.table("bus")
    at = list(zip(bus.f("lon").tolist(), bus.f("lat").tolist(), strict=True))
    return [*_lines(census, at), *_transformers(census, at), *_connections(census, at)]


def _lines(census: Census, at: list[tuple[float, float]]) -> list[Feature]:
    line, rated = census.city.table("line"), census.city.table("bus").f("rated_kv")
    ends = zip(line.ids, line.i("from_bus").tolist(), line.i("to_bus").tolist(), strict=True)
    return [
        _feature(
            "LineString",
            [at[first], at[second]],
            layer="line",
            id=name,
            level="lv" if rated[first] <= LOW_VOLTAGE_KV else "mv",
        )
        for name, first, second in ends
    ]


def _transformers(census: Census, at: list[tuple[float, float]]) -> list[Feature]:
    table = census.city.table("transformer")
    return [
        _feature("Point", at[bus], layer="transformer", id=name)
        for name, bus in zip(table.ids, table.i("low_bus").tolist(), strict=True)
    ]


def _connections(census: Census, at: list[tuple[float, float]]) -> list[Feature]:
    table = census.city.connections
    rows = zip(
        table.ids,
        table.i("bus").tolist(),
        table.text("use"),
        table.text("neighbourhood"),
        strict=True,
    )
    return [
        _feature("Point", at[bus], layer="connection", id=name, use=use, neighbourhood=area)
        for name, bus, use, area in rows
    ]


def _feature(kind: str, coordinates: Any, **properties: str) -> Feature:
    return {
        "type": "Feature",
        "geometry": {"type": kind, "coordinates": coordinates},
        "properties": properties,
    }
