"""The flexibility algebra: what could move, at what cost, within which bounds.

Families are named after EN 50491-12-2 (S2) and columnar over N rows × T slots. A row belongs to an
asset and a connection; one asset may own several rows (a charger with two sessions ahead). Power
drawn is positive. Prices are in €/kWh unless said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.sparse import csr_array

from commonwatt.kernel.doubt import Doubt
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.units import F, I


@dataclass(frozen=True, kw_only=True, eq=False)
class Storage:
    """Fill-rate based control (FRBC): batteries, vehicles, hot water, heated buildings.

    The level obeys, per slot of h hours,
    `level' = keep·level + eta_in·draw·h − feed·h/eta_out − use`.

    Attributes:
        asset: (N,) asset index.
        connection: (N,) connection index.
        draw_kw: (N,T) upper bound on electric power drawn.
        feed_kw: (N,T) upper bound on electric power fed back; 0 for what cannot.
        eta_in: (N,T) level gained per kWh drawn; a heat pump's COP is an eta_in.
        eta_out: (N,T) electricity fed per kWh of level lost.
        keep: (N,T) share of the level that survives the slot.
        use_kwh: (N,T) taken from the level during the slot; negative is a gain.
        low_kwh: (N,T) wanted at the slot's END; going below costs `short_price` per kWh short.
        high_kwh: (N,T) hard ceiling at the slot's end, never exceeded by charging; what the
            uncontrollable gains push above it spills at no cost.
        short_price: (N,T) €/kWh and slot below `low_kwh`.
        start_kwh: (N,) level at the window's start.
        wear_price: (N,) €/kWh of electricity drawn or fed.
        end_price: (N,) €/kWh credited for the level left at the window's end.
    """

    asset: I
    connection: I
    draw_kw: F
    feed_kw: F
    eta_in: F
    eta_out: F
    keep: F
    use_kwh: F
    low_kwh: F
    high_kwh: F
    short_price: F
    start_kwh: F
    wear_price: F
    end_price: F

    def __len__(self) -> int:
        """Rows."""
        return self.asset.size


@dataclass(frozen=True, kw_only=True, eq=False)
class Envelope:
    """Power envelope based control (PEBC): PV curtailment, dimmable lamps, load caps.

    Attributes:
        asset: (N,) asset index.
        connection: (N,) connection index.
        low_kw: (N,T) lower bound on power.
        want_kw: (N,T) what it would do if left alone.
        high_kw: (N,T) upper bound on power.
        down_price: (N,T) €/kWh for running below `want_kw`.
        up_price: (N,T) €/kWh for running above `want_kw` (as a curtailed roof does: it feeds less).
    """

    asset: I
    connection: I
    low_kw: F
    want_kw: F
    high_kw: F
    down_price: F
    up_price: F

    def __len__(self) -> int:
        """Rows."""
        return self.asset.size


@dataclass(frozen=True, kw_only=True, eq=False)
class Profile:
    """Power profile based control (PPBC): a fixed shape that starts once, or not at all.

    Starts and shapes count in slots of the window; a shape never reaches beyond its end.

    Attributes:
        asset: (N,) asset index.
        connection: (N,) connection index.
        shape_kw: (N,L) power in the L slots from its start; trailing zeros pad shorter shapes.
        earliest: (N,) first slot in which it may start.
        latest: (N,) last slot in which it may start, at most T − L.
        skip_price: (N,) € for not running at all; inf for what must run.
    """

    asset: I
    connection: I
    shape_kw: F
    earliest: I
    latest: I
    skip_price: F

    def __len__(self) -> int:
        """Rows."""
        return self.asset.size


@dataclass(frozen=True, kw_only=True, eq=False)
class Modes:
    """Operation mode based control (OMBC): a few operating points with costly transitions.

    Attributes:
        asset: (N,) asset index.
        connection: (N,) connection index.
        power_kw: (N,M) power in each of M modes.
        run_price: (N,M) €/h of being in a mode, beside its energy.
        switch_price: (N,M,M) € for going from one mode (second axis) to another (third); inf
            forbids it.
        dwell: (N,M) least slots a mode is kept once entered, 1 for no such bound.
        start_mode: (N,) mode before the window.
        start_dwell: (N,) slots that mode must still be kept.
    """

    asset: I
    connection: I
    power_kw: F
    run_price: F
    switch_price: F
    dwell: I
    start_mode: I
    start_dwell: I

    def __len__(self) -> int:
        """Rows."""
        return self.asset.size


@dataclass(frozen=True, kw_only=True, eq=False)
class Allowed:
    """What some connections may draw and feed in, slot by slot, beside their fuses.

    Attributes:
        connection: (K,) connection index, each once.
        draw_kw: (K,T) most net power drawn, 0 or more; inf for no limit.
        feed_kw: (K,T) most net power fed in, likewise.
    """

    connection: I
    draw_kw: F
    feed_kw: F


@dataclass(frozen=True, kw_only=True, eq=False)
class Offers:
    """All that a sector, or the city, could move in a window, and what it cannot.

    Attributes:
        window: the slots.
        fixed_kw: (C,T) expected power per connection that nobody can move.
        fixed_kvar: (C,T) its reactive power.
        storage: blocks of storage rows, one per asset kind.
        envelope: blocks of envelope rows.
        profile: blocks of profile rows.
        modes: blocks of mode rows.
        doubt: how far off the expected power of connections may be; None where nobody says.
        allowed: what connections may draw and feed in, beside their fuses; None for no such limit.
    """

    window: Window
    fixed_kw: F
    fixed_kvar: F
    storage: tuple[Storage, ...] = ()
    envelope: tuple[Envelope, ...] = ()
    profile: tuple[Profile, ...] = ()
    modes: tuple[Modes, ...] = ()
    doubt: Doubt | None = None
    allowed: Allowed | None = None

    @classmethod
    def gathered(cls, offers: list[Offers]) -> Offers:
        """The city's offers: blocks side by side, fixed power summed."""
        if not offers:
            msg = "nothing was offered: the city has no flexible sector"
            raise InvalidInput(msg)
        return cls(
            window=offers[0].window,
            fixed_kw=np.sum([o.fixed_kw for o in offers], axis=0),
            fixed_kvar=np.sum([o.fixed_kvar for o in offers], axis=0),
            storage=tuple(s for o in offers for s in o.storage),
            envelope=tuple(e for o in offers for e in o.envelope),
            profile=tuple(p for o in offers for p in o.profile),
            modes=tuple(m for o in offers for m in o.modes),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Limits:
    """Linear limits of the wires: `low ≤ sens · connection_kw ≤ high`, each elastic at its price.

    Attributes:
        name: (R,) what each row protects, for the reason given to people.
        sens: (R,C) change of the row's quantity per kW at each connection.
        low: (R,T).
        high: (R,T).
        price: (R,) €/(unit of the row · h) of a breach.
        loss: (C,T) marginal network loss, kW per kW drawn at each connection.
        loss_kw: (T,) losses at the operating point the rows were linearised around.
    """

    name: tuple[str, ...]
    sens: csr_array
    low: F
    high: F
    price: F
    loss: F
    loss_kw: F


@dataclass(frozen=True, kw_only=True, eq=False)
class Violations:
    """What an AC power flow finds wrong with a plan.

    Attributes:
        name: (R,) the same rows as in `Limits`.
        excess: (R,T) by how much each row's quantity is exceeded; 0 where it holds; rows with an
            upper and a lower limit report above as positive, below as negative.
    """

    name: tuple[str, ...]
    excess: F


@dataclass(frozen=True, kw_only=True, eq=False)
class Reserve:
    """Power to keep ready: up is less drawn or more fed in, down is more drawn.

    What is kept earns its price, up to what is wanted: a price below what reserve is worth buys
    what is cheap to keep, one above what anything costs is a requirement.

    Attributes:
        up_kw: (T,) most that is wanted, 0 or more.
        down_kw: (T,) likewise.
        up_price: (T,) €/kW and hour kept.
        down_price: (T,) likewise.
        hours: how long it must last once called at the start of a slot, above 0.
    """

    up_kw: F
    down_kw: F
    up_price: F
    down_price: F
    hours: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Kept:
    """Reserve that a plan keeps.

    Attributes:
        up_kw: (T,) together.
        down_kw: (T,) together.
        asset_up_kw: (N,T) each asset's part, in the order of the schedule.
        asset_down_kw: (N,T) likewise.
        hours: how long it lasts once called.
    """

    up_kw: F
    down_kw: F
    asset_up_kw: F
    asset_down_kw: F
    hours: float

    def since(self, first: int) -> Kept:
        """From slot `first` on."""
        return Kept(
            up_kw=self.up_kw[first:],
            down_kw=self.down_kw[first:],
            asset_up_kw=self.asset_up_kw[:, first:],
            asset_down_kw=self.asset_down_kw[:, first:],
            hours=self.hours,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Schedule:
    """What dispatch decided.

    Attributes:
        window: the slots.
        asset: (N,) asset index, each once.
        power_kw: (N,T) power of each asset.
        level_kwh: (N,T) level at slot end, NaN for assets without one.
        binding: (T,) row of `limits` that binds hardest in each slot, -1 for none.
        limits: names those rows point to.
        node_price: (C,T) marginal €/kWh per connection.
        breach: (R,T) by how much each limit is breached in the plan.
        cost_eur: what the plan expects to cost.
        status: "optimal", "last" (the previous plan goes on) or "local" (nobody plans).
        cause: why not optimal, or what else should be known.
        reserve: what it keeps ready beside; None where nobody asked or nobody planned.
    """

    window: Window
    asset: I
    power_kw: F
    level_kwh: F
    binding: I
    limits: tuple[str, ...]
    node_price: F
    breach: F
    cost_eur: float
    status: str
    cause: str = field(default="")
    reserve: Kept | None = None

    def since(self, now: int) -> Schedule | None:
        """What is left of this schedule from the slot that starts at `now`; None if nothing is."""
        edges = self.window.edges
        first = int(np.searchsorted(edges, now, side="right")) - 1
        if not 0 <= first < len(self.window):
            return None
        return replace(
            self,
            window=Window(np.concatenate([[now], edges[first + 1 :]])),
            power_kw=self.power_kw[:, first:],
            level_kwh=self.level_kwh[:, first:],
            binding=self.binding[first:],
            node_price=self.node_price[:, first:],
            breach=self.breach[:, first:],
            reserve=None if self.reserve is None else self.reserve.since(first),
        )

    def power_of(self, assets: I) -> F:
        """(K,T) planned power of `assets`; NaN for those the plan does not hold."""
        found = np.full((assets.size, len(self.window)), np.nan)
        if self.asset.size:
            order = np.argsort(self.asset, kind="stable")
            place = np.minimum(
                np.searchsorted(self.asset, assets, sorter=order), self.asset.size - 1
            )
            row = order[place]
            hit = self.asset[row] == assets
            found[hit] = self.power_kw[row[hit]]
        return found
