"""The synthetic town that the coordinator and its peers plan for, as hard as the reference's.

Left to energy prices alone its load would pass the transformer's cap 4.4 times, left to hurry 2.3
times. What is due can be met within every limit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, vstack

from commonwatt.kernel.flexibility import Limits, Offers, Profile, Storage
from commonwatt.kernel.intervals import Window
from commonwatt.platform.dispatch import Objective

FEEDERS, LONG, SLOTS, HOURS = 4, 25, 96, 0.25
PLACES = FEEDERS * LONG
SHARES = {"cars": 0.50, "batteries": 0.15, "heat": 0.25, "cycles": 0.10}


@dataclass(frozen=True)
class Town:
    """A synthetic town: what it offers, its wires, its prices."""

    offers: Offers
    limits: Limits
    objective: Objective


def town(count: int, seed: int = 0) -> Town:
    """`count` assets on four feeders of 25 buses, one day from noon."""
    dice = np.random.default_rng([seed, count])
    sizes = {name: round(share * count) for name, share in SHARES.items()}
    sizes["cars"] += count - sum(sizes.values())
    base = demand(dice, count)
    window = Window.uniform(1_750_000_000 // 900 * 900, SLOTS)
    offers = Offers(
        window=window,
        fixed_kw=base,
        fixed_kvar=np.zeros_like(base),
        storage=(
            cars(dice, sizes["cars"], 0),
            batteries(dice, sizes["batteries"], sizes["cars"]),
            heat(dice, sizes["heat"], sizes["cars"] + sizes["batteries"]),
        ),
        profile=(cycles(dice, sizes["cycles"], count - sizes["cycles"]),),
    )
    return Town(offers=offers, limits=wires(base), objective=prices())


def prices() -> Objective:
    """Energy with carbon at 8 ct/kg, and 0.20 €/kW of the day's peak."""
    clock = clocks()
    day = 2 * np.pi * (clock - 20) / 24
    wholesale = 0.09 + 0.02 * np.cos(day) + 0.03 * np.cos(2 * day)
    carbon = 0.35 + 0.1 * np.cos(day)
    return Objective(
        energy_price=wholesale + 0.08 * carbon,
        day=np.zeros(SLOTS, dtype=np.int64),
        peak_price_eur_per_kw_day=0.20,
    )


def clocks() -> np.ndarray:
    """(T,) local hour of every slot, from noon."""
    return (12 + HOURS * np.arange(SLOTS)) % 24


def demand(dice: np.random.Generator, count: int) -> np.ndarray:
    """(P,T) what nobody can move: 0.65 kW an asset on average, highest in the evening."""
    clock = clocks()
    shape = (
        0.5 + 0.5 * np.exp(-(((clock - 19.5) / 3) ** 2)) + 0.2 * np.exp(-(((clock - 8) / 2) ** 2))
    )
    return 0.9 * count / PLACES * shape * dice.uniform(0.8, 1.2, (PLACES, 1))


def wires(base: np.ndarray) -> Limits:
    """A transformer at 1.10 × the base peak, and every bus's voltage by LinDistFlow."""
    cap = 1.10 * base.sum(axis=0).max()
    bus = np.arange(PLACES)
    feeder, depth = bus // LONG, bus % LONG + 1
    shared = (feeder[:, None] == feeder) * np.minimum(depth[:, None], depth)
    drop = shared / shared.sum(axis=1).max() * (0.049 * PLACES / cap)
    rows = 1 + PLACES
    low = np.full((rows, SLOTS), -np.inf)
    low[1:] = -0.05
    high = np.full((rows, SLOTS), 0.05)
    high[0], low[0] = cap, -cap
    return Limits(
        name=("the transformer", *(f"the voltage at bus {b}" for b in bus)),
        sens=csr_array(vstack([csr_array(np.ones((1, PLACES))), csr_array(-drop)])),
        low=low,
        high=high,
        price=np.concatenate([[2.0], np.full(PLACES, 10.0 * cap)]),
        loss=np.zeros((PLACES, SLOTS)),
        loss_kw=np.zeros(SLOTS),
    )


def flat(value: np.ndarray | float, count: int) -> np.ndarray:
    """(N,T) view of a value per row, or of one for all, that takes no memory."""
    return np.broadcast_to(np.reshape(value, (-1, 1)), (count, SLOTS))


