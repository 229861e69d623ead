import errno
import os
import resource
import signal
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonwatt.kernel.errors import StorageFailed
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.principal import Purpose, system
from commonwatt.kernel.readings import Readings
from commonwatt.platform.telemetry import Telemetry
from commonwatt.platform.telemetry.log import MAGIC

LOOP = system("loop", Purpose.OPERATE)
SERIES = np.arange(3)


def batch(slot, quantity="q"):
    return Readings.at(quantity, SERIES, slot * SLOT_S, slot + SERIES)


def held(telemetry, slots):
    return telemetry.read("q", SERIES, Window.uniform(0, slots), LOOP)


def expected(slots):
    return (np.arange(slots) + SERIES[:, None]).astype(float)


def written(path, slots):
    telemetry = Telemetry.open(path)
    for slot in range(slots):
        telemetry.append([batch(slot), batch(slot, "other")], LOOP)
    telemetry.close()


def test_what_was_acknowledged_is_there_after_reopening(tmp_path):
    path = tmp_path / "t.log"
    written(path, 5)
    telemetry = Telemetry.open(path)
    np.testing.assert_array_equal(held(telemetry, 5), expected(5))
    np.testing.assert_array_equal(telemetry.series("other"), SERIES)


def test_revisions_quality_and_dead_letters_survive(tmp_path):
    path = tmp_path / "t.log"
    telemetry = Telemetry.open(path)
    telemetry.append([batch(0)], LOOP, 1)
    telemetry.append([Readings.at("q", SERIES, 0, np.array([9.0, np.nan, 9.0]))], LOOP)
    telemetry.close()
    again = Telemetry.open(path)
    np.testing.assert_array_equal(held(again, 1), expected(1))
    (letter,) = again.dead_letters(LOOP)
    assert letter.readings.series.tolist() == [1]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cut=st.integers(1, 1500), tail=st.binary(max_size=60))
def test_a_torn_tail_is_cut_off_and_nothing_acknowledged_lost(tmp_path, cut, tail):
    path = tmp_path / "t.log"
    path.unlink(missing_ok=True)
    written(path, 3)
    three = path.stat().st_size
    telemetry = Telemetry.open(path)
    telemetry.append([batch(3)], LOOP)
    telemetry.close()
    last = path.stat().st_size - three
    with path.open("r+b") as file:
        file.truncate(three + min(cut, last - 1))
        file.seek(0, os.SEEK_END)
        file.write(tail)
    telemetry = Telemetry.open(path)
    np.testing.assert_array_equal(held(telemetry, 3), expected(3))
    assert np.isnan(held(telemetry, 4)[:, 3]).all()
    telemetry.append([batch(3)], LOOP)
    telemetry.close()
    telemetry = Telemetry.open(path)
    np.testing.assert_array_equal(held(telemetry, 4), expected(4))
    telemetry.close()


def test_damage_before_the_end_is_refused_not_cut_off(tmp_path):
    path = tmp_path / "t.log"
    written(path, 3)
    content = bytearray(path.read_bytes())
    content[len(MAGIC) + 40] ^= 1
    path.write_bytes(content)
    with pytest.raises(StorageFailed, match="backup"):
        Telemetry.open(path)
    assert path.read_bytes() == content


def test_a_foreign_file_is_left_alone(tmp_path):
    path = tmp_path / "t.log"
    path.write_text("something else entirely")
    with pytest.raises(StorageFailed, match="no commonwatt telemetry log"):
        Telemetry.open(path)
    assert path.read_text() == "something else entirely"


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(StorageFailed, match="nowhere"):
        Telemetry.open(tmp_path / "nowhere" / "t.log")


def test_a_log_has_one_holder(tmp_path):
    path = tmp_path / "t.log"
    held_open = Telemetry.open(path)
    with pytest.raises(StorageFailed, match="another process"):
        Telemetry.open(path)
    held_open.close()
    Telemetry.open(path).close()


def test_a_full_disk_stores_nothing_and_keeps_the_rest(tmp_path, monkeypatch):
    path = tmp_path / "t.log"
    telemetry = Telemetry.open(path)
    telemetry.append([batch(0)], LOOP)
    size = path.stat().st_size
    real = os.pwrite

    def half_then_full(file, data, at):
        if len(data) < 200:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(file, data[: len(data) // 2], at)

    with monkeypatch.context() as full:
        full.setattr(os, "pwrite", half_then_full)
        with pytest.raises(StorageFailed, match="No space left"):
            telemetry.append([batch(1)], LOOP)
    assert path.stat().st_size == size
    np.testing.assert_array_equal(held(telemetry, 1), expected(1))
    assert np.isnan(held(telemetry, 2)[:, 1]).all()
    telemetry.append([batch(1)], LOOP)
    telemetry.close()
    np.testing.assert_array_equal(held(Telemetry.open(path), 2), expected(2))


def test_after_a_failed_fsync_nothing_more_is_acknowledged(tmp_path, monkeypatch):
    path = tmp_path / "t.log"
    telemetry = Telemetry.open(path)
    telemetry.append([batch(0)], LOOP)

    def failing(_file):
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", failing)
        with pytest.raises(StorageFailed):
            telemetry.append([batch(1)], LOOP)
    with pytest.raises(StorageFailed, match="open telemetry again"):
        telemetry.append([batch(1)], LOOP)
    np.testing.assert_array_equal(held(telemetry, 1), expected(1))
    telemetry.close()
    np.testing.assert_array_equal(held(Telemetry.open(path), 1), expected(1))


CHILD = """
import resource, signal, sys
import numpy as np
from pathlib import Path
from commonwatt.kernel.errors import StorageFailed
from commonwatt.kernel.principal import Purpose, system
from commonwatt.kernel.readings import Readings
from commonwatt.platform.telemetry import Telemetry
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
if sys.argv[2] != "0":
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
telemetry = Telemetry.open(Path(sys.argv[1]))
series = np.arange(3)
for slot in range(100_000):
    try:
        telemetry.append(
            [Readings.at("q", series, slot * 900, slot + series)], system("loop", "operate")
        )
    except StorageFailed:
        print("refused", flush=True)
        break
    print(slot + 1, flush=True)
"""


def child(path, limit):
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", CHILD, str(path), str(limit)], stdout=subprocess.PIPE, text=True
    )


def test_a_killed_process_loses_nothing_it_acknowledged(tmp_path):
    path = tmp_path / "t.log"
    with child(path, 0) as process:
        acknowledged = 0
        while acknowledged < 25:
            acknowledged = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        acknowledged = max([acknowledged, *map(int, process.stdout.read().split())])
    np.testing.assert_array_equal(held(Telemetry.open(path), acknowledged), expected(acknowledged))


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="no file size limit here")
def test_a_real_write_limit_refuses_and_keeps_what_was_acknowledged(tmp_path):
    path = tmp_path / "t.log"
    with child(path, 9_000) as process:
        lines = process.stdout.read().split()
    assert lines[-1] == "refused"
    acknowledged = int(lines[-2])
    telemetry = Telemetry.open(path)
    np.testing.assert_array_equal(held(telemetry, acknowledged), expected(acknowledged))
    telemetry.append([batch(acknowledged)], LOOP)
