"""The live limiter a network operator can buy today: measured last slot, acts in this one.

For each transformer and line it reads the power of the slot just ended, takes away what generators
(or chargers) behind it did, and lets them have what fits the rating beside the rest. The sum is
shared as one cap per rated kW: a unit that stayed below the common cap is taken to stay there, and
the others share what it leaves. It keeps no state and knows no forecast.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from commonwatt.kernel.commands import Commands
from commonwatt.kernel.intervals import SLOT_S
from commonwatt.kernel.ports import Plan, View
from commonwatt.kernel.principal import Principal, Role
from commonwatt.kernel.units import F, I
from commonwatt.sectors.grid.analysis.flow import Feeder
from commonwatt.sectors.grid.analysis.overload import active_limit_kw

AUTHOR = Principal("grid.limiter", Role.SYSTEM)
FEEDERS = ("pv", "battery")
CHARGERS = ("charger",)
_AT_CAP = 0.98
_HALVINGS = 40


@dataclass(frozen=True, eq=False)
class _Group:
    """Assets that share a cap: their indices, rated power, and the branches they are behind."""

    asset: I
    rated_kw: F
    behind: csr_array

    @classmethod
    def of(cls, plan: Plan, feeder: Feeder, kinds: tuple[str, ...]) -> _Group:
        tables = [t for t in (plan.table(kind) for kind in kinds) if len(t)]
        if not tables:
            none = np.empty(0, dtype=np.int64)
            return cls(none, np.empty(0), csr_array((feeder.branches, 0)))
        connection = np.concatenate([t.connection for t in tables])
        behind = feeder.tree.behind(feeder.connection_bus[connection], feeder.branches)
        return cls(
            np.concatenate([t.ix for t in tables]),
            np.concatenate([t.f("rated_kw") for t in tables]),
            behind,
        )


class Limiter:
    """Throttles feed-in and charging behind overloaded branches.

    Attributes:
        margin: share of every rating the operator keeps free against what changes within a slot.
    """

    def __init__(self, plan: Plan, margin: float = 0.0) -> None:
        self.margin = margin
        self._feeder = Feeder.of(plan)
        self._feed = _Group.of(plan, self._feeder, FEEDERS)
        self._charge = _Group.of(plan, self._feeder, CHARGERS)

    def throttle(self, view: View, commands: Commands) -> Commands:
        """`commands`, tightened where a branch would be overloaded; more for assets without one."""
        series = np.arange(self._feeder.branches)
        power = view.latest("branch.power_kw", series)
        limit = self._active_limit(power, view.latest("branch.loading", series))
        low = np.full(view.plan.assets, -np.inf)
        high = np.full(view.plan.assets, np.inf)
        for group, sign, bound in ((self._feed, -1.0, low), (self._charge, 1.0, high)):
            used = np.nan_to_num(view.latest("asset.power_kw", group.asset))
            used = np.maximum(sign * used, 0.0)
            cap = _shared(group, used, limit + group.behind @ used - sign * power)
            bound[group.asset] = np.where(cap < group.rated_kw, sign * cap, bound[group.asset])
        return _tightened(commands, low, high, view.now + 2 * SLOT_S)

    def _active_limit(self, power_kw: F, loading: F) -> F:
        """(branch,) most active power beside last slot's reactive power; NaN where unmeasured."""
        rating = self._feeder.rating_kva
        return active_limit_kw(power_kw, loading * rating, (1 - self.margin) * rating)


def _shared(group: _Group, used_kw: F, allowed_kw: F) -> F:
    """(K,) cap of each unit so that behind no branch they exceed its `allowed_kw` (branch,)."""
    cap = group.rated_kw.copy()
    share = np.divide(used_kw, group.rated_kw, out=np.zeros_like(cap), where=group.rated_kw > 0)
    tight = np.asarray(group.behind @ group.rated_kw > allowed_kw)
    for branch in np.flatnonzero(tight):
        span = slice(group.behind.indptr[branch], group.behind.indptr[branch + 1])
        units = group.behind.indices[span]
        free = share[units] >= _AT_CAP * share[units].max()
        wants = np.where(free, group.rated_kw[units], used_kw[units])
        level = _level(wants, group.rated_kw[units], max(float(allowed_kw[branch]), 0.0))
        cap[units] = np.minimum(cap[units], level * group.rated_kw[units])
    return cap


def _level(wants_kw: F, rated_kw: F, allowed_kw: float) -> float:
    """Common share s of rated power with Σ min(wants, s·rated) = allowed; 1 if all wants fit."""
    if wants_kw.sum() <= allowed_kw:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if np.minimum(wants_kw, middle * rated_kw).sum() > allowed_kw:
            high = middle
        else:
            low = middle
    return low


def _tightened(commands: Commands, low: F, high: F, expires: int) -> Commands:
    """Envelopes cut to `low` and `high` (A,): a cap wins over the command it meets."""
    at_low, at_high = low[commands.asset], high[commands.asset]
    old = Commands(
        asset=commands.asset,
        low_kw=np.clip(commands.low_kw, at_low, at_high),
        high_kw=np.clip(commands.high_kw, at_low, at_high),
        expires=commands.expires,
        reason=tuple(
            f"{reason}; capped by the network operator" if cut else reason
            for reason, cut in zip(
                commands.reason,
                (commands.low_kw < at_low) | (commands.high_kw > at_high),
                strict=True,
            )
        ),
        author=commands.author,
    )
    capped = np.isfinite(low) | np.isfinite(high)
    capped[commands.asset] = False
    new = np.flatnonzero(capped)
    reason = "the network operator caps it: a branch above is at its limit"
    return Commands.gathered(
        [old, Commands.bands(new, low[new], high[new], expires, reason, AUTHOR)], AUTHOR
    )
