"""`commonwatt doctor`: a sound set-up passes, each fault is found and comes with its cure."""

import json
import shutil
import socket
import time
from importlib.metadata import PackageNotFoundError
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from commonwatt.city.live.folder import StateFolder
from commonwatt.cli import checks
from commonwatt.cli.app import app
from commonwatt.kernel.errors import NoPlan
from commonwatt.kernel.intervals import SLOT_S

RUNNER = CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"})


class Usage(NamedTuple):
    """Of a disk."""

    total: float
    used: float
    free: float


@pytest.fixture(autouse=True)
def quick(monkeypatch, tmp_path):
    """Slow looks are looked at in tests of their own."""
    page = tmp_path / "static"
    page.mkdir()
    (page / "index.html").write_text("<h1>Page</h1>")
    monkeypatch.setattr(checks, "STATIC", page)
    monkeypatch.setattr(checks, "_solver", lambda: checks.Check("solver", "ok", "solves"))
    monkeypatch.setattr(checks, "_unimportable", lambda _name, _module: iter(()))


def asked(*words):
    done = RUNNER.invoke(app, ["doctor", "--json", *map(str, words)])
    report = json.loads(done.output)
    assert report["ok"] == (done.exit_code == 0)
    assert done.exit_code in {0, 2}
    return {check["name"]: check for check in report["checks"]}


def faults(found):
    failed = {name: check for name, check in found.items() if check["status"] == "fail"}
    assert all(check["cure"] for check in failed.values())
    return set(failed)


@pytest.fixture(scope="module")
def sound(begin, alive, tmp_path_factory):
    """A state folder in order. Not to be changed."""
    state = begin(tmp_path_factory.mktemp("sound"))
    with alive(state) as life:
        life.run(state.setting().start + SLOT_S)
    return state


@pytest.fixture
def state(sound, tmp_path):
    shutil.copytree(sound.path, tmp_path / "state")
    return StateFolder(tmp_path / "state")


def test_a_sound_set_up_passes(state):
    found = asked("--state", state.path, "--port", 0)
    assert faults(found) == set()
    assert "village until 2017-04-09 10:15" in found["state"]["said"]


def test_a_new_folder_is_no_fault(tmp_path):
    assert faults(asked("--state", tmp_path / "new", "--port", 0)) == set()


def test_for_people_it_is_a_table(tmp_path):
    done = RUNNER.invoke(app, ["doctor", "--state", str(tmp_path / "new"), "--port", "0"])
    assert done.exit_code == 0
    assert "All is well" in done.output


def test_a_taken_port_is_found(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found = asked("--state", tmp_path / "new", "--port", taken.getsockname()[1])
    assert faults(found) == {"port"}


def test_a_city_that_runs_explains_a_taken_port(state):
    held = state.locked()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found = asked("--state", state.path, "--port", taken.getsockname()[1])
    assert held
    assert faults(found) == set()
    assert "runs" in found["port"]["said"]


def damaged(path, at=-40):
    data = bytearray(path.read_bytes())
    data[at] ^= 0xFF
    path.write_bytes(bytes(data))


@pytest.mark.parametrize(
    "hurt",
    [
        lambda state: (state.path / "setting.json").write_text("{"),
        lambda state: (state.path / "city" / "city.toml").unlink(),
        lambda state: (state.path / "state.db").write_bytes(b"no database at all" * 99),
        lambda state: [p.unlink() for p in state.path.glob("field-*.bin")],
        lambda state: [p.write_bytes(b"half") for p in state.path.glob("mind-*.bin")],
        lambda state: state.telemetry.write_bytes(b"another file"),
        lambda state: state.telemetry.unlink(),
    ],
)
def test_a_state_that_cannot_be_used_is_found(state, hurt):
    for log in state.path.glob("state.db-*"):
        log.unlink()
    hurt(state)
    found = asked("--state", state.path, "--port", 0)
    assert faults(found) == {"state"}
    assert "move" in found["state"]["cure"]


def test_a_half_written_file_is_noted(state):
    (state.path / "field-1.bin.part").write_bytes(b"half")
    found = asked("--state", state.path, "--port", 0)
    assert found["state"]["status"] == "note"
    assert "field-1.bin.part" in found["state"]["said"]


def test_little_space_is_found(monkeypatch, tmp_path):
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda _path: Usage(1e9, 1e9, 1e6))
    assert faults(asked("--state", tmp_path / "new", "--port", 0)) == {"state folder"}


def test_a_folder_that_is_not_ours_is_found():
    found = asked("--state", "/proc/nowhere", "--port", 0)
    assert "state folder" in faults(found)
    assert "--state" in found["state folder"]["cure"]


def test_a_wrong_clock_is_found(monkeypatch, tmp_path):
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert faults(asked("--state", tmp_path / "new", "--port", 0)) == {"clock"}


def test_a_missing_page_is_found(monkeypatch, tmp_path):
    monkeypatch.setattr(checks, "STATIC", tmp_path / "none")
    found = asked("--state", tmp_path / "new", "--port", 0)
    assert faults(found) == {"page"}
    assert "make web" in found["page"]["cure"]


def test_missing_and_old_packages_are_found(monkeypatch, tmp_path):
    def version(name):
        if name == "polars":
            raise PackageNotFoundError(name)
        return "0.1" if name == "numpy" else "99"

    monkeypatch.setattr(checks, "version", version)
    found = asked("--state", tmp_path / "new", "--port", 0)
    assert faults(found) == {"dependencies"}
    assert "polars is missing" in found["dependencies"]["said"]
    assert "numpy 0.1 is older than 2" in found["dependencies"]["said"]


def test_a_package_that_cannot_be_imported_is_found(monkeypatch):
    monkeypatch.undo()

    def broken(module):
        if module == "polars":
            raise OSError("a library is missing")

    monkeypatch.setattr(checks.importlib, "import_module", broken)
    found = checks._dependencies()
    assert (found.status, "polars cannot be imported" in found.said) == ("fail", True)


def test_the_solver_is_started_and_asked(monkeypatch):
    monkeypatch.undo()
    assert checks._solver().status == "ok"

    def hangs(_self, _problem, _wall_s):
        raise NoPlan("the solver hung")

    monkeypatch.setattr(checks.Worker, "solve", hangs)
    assert checks._solver().status == "fail"
