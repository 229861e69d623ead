"""What the loop asks of any forecaster."""

from __future__ import annotations

from typing import Protocol

from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import Forecast
from commonwatt.kernel.units import F, I
from commonwatt.kernel.world import Weather


class Predictor(Protocol):
    """Learns from the measured past, then says what to expect; see `Forecaster` for arguments."""

    def fit(self, quantity: str, series: I, history: F, weather: Weather, window: Window) -> None:
        """Learn one quantity afresh from (N,K) `history` over `window`, which ends now."""

    def issue(
        self, quantity: str, series: I, recent: F, weather: Weather, window: Window
    ) -> Forecast:
        """Say what to expect in `window`, which starts now, from the newest (N,R) `recent`."""
