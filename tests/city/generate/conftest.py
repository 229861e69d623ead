"""Towns grown once for all tests."""

from functools import cache

import pytest

from commonwatt.city.generate import grown
from commonwatt.city.generate.town import founded
from commonwatt.kernel.rng import Rng


@pytest.fixture(scope="session")
def city():
    """Grows a city of so many homes from a seed, once."""
    return cache(grown)


@pytest.fixture(scope="session")
def town():
    """Founds a town of so many homes from a seed, once."""
    return cache(lambda homes, seed: founded(homes, Rng(seed)))
