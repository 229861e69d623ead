"""The city as one GeoJSON map (WGS 84), whatever it came from.

Every feature names its `layer` and the id of its row, by which live values find it. What a city
draws itself (`City.layers`: streets, footprints, cable routes) is shown as drawn; the rest follows
from its tables: connections lie at their bus, lines run straight from bus to bus, chargers at
their connection. A city without coordinates has an empty map.

Layers: neighbourhood, street, building, line, transformer, connection, charger, lamp.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from commonwatt.city import disk
from commonwatt.city.drawing import Layer, Shape, collection, written
from commonwatt.city.model import City
from commonwatt.kernel.errors import StorageFailed
from commonwatt.kernel.tables import Table
from commonwatt.kernel.units import F, I

LV_BELOW_KV = 1.0


def geojson(city: City) -> dict[str, Any]:
    """The map of `city` as a GeoJSON FeatureCollection."""
    return collection(layers(city))


def save(city: City, path: Path) -> None:
    """Write the map of `city` as a GeoJSON file.

    Raises:
        StorageFailed: the disk refused.
    """
    try:
        disk.put({path: written(layers(city))})
    except OSError as fault:
        raise StorageFailed(f"{path}: the map could not be written: {fault.strerror}") from fault


def layers(city: City) -> dict[str, Layer]:
    """Its layers by name, from the ground up; empty ones are left out."""
    at = _connections_at(city)
    drawn = city.layers
    found = {
        "neighbourhood": _neighbourhoods(city),
        **{name: drawn[name] for name in ("street", "building") if name in drawn},
        "line": _lines(city),
        "transformer": _transformers(city),
        "connection": _connections(city, at),
        "charger": _chargers(city, at),
        "lamp": _lamps(city.table("lamp")),
    }
    return {name: layer for name, layer in found.items() if len(layer)}


def _points(lonlat: F, columns: Mapping[str, Sequence[object]]) -> Layer:
    """A layer of those points whose place is known."""
    known = np.flatnonzero((lonlat != 0).any(axis=1))
    kept = {name: [column[k] for k in known.tolist()] for name, column in columns.items()}
    return Layer.points(lonlat[known], **kept)


def _lonlat(table: Table) -> F:
    return np.column_stack([table.f("lon"), table.f("lat")])


def _connections_at(city: City) -> F:
    """(C,2) where every connection is: as drawn, else at its bus; (0, 0) if unknown."""
    at = _lonlat(city.table("bus"))[city.connections.i("bus")]
    layer = city.layers.get("connection")
    if layer is not None:
        row = {name: k for k, name in enumerate(city.connections.ids)}
        for k, name in enumerate(layer.column("id")):
            if str(name) in row:
                at[row[str(name)]] = layer.lon[layer.starts[k]], layer.lat[layer.starts[k]]
    return at


def _connections(city: City, at: F) -> Layer:
    table = city.connections
    return _points(
        at,
        {
            "id": table.ids,
            "use": table.text("use"),
            "neighbourhood": table.text("neighbourhood"),
        },
    )


def _chargers(city: City, at: F) -> Layer:
    table = city.table("charger")
    names = [city.connections.ids[c] for c in table.connection]
    return _points(at[table.connection], {"id": table.ids, "connection": names})


def _lamps(table: Table) -> Layer:
    return _points(_lonlat(table), {"id": table.ids})


def _transformers(city: City) -> Layer:
    table = city.table("transformer")
    at = _lonlat(city.table("bus"))[table.i("low_bus")]
    return _points(at, {"id": table.ids})


def _lines(city: City) -> Layer:
    """Lines along their routes as drawn, else straight; `level` by the voltage they carry."""
    table, bus = city.table("line"), city.table("bus")
    kv = bus.f("rated_kv")[table.i("from_bus")]
    level = dict(zip(table.ids, np.where(kv < LV_BELOW_KV, "lv", "mv").tolist(), strict=True))
    layer = city.layers.get("line") or _straight(table, _lonlat(bus))
    levels = [level.get(str(name)) for name in layer.column("id")]
    return Layer(
        shape=layer.shape,
        starts=layer.starts,
        lon=layer.lon,
        lat=layer.lat,
        columns={**layer.columns, "level": levels},
    )


def _straight(table: Table, at: F) -> Layer:
    ends = np.stack([at[table.i("from_bus")], at[table.i("to_bus")]], axis=1)
    known: I = np.flatnonzero((ends != 0).any(axis=2).all(axis=1))
    ids = [table.ids[k] for k in known]
    starts = 2 * np.arange(known.size + 1)
    return Layer.drawn(Shape.LINE, starts, ends[known].reshape(-1, 2), id=ids)


def _neighbourhoods(city: City) -> Layer:
    """Outlines as drawn, with what the table tells about each."""
    layer = city.layers.get("neighbourhood")
    if layer is None:
        return Layer.points(np.empty((0, 2)))
    table = city.table("neighbourhood")
    row = {name: k for k, name in enumerate(table.text("name") if len(table) else [])}
    rows = [row.get(str(name)) for name in layer.column("name")]
    told = {
        spec.name: [None if r is None else _plainly(table.columns[spec.name][r]) for r in rows]
        for spec in table.kind.fields
    }
    ids = [None if r is None else table.ids[r] for r in rows]
    return Layer(
        shape=layer.shape,
        starts=layer.starts,
        lon=layer.lon,
        lat=layer.lat,
        columns={"id": ids, **told, **layer.columns},
    )


def _plainly(value: Any) -> object:
    """A cell as JSON knows it."""
    return value.item() if isinstance(value, np.generic) else value
