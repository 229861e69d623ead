"""A street of lamps."""

import numpy as np
import pytest

from commonwatt.sectors.lighting import SECTOR
from commonwatt.sectors.lighting.analysis import CLASSES
from commonwatt.sectors.lighting.model import LAMP


@pytest.fixture
def street_of(tabled, quarter, life):
    """Makes a street with one lamp of each of the given classes, alternately behind two meters."""

    def made(classes=CLASSES, rated_kw=0.1, **more):
        at = np.arange(len(classes)) % 2
        lamps = tabled(LAMP, at, rated_kw=rated_kw, road_class=np.array(classes, dtype=object))
        return life(quarter(lamps, **more), SECTOR)

    return made


@pytest.fixture
def street(street_of):
    """A lamp of every class there is."""
    return street_of()
