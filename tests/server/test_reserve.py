"""Reserve over HTTP: seen, called by an operator with a reason, given from the next slot, ended."""

from dataclasses import replace

import pytest

from commonwatt.city import folder
from commonwatt.city.reserve import Reserve
from commonwatt.kernel.intervals import SLOT_S, moment

KEPT_KW = 3.0
WANTED = {"side": "down", "kw": 2.0, "minutes": 15, "note": "frequency is high"}
CALL, RESERVE = "/api/dispatch/reserve/call", "/api/dispatch/reserve"


def text(seconds):
    return f"{moment(seconds):%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture
def ready(begin, alive, tmp_path, village):
    """The state folder of a village that keeps power ready and has lived a slot."""
    asked = Reserve(down_kw=KEPT_KW, hours=0.25)
    folder.save(replace(village(days=14), reserve=asked), tmp_path / "ready")
    state = begin(tmp_path / "s", city=str(tmp_path / "ready"))
    with alive(state) as life:
        life.run(state.setting().start)
    return state


def test_a_call_is_seen_given_and_over(ready, alive, door_to):
    start, asked = ready.setting().start, door_to(ready)
    before = asked.get(RESERVE).json()
    assert before["call"] is None
    assert before["ready"] == {
        "time": text(start + SLOT_S), "up_kw": 0.0, "down_kw": KEPT_KW, "hours": 0.25,
    }  # fmt: skip
    put = asked.post(CALL, json=WANTED)
    assert put.status_code == 200
    assert put.json()["sentence"].endswith("the newest plan keeps that.")
    assert put.json()["call"] == {
        "number": 1, "side": "down", "kw": 2.0, "since": text(start), "ended": None,
        "until": text(start + 2 * SLOT_S), "author": "operator", "note": "frequency is high",
        "given": [],
    }  # fmt: skip
    assert asked.get(RESERVE).json() == put.json()
    with alive(ready) as life:
        life.run(start + SLOT_S)
        given = asked.get(RESERVE).json()
        plan = asked.get("/api/dispatch?limit=500").json()
        life.run(start + 2 * SLOT_S)
    assert given["call"]["given"] == [{"time": text(start + SLOT_S), "kw": 2.0}]
    assert given["sentence"].startswith("2.0 of 2.0 kW more drawn is given until ")
    assert any("reserve is called by operator" in one["reason"] for one in plan["asked"])
    assert asked.get(RESERVE).json()["call"] is None
    assert asked.get(f"{RESERVE}/calls").json() == [given["call"]]


def test_more_than_is_kept_is_taken_and_said(ready, door_to):
    said = door_to(ready).post(CALL, json=WANTED | {"kw": 50}).json()["sentence"]
    assert said.endswith("3.0 kW of it is kept by the newest plan, and no more will be given.")


def test_a_call_can_be_ended(ready, door_to):
    asked = door_to(ready)
    asked.post(CALL, json=WANTED)
    assert asked.delete(CALL).status_code == 204
    assert asked.get(RESERVE).json()["call"] is None
    assert asked.delete(CALL).status_code == 404
    (kept,) = asked.get(f"{RESERVE}/calls").json()
    assert kept["ended"] == text(ready.setting().start)


@pytest.mark.parametrize(
    "wrong",
    [{"kw": 0}, {"kw": -1}, {"minutes": 0}, {"minutes": 1441}, {"note": " "}, {"side": "x"}],
)
def test_what_is_no_call_is_refused(operator, wrong):
    assert operator.post(CALL, json=WANTED | wrong).status_code == 422


def test_a_side_that_is_not_kept_cannot_be_called(operator):
    answer = operator.post(CALL, json=WANTED)
    assert answer.status_code == 422
    assert "down_kw under [reserve]" in answer.json()["detail"]
    assert operator.get(f"{RESERVE}/calls").json() == []


def test_only_an_operator_sees_and_calls_reserve(door):
    anna = door("connection/2")
    assert anna.get(RESERVE).status_code == 403
    assert anna.post(CALL, json=WANTED).status_code == 403
    assert anna.delete(CALL).status_code == 403
