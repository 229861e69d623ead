"""Numbers as people read them: one number, a spread over seeds, a share."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.units import F

MISSING = "–"
SMALLEST = 1e-6
MINUS = "\N{MINUS SIGN}"
THIN = "\N{NARROW NO-BREAK SPACE}"
FIRM = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Spread:
    """A measure over the seeds: mean and extremes; all NaN where no seed has it."""

    mean: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, values: F) -> Spread:
        """The spread of `values` (S,), NaN left out."""
        known = values[np.isfinite(values)]
        if not known.size:
            return cls(math.nan, math.nan, math.nan, 0)
        return cls(float(known.mean()), float(known.min()), float(known.max()), int(known.size))

    def range(self, digits: int) -> str:
        """The extremes, "" where there are fewer than two seeds."""
        if self.count < 2:
            return ""
        return f"{number(self.low, digits)} … {number(self.high, digits)}"


def number(value: float, digits: int = 2) -> str:
    """A number with narrow blanks between thousands and a true minus sign.

    >>> number(-1234567.891, 1).replace(THIN, "_")
    '−1_234_567.9'
    >>> number(float("nan"))
    '–'
    >>> number(-0.0001, 2)
    '0.00'
    """
    if not math.isfinite(value):
        return MISSING
    rounded = round(value, digits) + 0.0
    return f"{rounded:,.{digits}f}".replace(",", THIN).replace("-", MINUS)


def percent(share: float, digits: int = 0) -> str:
    """A share of one in per cent.

    >>> percent(0.734).replace(FIRM, "_")
    '73_%'
    """
    return MISSING if not math.isfinite(share) else f"{number(100 * share, digits)}{FIRM}%"


def euros(value: float, digits: int = 2) -> str:
    """An amount of money.

    >>> euros(12.5).replace(FIRM, "_")
    '12.50_€'
    """
    return MISSING if not math.isfinite(value) else f"{number(value, digits)}{FIRM}€"


def kvah(value: float, digits: int = 1) -> str:
    """Overload energy.

    >>> kvah(0.4).replace(FIRM, "_")
    '0.4_kVAh'
    """
    return f"{number(value, digits)}{FIRM}kVAh"


def text(value: float) -> str:
    """A number of unknown size, to four significant digits.

    >>> text(0.012345), text(123456.0).replace(THIN, "_")
    ('0.01235', '123_456')
    """
    return _significant(value, 4)


def rough(value: float) -> str:
    """A number of unknown size, to two significant digits.

    >>> rough(0.0238), rough(17.3)
    ('0.024', '17')
    """
    return _significant(value, 2)


def _significant(value: float, digits: int) -> str:
    if not math.isfinite(value):
        return MISSING
    if abs(value) < SMALLEST:
        return "0"
    shown = number(value, min(6, max(0, digits - 1 - math.floor(math.log10(abs(value))))))
    return shown.rstrip("0").rstrip(".") if "." in shown else shown
