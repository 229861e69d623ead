from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonwatt.kernel.money import TICKS_PER_EUR, eur, ticks_per_wh


@given(wh=st.integers(0, 10**9), price=st.decimals("-50", "50", places=2))
def test_energy_times_price_is_exact(wh, price):
    exact = Decimal(wh) / 1000 * price / 100
    assert Decimal(wh * ticks_per_wh(price)) / TICKS_PER_EUR == exact


def test_prices_too_fine_to_be_exact_are_refused():
    with pytest.raises(ValueError, match="finer"):
        ticks_per_wh("30.001")


def test_rounding_happens_once_half_to_even():
    assert eur(TICKS_PER_EUR // 200) == Decimal("0.00")
    assert eur(3 * TICKS_PER_EUR // 200) == Decimal("0.02")
