"""Forecasts that add up: meters, their feeders and the city, reconciled by weighted least squares.

Every level forecasts itself; the reconciled forecasts are the closest ones, in units of each one's
own error variance, that add up. That is MinT with a diagonal W (Wickramasuriya, Athanasopoulos &
Hyndman 2019, "Optimal forecast reconciliation"), written over the constraints instead of over the
meters: what is solved for is one multiplier per aggregate, so that a million meters under a
thousand feeders cost one sparse system of a thousand rows, and meters are adjusted a partition at a
time by the multipliers of the aggregates they lie under.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array, csr_array, diags_array
from scipy.sparse.linalg import splu

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.units import F, I
from commonwatt.platform.forecast.cleaning import quantiles


@dataclass(frozen=True, eq=False)
class Reconciled:
    """Forecasts that add up: `upper` is `sums @ lower`, to the last bit.

    Attributes:
        lower: (N,T) of the meters.
        upper: (M,T) of the aggregates.
    """

    lower: F
    upper: F


def feeders_and_city(feeder: I) -> csr_array:
    """(M,N) sums for N meters on the feeders numbered by `feeder` (N,), and last for the city.

    >>> feeders_and_city(np.array([0, 1, 0])).toarray().tolist()
    [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 1.0, 1.0]]
    """
    count, feeders = feeder.size, int(feeder.max(initial=-1)) + 1
    row = np.concatenate([feeder, np.full(count, feeders)])
    column = np.tile(np.arange(count), 2)
    return csr_array((np.ones(2 * count), (row, column)), shape=(feeders + 1, count))


def reconciled(sums: csr_array, lower: F, upper: F, variance: F) -> Reconciled:
    """The closest forecasts that add up.

    Args:
        sums: (M,N) which meters make each aggregate, and with what weight.
        lower: (N,T) meters' own forecasts of the mean.
        upper: (M,T) aggregates' own forecasts; a row with a gap is not heard, only summed.
        variance: (N+M,) of the errors of each forecast, meters first; 0 is sure.

    Raises:
        InvalidInput: shapes do not match, a variance is no variance, or a meter has no forecast.
    """
    _check(sums, lower, upper, variance)
    meters = lower.shape[0]
    heard = np.isfinite(upper).all(axis=1)
    rows = csr_array(sums[np.flatnonzero(heard)])
    own = variance[:meters]
    spread = csr_array(rows @ diags_array(own) @ rows.T)
    gap = upper[heard] - rows @ lower
    push = multipliers(spread, variance[meters:][heard], gap)
    moved = adjusted(lower, own, rows, push)
    return Reconciled(lower=moved, upper=np.asarray(sums @ moved))


def multipliers(spread: csr_array, variance: F, gap: F) -> F:
    """(M,T) how hard each aggregate pulls on all that lies under it.

    Args:
        spread: (M,M) covariance of the sums of the meters' forecasts, `sums @ W @ sums.T`; it adds
            up over partitions.
        variance: (M,) of the aggregates' own forecasts.
        gap: (M,T) aggregates' own forecasts less the sums of the meters'.
    """
    if not gap.size:
        return np.zeros(gap.shape)
    system = csc_array(spread + diags_array(variance))
    idle = system.diagonal() <= 0
    if np.any(np.abs(gap[idle]) > 0):
        msg = f"aggregate {int(np.argmax(idle))} and all under it claim to be sure, yet disagree"
        raise InvalidInput(msg)
    solved = splu(csc_array(system + diags_array(idle.astype(float)))).solve(gap)
    return np.asarray(solved, dtype=np.float64)


def adjusted(lower: F, variance: F, sums: csr_array, push: F) -> F:
    """(N,T) some meters' forecasts moved by the `push` (M,T) of what they lie under.

    Where nothing pulls, nothing moves: forecasts that already add up come back as they were.
    """
    moved: F = lower + variance[:, None] * np.asarray(sums.T @ push)
    return moved


def around(centre: F, errors: F, levels: F) -> F:
    """(Q,M,T) quantiles of aggregates from *their own* past errors, hour by hour of the horizon.

    The quantiles of a sum are not the sum of quantiles: a thousand homes are surer together than
    each alone, and share the weather. So a feeder's band comes from the feeder's residuals.

    Args:
        centre: (M,T) reconciled forecasts.
        errors: (K,M,T) actual less reconciled, of K past issues, gaps as NaN.
        levels: (Q,) rising.
    """
    past, aggregates, steps = errors.shape
    bent = quantiles(errors.reshape(past, aggregates * steps), levels)
    found: F = centre + bent.reshape(levels.size, aggregates, steps)
    return found


def _check(sums: csr_array, lower: F, upper: F, variance: F) -> None:
    aggregates, meters = sums.shape
    if lower.shape[0] != meters or upper.shape != (aggregates, lower.shape[1]):
        msg = (
            f"{aggregates} aggregates of {meters} meters need forecasts of as many rows and equal "
            f"steps, not {lower.shape} and {upper.shape}"
        )
        raise InvalidInput(msg)
    if variance.shape != (meters + aggregates,):
        msg = f"give {meters + aggregates} variances, one a forecast, not {variance.shape}"
        raise InvalidInput(msg)
    if not (np.isfinite(variance).all() and (variance >= 0).all()):
        row = int(np.argmin(np.isfinite(variance) & (variance >= 0)))
        msg = f"the variance of forecast {row} is {variance[row]:g}; give 0 or more"
        raise InvalidInput(msg)
    if not np.isfinite(lower).all():
        row = int(np.argmin(np.isfinite(lower).all(axis=1)))
        msg = f"meter {row} has a gap in its forecast; the fallback chain leaves none"
        raise InvalidInput(msg)
