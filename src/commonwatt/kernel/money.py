"""Money in the journal: integers of 10⁻⁵ ct, so that Wh × 0.01 ct/kWh is exact. Never a float."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

TICKS_PER_CT = 100_000
TICKS_PER_EUR = 100 * TICKS_PER_CT


def ticks_per_wh(ct_per_kwh: str | Decimal) -> int:
    """The exact integer price per Wh of a tariff written as ct/kWh.

    Raises:
        ValueError: the price is finer than 0.01 ct/kWh and would not be exact.

    >>> ticks_per_wh("32.05")
    3205
    """
    ticks = Decimal(ct_per_kwh) * 100
    if ticks != ticks.to_integral_value():
        msg = f"a price of {ct_per_kwh} ct/kWh is finer than the journal's 0.01 ct/kWh"
        raise ValueError(msg)
    return int(ticks)


def eur(ticks: int) -> Decimal:
    """Euros and cents of a bill line, rounded half to even: the only place where money is rounded.

    >>> str(eur(123_456_789))
    '12.35'
    """
    return (Decimal(ticks) / TICKS_PER_EUR).quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)
