from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import epoch
from commonwatt.platform.settlement import Band, Tariff

BERLIN = ZoneInfo("Europe/Berlin")


def at(*parts):
    return np.array([epoch(datetime(*parts, tzinfo=BERLIN))])


@pytest.mark.parametrize(
    ("hour", "minute", "ticks"),
    [(5, 45, 2500), (6, 0, 3300), (21, 45, 3300), (22, 0, 2500), (0, 0, 2500), (12, 0, 3300)],
)
@pytest.mark.parametrize("month", [1, 7])
def test_bands_follow_the_local_clock_in_winter_and_summer(hour, minute, ticks, month):
    assert Tariff().import_ticks(at(2016, month, 15, hour, minute))[0] == ticks


def test_the_long_and_the_short_day_have_their_quarter_hours():
    for day, quarters in ((27, 92), (30, 100)):
        month = 3 if day == 27 else 10
        first, last = at(2016, month, day)[0], at(2016, month, day)[0] + quarters * 900
        assert at(2016, month, day + 1)[0] == last
        bands = Tariff().band(np.arange(first, last, 900))
        assert (bands == 0).sum() == 64


def test_integers_are_exact():
    tariff = Tariff(
        bands=(Band(name="one", import_ct_per_kwh=Decimal("32.05")),),
        export_ct_per_kwh=Decimal("7.96"),
        standing_ct_per_day=Decimal("0.00001"),
    )
    assert tariff.import_ticks(np.array([0]))[0] == 3205
    assert (tariff.export_ticks, tariff.standing_ticks) == (796, 1)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"bands": ()}, "no band"),
        ({"export_ct_per_kwh": Decimal("8.001")}, "finer"),
        ({"bands": (Band(name="x", import_ct_per_kwh=Decimal("1.005")),)}, "finer"),
        ({"standing_ct_per_day": Decimal("0.000001")}, "finer"),
        ({"zone": "Europe/Atlantis"}, "Atlantis"),
        (
            {
                "bands": (
                    Band(name="a", import_ct_per_kwh=Decimal(1)),
                    Band(name="b", import_ct_per_kwh=Decimal(2), hours=((22, 6),)),
                    Band(name="c", import_ct_per_kwh=Decimal(3), hours=((5, 9),)),
                )
            },
            "overlap",
        ),
    ],
)
def test_what_cannot_be_billed_is_refused(change, says):
    with pytest.raises(InvalidInput, match=says):
        Tariff(**change)
