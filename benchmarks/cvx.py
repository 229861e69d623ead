"""The town's problem in CVXPY, as one would write it there: a matrix a block, no loops over assets.

Stores, cycles (their starts mixed) and limits are those of `town.py`; no other family.
"""

from __future__ import annotations

import cvxpy as cp
import numpy as np
from scipy.sparse import csr_array, eye_array
from town import Town

from commonwatt.kernel.flexibility import Profile, Storage


def relaxed(case: Town, solver: str) -> float:
    """The least cost, starts mixed."""
    offers, limits, aim = case.offers, case.limits, case.objective
    hours, places = offers.window.hours, offers.fixed_kw.shape[0]
    parts = [store(s, hours) for s in offers.storage] + [cycles(p, hours) for p in offers.profile]
    blocks = (*offers.storage, *offers.profile)
    net, rules = offers.fixed_kw, []
    for block, (power, _, held) in zip(blocks, parts, strict=True):
        rules += held
        at = csr_array((np.ones(len(block)), (block.connection, np.arange(len(block)))),
                       shape=(places, len(block)))  # fmt: skip
        net = net + at @ power
    total, value = cp.sum(net, axis=0), limits.sens @ net
    breach = cp.pos(value - limits.high) + cp.pos(limits.low - value)
    cost = sum(paid for _, paid, _ in parts) + aim.energy_price * hours @ total
    cost += aim.peak_price_eur_per_kw_day * cp.max(cp.abs(total)) + limits.price @ breach @ hours
    programme = cp.Problem(cp.Minimize(cost), rules)
    return float(programme.solve(solver=solver))


Part = tuple[cp.Expression, cp.Expression, list[cp.Constraint]]
"""(N,T) power of a block, what it pays by itself, what must hold."""


def store(s: Storage, hours: np.ndarray) -> Part:
    """Cars, batteries, heat."""
    shape = s.draw_kw.shape
    draw, feed = (cp.Variable(shape, bounds=[0, most]) for most in (s.draw_kw, s.feed_kw))
    level = cp.Variable(shape)
    before = cp.hstack([s.start_kwh[:, None], level[:, :-1]])
    gain = cp.multiply(s.eta_in * hours, draw) - cp.multiply(hours / s.eta_out, feed)
    rules = [level == cp.multiply(s.keep, before) + gain - s.use_kwh, level <= s.high_kwh]
    if s.feed_kw.any():
        rules.append(level >= 0)
    wanted = np.isfinite(s.low_kwh) & (s.short_price > 0)
    missing = cp.pos(s.low_kwh[wanted] - level[wanted])
    cost = s.wear_price @ (draw + feed) @ hours + s.short_price[wanted] @ missing
    return draw - feed, cost - s.end_price @ level[:, -1], rules


def cycles(p: Profile, hours: np.ndarray) -> Part:
    """A share of every start; power is its convolution with the shape, row by row."""
    slots = np.arange(hours.size)
    may = (slots >= p.earliest[:, None]) & (slots <= p.latest[:, None])
    share = cp.Variable(may.shape, bounds=[0, may.astype(float)])
    power = sum(
        cp.multiply(p.shape_kw[:, [j]], share @ eye_array(hours.size, k=j))
        for j in range(p.shape_kw.shape[1])
    )
    return power, cp.Constant(0.0), [cp.sum(share, axis=1) == 1]
