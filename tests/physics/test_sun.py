"""The sun against pvlib's own data frames, and against what everybody knows of it."""

import numpy as np
import pandas as pd
import pvlib
import pytest

from commonwatt.kernel.place import Place
from commonwatt.kernel.world import Weather
from commonwatt.physics.sun import clear_sky_w_m2, plane_of_array, pv_per_rated_kw, sun

MANNHEIM = Place(49.5, 8.5, 100.0, "Europe/Berlin")
MIDSUMMER = 1466460000  # 2016-06-20T22:00Z
DAY = MIDSUMMER + 900 * np.arange(96) + 450


def sky(times, cloud=1.0, diffuse=0.3):
    ghi = cloud * clear_sky_w_m2(times, MANNHEIM)
    calm = np.full(times.size, 2.0)
    return Weather(
        temperature_c=np.full(times.size, 20.0), wind_m_s=calm, ghi_w_m2=ghi, dhi_w_m2=diffuse * ghi
    )


def test_position_equals_pvlib():
    seen = sun(DAY, MANNHEIM)
    frame = pvlib.solarposition.get_solarposition(
        pd.to_datetime(DAY, unit="s", utc=True), 49.5, 8.5, altitude=100.0
    )
    assert np.allclose(seen.zenith_deg, frame["apparent_zenith"], atol=1e-3)
    assert np.allclose(seen.azimuth_deg, frame["azimuth"], atol=1e-3)
    assert seen.extra_w_m2 == pytest.approx(1321.0, abs=2.0)


def test_noon_stands_as_high_as_latitude_and_season_say():
    assert sun(DAY, MANNHEIM).zenith_deg.min() == pytest.approx(49.5 - 23.44, abs=0.05)


def test_clear_sky_is_dark_at_night_and_bright_at_noon():
    clear = clear_sky_w_m2(DAY, MANNHEIM)
    night = sun(DAY, MANNHEIM).zenith_deg > 90
    assert night.sum() > 20
    assert np.all(clear[night] == 0)
    assert np.all(clear >= 0)
    assert 850 < clear.max() < 1000


def test_flat_plane_sees_the_horizontal_irradiance():
    weather = sky(DAY)
    flat = plane_of_array(sun(DAY, MANNHEIM), weather, np.array([0.0]), np.array([180.0]))
    high = sun(DAY, MANNHEIM).zenith_deg < 85
    assert np.allclose(flat[0, high], weather.ghi_w_m2[high], rtol=1e-6)


def test_roofs_follow_the_sun_and_never_exceed_their_rating():
    output = pv_per_rated_kw(
        DAY, MANNHEIM, sky(DAY), np.full(3, 35.0), np.array([90.0, 180.0, 270.0])
    )
    east, south, west = output.argmax(axis=1)
    assert east < south < west
    assert output.shape == (3, 96)
    assert output.min() == 0.0
    assert output.max() <= 1.0
    assert output[1].sum() / 4 == pytest.approx(6.5, abs=1.0)


def test_an_overcast_roof_depends_little_on_where_it_faces():
    output = pv_per_rated_kw(
        DAY, MANNHEIM, sky(DAY, 0.2, 1.0), np.full(2, 35.0), np.array([90.0, 270.0])
    )
    assert output[0].sum() == pytest.approx(output[1].sum(), rel=0.02)
