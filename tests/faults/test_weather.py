"""A study in days for which there is no weather names the series and the span."""

from datetime import date

import numpy as np
import pytest

from commonwatt.city import folder
from commonwatt.kernel.errors import InvalidInput
from commonwatt.study.runner import study as studied

WEEK = slice(3 * 96, 10 * 96)


@pytest.mark.parametrize("start", ["2016-04-09", "2017-04-13", "2018-04-09"])
def test_days_outside_the_profiles(study, village, tmp_path, start):
    folder.save(village(), tmp_path / "town")
    sentence = study(tmp_path / "town", start)
    assert f"village: there is no weather or profile for 1 days from {start}" in sentence
    assert "name days within 2017-04-06 to 2017-04-11" in sentence


def test_a_week_without_weather(village, short_lead):
    del short_lead
    city = village(days=14)
    ghi = city.series.values["weather.ghi_w_m2"].copy()
    ghi[WEEK] = np.nan
    gappy = village(days=14, **{"weather.ghi_w_m2": ghi})
    with pytest.raises(InvalidInput) as refused:
        studied(gappy, start=date(2017, 4, 9), days=1, seeds=(1,), jobs=1)
    sentence = str(refused.value)
    assert "series 'weather.ghi_w_m2' has no values from 2017-04-0" in sentence
    assert "\n" not in sentence


def test_a_folder_that_says_nan_is_refused_when_it_is_read(study, village, tmp_path):
    city = village(days=14)
    wind = city.series.values["weather.wind_m_s"].copy()
    wind[WEEK] = np.nan
    folder.save(village(days=14, **{"weather.wind_m_s": wind}), tmp_path / "town")
    sentence = study(tmp_path / "town")
    assert f"{tmp_path}/town/series.parquet: row 289, field 'weather.wind_m_s'" in sentence
