"""A full disk, and two holders of one log: refused in words, and what was stored stays."""

import resource
import signal
import subprocess
import sys
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest

from commonwatt.city.strategy import Habit
from commonwatt.kernel.errors import StorageFailed
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.principal import Purpose, system
from commonwatt.platform.forecast import Naive
from commonwatt.platform.telemetry import Telemetry
from commonwatt.study import report, runner

STUDY = system("test", Purpose.STUDY)


@contextmanager
def room(most):
    """No file may grow beyond `most` bytes: the system refuses as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


def test_a_report_that_does_not_fit_leaves_the_old_one(refused, monkeypatch, tmp_path):
    monkeypatch.setattr(runner, "study", lambda *_words, **_options: SimpleNamespace())
    monkeypatch.setattr(report, "summary", lambda _result, _width: "the table")
    monkeypatch.setattr(report, "as_json", lambda _result: "{}")
    monkeypatch.setattr(report, "as_csv", lambda _result: "run\n")
    monkeypatch.setattr(report, "page", lambda _result: "the old page")
    report.write(SimpleNamespace(), tmp_path)
    monkeypatch.setattr(report, "as_json", lambda _result: "[]")
    monkeypatch.setattr(report, "page", lambda _result: "x" * 3_000_000)
    with room(1_000_000):
        sentence = refused("study", "anything", "--out", tmp_path)
    assert f"the report cannot be written to {tmp_path}: File too large" in sentence
    assert "make room" in sentence
    assert (tmp_path / "report.html").read_text() == "the old page"
    assert (tmp_path / "result.json").read_text() == "{}"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bills.csv", "report.html", "result.json"]


def test_a_city_that_does_not_fit(refused, village, tmp_path, monkeypatch):
    monkeypatch.setattr("commonwatt.city.sources.load", lambda _source: village())
    with room(5_000):
        sentence = refused("city", "save", "village", tmp_path / "town")
    assert f"{tmp_path}/town: the city could not be written: File too large" in sentence
    assert not [p for p in (tmp_path / "town").rglob("*") if p.is_file()]


def test_a_city_goes_on_when_the_disk_has_room_again(world, noon, tmp_path):
    path = tmp_path / "city.log"
    world.telemetry = Telemetry.open(path)
    brain = world.brain(Habit(), Naive())
    slots = noon + SLOT_S * np.arange(1, 9)
    for now in slots[:4]:
        brain.sense(int(now))
    kept = path.read_bytes()
    with room(len(kept) + 2_000), pytest.raises(StorageFailed, match=str(path)):
        brain.sense(int(slots[4]))
    assert path.read_bytes()[: len(kept)] == kept
    for now in slots[5:]:
        brain.sense(int(now))
    world.telemetry.close()

    again = Telemetry.open(path)
    meters = np.arange(len(world.city.connections))
    heard = again.read("meter.power_kw", meters, Window.uniform(noon, 8), STUDY)
    again.close()
    stored = np.isfinite(heard).mean(axis=0)
    assert (stored[:4] > 0.5).all()
    assert (stored[5:] > 0.5).all()


HOLDER = """
import sys
from pathlib import Path
from commonwatt.kernel.principal import Purpose, system
from commonwatt.kernel.readings import Readings
from commonwatt.platform.telemetry import Telemetry
import numpy as np
telemetry = Telemetry.open(Path(sys.argv[1]))
telemetry.append([Readings.at("q", np.arange(3), 0, np.ones(3))], system("loop", Purpose.OPERATE))
print("holding", flush=True)
sys.stdin.read()
"""


def test_a_second_process_is_kept_from_the_log(tmp_path):
    path = tmp_path / "city.log"
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout.readline() == "holding\n"
        before = path.read_bytes()
        with pytest.raises(StorageFailed, match="another process holds this telemetry log") as said:
            Telemetry.open(path)
        assert str(path) in str(said.value)
        assert path.read_bytes() == before
        holder.communicate("")
    mine = Telemetry.open(path)
    np.testing.assert_array_equal(
        mine.read("q", np.arange(3), Window.uniform(0, 1), STUDY), np.ones((3, 1))
    )
    mine.close()
