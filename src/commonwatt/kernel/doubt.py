"""How far off what is expected may be: drawn errors of all connections, or a band for each."""

from __future__ import annotations

from dataclasses import dataclass

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.units import F


@dataclass(frozen=True, kw_only=True, eq=False)
class Scenarios:
    """Errors of all connections that were made, or could be made, together.

    Attributes:
        error_kw: (S,C,T) power beyond what is expected, one draw after the other.
    """

    error_kw: F

    def __post_init__(self) -> None:
        """Refuse to know nothing."""
        if not self.error_kw.shape[0]:
            raise InvalidInput("scenarios: there is no draw among them")


@dataclass(frozen=True, kw_only=True, eq=False)
class Bands:
    """Each connection's error by itself, and how alike they err.

    Attributes:
        below_kw: (C,T) standard deviation of errors below what is expected, 0 or more.
        above_kw: (C,T) of errors above.
        correlation: between any two connections' errors, 0 to 1.
    """

    below_kw: F
    above_kw: F
    correlation: float

    def __post_init__(self) -> None:
        """Refuse correlations that cannot be."""
        if not 0 <= self.correlation <= 1:
            raise InvalidInput(f"bands: a correlation of {self.correlation:g} is not from 0 to 1")


Doubt = Scenarios | Bands
