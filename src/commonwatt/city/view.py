"""What sectors may see: the plan, what was measured, and what was issued. Nothing of the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from commonwatt.city.registry import states
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.ports import Forecast, Plan, Requests
from commonwatt.kernel.principal import Purpose, Warrant, system
from commonwatt.kernel.units import F, I
from commonwatt.kernel.world import Weather
from commonwatt.platform.signals import Signals
from commonwatt.platform.telemetry import Telemetry

READER = system("loop", Purpose.OPERATE)


@dataclass(kw_only=True, eq=False)
class LiveView:
    """Fills the port `View` for one moment of the loop.

    Attributes:
        now: city time.
        plan: the city with nameplates.
        telemetry: what was measured.
        signals: weather and prices as issued.
        open_requests: what customers have asked for and is open.
        forecasts: newest issue per quantity, on equal 15-minute slots from `now`.
        drawn: draws from what such forecasts were off by, (quantity, series, window) → (S,K,T).
        warrant: who looks, and why.
    """

    now: int
    plan: Plan
    telemetry: Telemetry
    signals: Signals
    open_requests: Requests
    forecasts: dict[str, Forecast] = field(default_factory=dict)
    drawn: Callable[[str, I, Window], F | None] = lambda _quantity, _series, _window: None
    warrant: Warrant = READER

    def latest(self, quantity: str, series: I) -> F:
        """(K,) newest measured value of each series, NaN where there is none."""
        return self.telemetry.latest(quantity, series, self.warrant)

    def history(self, quantity: str, series: I, window: Window) -> F:
        """(K,T) means per slot; last values for quantities that are states."""
        read = self.telemetry.last if quantity in states() else self.telemetry.read
        return read(quantity, series, window, self.warrant)

    def forecast(self, quantity: str, series: I, window: Window) -> Forecast:
        """Newest issued forecast, averaged onto `window`.

        Raises:
            InvalidInput: nobody forecasts that quantity, or not that far.
        """
        issued = self.forecasts.get(quantity)
        if issued is None:
            msg = f"no forecast of {quantity!r} was issued; declare it in a sector's `foreseen`"
            raise InvalidInput(msg)
        return averaged(issued, series, window)

    def errors(self, quantity: str, series: I, window: Window) -> F | None:
        """(S,K,T) what forecasts were off by; None where too little is on record."""
        return self.drawn(quantity, series, window)

    def weather(self, window: Window) -> Weather:
        """Newest issued weather forecast."""
        return self.signals.weather_issued(window, self.now)

    def signal(self, name: str, window: Window) -> F:
        """(T,) a price or intensity as issued."""
        return self.signals.issued(name, window, self.now)

    def requests(self) -> Requests:
        """Customers' requests that are open now."""
        return self.open_requests


def averaged(issued: Forecast, series: I, window: Window) -> Forecast:
    """`issued`, given on 15-minute slots, for some of its series on another window inside it."""
    first = (window.start - issued.window.start) // SLOT_S
    count = (window.end - window.start) // SLOT_S
    if first < 0 or first + count > len(issued.window):
        msg = f"the forecast of {issued.quantity!r} does not reach as far as was asked"
        raise InvalidInput(msg)
    place = {int(number): row for row, number in enumerate(issued.series)}
    rows = [place[int(number)] for number in series]
    return Forecast(
        quantity=issued.quantity,
        series=series,
        window=window,
        levels=issued.levels,
        value=window.average(issued.value[:, rows, first : first + count]),
        issued_at=issued.issued_at,
        model=tuple(issued.model[row] for row in rows),
    )
