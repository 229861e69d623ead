"""What goes on within a quarter of an hour keeps the mean that meters tell."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from commonwatt.kernel.rng import Rng
from commonwatt.physics.flicker import APPLIANCES, STANDBY, bursts, clouds

MEANS = st.lists(st.floats(-5.0, 60.0), min_size=1, max_size=6).map(np.array)


@given(MEANS, st.integers(0, 2**20), st.integers(1_000_000, 2_000_000))
def test_bursts_keep_every_mean_and_never_go_below_standby(mean, seed, slot):
    power = bursts(Rng(seed), np.arange(mean.size), mean, slot)
    assert power.shape == (mean.size, 90)
    np.testing.assert_allclose(power.mean(axis=1), mean, atol=1e-12)
    drawn = mean > 0
    assert (power[drawn] >= STANDBY * mean[drawn, None] - 1e-12).all()
    np.testing.assert_array_equal(
        power[~drawn], np.broadcast_to(mean[~drawn, None], (np.sum(~drawn), 90))
    )


def test_a_kettle_shows_in_one_home_and_not_in_a_hundred():
    rng, slot = Rng(3), 1_600_000
    homes = bursts(rng, np.arange(100), np.full(100, 0.4), slot)
    alone, together = homes.max(axis=1), homes.sum(axis=0)
    assert np.quantile(alone, 0.9) > 2.0, "somebody boils water"
    assert together.max() < 1.7 * together.mean()
    assert together.std() > 0.02 * together.mean(), "yet a street is not level"


def test_appliances_take_about_the_share_they_are_given():
    rng, share = Rng(5), sum(one.share for one in APPLIANCES)
    homes = bursts(rng, np.arange(4000), np.full(4000, 3.0), 1_500_000)
    taken = 3.0 - homes.min(axis=1)
    assert abs(taken.mean() / 3.0 - share) < 0.1


def test_luck_is_a_function_of_seed_entity_and_slot_alone():
    mean = np.array([0.5, 1.0, 2.0])
    whole = bursts(Rng(1), np.arange(3), mean, 77)
    np.testing.assert_array_equal(bursts(Rng(1), np.array([2]), mean[2:], 77), whole[2:])
    assert not np.array_equal(bursts(Rng(1), np.arange(3), mean, 78), whole)


@given(
    st.lists(st.floats(0.0, 9.0), min_size=1, max_size=5).map(np.array),
    st.floats(0.0, 1.0),
    st.integers(0, 2**20),
)
def test_clouds_keep_every_mean_and_the_ceiling(mean, diffuse, seed):
    ceiling = np.full(mean.size, 9.0)
    power = clouds(
        Rng(seed), np.arange(mean.size), mean, ceiling, diffuse_share=diffuse, slot=1_600_000
    )
    np.testing.assert_allclose(power.mean(axis=1), mean, atol=1e-12)
    assert (power <= 9.0 + 1e-12).all()
    assert (power >= -1e-12).all()


def test_a_broken_sky_flickers_and_others_do_not():
    def spread(diffuse):
        power = clouds(
            Rng(1), np.arange(50), np.full(50, 3.0), np.full(50, 9.0),
            diffuse_share=diffuse, slot=1_600_000,
        )  # fmt: skip
        return power.sum(axis=0).std() / power.sum(axis=0).mean()

    assert spread(0.5) > 0.05, "clouds are common to all roofs"
    assert spread(0.0) == spread(1.0) == 0.0
