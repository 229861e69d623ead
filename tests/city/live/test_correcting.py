"""A life whose feeder is fuller than anybody knew: it is corrected, told, and survives a crash."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import select

from commonwatt.city.correction import Correction
from commonwatt.city.live import answers
from commonwatt.city.live.census import Census
from commonwatt.city.live.lasting import LastingField
from commonwatt.city.registry import sectors
from commonwatt.city.steps import Glance
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.principal import Purpose, system
from commonwatt.platform import outbox
from commonwatt.platform.database import Database
from commonwatt.platform.database.tables import COMMAND, EVENT
from commonwatt.platform.devices import archive
from commonwatt.platform.telemetry import Telemetry

READ = system("test", Purpose.OPERATE)
EXTRA_KW = -8.0
RATED_KVA = 30.0
SLOTS = 3


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours catches it."""


@pytest.fixture(scope="module", autouse=True)
def fuller():
    """Behind the transformer more is fed in than anybody knew."""
    whole = LastingField.glance

    def more(self, to) -> Glance:
        glance = whole(self, to)
        power, loading = glance.branch_kw.copy(), glance.loading.copy()
        reactive = np.sqrt(max((loading[0] * RATED_KVA) ** 2 - power[0] ** 2, 0.0))
        power[0] += EXTRA_KW
        loading[0] = np.hypot(power[0], reactive) / RATED_KVA
        return replace(glance, branch_kw=power, loading=loading)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LastingField, "glance", more)
        yield whole


@pytest.fixture(scope="module")
def lived(begin, alive, tmp_path_factory):
    """Some slots lived in one go. Not to be changed."""
    state = begin(tmp_path_factory.mktemp("lived"))
    with alive(state) as life:
        life.run(state.setting().start + SLOTS * SLOT_S)
    return state


def corrections(state):
    database = Database(state.database_url)
    with database.read() as connection:
        mine = select(COMMAND).where(COMMAND.c.author == "feeder.correction")
        found = connection.execute(mine.order_by(COMMAND.c.time, COMMAND.c.asset)).all()
    database.close()
    return [(r.time, r.asset, r.low_kw, r.high_kw, r.expires, r.reason) for r in found]


def test_what_was_corrected_is_in_the_journal_with_author_reason_and_expiry(lived):
    told = corrections(lived)
    assert told
    for time, _asset, low, high, expires, reason in told:
        assert time % SLOT_S, "between plans"
        assert expires == time - time % SLOT_S + SLOT_S
        assert "held by the feeder's own correction" in reason
        assert "transformer 1" in reason
        assert low <= 0 <= high
    assert len({(time, asset) for time, asset, *_ in told}) == len(told)


def test_why_says_so_and_still_says_the_plan(lived):
    time, asset, *_ = corrections(lived)[0]
    census, database = Census(lived.city(), sectors()), Database(lived.database_url)
    with database.read() as connection:
        said = answers.answer(connection, census, asset, time)
        newest = archive.newest(connection, lived.setting().start + SLOTS * SLOT_S)
    database.close()
    planned, held = said.sentence.split("; held by the feeder's own correction to ")
    assert planned
    assert "kW at the tightest" in held
    assert all(row.author != "feeder.correction" for row in newest.values()), "plans are apart"


def test_pages_hear_at_once_whom_the_feeder_holds(lived):
    database = Database(lived.database_url)
    with database.read() as connection:
        bodies = [json.loads(row.body) for row in connection.execute(select(EVENT)).all()]
        _, present = outbox.present(connection)
    database.close()
    told = [body["corrections"] for body in bodies if "corrections" in body]
    most = max(told, key=lambda one: one["held"])
    assert most["held"] > 0
    assert most["kw"] > 0
    assert most["every_s"] == 60, "at full speed it looks once a minute"
    first = most["most"][0]
    assert set(first) == {"asset", "sector", "to_kw", "of_kw", "limit", "since"}
    assert 0 >= first["to_kw"] >= first["of_kw"]
    assert json.loads(present)["corrections"]["held"] > 0


def measured(state):
    telemetry = Telemetry.follow(state.telemetry)
    window = Window.uniform(state.setting().start - SLOT_S, SLOTS + 1)
    return {
        name: telemetry.last(name, telemetry.series(name), window, READ)
        for name in ("meter.import_wh", "meter.export_wh", "asset.power_kw", "branch.loading")
    }


@pytest.mark.parametrize(
    "crash",
    [
        pytest.param((LastingField, "glance", {4, 19}), id="while looking"),
        pytest.param((Correction, "renew", {3, 5}), id="when a slot was lived, before its plan"),
    ],
)
def test_a_crash_between_plans_costs_nothing(begin, alive, tmp_path, lived, crash):
    state = begin(tmp_path / "s")
    thing, act, when = crash
    whole, times = getattr(thing, act), 0

    def dies(*words):
        nonlocal times
        times += 1
        if times in when:
            raise Killed
        return whole(*words)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(thing, act, dies)
        for _ in range(2):
            with alive(state) as life, pytest.raises(Killed):
                life.run(state.setting().start + SLOTS * SLOT_S)
        with alive(state) as life:
            life.run(state.setting().start + SLOTS * SLOT_S)
    assert corrections(state) == corrections(lived)
    theirs = measured(lived)
    for quantity, values in measured(state).items():
        np.testing.assert_array_equal(values, theirs[quantity], err_msg=quantity)


def test_a_correction_shows_in_what_the_meter_tells(lived, begin, alive, tmp_path, fuller):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LastingField, "glance", fuller)
        state = begin(tmp_path / "calm")
        with alive(state) as life:
            life.run(state.setting().start + SLOTS * SLOT_S)
    assert corrections(state) == [], "nobody is held where nothing is too full"
    ours, theirs = measured(lived), measured(state)
    less = np.nanmax(theirs["meter.export_wh"] - ours["meter.export_wh"], axis=1).sum()
    assert less > 500.0, "half a kWh less was fed in"
