"""A school and an office."""

import pytest

from commonwatt.sectors.buildings import SECTOR
from commonwatt.sectors.buildings.model import BUILDING


@pytest.fixture
def campus_of(tabled, quarter, life):
    """Makes a campus; its buildings hang on connections 0, 1 and so on."""

    def made(uses=("school", "office"), *, rated_kw=26.0, now=None, **more):
        halls = tabled(
            BUILDING,
            list(range(len(uses))),
            use=list(uses),
            floor_m2=1200.0,
            rated_kw=rated_kw,
            loss_kw_per_k=1.2,
            mass_kwh_per_k=90.0,
            open_h=7.75,
            close_h=16.5,
        )
        campus = life(quarter(halls, **more), SECTOR)
        campus.now = campus.now if now is None else now
        return campus

    return made


@pytest.fixture
def campus(campus_of):
    """At local midnight, as Monday begins."""
    return campus_of()
