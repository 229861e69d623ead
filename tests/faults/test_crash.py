"""kill -9 at any moment: registers only rise, a day is settled once, and life goes on as it was."""

import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from sqlalchemy import select

from commonwatt.city.live.bookkeeping import FINAL_S
from commonwatt.kernel.intervals import DAY_S, SLOT_S, Window
from commonwatt.kernel.principal import Purpose, system
from commonwatt.platform import milestones
from commonwatt.platform.database import Database
from commonwatt.platform.database.tables import ALARM, COMMAND, POSTING, SETTLED
from commonwatt.platform.telemetry import Telemetry

READ = system("test", Purpose.OPERATE)
KILLS = 5
GOAL = DAY_S // 2 + FINAL_S + 4 * SLOT_S
"""From noon on: through the midnight that ends a day, its settling, and some fits."""


PROGRAM = """
import sys
from pathlib import Path
from commonwatt.city.live.folder import StateFolder
from commonwatt.cli.up import Wanted, run_brain
run_brain(
    StateFolder(Path(sys.argv[1])),
    Wanted(city="", named=False, overlay="", seed=7, start=0, speed=None),
)
"""


def brain(state):
    words = [sys.executable, "-c", PROGRAM, str(state.path)]
    return subprocess.Popen(words, stderr=subprocess.DEVNULL)  # noqa: S603 - our own program


def reached(state):
    database = Database(state.database_url)
    with database.read() as connection:
        found = milestones.reached(connection, milestones.LOOP)
    database.close()
    return found


def wait_until(true, patience=120.0):
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(scope="module")
def killed(begin, tmp_path_factory):
    """A village whose brain was killed again and again at random moments, then stopped."""
    state = begin(tmp_path_factory.mktemp("killed"))
    start, luck = state.setting().start, random.Random(7)
    for kill in range(KILLS):
        child, before = brain(state), reached(state)
        if kill:
            wait_until(lambda before=before: reached(state) not in {None, before})
        time.sleep(luck.random() * (1.0 if kill else 4.0))
        child.kill()
        child.wait()
    child = brain(state)
    wait_until(lambda: (reached(state) or 0) >= start + GOAL)
    child.send_signal(signal.SIGTERM)
    assert child.wait(30) == 0
    return state


@pytest.fixture(scope="module")
def spared(begin, alive, killed, tmp_path_factory):
    """The same village, lived to the same slot in one go."""
    state = begin(tmp_path_factory.mktemp("spared"))
    with alive(state) as life:
        life.run(reached(killed))
    return state


def everything(state):
    """All that was measured over the whole life, by quantity."""
    telemetry, end = Telemetry.follow(state.telemetry), reached(state)
    start = state.setting().start - 2 * DAY_S
    span = Window.uniform(start, (end - start) // SLOT_S)
    return {
        name: telemetry.last(name, telemetry.series(name), span, READ)
        for name in ("meter.import_wh", "meter.export_wh", "asset.power_kw", "bus.volts_pu",
                     "connection.base_kw", "building.air_c", "ev.got_kwh")
    }  # fmt: skip


def rows(state, table, *columns):
    database = Database(state.database_url)
    with database.read() as connection:
        found = connection.execute(select(*(table.c[name] for name in columns))).all()
    database.close()
    return sorted(tuple(row) for row in found)


def test_registers_only_rise(killed):
    measured = everything(killed)
    for register in ("meter.import_wh", "meter.export_wh"):
        for meter in measured[register]:
            known = meter[np.isfinite(meter)]
            assert known.size > DAY_S / SLOT_S
            assert (np.diff(known) >= 0).all()
            assert (known == np.rint(known)).all()


def test_every_day_is_settled_once_and_sums_to_nothing(killed):
    days = [day for (day,) in rows(killed, SETTLED, "day")]
    assert days == ["2017-04-09"]
    lines = rows(killed, POSTING, "day", "connection", "item", "band", "debit", "credit", "ticks")
    assert {line[0] for line in lines} == set(days)
    assert len({line[:4] for line in lines}) == len(lines)
    for day in days:
        accounts = {}
        for _, _, _, _, debit, credit, ticks in [line for line in lines if line[0] == day]:
            accounts[debit] = accounts.get(debit, 0) - ticks
            accounts[credit] = accounts.get(credit, 0) + ticks
        assert sum(accounts.values()) == 0
        assert len(accounts) == 1 + len(killed.city().connections)


def test_life_went_on_as_if_nothing_had_happened(killed, spared):
    ours, theirs = everything(killed), everything(spared)
    for name, values in ours.items():
        np.testing.assert_array_equal(values, theirs[name], err_msg=name)


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        (COMMAND, ("time", "asset", "low_kw", "high_kw", "expires", "reason", "acknowledged")),
        (POSTING, ("day", "connection", "item", "band", "ticks", "wh")),
        (ALARM, ("key", "raised", "priority", "times", "condition", "cause")),
    ],
)
def test_the_books_are_those_of_a_life_in_one_go(killed, spared, table, columns):
    found = rows(killed, table, *columns)
    assert found
    assert found == rows(spared, table, *columns)
