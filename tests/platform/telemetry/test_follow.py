"""Another process's look at the log: the same readings, without a lock."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.principal import Purpose, system
from commonwatt.kernel.readings import Readings
from commonwatt.platform.telemetry import Telemetry

ACT = system("test", Purpose.OPERATE)
SERIES = np.arange(3)


def batch(slot, value):
    return Readings.at("q", SERIES, slot * SLOT_S, np.full(3, float(value)))


def told(telemetry):
    return telemetry.read("q", SERIES, Window.uniform(0, 12), ACT)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    appends=st.lists(st.tuples(st.integers(0, 9), st.integers(-5, 5)), max_size=8),
    looks=st.sets(st.integers(0, 8)),
)
def test_a_follower_holds_what_the_writer_holds(tmp_path_factory, appends, looks):
    path = tmp_path_factory.mktemp("follow") / "telemetry.log"
    follower = Telemetry.follow(path)
    writer = Telemetry.open(path)
    for number, (slot, value) in enumerate(appends):
        writer.append([batch(slot, value)], ACT)
        if number in looks:
            follower.refresh()
            np.testing.assert_array_equal(told(follower), told(writer))
    follower.refresh()
    np.testing.assert_array_equal(told(follower), told(writer))
    assert follower.refresh() == 0
    writer.close()


def test_a_frame_still_being_written_comes_later(tmp_path):
    path = tmp_path / "telemetry.log"
    writer = Telemetry.open(path)
    writer.append([batch(0, 1)], ACT)
    writer.append([batch(1, 2)], ACT)
    writer.close()
    whole = path.read_bytes()
    for cut in (5, len(whole) // 2 + 30, len(whole) - 1):
        (tmp_path / "part.log").write_bytes(whole[:cut])
        follower = Telemetry.follow(tmp_path / "part.log")
        seen = np.isfinite(told(follower)).sum()
        assert seen < 6
        with (tmp_path / "part.log").open("ab") as file:
            file.write(whole[cut:])
        follower.refresh()
        assert np.isfinite(told(follower)).sum() == 6


def test_a_log_begun_anew_is_read_anew(tmp_path):
    path = tmp_path / "telemetry.log"
    writer = Telemetry.open(path)
    for slot in range(3):
        writer.append([batch(slot, 1)], ACT)
    follower = Telemetry.follow(path)
    writer.close()
    path.unlink()
    assert follower.refresh() == 0
    writer = Telemetry.open(path)
    writer.append([batch(5, 7)], ACT)
    assert follower.refresh() == 1
    np.testing.assert_array_equal(told(follower), told(writer))
    writer.close()
