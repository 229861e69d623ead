"""How the parts meet: small synchronous, columnar protocols."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from commonwatt.kernel.commands import Commands
from commonwatt.kernel.flexibility import Limits, Offers, Schedule, Violations
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.place import Place
from commonwatt.kernel.prices import PriceList
from commonwatt.kernel.readings import Readings
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.tables import Table
from commonwatt.kernel.units import F, I
from commonwatt.kernel.world import Weather, World

_RARE = 3


class Plan(Protocol):
    """The city as drawn: what exists, known to everybody."""

    @property
    def place(self) -> Place:
        """Where it lies."""

    @property
    def connections(self) -> Table:
        """The metered points."""

    @property
    def assets(self) -> int:
        """How many assets there are, A."""

    @property
    def sites(self) -> I:
        """(A,) the connection each asset hangs on, by dense index."""

    def table(self, kind: str) -> Table:
        """The assets of one kind; an empty table where the city has none."""

    @property
    def prices(self) -> PriceList:
        """The published price list."""


class Ground(Plan, Protocol):
    """What the simulated field stands on: the truth that only twins may see.

    Its tables hold true parameters where the plan's hold nameplates (`Field.uncertain`).
    """

    @property
    def rng(self) -> Rng:
        """The luck of this world."""

    def series(self, name: str, window: Window) -> F:
        """(T,) mean of a named profile of the city (a household's load shape, a measured roof)."""

    def weather(self, window: Window) -> Weather:
        """The weather as it will be."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Requests:
    """What customers asked for and told us: charging sessions (known from plug-in on).

    Attributes:
        asset: (K,) the charger.
        since: (K,) plug-in, epoch seconds.
        until: (K,) stated departure, epoch seconds.
        need_kwh: (K,) energy wanted in the car by then, counted from plug-in.
        got_kwh: (K,) energy delivered so far.
        power_kw: (K,) most that car and charger take.
    """

    asset: I
    since: I
    until: I
    need_kwh: F
    got_kwh: F
    power_kw: F


@dataclass(frozen=True, kw_only=True, eq=False)
class Fate:
    """What will happen whatever anybody commands: known to the perfect-foresight bound alone.

    Attributes:
        truth: by quantity, (series (N,), value (N,T)) for the quantities sectors forecast; what
            several twins tell of one quantity adds up.
        requests: every session that touches the window, those not yet plugged in included.
    """

    truth: Mapping[str, tuple[I, F]]
    requests: Requests | None = None


class Twin(Protocol):
    """The simulated field of one kind of thing: physics and people.

    A twin is a plain object whose state can be deep-copied. `stage` orders the twins of a slot:
    0 people and devices, 1 devices that watch the meter, 2 the grid, 3 meters.
    """

    stage: int

    def step(self, world: World) -> None:
        """Live through one slot: read the world, act on it, publish what instruments would see."""

    def requests(self) -> Requests | None:
        """What its customers have asked for and is open now, if they ask for anything."""

    def fate(self, window: Window) -> Fate:
        """What will happen in `window` (15-min slots) whatever anybody commands."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Forecast:
    """What was expected, by whom, as known at `issued_at`.

    Attributes:
        quantity: what is forecast.
        series: (N,) which series.
        window: the slots.
        levels: (Q,) quantile levels, rising, with 0.5 among them.
        value: (Q,N,T).
        issued_at: epoch seconds; nothing later was seen.
        model: which model served each series, (N,) names.
    """

    quantity: str
    series: I
    window: Window
    levels: F
    value: F
    issued_at: int
    model: tuple[str, ...]

    @property
    def middle(self) -> F:
        """(N,T) the median."""
        return self.at(0.5)

    @property
    def mean(self) -> F:
        """(N,T) the expectation: each quantile weighted by the levels it stands for.

        Rare events (a shower) have a median of zero; stores must be planned on the mean.
        """
        levels = self.levels
        cuts = np.concatenate([[0.0], (levels[1:] + levels[:-1]) / 2, [1.0]])
        mean: F = np.einsum("q,qnt->nt", np.diff(cuts), self.value)
        return mean

    @property
    def least(self) -> F:
        """(N,T) what a quantity that is never negative hardly ever falls below.

        Its lowest quantile lies some ratio below the median; the third power of that ratio is
        taken. Of a lognormal quantity's 10 % quantile this makes the 0.006 % quantile: once in half
        a year of quarter hours.
        """
        middle = np.maximum(self.middle, 0.0)
        low = np.clip(self.value[0], 0.0, middle)
        ratio = np.divide(low, middle, out=np.zeros_like(middle), where=middle > 0)
        rare: F = middle * ratio**_RARE
        return rare

    def at(self, level: float) -> F:
        """(N,T) the quantile at the given level, which must be one of `levels`."""
        found: F = self.value[int(abs(self.levels - level).argmin())]
        return found


class View(Protocol):
    """All that a sector's analysis and control may see: nothing of the twins' truth or future."""

    @property
    def now(self) -> int:
        """City time, epoch seconds: the start of the slot being decided."""

    @property
    def plan(self) -> Plan:
        """The city as drawn, with nameplate (not true) parameters."""

    def latest(self, quantity: str, series: I) -> F:
        """(K,) newest measured value of each series, NaN where there is none."""

    def history(self, quantity: str, series: I, window: Window) -> F:
        """(K,T) measured means (states: last values) per slot, NaN where missing."""

    def forecast(self, quantity: str, series: I, window: Window) -> Forecast:
        """Newest issued forecast of each series over `window`."""

    def errors(self, quantity: str, series: I, window: Window) -> F | None:
        """(S,K,T) what forecasts were off by, actual less expected; None without a record.

        Draw `s` is the same past moment for every series and quantity.
        """

    def weather(self, window: Window) -> Weather:
        """Newest issued weather forecast over `window`."""

    def signal(self, name: str, window: Window) -> F:
        """(T,) a price or intensity as issued.

        Names: `price.wholesale_eur_per_kwh`, `carbon.kg_per_kwh`, `tariff.import_eur_per_kwh`,
        `tariff.export_eur_per_kwh`.
        """

    def requests(self) -> Requests:
        """Customers' requests that are open now."""


class Flexible(Protocol):
    """A sector that can move power."""

    def offer(self, view: View, window: Window) -> Offers:
        """What could move in `window`, at what cost."""

    def follow(self, schedule: Schedule, view: View) -> Commands:
        """How its devices carry out the first slot of a schedule."""

    def local(self, view: View) -> Commands:
        """The safe local rule when the brain is silent: what a competent installer would set up."""


class Network(Protocol):
    """The wires, asked by dispatch."""

    def limits(self, window: Window, kw: F, kvar: F) -> Limits:
        """Limits linearised around the connections' power `kw` and `kvar` (C,T)."""

    def check(self, window: Window, kw: F, kvar: F) -> Violations:
        """What an AC power flow of the connections' power (C,T) breaks, in the rows of `limits`."""


class Field(Protocol):
    """The world out there: devices and meters, real or simulated."""

    def advance(self, to: int) -> list[Readings]:
        """Let time pass until `to`; return the readings that arrived."""

    def accept(self, commands: Commands) -> None:
        """Hand commands to the devices."""

    def requests(self) -> Requests:
        """What customers have asked for and is open now."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something wrong or worth knowing, fit to become an alarm.

    Attributes:
        key: what is wrong with what; one alarm stands per key.
        priority: 1 low, 2 medium, 3 high.
        cause: what was seen.
        consequence: what happens if nobody acts.
        action: what to do.
    """

    key: str
    priority: int
    cause: str
    consequence: str
    action: str


class Judge(Protocol):
    """A sector that sees what is wrong."""

    def findings(self, view: View) -> tuple[Finding, ...]:
        """All that is wrong now; what is no longer among them is mended."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Measures:
    """Numerators by neighbourhood, never bare ratios.

    Attributes:
        rows: (area, measure, unit, value, share_of): `share_of` is what the value is a share *of*,
            in the same unit, or NaN where it stands for itself.
    """

    rows: tuple[tuple[str, str, str, float, float], ...]


class Measured(Protocol):
    """A sector that accounts for itself."""

    def measures(self, view: View, window: Window) -> Measures:
        """What happened in `window`, from what was measured."""
