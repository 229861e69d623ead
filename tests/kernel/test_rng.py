import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

from commonwatt.kernel.rng import Rng


@settings(max_examples=30)
@given(seed=st.integers(0, 2**63 - 1), entity=st.integers(0, 10**6), slot=st.integers(0, 2**40))
def test_a_draw_depends_on_its_coordinates_alone(seed, entity, slot):
    rng = Rng(seed)
    block = rng.uniform("a", np.arange(entity, entity + 3)[:, None], np.arange(slot, slot + 4))
    assert block[1, 2] == rng.uniform("a", entity + 1, slot + 2)
    assert rng.uniform("a", entity, slot) != rng.uniform("b", entity, slot)
    assert rng.uniform("a", entity, slot) != Rng(seed ^ 1).uniform("a", entity, slot)


def test_draws_are_uniform_normal_and_uncorrelated():
    rng = Rng(7)
    u = rng.uniform("x", np.arange(300)[:, None], np.arange(300))
    assert kstest(u.ravel(), "uniform").pvalue > 1e-3
    assert (
        kstest(rng.normal("x", np.arange(300)[:, None], np.arange(300)).ravel(), "norm").pvalue
        > 1e-3
    )
    for a, b in ((u[:-1], u[1:]), (u[:, :-1], u[:, 1:])):
        assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 0.01


def test_nothing_is_ever_exactly_zero_or_one():
    u = Rng(1).uniform("edge", np.arange(100_000), 0)
    assert u.min() > 0
    assert u.max() < 1
