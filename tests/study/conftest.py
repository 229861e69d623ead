"""Lives of the village, each lived once per session and only if asked for."""

import pickle
from dataclasses import dataclass, replace
from functools import cache

import pytest

from commonwatt.city.bootstrap import Simulated
from commonwatt.city.strategy import Strategy
from commonwatt.study import play as stage
from commonwatt.study.play import Played, Scene

MARGIN = 0.03
"""Kept free in the village: with seven homes chance averages out less than in a street."""


@dataclass
class Life:
    """One lived run: what came of it, the world it used up, and who decided."""

    played: Played
    world: Simulated
    strategy: Strategy


@pytest.fixture(scope="session")
def scene(noon):
    """A day of the village."""
    return Scene(start=noon, days=1, run="today", seed=7, margin=MARGIN)


@pytest.fixture(scope="session")
def live(past, scene):
    """Lives the day again: by the run's own strategy, or by one that is made for its world."""

    def lived(run, make=None):
        world, chosen, own = pickle.loads(past), [], stage._strategy  # noqa: S301 - our own bytes

        def strategy(scene, world):
            chosen.append(own(scene, world) if make is None else make(world))
            return chosen[0]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(stage, "_strategy", strategy)
            played = stage.play(replace(scene, run=run), world)
        return Life(played, world, chosen[0])

    return lived


@pytest.fixture(scope="session")
def lived(live):
    """The day as lived in one of the four runs; the same object whoever asks."""
    return cache(live)


@pytest.fixture(scope="session")
def registers(past):
    """(drawn, fed) registers of all meters, whole Wh, at the day's beginning."""
    return counters(pickle.loads(past))  # noqa: S301 - our own bytes


def counters(world):
    """(drawn, fed) registers of all meters of a world, whole Wh."""
    meters = next(t for t in world.field._twins if type(t).__name__ == "Meters")
    return (meters._drawn + 1e-6) // 1, (meters._fed + 1e-6) // 1


def value(played, measure, area="all"):
    """One measure of a run."""
    return next(r.value for r in played.rows if (r.measure, r.area) == (measure, area))


@pytest.fixture(scope="session")
def measure():
    """Looks up one measure of a run."""
    return value
