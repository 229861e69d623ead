"""What responses are measured against: mixed-integer programmes and plain enumeration.

Written from the kernel's records alone; nothing here comes from `commonwatt.platform`.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from commonwatt.kernel.flexibility import Modes, Storage

BIG = 100.0


def storage(row: Storage, price: np.ndarray, hours: np.ndarray) -> float:
    """Least cost of one row that never draws and feeds at once and spills only when full."""
    slots = hours.size
    draw, feed, level, short, spill, draws, full, overflows = (
        np.arange(k * slots, (k + 1) * slots) for k in range(8)
    )
    cost, low, high = np.zeros(8 * slots), np.zeros(8 * slots), np.full(8 * slots, np.inf)
    whole = np.zeros(8 * slots)
    for kind in (draws, full, overflows):
        high[kind] = whole[kind] = 1
    cost[draw] = (price + row.wear_price[0]) * hours
    cost[feed] = (row.wear_price[0] - price) * hours
    cost[short] = row.short_price[0]
    cost[level[-1]] = -row.end_price[0]
    high[draw], high[feed], high[level] = row.draw_kw[0], row.feed_kw[0], row.high_kwh[0]
    high[spill] = BIG
    alone, feeds, rows = row.start_kwh[0], row.feed_kw[0].max() > 0, []
    for t in range(slots):
        keep, use = row.keep[0, t], row.use_kwh[0, t]
        alone = min(row.high_kwh[0, t], keep * alone - use)
        low[level[t]] = min(0.0, row.low_kwh[0, t], alone) if feeds else -BIG
        balance = {
            level[t]: 1.0, draw[t]: -row.eta_in[0, t] * hours[t], spill[t]: 1.0,
            feed[t]: hours[t] / row.eta_out[0, t],
        }  # fmt: skip
        right = -use + (keep * row.start_kwh[0] if t == 0 else 0.0)
        if t:
            balance[level[t - 1]] = -keep
        rows.append((balance, right, right))
        if np.isfinite(row.low_kwh[0, t]):
            rows.append(({level[t]: 1.0, short[t]: 1.0}, row.low_kwh[0, t], np.inf))
        rows += [
            ({draw[t]: 1.0, draws[t]: -row.draw_kw[0, t]}, -np.inf, 0.0),
            ({feed[t]: 1.0, draws[t]: row.feed_kw[0, t]}, -np.inf, row.feed_kw[0, t]),
            ({spill[t]: 1.0, full[t]: -BIG}, -np.inf, 0.0),
            ({level[t]: 1.0, full[t]: -2 * BIG}, row.high_kwh[0, t] - 2 * BIG, np.inf),
            ({draw[t]: 1.0, overflows[t]: row.draw_kw[0, t]}, -np.inf, row.draw_kw[0, t]),
            ({spill[t]: 1.0, overflows[t]: -BIG}, -np.inf, 0.0),
        ]
    matrix = np.zeros((len(rows), 8 * slots))
    for i, (entries, _, _) in enumerate(rows):
        for column, value in entries.items():
            matrix[i, column] = value
    done = milp(
        cost,
        integrality=whole,
        bounds=Bounds(low, high),
        constraints=LinearConstraint(matrix, [r[1] for r in rows], [r[2] for r in rows]),
        options={"mip_rel_gap": 0.0},
    )
    assert done.status == 0, done.message
    return float(done.fun)


def modes(row: Modes, price: np.ndarray, hours: np.ndarray) -> float:
    """Least cost of one row over every sequence of modes that its rules allow."""
    best = np.inf
    for plan in product(range(row.power_kw.shape[1]), repeat=hours.size):
        mode, kept, paid = int(row.start_mode[0]), int(row.start_dwell[0]), 0.0
        for t, new in enumerate(plan):
            if new != mode:
                paid += np.inf if kept > 0 else row.switch_price[0, mode, new]
                mode, kept = new, int(row.dwell[0, new]) - 1
            else:
                kept = max(0, kept - 1)
            paid += (price[t] * row.power_kw[0, new] + row.run_price[0, new]) * hours[t]
        best = min(best, paid)
    return float(best)
