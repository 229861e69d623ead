"""Weather, prices, carbon and tariff: the truth for the field, what was issued for all others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.place import Place
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import F, I
from commonwatt.kernel.world import Weather
from commonwatt.platform.settlement import Tariff
from commonwatt.platform.signals.market import Market
from commonwatt.platform.signals.publication import Source, as_issued, published_until
from commonwatt.platform.signals.recorded import Recorded
from commonwatt.platform.signals.skies import Skies

WHOLESALE = "price.wholesale_eur_per_kwh"
CARBON = "carbon.kg_per_kwh"
IMPORT = "tariff.import_eur_per_kwh"
EXPORT = "tariff.export_eur_per_kwh"

_TICKS_PER_WH_OF_EUR_PER_KWH = 10_000


@dataclass(frozen=True, eq=False)
class _Modelled:
    """One series of the stylised market as a source."""

    start: int
    mean: Callable[[Window], F]


class Signals:
    """What a city is told from outside. Keeps what it has worked out; all else is pure.

    Args:
        place: where the city lies.
        series: the city's own by name, (start, values on quarter hours): all four `weather.*`,
            `price.wholesale_eur_per_kwh`, `carbon.kg_per_kwh`; what is not there is modelled.
        tariff: what homes pay.
        rng: the luck of forecast errors and of the market.

    Raises:
        InvalidInput: some but not all weather series are given.
    """

    def __init__(
        self, place: Place, series: Mapping[str, tuple[int, F]], tariff: Tariff, rng: Rng
    ) -> None:
        recorded = {name: Recorded(name, *given) for name, given in series.items()}
        self.tariff = tariff
        self._place = place
        self._skies = Skies(place, recorded, rng)
        market = Market(place, self._skies, rng)
        modelled: dict[str, Source] = {
            WHOLESALE: _Modelled(market.start, market.price),
            CARBON: _Modelled(market.start, market.carbon),
        }
        self._sources = {name: recorded.get(name, model) for name, model in modelled.items()}

    def truth(self, name: str, window: Window) -> F:
        """(T,) a signal as it was and will be: for the field and the account alone.

        Raises:
            InvalidInput: an unknown signal, or a series that lacks part of `window`.
        """
        if name in {IMPORT, EXPORT}:
            return self._tariff(name, window)
        return self._source(name).mean(window)

    def issued(self, name: str, window: Window, now: int) -> F:
        """(T,) a signal as known at `now`.

        Tariffs are known for good. Price and carbon of a local day come out at local noon of the
        day before; further ahead the same quarter hour of the week before stands in.

        Raises:
            InvalidInput: an unknown signal, or a series that lacks what was published by then.
        """
        if name in {IMPORT, EXPORT}:
            return self._tariff(name, window)
        return as_issued(self._source(name), window, published_until(now, self._place))

    def weather_truth(self, window: Window) -> Weather:
        """The weather as it was and will be: for the field and the account alone.

        Raises:
            InvalidInput: names the weather series and the missing span.
        """
        return self._skies.truth(window)

    def weather_issued(self, window: Window, now: int) -> Weather:
        """What a weather service says at `now`; what lies before is told as it was."""
        return self._skies.issued(window, now)

    def _source(self, name: str) -> Source:
        if name not in self._sources:
            known = f"{WHOLESALE}, {CARBON}, {IMPORT}, {EXPORT}"
            raise InvalidInput(f"there is no signal {name!r}; there are {known}")
        return self._sources[name]

    def _tariff(self, name: str, window: Window) -> F:
        starts: I = window.fine().starts
        ticks = self.tariff.import_ticks(starts)
        if name == EXPORT:
            ticks = ticks * 0 + self.tariff.export_ticks
        return window.average(ticks / _TICKS_PER_WH_OF_EUR_PER_KWH)
