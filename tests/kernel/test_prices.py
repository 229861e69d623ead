"""The price list refuses what is no price."""

import pytest

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.prices import PriceList


@pytest.mark.parametrize("bad", [-0.1, float("nan"), float("inf"), "dear"])
def test_what_is_no_price_is_refused_by_name(bad):
    with pytest.raises(InvalidInput, match=r"prices: carbon_eur_per_t .* is not a number of 0 or"):
        PriceList(carbon_eur_per_t=bad)


def test_nothing_may_be_free():
    assert PriceList(peak_eur_per_kw_day=0).peak_eur_per_kw_day == 0
    assert PriceList().loss_eur_per_kwh == 0, "losses cost what their energy costs"
