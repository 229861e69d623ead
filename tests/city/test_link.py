import numpy as np

from commonwatt.city.link import Link
from commonwatt.kernel.readings import Readings
from commonwatt.kernel.rng import Rng


def test_nothing_is_lost_for_good_and_little_comes_late():
    link = Link(Rng(3), loss=0.1)
    arrived = {}
    for slot in range(100):
        link.send(
            [Readings.at("q", np.arange(50), slot * 900, np.full(50, slot))], (slot + 1) * 900
        )
        for batch in link.arrived((slot + 1) * 900):
            for series, time in zip(batch.series, batch.time, strict=True):
                assert (series, time) not in arrived
                arrived[series, time] = (slot + 1) * 900
    late = sum(when - time > 900 for (_, time), when in arrived.items())
    assert 0.07 < late / len(arrived) < 0.13
    assert all(when - time in (900, 900 + 3600) for (_, time), when in arrived.items())
    link.arrived(10**9)
    assert not link.waiting


def test_delay_moves_everything():
    link = Link(Rng(3), loss=0.0, delay_s=900)
    link.send([Readings.at("q", np.arange(5), 0, np.zeros(5))], 900)
    assert link.arrived(900) == []
    assert sum(len(batch) for batch in link.arrived(1800)) == 5
