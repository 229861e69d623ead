"""Shapes on a map, as columns: what streets, buildings and cable routes look like.

A `Layer` becomes GeoJSON (RFC 7946, WGS 84) at the edge and comes back from it unchanged.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.units import F, I

DECIMALS = 7
"""Of a degree: about a centimetre."""


class Shape(StrEnum):
    """What every feature of a layer is."""

    POINT = "Point"
    LINE = "LineString"
    POLYGON = "Polygon"


@dataclass(frozen=True, kw_only=True, eq=False)
class Layer:
    """N shapes of one sort.

    Attributes:
        shape: point, line or polygon (one ring, not closed by its first vertex).
        starts: (N+1,) where each shape's vertices begin; the last is K.
        lon: (K,) degrees east, all vertices one after another.
        lat: (K,) degrees north.
        columns: properties by name, (N,) each; `None` where one has none.
    """

    shape: Shape
    starts: I
    lon: F
    lat: F
    columns: Mapping[str, Sequence[object]] = field(default_factory=dict)

    @classmethod
    def drawn(cls, shape: Shape, starts: I, lonlat: F, **columns: Sequence[object]) -> Layer:
        """A layer from (K,2) vertices, rounded to what a map can tell apart."""
        rounded = np.round(lonlat, DECIMALS)
        return cls(
            shape=shape, starts=starts, lon=rounded[:, 0], lat=rounded[:, 1], columns=columns
        )

    @classmethod
    def points(cls, lonlat: F, **columns: Sequence[object]) -> Layer:
        """A layer of points at (N,2)."""
        return cls.drawn(Shape.POINT, np.arange(len(lonlat) + 1), lonlat, **columns)

    def __len__(self) -> int:
        """Number of shapes."""
        return self.starts.size - 1

    def column(self, name: str) -> Sequence[object]:
        """(N,) a property; `None` throughout where no shape has it."""
        return self.columns.get(name, [None] * len(self))

    def features(self, name: str) -> Iterator[dict[str, Any]]:
        """GeoJSON features; their property `layer` is `name`."""
        vertices = np.column_stack([self.lon, self.lat]).tolist()
        edges = self.starts.tolist()
        for row in range(len(self)):
            ring = vertices[edges[row] : edges[row + 1]]
            properties = {key: column[row] for key, column in self.columns.items()}
            yield {
                "type": "Feature",
                "geometry": {"type": self.shape.value, "coordinates": _nested(self.shape, ring)},
                "properties": {"layer": name, **properties},
            }


def collection(layers: Mapping[str, Layer]) -> dict[str, Any]:
    """All layers as one GeoJSON FeatureCollection."""
    features = [one for name, layer in layers.items() for one in layer.features(name)]
    return {"type": "FeatureCollection", "features": features}


def written(layers: Mapping[str, Layer]) -> bytes:
    """The same as the bytes of a file."""
    text = json.dumps(collection(layers), ensure_ascii=False, separators=(",", ":"))
    return text.encode()


def read(text: bytes, where: str) -> dict[str, Layer]:
    """The layers of a file that `written` wrote.

    Args:
        text: its bytes.
        where: file, for the error sentence.

    Raises:
        InvalidInput: it is no such collection.
    """
    try:
        features = json.loads(text)["features"]
        grouped: dict[str, list[dict[str, Any]]] = {}
        for feature in features:
            grouped.setdefault(str(feature["properties"]["layer"]), []).append(feature)
        return {name: _layer(rows) for name, rows in grouped.items()}
    except (ValueError, KeyError, TypeError, IndexError) as fault:
        raise InvalidInput(
            f"{where}: not a GeoJSON FeatureCollection of points, lines and polygons whose "
            f"features each name their 'layer' ({fault!r})"
        ) from fault


def _nested(shape: Shape, ring: list[list[float]]) -> Any:
    """Coordinates as GeoJSON nests them."""
    if shape is Shape.POINT:
        return ring[0]
    return ring if shape is Shape.LINE else [[*ring, ring[0]]]


def _layer(rows: list[dict[str, Any]]) -> Layer:
    shape = Shape(rows[0]["geometry"]["type"])
    rings = [_ring(shape, row["geometry"]["coordinates"]) for row in rows]
    starts = np.concatenate([[0], np.cumsum([len(ring) for ring in rings])])
    names = dict.fromkeys(key for row in rows for key in row["properties"] if key != "layer")
    columns = {key: [row["properties"].get(key) for row in rows] for key in names}
    lonlat = np.array([vertex[:2] for ring in rings for vertex in ring], dtype=np.float64)
    return Layer(shape=shape, starts=starts, lon=lonlat[:, 0], lat=lonlat[:, 1], columns=columns)


def _ring(shape: Shape, coordinates: Any) -> list[Any]:
    if shape is Shape.POINT:
        return [coordinates]
    return list(coordinates) if shape is Shape.LINE else list(coordinates[0][:-1])
