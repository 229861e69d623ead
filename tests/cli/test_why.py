"""`commonwatt why ASSET TIME`, against a village that lived some slots."""

import shutil
import sqlite3

import pytest
from typer.testing import CliRunner

from commonwatt.cli.app import app
from commonwatt.kernel.errors import InvalidInput, NotFound, StorageFailed
from commonwatt.kernel.intervals import SLOT_S

RUNNER = CliRunner(env={"COLUMNS": "60", "NO_COLOR": "1", "TERM": "dumb"})


@pytest.fixture(scope="module")
def state(begin, alive, tmp_path_factory):
    made = begin(tmp_path_factory.mktemp("asked"))
    with alive(made) as life:
        life.run(made.setting().start + SLOT_S)
    return made


def ask(state, *words):
    return RUNNER.invoke(app, ["why", *words, "--state", str(state.path)])


def test_one_sentence_with_the_price_and_what_binds(state):
    done = ask(state, "battery/1", "2017-04-09T12:03")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("battery/1 in the quarter hour from 2017-04-09 12:00: ")
    assert done.output.count("\n") == 1
    assert "a kWh is worth" in done.output
    assert done.output.endswith((" ct to it.\n", " ct off it.\n", "no limit binds here.\n"))


def test_now_is_the_newest_plan(state):
    done = ask(state, "pv/1")
    assert done.output.startswith("pv/1 in the quarter hour from 2017-04-09 12:15: ")


def test_an_unknown_asset_hears_the_names_that_are_near(state):
    done = ask(state, "batery/1")
    assert isinstance(done.exception, NotFound)
    assert "there is no asset 'batery/1'" in str(done.exception)
    assert "did you mean battery/1" in str(done.exception)


@pytest.mark.parametrize(
    ("time", "words"),
    [
        ("2017-04-08T12:00", "from 2017-04-09 12:00 to 2017-04-09 12:30"),
        ("tomorrow", "is no time"),
    ],
)
def test_a_time_without_a_plan_is_refused(state, time, words):
    done = ask(state, "battery/1", time)
    assert isinstance(done.exception, NotFound)
    assert words in str(done.exception)


def test_a_state_that_was_not_migrated_says_what_to_do(state, tmp_path):
    old = tmp_path / "old"
    shutil.copytree(state.path, old)
    with sqlite3.connect(old / "state.db") as door:
        door.execute("DROP TABLE decision")
    done = RUNNER.invoke(app, ["why", "battery/1", "--state", str(old)])
    assert isinstance(done.exception, StorageFailed)
    assert "comes from an older version" in str(done.exception)
    assert "run `commonwatt up` with it once" in str(done.exception)


def test_where_nothing_runs_that_is_said(tmp_path):
    done = RUNNER.invoke(app, ["why", "battery/1", "--state", str(tmp_path)])
    assert isinstance(done.exception, InvalidInput)
    assert "no city was ever started here" in str(done.exception)
