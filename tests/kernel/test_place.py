import numpy as np

from commonwatt.kernel.place import Place

TOWN = Place(53.6, 11.4, 40.0, "Europe/Berlin")
MARCH_CHANGE = 1459040400  # 2016-03-27T01:00Z, clocks go from 02:00 to 03:00


def test_local_time_follows_the_summer_change():
    times = MARCH_CHANGE + 900 * np.arange(-2, 2)
    assert TOWN.offset_s(times).tolist() == [3600, 3600, 7200, 7200]