def cars(dice: np.random.Generator, count: int, first: int) -> Storage:
    """Plugged in in the evening until the morning, or for a while by day."""
    night = dice.random(count) < 0.75
    comes = np.where(night, dice.normal(26, 4, count), dice.uniform(0, 16, count))
    stays = np.where(night, dice.normal(50, 8, count), dice.uniform(16, 34, count))
    comes = np.clip(comes.astype(np.int64), 0, SLOTS - 9)
    leaves = np.clip(comes + stays.astype(np.int64), comes + 8, SLOTS)
    power = dice.choice([3.7, 7.4, 11.0], count, p=[0.3, 0.3, 0.4])
    need = np.minimum(dice.gamma(3.0, 3.3, count), 0.9 * power * (leaves - comes) * HOURS * 0.92)
    slot = np.arange(SLOTS)
    draw = power[:, None] * ((slot >= comes[:, None]) & (slot < leaves[:, None]))
    low = np.full((count, SLOTS), -np.inf)
    low[np.arange(count), leaves - 1] = need
    return Storage(
        asset=first + np.arange(count), connection=dice.integers(0, PLACES, count), draw_kw=draw,
        feed_kw=flat(0.0, count), eta_in=flat(0.92, count), eta_out=flat(1.0, count),
        keep=flat(1.0, count), use_kwh=flat(0.0, count), low_kwh=low, high_kwh=flat(need, count),
        short_price=flat(1.0, count), start_kwh=np.zeros(count), wear_price=np.zeros(count),
        end_price=np.zeros(count),
    )  # fmt: skip


def batteries(dice: np.random.Generator, count: int, first: int) -> Storage:
    """Home batteries, 0.95 each way."""
    size, power = dice.uniform(5, 15, count), dice.uniform(2, 5, count)
    return Storage(
        asset=first + np.arange(count), connection=dice.integers(0, PLACES, count),
        draw_kw=flat(power, count), feed_kw=flat(power, count), eta_in=flat(0.95, count),
        eta_out=flat(0.95, count), keep=flat(1.0, count), use_kwh=flat(0.0, count),
        low_kwh=flat(0.0, count), high_kwh=flat(size, count), short_price=flat(0.0, count),
        start_kwh=size * dice.uniform(0.2, 0.8, count), wear_price=np.full(count, 0.01),
        end_price=np.full(count, 0.11),
    )  # fmt: skip


def heat(dice: np.random.Generator, count: int, first: int) -> Storage:
    """Thermal stores that leak and from which heat is drawn."""
    clock = clocks()
    shape = 0.4 + np.exp(-(((clock - 7.5) / 1.5) ** 2)) + np.exp(-(((clock - 20) / 2.5) ** 2))
    mean = dice.uniform(0.15, 0.5, count)
    use = (mean[:, None] * HOURS) * shape * dice.uniform(0.6, 1.4, (count, SLOTS))
    size = dice.uniform(6, 14, count)
    return Storage(
        asset=first + np.arange(count), connection=dice.integers(0, PLACES, count),
        draw_kw=flat(dice.uniform(2, 4, count), count), feed_kw=flat(0.0, count),
        eta_in=flat(1.0, count), eta_out=flat(1.0, count),
        keep=flat(dice.uniform(0.995, 0.999, count), count), use_kwh=use, low_kwh=flat(0.0, count),
        high_kwh=flat(size, count), short_price=flat(0.5, count),
        start_kwh=size * dice.uniform(0.3, 0.9, count), wear_price=np.zeros(count),
        end_price=np.full(count, 0.1),
    )  # fmt: skip


def cycles(dice: np.random.Generator, count: int, first: int) -> Profile:
    """Washing cycles: a fixed shape of up to eight slots, a whole start."""
    length = dice.integers(4, 9, count)
    shape = dice.uniform(0.3, 2.0, (count, 8)) * (np.arange(8) < length[:, None])
    earliest = dice.integers(0, 48, count)
    latest = np.minimum(earliest + dice.integers(12, 40, count), SLOTS - 8)
    return Profile(
        asset=first + np.arange(count), connection=dice.integers(0, PLACES, count), shape_kw=shape,
        earliest=earliest, latest=latest, skip_price=np.full(count, np.inf),
    )  # fmt: skip


def later(case: Town) -> Town:
    """The same town one slot on: every series moved by one, the last slot repeated."""

    def on(table: np.ndarray) -> np.ndarray:
        if table.ndim == 2 and table.strides[1] == 0:
            return table
        return np.concatenate([table[..., 1:], table[..., -1:]], axis=-1)

    wide = ("draw_kw", "use_kwh", "low_kwh")
    offers = case.offers
    stores = tuple(
        replace(block, **{name: on(getattr(block, name)) for name in wide})
        for block in offers.storage
    )
    profile = tuple(
        replace(
            block,
            earliest=np.maximum(block.earliest - 1, 0),
            latest=np.maximum(block.latest - 1, 0),
        )
        for block in offers.profile
    )
    base = on(offers.fixed_kw)
    window = Window.uniform(offers.window.start + 900, SLOTS)
    return Town(
        offers=replace(offers, window=window, fixed_kw=base, storage=stores, profile=profile),
        limits=case.limits,
        objective=replace(case.objective, energy_price=on(case.objective.energy_price)),
    )
