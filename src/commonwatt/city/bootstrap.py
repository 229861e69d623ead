"""Wiring: a city, its sectors, a field and a brain, put together in one place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from commonwatt.city.brain import Brain
from commonwatt.city.feeding import require_fed
from commonwatt.city.field import DirectField
from commonwatt.city.ground import TrueGround
from commonwatt.city.link import Link
from commonwatt.city.model import City
from commonwatt.city.registry import sectors
from commonwatt.city.strategy import Strategy
from commonwatt.city.view import LiveView
from commonwatt.kernel.commands import Commands
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import Fate, Flexible, Network
from commonwatt.kernel.principal import Purpose, system
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.sector import Sector
from commonwatt.platform.forecast import Predictor
from commonwatt.platform.settlement import Tariff
from commonwatt.platform.signals import Signals
from commonwatt.platform.telemetry import Telemetry
from commonwatt.sectors.grid.analysis.flow import Feeder

STUDY = system("study", Purpose.STUDY)
SIGNALS = ("weather.", "price.", "carbon.")
"""Prefixes of the series that are signals rather than profiles."""


@dataclass(kw_only=True, eq=False)
class Simulated:
    """A city on its twins, ready to be lived in."""

    city: City
    ground: TrueGround
    field: DirectField
    sectors: Sequence[Sector]
    telemetry: Telemetry

    def brain(
        self,
        strategy: Strategy,
        forecaster: Predictor,
        prophet: Callable[[Window], Fate] | None = None,
        told: Callable[[int, Commands], None] = lambda _now, _commands: None,
    ) -> Brain:
        """The brain of this city under some strategy."""
        return Brain(
            city=self.city,
            sectors=self.sectors,
            field=self.field,
            telemetry=self.telemetry,
            signals=self.ground.signals,
            forecaster=forecaster,
            strategy=strategy,
            prophet=prophet,
            told=told,
        )

    def truth(self) -> LiveView:
        """A view of what a perfect instrument saw since the field's truth was last cleared."""
        seen = Telemetry.open(None)
        seen.append(self.field.truth, STUDY)
        return LiveView(
            now=self.field.now,
            plan=self.ground,
            telemetry=seen,
            signals=self.ground.signals,
            open_requests=self.field.requests(),
            warrant=STUDY,
        )


def simulated(city: City, seed: int, start: int, link: Link | None = None) -> Simulated:
    """`city` on its twins, at `start`, with the luck of `seed`.

    Args:
        city: as drawn.
        seed: of all luck: people, weather forecasts, parameters, lost messages.
        start: city time at which the field begins.
        link: how readings travel; the usual loss if not given.

    Raises:
        InvalidInput: the tables make no grid, or it leaves a connection dark.
    """
    require_fed(Feeder.of(city), city.connections.ids, city.table("bus").ids, city.name)
    rng = Rng(seed)
    signals = signals_of(city, rng)
    ground = TrueGround.of(city, rng, signals)
    rows = sectors()
    twins = [make(ground) for row in rows for make in row.twins]
    return Simulated(
        city=city,
        ground=ground,
        field=DirectField(ground, twins, link or Link(rng), start),
        sectors=rows,
        telemetry=Telemetry.open(None),
    )


def flexible(rows: Sequence[Sector]) -> list[Flexible]:
    """What every sector that can move power fills in."""
    return [row.flexible for row in rows if row.flexible is not None]


def network(city: City, rows: Sequence[Sector], margin: float) -> Network:
    """The wires of `city`, with `margin` of every rating kept free.

    Raises:
        InvalidInput: no installed sector knows wires.
    """
    for row in rows:
        if row.network is not None:
            return row.network(city, margin)
    raise InvalidInput("no installed sector provides the grid; reinstall commonwatt")


def signals_of(city: City, rng: Rng) -> Signals:
    """Weather and prices of the city's own series, stylised where it brings none."""
    recorded = {
        name: (city.series.start, values)
        for name, values in city.series.values.items()
        if name.startswith(SIGNALS)
    }
    return Signals(city.place, recorded, Tariff(zone=city.place.zone), rng)
