"""What there is and where it lies."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from commonwatt.city.map import geojson
from commonwatt.server.access import Known, Operator
from commonwatt.server.live import Live, live_of

router = APIRouter(prefix="/api", tags=["city"])


class SectorName(BaseModel):
    """A sector."""

    name: str
    title: str


class LimitName(BaseModel):
    """A kind of limit and what it is measured in."""

    name: str
    unit: str


class CityFacts(BaseModel):
    """The city in short."""

    name: str
    zone: str
    lat: float
    lon: float
    homes: int
    sectors: list[SectorName]
    limits: list[LimitName]


class Feature(BaseModel):
    """One thing on the map; `properties.layer` says what it is."""

    type: str = "Feature"
    geometry: dict[str, Any]
    properties: dict[str, Any]


class Map(BaseModel):
    """The map as GeoJSON."""

    type: str = "FeatureCollection"
    features: list[Feature]


class Home(BaseModel):
    """A metered point."""

    connection: str
    use: str
    neighbourhood: str


@router.get("/city")
def read_city(live: Annotated[Live, Depends(live_of)], _who: Known) -> CityFacts:
    """Tell what city this is."""
    city = live.census.city
    return CityFacts(
        name=city.name,
        zone=city.place.zone,
        lat=city.place.latitude,
        lon=city.place.longitude,
        homes=city.connections.text("use").count("home"),
        sectors=[SectorName(name=row.name, title=row.title) for row in live.census.sectors],
        limits=[
            LimitName(name="transformer", unit="share of rated kVA"),
            LimitName(name="line", unit="share of rated A"),
            LimitName(name="voltage", unit="share of the permitted band"),
        ],
    )


@router.get("/map")
def read_map(live: Annotated[Live, Depends(live_of)], _who: Operator) -> Map:
    """Everything that has a place."""
    return Map.model_validate(geojson(live.census.city))


@router.get("/homes")
def list_homes(live: Annotated[Live, Depends(live_of)], _who: Operator) -> list[Home]:
    """List every metered point."""
    table = live.census.city.connections
    rows = zip(table.ids, table.text("use"), table.text("neighbourhood"), strict=True)
    return [Home(connection=name, use=use, neighbourhood=area) for name, use, area in rows]
