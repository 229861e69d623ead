"""Requests as storage rows: what the rows allow and want is what the session can and needs."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from commonwatt.kernel.intervals import Window
from commonwatt.sectors.charging.analysis import feasible_kwh
from commonwatt.sectors.charging.control import SmartCharging


def offered(make, *rows, window=None, street=None):
    street = street or make.street(3)
    view = make.view(street, make.requests(*rows))
    offer = SmartCharging().offer(view, window or Window.graded(view.now))
    (storage,) = offer.storage
    return storage


def test_every_charger_has_a_row_and_idle_ones_cannot_move(make):
    rows = offered(make, (3, -2, 5, 20, 4, 11))
    assert rows.asset.tolist() == [2, 3, 4]
    assert rows.connection.tolist() == [0, 0, 1]
    assert not rows.draw_kw[[0, 2]].any()
    assert not rows.high_kwh[[0, 2]].any()
    assert not rows.short_price[[0, 2]].any()


def test_a_departure_is_wanted_once_in_its_own_slot(make):
    rows = offered(make, (3, -2, 5.5, 20, 4, 11))
    ends_h = (Window.graded(make.start).edges[1:] - make.start) / 3600
    (slot,) = np.flatnonzero(rows.short_price[1])
    assert ends_h[slot] >= 5.5
    assert slot == 0 or ends_h[slot - 1] < 5.5
    assert rows.low_kwh[1, slot] == 20.0
    assert rows.short_price[1, slot] == 1.0
    assert rows.low_kwh[1].sum() == 20.0
    assert np.all(rows.draw_kw[1, ends_h <= 5.5] == 11.0)
    assert rows.end_price[1] == 0.0


def test_a_coarse_slot_lets_only_the_time_before_departure_count(make):
    rows = offered(make, (3, -2, 9.25, 99, 0, 10), window=Window.uniform(make.start, 12, 3600))
    assert rows.draw_kw[1].tolist() == [10.0] * 9 + [2.5, 0.0, 0.0]
    assert rows.low_kwh[1, 9] == pytest.approx(92.5)


def test_a_car_that_stays_must_be_on_its_way_by_the_end(make):
    window = Window.uniform(make.start, 4, 3600)
    rows = offered(make, (2, 0, 6, 40, 0, 10), (3, 0, 8, 20, 0, 10), window=window)
    assert rows.low_kwh[0, -1] == pytest.approx(40 * 4 / 6)
    assert rows.low_kwh[1, -1] == pytest.approx(10.0)
    assert rows.end_price[:2] == pytest.approx([0.12, 0.12])


def test_foresight_gives_a_row_per_session(make):
    rows = offered(
        make,
        (4, 20, 30, 9, 0, 11),
        (3, 15, 20, 10, 0, 11),
        (3, -2, 5, 20, 4, 11),
        window=Window.uniform(make.start, 96),
    )
    assert rows.asset.tolist() == [2, 3, 3, 4]
    assert rows.start_kwh.tolist() == [0.0, 4.0, 0.0, 0.0]
    assert not rows.draw_kw[2, : 15 * 4].any()
    assert np.all(rows.draw_kw[2, 15 * 4 : 20 * 4] == 11.0)
    assert not rows.draw_kw[2, 20 * 4 :].any()


@given(
    until=st.integers(1, 130),
    need=st.floats(0.1, 80),
    share=st.floats(0, 1),
    power=st.floats(1, 22),
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_a_row_wants_can_be_had(make, until, need, share, power):
    """A linear program over the row alone never has to pay for a shortfall."""
    rows = offered(make, (3, -1, until / 4, need, share * need, power))
    window = Window.graded(make.start)
    reach = np.cumsum(rows.draw_kw[1] * window.hours) + rows.start_kwh[1]
    level = np.minimum(reach, rows.high_kwh[1])
    assert np.all(level >= rows.low_kwh[1] - 1e-9)
    weight = np.tril(np.ones((len(window), len(window))))
    solved = linprog(
        np.ones(len(window)),
        A_ub=np.vstack([weight, -weight]),
        b_ub=np.concatenate(
            [rows.high_kwh[1] - rows.start_kwh[1], rows.start_kwh[1] - rows.low_kwh[1]]
        )
        + 1e-9,
        bounds=list(zip(np.zeros(len(window)), rows.draw_kw[1] * window.hours, strict=True)),
    )
    assert solved.status == 0
    if until <= 96:
        full = feasible_kwh(
            np.array([need]),
            np.array([share * need]),
            np.array([power]),
            np.array([0]),
            np.array([until * 900]),
        )
        assert solved.fun + share * need == pytest.approx(full[0], abs=1e-6)


def test_nothing_else_is_offered(make):
    street = make.street(3)
    offer = SmartCharging().offer(make.view(street, make.requests()), Window.graded(make.start))
    assert not offer.fixed_kw.any()
    assert offer.fixed_kw.shape == (2, len(offer.window))
    (rows,) = offer.storage
    assert not rows.feed_kw.any()
    assert np.all(rows.eta_in * rows.eta_out * rows.keep == 1.0)


def test_a_street_without_chargers_offers_nothing(make):
    view = make.view(make.street(0), make.requests())
    assert SmartCharging().offer(view, Window.graded(make.start)).storage == ()
