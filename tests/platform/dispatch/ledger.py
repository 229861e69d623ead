"""What given powers cost and whether they are allowed, row by row and slot by slot.

Written from the kernel's records alone; nothing here comes from `commonwatt.platform`.
"""

from __future__ import annotations

import numpy as np

from benchmarks.milp import Prices
from commonwatt.kernel.flexibility import Envelope, Limits, Modes, Offers, Profile, Storage

TINY = 1e-6


Plan = list[tuple[Storage | Envelope | Profile | Modes, np.ndarray]]
"""Tables of rows, each with its (N,T) power."""


def net_kw(offers: Offers, plan: Plan) -> np.ndarray:
    """(C,T) what connections take."""
    net = offers.fixed_kw.copy()
    for rows, power in plan:
        np.add.at(net, rows.connection, power)
    return net


def breaches(offers: Offers, limits: Limits, plan: Plan) -> np.ndarray:
    """(R,T) by how much each limit is broken."""
    value = limits.sens @ net_kw(offers, plan)
    return np.maximum(0.0, np.maximum(value - limits.high, limits.low - value))


def cost(
    offers: Offers, limits: Limits, around_kw: np.ndarray, prices: Prices, plan: Plan
) -> float:
    """€ of a plan; fails where a row does what it must not."""
    hours = np.diff(offers.window.edges) / 3600
    laws = {Storage: store, Envelope: band, Profile: cycle, Modes: mode}
    private = sum(
        laws[type(rows)](rows, n, power[n], hours) for rows, power in plan for n in range(len(rows))
    )
    net = net_kw(offers, plan)
    total = limits.loss_kw + net.sum(axis=0) + (limits.loss * (net - around_kw)).sum(axis=0)
    peaks = sum(
        max(prices.peak_so_far_kw.get(int(d), 0.0), np.abs(total[prices.day == d]).max())
        for d in np.unique(prices.day)
    )
    broken = limits.price @ breaches(offers, limits, plan) @ hours
    energy = (prices.energy_price * hours) @ total
    return float(private + energy + prices.peak_price_eur_per_kw_day * peaks + broken)


def levels(s: Storage, n: int, power: np.ndarray, hours: np.ndarray) -> np.ndarray:
    """(T,) levels; fails where power leaves its bounds, overfills, or feeds what is not there."""
    level, found = s.start_kwh[n], []
    alone = level
    for t, h in enumerate(hours):
        assert -s.feed_kw[n, t] - TINY <= power[t] <= s.draw_kw[n, t] + TINY, "power out of bounds"
        gain = (s.eta_in[n, t] if power[t] > 0 else 1 / s.eta_out[n, t]) * power[t] * h
        rest = s.keep[n, t] * level - s.use_kwh[n, t]
        alone = min(s.high_kwh[n, t], s.keep[n, t] * alone - s.use_kwh[n, t])
        assert power[t] <= TINY or rest + gain <= s.high_kwh[n, t] + TINY, "drew into its overflow"
        level = min(s.high_kwh[n, t], rest + gain)
        floor = min(0.0, s.low_kwh[n, t], alone)
        assert power[t] >= -TINY or level >= floor - 10 * TINY, "fed what was not there"
        found.append(level)
    return np.array(found)


def store(s: Storage, n: int, power: np.ndarray, hours: np.ndarray) -> float:
    """Wear, what is missing, less what is left."""
    level = levels(s, n, power, hours)
    wanted = np.isfinite(s.low_kwh[n])
    missing = np.maximum(0.0, s.low_kwh[n] - level)[wanted]
    short = float(s.short_price[n][wanted] @ missing)
    return float(s.wear_price[n] * np.abs(power) @ hours + short - s.end_price[n] * level[-1])


def band(e: Envelope, n: int, power: np.ndarray, hours: np.ndarray) -> float:
    """What leaving one's wish costs."""
    assert (power >= e.low_kw[n] - TINY).all(), "below its envelope"
    assert (power <= e.high_kw[n] + TINY).all(), "above its envelope"
    off = power - e.want_kw[n]
    return float((np.where(off > 0, e.up_price[n], -e.down_price[n]) * off) @ hours)


def cycle(p: Profile, n: int, power: np.ndarray, hours: np.ndarray) -> float:
    """Nothing for a start in time, the price of none for no start."""
    del hours
    if not power.any() and np.isfinite(p.skip_price[n]):
        return float(p.skip_price[n])
    length = p.shape_kw.shape[1]
    for start in range(p.earliest[n], p.latest[n] + 1):
        whole = np.zeros(power.size)
        whole[start : start + length] = p.shape_kw[n]
        if np.abs(power - whole).max() < TINY:
            return 0.0
    msg = f"cycle {n} does not run its shape once, in time"
    raise AssertionError(msg)


def mode(m: Modes, n: int, power: np.ndarray, hours: np.ndarray) -> float:
    """Running and switching; fails if a mode is left too early or entered against the rules."""
    now, kept, paid = int(m.start_mode[n]), int(m.start_dwell[n]), 0.0
    for t, h in enumerate(hours):
        new = int(np.abs(m.power_kw[n] - power[t]).argmin())
        assert abs(m.power_kw[n, new] - power[t]) < TINY, "between two modes"
        if new == now:
            kept -= 1
        else:
            assert kept <= 0, "left a mode too early"
            paid += float(m.switch_price[n, now, new])
            now, kept = new, int(m.dwell[n, new]) - 1
        paid += float(m.run_price[n, new] * h)
    assert np.isfinite(paid), "took a forbidden switch"
    return paid
