"""Studies from the page: the command line's figures, in a child of their own."""

import csv
import json
import os
import time
from io import StringIO

import pytest
from typer.testing import CliRunner

from commonwatt.cli.app import app as command_line
from commonwatt.kernel.errors import NotFound
from commonwatt.server.laboratory import Laboratory

ORDER = {"city": "this", "start": "2017-04-09", "days": 1, "seeds": 1, "overlay": "ev=0.3"}


@pytest.fixture
def waited(operator):
    """Waits until a study is over; its state."""

    def wait(number, patience=240.0):
        deadline, shares = time.monotonic() + patience, []
        while time.monotonic() < deadline:
            state = operator.get(f"/api/studies/{number}").json()
            shares.append(state["share"])
            if state["status"] in {"done", "failed"}:
                assert shares == sorted(shares)
                return state
            time.sleep(0.1)
        raise AssertionError(state)

    return wait


def test_a_study_finds_what_the_command_line_finds(operator, waited, state, tmp_path):
    ordered = operator.post("/api/studies", json=ORDER)
    assert ordered.status_code == 202
    number = ordered.json()["id"]
    found = waited(number)
    assert found["status"] == "done", found["error"]
    words = ["study", str(state.path / "city"), "--start", "2017-04-09", "--days", "1"]
    words += ["--seeds", "1", "--overlay", "ev=0.3", "--jobs", "1", "--out", str(tmp_path / "cli")]
    assert CliRunner().invoke(command_line, words).exit_code == 0
    theirs = json.loads((tmp_path / "cli" / "result.json").read_text())
    ours = [[row[name] for name in theirs["columns"]] for row in found["rows"]]
    assert len(ours) > 50
    assert ours == theirs["rows"]
    bills = list(csv.DictReader(StringIO((tmp_path / "cli" / "bills.csv").read_text())))
    assert [str(b["cost_eur"]) for b in found["bills"]] == [b["cost_eur"] for b in bills]
    assert found["settings"] == theirs["settings"]
    report = operator.get(found["report"])
    assert report.status_code == 200
    assert "script-src 'unsafe-inline'" in report.headers["content-security-policy"]
    assert report.content == (state.studies / number / "report.html").read_bytes()
    assert operator.get("/api/studies").json()[0]["id"] == number


def test_a_study_that_is_refused_says_why(operator, waited):
    number = operator.post("/api/studies", json=ORDER | {"start": "1999-01-01"}).json()["id"]
    state = waited(number)
    assert state["status"] == "failed"
    assert "there is no weather or profile" in state["error"]
    assert state["report"] is None


def test_a_study_can_be_cancelled_and_the_next_one_begins(operator, waited, app):
    first = operator.post("/api/studies", json=ORDER).json()["id"]
    second = operator.post("/api/studies", json=ORDER | {"start": "1999-01-01"}).json()["id"]
    laboratory = app.state.laboratory
    while laboratory._child is None:
        time.sleep(0.02)
    child = laboratory._child[1]
    assert operator.delete(f"/api/studies/{first}").status_code == 204
    assert waited(first)["status"] == "failed"
    assert child.wait(20) != 0
    assert waited(second)["status"] == "failed"
    assert "weather" in operator.get(f"/api/studies/{second}").json()["error"]


def test_a_study_ends_with_its_server(live, state):
    laboratory = Laboratory(live.database, state.studies, state.path / "city")
    number = laboratory.order("this", "2017-04-09", 1, 1, "")
    while laboratory._child is None:
        time.sleep(0.02)
    child = laboratory._child[1]
    laboratory.close()
    assert child.wait(20) != 0
    with pytest.raises(ProcessLookupError):
        os.killpg(child.pid, 0)
    fresh = Laboratory(live.database, state.studies, state.path / "city")
    fresh.close()
    assert fresh.find(number).status == "failed"


@pytest.mark.parametrize(
    "wrong",
    [{"city": "/etc"}, {"city": "../x"}, {"days": 0}, {"days": 15}, {"seeds": 6},
     {"overlay": "ev=3"}, {"overlay": "moon=0.1"}, {"start": "yesterday"}],
)  # fmt: skip
def test_what_cannot_be_studied_is_refused(operator, wrong):
    answer = operator.post("/api/studies", json=ORDER | wrong)
    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], str)
    assert operator.get("/api/studies").json() == []


def test_too_many_waiting_studies_are_refused(operator, monkeypatch):
    monkeypatch.setattr("commonwatt.server.laboratory.MOST_WAITING", 0)
    answer = operator.post("/api/studies", json=ORDER)
    assert answer.status_code == 422
    assert "wait already" in answer.json()["detail"]


def test_an_unknown_study_is_not_cancelled(app, operator):
    assert operator.delete("/api/studies/none").status_code == 404
    with pytest.raises(NotFound):
        app.state.laboratory.cancel("none")
