"""What dispatch refuses to plan with: numbers that are none."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from commonwatt.kernel.doubt import Doubt, Scenarios
from commonwatt.kernel.errors import NoPlan
from commonwatt.kernel.flexibility import (
    Allowed,
    Envelope,
    Limits,
    Modes,
    Offers,
    Profile,
    Reserve,
    Storage,
)
from commonwatt.kernel.units import B, I
from commonwatt.platform.dispatch.objective import Objective

_FINITE_STORAGE = (
    "draw_kw", "feed_kw", "eta_in", "eta_out", "keep", "use_kwh", "short_price", "start_kwh",
    "wear_price", "end_price",
)  # fmt: skip
_NOT_NEGATIVE = ("draw_kw", "feed_kw", "eta_in", "keep", "short_price", "wear_price")
_ENVELOPE = ("low_kw", "want_kw", "high_kw", "down_price", "up_price")


def require_usable(offers: Offers, objective: Objective) -> None:
    """Return if every number in `offers` and `objective` can be planned with.

    Raises:
        NoPlan: names the asset and the field of the first one that cannot.
    """
    slots = len(offers.window)
    for name in ("fixed_kw", "fixed_kvar"):
        _require(np.isfinite(getattr(offers, name)), None, f"the offers' {name}")
    for name in ("energy_price", "day"):
        value = getattr(objective, name)
        _require(np.isfinite(value), None, f"the objective's {name}")
        if value.shape != (slots,):
            msg = f"the objective's {name} has {value.size} slots where the window has {slots}"
            raise NoPlan(msg)
    if not 0 <= objective.loss_price < np.inf:
        msg = f"losses at {objective.loss_price:g} €/kWh cannot be planned with"
        raise NoPlan(msg)
    if objective.reserve is not None:
        _require_reserve(objective.reserve, slots)
    if offers.allowed is not None:
        _require_allowed(offers.allowed, slots)
    if offers.doubt is not None:
        _require_doubt(offers.doubt)
    for block in offers.storage:
        _require_storage(block)
    for band in offers.envelope:
        _require_envelope(band)


def _require_reserve(reserve: Reserve, slots: int) -> None:
    for name in ("up_kw", "down_kw", "up_price", "down_price"):
        value = getattr(reserve, name)
        if value.shape != (slots,):
            msg = f"the reserve's {name} has {value.size} slots where the window has {slots}"
            raise NoPlan(msg)
        _require(np.isfinite(value) & (value >= 0), None, f"the reserve's {name}")
    if not 0 < reserve.hours < np.inf:
        msg = f"reserve that lasts {reserve.hours:g} hours cannot be kept; say more than 0"
        raise NoPlan(msg)


def _require_allowed(allowed: Allowed, slots: int) -> None:
    shape = (allowed.connection.size, slots)
    for name in ("draw_kw", "feed_kw"):
        value = getattr(allowed, name)
        if value.shape != shape:
            msg = f"what sites may do: {name} has shape {value.shape} where {shape} is needed"
            raise NoPlan(msg)
        owner = (f"connection {c}" for c in allowed.connection)
        _require(value >= 0, owner, f"what sites may do: {name}")


def _require_doubt(doubt: Doubt) -> None:
    if isinstance(doubt, Scenarios):
        _require(np.isfinite(doubt.error_kw), None, "how far off the offers may be")
        return
    for side in (doubt.below_kw, doubt.above_kw):
        _require(np.isfinite(side) & (side >= 0), None, "how far off the offers may be")


def _require_storage(block: Storage) -> None:
    for name in _FINITE_STORAGE:
        _require(np.isfinite(getattr(block, name)), block.asset, name)
    for name in _NOT_NEGATIVE:
        _require(getattr(block, name) >= 0, block.asset, name)
    _require(block.eta_out > 0, block.asset, "eta_out")
    _require(block.low_kwh < np.inf, block.asset, "low_kwh")
    _require(block.high_kwh > -np.inf, block.asset, "high_kwh")


def _require_envelope(block: Envelope) -> None:
    for name in _ENVELOPE:
        _require(np.isfinite(getattr(block, name)), block.asset, name)
    _require(block.up_price + block.down_price >= 0, block.asset, "up_price + down_price")


def require_divisible(offers: Offers) -> None:
    """Return if one linear programme can hold all that is offered.

    Raises:
        NoPlan: names an asset that must run whole or not at all.
    """
    whole: tuple[Profile | Modes, ...] = (*offers.profile, *offers.modes)
    for block in whole:
        if len(block):
            msg = (
                f"asset {block.asset[0]} offers {type(block).__name__.lower()}, which a linear "
                "programme cannot hold; commonwatt.platform.dispatch.coordinator can"
            )
            raise NoPlan(msg)


def require_usable_limits(limits: Limits) -> None:
    """Return if every number in `limits` can be planned with.

    Raises:
        NoPlan: names the limit of the first one that cannot.
    """
    for value in (limits.sens.data, limits.loss, limits.loss_kw):
        _require(np.isfinite(value), None, "the network's linearisation")
    for good in (limits.low < np.inf, limits.high > -np.inf, limits.price >= 0):
        _require(good, limits.name, "a limit of the network")


def _require(good: B, owner: Iterable[object] | I | None, field: str) -> None:
    if np.all(good):
        return
    whose = "" if owner is None else f" of {list(owner)[int(np.argwhere(~good)[0][0])]}"
    msg = f"{field}{whose} holds a number that cannot be planned with"
    raise NoPlan(msg)
