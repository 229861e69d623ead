"""How surely plans hold their limits: what a city file asks for."""

from __future__ import annotations

from dataclasses import dataclass

from commonwatt.kernel.errors import InvalidInput

RECORD, BANDS = "record", "bands"


@dataclass(frozen=True, kw_only=True)
class Dispatch:
    """What a city file says under `[dispatch]`.

    Attributes:
        confidence: with which probability each limit is to hold in each slot, each side by itself,
            instead of the margin that is the same everywhere; 0 keeps that margin.
        errors: "record" draws from what forecasts were off by before, all connections together,
            and takes bands until there is a record; "bands" always takes each forecast's own band.
        correlation: between the errors of any two connections' bands.
    """

    confidence: float = 0.0
    errors: str = RECORD
    correlation: float = 0.5

    def __post_init__(self) -> None:
        """Reject what cannot be."""
        if self.confidence != 0 and not 0.5 <= self.confidence < 1:
            raise InvalidInput(
                f"dispatch: a confidence of {self.confidence:g} cannot be; it is 0 for none, or "
                "from 0.5 up to, not including, 1"
            )
        if self.errors not in {RECORD, BANDS}:
            raise InvalidInput(f"dispatch: errors {self.errors!r} is neither {RECORD} nor {BANDS}")
        if not 0 <= self.correlation <= 1:
            raise InvalidInput(
                f"dispatch: a correlation of {self.correlation:g} is not from 0 to 1"
            )

    @property
    def asked(self) -> float | None:
        """The probability, None where none is asked for."""
        return self.confidence or None

    def margin(self, share: float) -> float:
        """Share of every rating to keep free: none where the probability says how much."""
        return 0.0 if self.confidence else share
