"""How far off offers may be: from the record, from bands, and what the sun has to do with it."""

from dataclasses import replace

import numpy as np
import pytest

from commonwatt.city import folder
from commonwatt.city.bootstrap import flexible, network
from commonwatt.city.confidence import Dispatch
from commonwatt.city.doubt import doubt
from commonwatt.city.strategy import Coordinated, Habit, LocalRules
from commonwatt.kernel.doubt import Bands, Scenarios
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import Forecast
from commonwatt.platform.dispatch import Dispatcher
from commonwatt.platform.forecast import Forecaster, Naive
from commonwatt.sectors.grid.control import Limiter
from commonwatt.sectors.renewables.analysis import references


class Told:
    """A view of which a test says what was off and how wide bands are."""

    def __init__(self, city, now, errors=None, half=1.0):
        self.plan, self.now, self._errors, self._half = city, now, errors or {}, half

    def errors(self, quantity, series, window):
        off = self._errors.get(quantity)
        return None if off is None else np.full((2, series.size, len(window)), off)

    def forecast(self, quantity, series, window):
        middle = np.ones((series.size, len(window)))
        return Forecast(
            quantity=quantity,
            series=series,
            window=window,
            levels=np.array([0.1, 0.5, 0.9]),
            value=np.stack([middle - self._half, middle, middle + 2 * self._half]),
            issued_at=self.now,
            model=("x",) * series.size,
        )


@pytest.fixture
def city(village):
    return village(days=2)


def behind(city):
    """(C,) how many capped and reference roofs hang on each connection."""
    roofs, count = city.table("pv"), len(city.connections)
    free = references(roofs.f("rated_kw"))
    return [np.bincount(roofs.connection[m], minlength=count) for m in (~free, free)]


def test_nothing_asked_is_nothing_doubted(city, noon):
    assert doubt(Dispatch(), Told(city, noon), Window.graded(noon)) is None
    assert Dispatch().asked is None
    assert (Dispatch().margin(0.03), Dispatch(confidence=0.9).margin(0.03)) == (0.03, 0.0)


def test_more_sun_is_what_caps_are_for_less_sun_is_more_drawn(city, noon):
    capped, free = behind(city)
    for sun, expected in ((1.0, 0.3 - free), (-1.0, 0.3 + capped + free)):
        view = Told(city, noon, {"connection.base_kw": 0.3, "pv.potential_kw": sun})
        found = doubt(Dispatch(confidence=0.9), view, Window.graded(noon))
        assert isinstance(found, Scenarios)
        np.testing.assert_allclose(found.error_kw, expected[None, :, None] * np.ones((2, 1, 32)))


def test_without_a_record_bands_speak_with_the_correlation_stated(city, noon):
    asked = Dispatch(confidence=0.9, correlation=0.2)
    found = doubt(asked, Told(city, noon, half=1.2816), Window.graded(noon))
    assert isinstance(found, Bands)
    assert found.correlation == 0.2
    capped, free = behind(city)
    np.testing.assert_allclose(found.above_kw[:, 0], np.sqrt(4 + capped + free), rtol=1e-4)
    np.testing.assert_allclose(found.below_kw[:, 0], np.sqrt(1 + 4 * free), rtol=1e-4)
    view = Told(city, noon, {"connection.base_kw": 0.3, "pv.potential_kw": 0.1})
    assert isinstance(doubt(replace(asked, errors="bands"), view, Window.graded(noon)), Bands)


@pytest.mark.parametrize("errors", ["record", "bands"])
def test_a_brain_plans_with_the_probability_its_city_asks_for(world, noon, errors):
    movers, asked = flexible(world.sectors), Dispatch(confidence=0.95, errors=errors)
    wires = network(world.city, world.sectors, asked.margin(0.03))
    local = LocalRules(movers, Limiter(world.city, 0.05))
    ours = Coordinated(movers, Dispatcher(wires, confidence=0.95), local, surely=asked)
    brain = world.brain(Habit(), Forecaster(world.city.place, draws=True))
    brain.sense(noon)
    brain.foresee(noon)
    told = ours.decide(brain.view(noon))
    assert ours.schedule.status == "optimal", ours.schedule.cause
    assert len(told)
    found = ours.dispatcher.certificate(ours.schedule)
    assert found is not None
    assert found.confidence == 0.95
    assert found.breach is None


def test_a_forecaster_without_a_record_leaves_it_to_bands(world, noon):
    brain = world.brain(Habit(), Naive())
    brain.sense(noon)
    brain.foresee(noon)
    found = doubt(Dispatch(confidence=0.9), brain.view(noon), Window.graded(noon))
    assert isinstance(found, Bands)


def test_a_city_file_says_how_surely(tmp_path, hamlet):
    asked = Dispatch(confidence=0.95, errors="bands", correlation=0.3)
    folder.save(replace(hamlet(2), dispatch=asked), tmp_path)
    assert folder.load(tmp_path).dispatch == asked
    folder.save(hamlet(2), tmp_path)
    assert "[dispatch]" not in (tmp_path / "city.toml").read_text()
    assert folder.load(tmp_path).dispatch == Dispatch()


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"confidence": 0.3}, "0 for none, or from 0.5"),
        ({"confidence": 1.0}, "0 for none, or from 0.5"),
        ({"errors": "hope"}, "'hope' is neither record nor bands"),
        ({"correlation": -0.1}, "correlation of -0.1"),
    ],
)
def test_what_cannot_be_is_refused(said, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        Dispatch(**{"confidence": 0.9, **said})
