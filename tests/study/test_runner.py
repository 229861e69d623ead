from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from commonwatt.city.bootstrap import simulated
from commonwatt.city.brain import HORIZON_SLOTS
from commonwatt.city.fairness import Fairness
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import DAY_S, SLOT_S, Window
from commonwatt.study import play as stage
from commonwatt.study import runner
from commonwatt.study.result import BESIDE, RUNS, UNFAIR
from commonwatt.study.runner import study

DAY = date(2017, 4, 9)


@pytest.fixture
def here(monkeypatch):
    """Everything in this process, and every scene played by somebody who saw the first one."""

    class Pool:
        def __init__(self, max_workers):
            self.workers = max_workers

        def submit(self, job, *args):
            done = Future()
            done.set_result(job(*args))
            return done

    @contextmanager
    def pool(max_workers):
        yield Pool(max_workers)

    monkeypatch.setattr(runner, "ProcessPoolExecutor", pool)


@pytest.fixture
def acted(here, monkeypatch, lived, scene):
    """Plays nothing anew: gives the day as lived before, under the names asked for."""
    scenes = []

    def acting(asked, _world):
        scenes.append(asked)
        was = lived(asked.run if asked.run in RUNS else "coordinated").played
        rows = tuple(replace(r, run=asked.run, seed=asked.seed) for r in was.rows)
        return replace(was, run=asked.run, seed=asked.seed, rows=rows)

    monkeypatch.setattr(runner, "play", acting)
    monkeypatch.setattr(runner, "lead", lambda _city, _start, seed: seed)
    assert here is None
    assert scene.days == 1
    return scenes


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"days": 0}, "at least one day and one seed"),
        ({"seeds": 0}, "at least one day and one seed"),
        ({"seeds": ()}, "at least one day and one seed"),
        ({"days": -3}, "at least one day and one seed"),
        ({"start": date(2016, 1, 1)}, ("no weather or profile for 1 days from 2016-01-01; "
         r"name days within 2017-04-06 to 2017-04-11")),
        ({"start": date(2019, 1, 1)}, "no weather or profile for 1 days from 2019-01-01"),
        ({"start": DAY, "days": 7}, "no weather or profile for 7 days from 2017-04-09"),
        ({}, "profiles cover too few days for a study of 1 days"),
    ],
)  # fmt: skip
def test_what_cannot_be_studied_is_told_in_one_sentence(asked, sentence, village):
    with pytest.raises(InvalidInput, match=sentence) as told:
        study(village(), **{"days": 1, **asked})
    assert "\n" not in str(told.value)
    assert len(str(told.value)) < 200


@pytest.mark.parametrize("source", ["atlantis", "simbench:no-such-code", "feeder.json"])
def test_an_unknown_city_is_named(source):
    with pytest.raises(InvalidInput, match=source.removeprefix("simbench:")):
        study(source, days=1)


def test_a_study_has_four_runs_of_every_seed_and_variants_of_the_first(acted, village):
    result = study(village(), start=DAY, days=1, seeds=(5, 6), beside=True, jobs=2)
    assert {(s.run, s.seed) for s in acted} == {(r, s) for r in RUNS for s in (5, 6)} | {
        (r, 5) for r in BESIDE
    }
    assert len(acted) == 12
    assert {s.start for s in acted} == {1491688800}, "local midnight"
    assert result.seeds == (5, 6)
    assert result.start == 1491688800
    assert result.why_this_week == "The 1 days from 09 April 2017, as asked."
    for run in RUNS:
        assert np.isfinite(result.value(run, "system_cost")).all(), run
        assert np.isfinite(result.value(run, "bill_rise_worst")).all(), run
    assert len(result.traces) == 12
    assert len(result.bills) == 12 * 7
    assert result.binds
    assert result.measures["overload_energy"]["bound"] < 1e-3


def test_a_confidence_takes_the_margins_place(acted, village):
    result = study(village(), start=DAY, days=1, seeds=(5,), confidence=0.95)
    assert result.settings["margin"].startswith("each limit held with 0.95 in each slot")
    with pytest.raises(InvalidInput, match="cannot be; it is 0 for none"):
        study(village(), start=DAY, days=1, seeds=(5,), confidence=0.2)
    assert len(acted) == 4


def test_where_fairness_has_a_weight_every_seed_is_lived_without_it_too(acted, village):
    city = replace(village(), fairness=Fairness(weight=1.0))
    result = study(city, start=DAY, days=1, seeds=(5, 6), jobs=2)
    assert {(s.run, s.seed) for s in acted} == {(r, s) for r in (*RUNS, UNFAIR) for s in (5, 6)}
    assert np.isfinite(result.value(UNFAIR, "system_cost")).all()


def test_progress_is_told_from_nothing_to_all(acted, village):
    heard = []
    study(village(), start=DAY, days=1, seeds=(5,), progress=lambda *said: heard.append(said))
    assert len(acted) == 4
    assert heard[0] == ("reading the city", 0.0)
    assert heard[-1] == ("settling", 1.0)
    lived = [share for what, share in heard if what.startswith("lived")]
    assert lived == [0.25, 0.5, 0.75, 1.0]
    assert {what for what, _ in heard} >= {f"lived {run!r} with seed 5" for run in RUNS}


def test_seeds_by_number_come_from_the_commit(acted, village, monkeypatch):
    monkeypatch.setattr(runner, "commit", lambda: "abc")
    first = study(village(), start=DAY, days=1, seeds=2)
    again = study(village(), start=DAY, days=1, seeds=2)
    monkeypatch.setattr(runner, "commit", lambda: "abd")
    other = study(village(), start=DAY, days=1, seeds=2)
    assert first.seeds == again.seeds
    assert not set(first.seeds) & set(other.seeds)
    assert first.settings["commit"] == "abc"
    assert acted


def test_no_limit_binds_where_the_transformer_is_large(scene, village, noon, monkeypatch):
    monkeypatch.setattr(stage, "LEAD_DAYS", 1)
    played = stage.play(scene, stage.lead(village(rated_kva=400.0), noon, scene.seed))
    assert not runner._binds([played])
    peak = next(r.value for r in played.rows if r.measure == "transformer_peak")
    assert 0 < peak < 30


def test_a_limit_binds_if_it_does_on_any_luck_under_todays_habits(lived):
    tuned, today = lived("tuned").played, lived("today").played
    assert runner._binds([tuned, today])
    assert not runner._binds([tuned])


def test_every_day_that_may_be_asked_for_can_be_lived_to_its_end(village):
    """The last forecast of a day reaches 32 hours ahead, where the village's weather must reach."""
    city = village()
    allowed = [d for d in (date(2017, 4, n) for n in range(5, 15)) if begun(city, d) is not None]
    assert allowed == [date(2017, 4, n) for n in range(6, 12)]
    for asked in allowed:
        end = begun(city, asked) + DAY_S - SLOT_S
        signals = simulated(city, 1, begun(city, asked)).ground.signals
        issued = signals.weather_issued(Window.uniform(end, HORIZON_SLOTS), end)
        assert np.isfinite(issued.ghi_w_m2).all(), asked


def begun(city, asked):
    try:
        return runner._begin(city, asked, 1, 0, lambda *_: None)[0]
    except InvalidInput:
        return None
