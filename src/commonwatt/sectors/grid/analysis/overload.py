"""What "overloaded" means, written once.

A transformer's **loading** is the apparent power at its more loaded side over its rated kVA
(rating × derating × units in parallel). A line's loading is the current at its more loaded end over
its rated current (all circuits). A branch is **overloaded** when its loading is above 1.0. The
**overload energy** is Σ (loading − 1)⁺ · rating · hours in kVAh, where a line's rating in kVA is
√3 · rated voltage · rated current. Every report, price and check uses these functions.
"""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.units import B, F


def line_rating_kva(rated_kv: F, rated_a: F) -> F:
    """(K,) kVA of lines that may carry `rated_a` in all at `rated_kv`.

    >>> line_rating_kva(np.array([0.4]), np.array([270.0])).round(1).tolist()
    [187.1]
    """
    kva: F = np.sqrt(3.0) * rated_kv * rated_a
    return kva


def excess_kva(loading: F, rating_kva: F) -> F:
    """(branch,T) kVA above the rating; 0 where the branch is not overloaded.

    A transformer at 103 % of 160 kVA is 4.8 kVA over:

    >>> excess_kva(np.array([[1.03, 0.97]]), np.array([160.0])).round(6).tolist()
    [[4.8, 0.0]]
    """
    return np.maximum(loading - 1.0, 0.0) * rating_kva[:, None]


def active_limit_kw(power_kw: F, kva: F, free_kva: F) -> F:
    """Most active power beside the reactive power measured; NaN where nothing was.

    96 kW of 120 kVA have 72 kvar beside them, which leave 142.9 kW of 160 kVA:

    >>> active_limit_kw(np.array([96.0]), np.array([120.0]), np.array([160.0])).round(1).tolist()
    [142.9]
    """
    reactive = np.maximum(kva**2 - power_kw**2, 0.0)
    limit: F = np.sqrt(np.maximum(free_kva**2 - reactive, 0.0))
    return limit


def overload_kvah(loading: F, rating_kva: F, hours: F) -> F:
    """(branch,) overload energy over slots of `hours` (T,)."""
    energy: F = excess_kva(loading, rating_kva) @ hours
    return energy


def hours_above(loading: F, level: float, hours: F) -> F:
    """(branch,) hours in which the loading is above `level`."""
    total: F = (loading > level) @ hours
    return total


def band_breach_pu(volts_pu: F, low_pu: F, high_pu: F) -> F:
    """(bus,T) how far each bus is outside its band: above positive, below negative, dead buses 0.

    >>> band_breach_pu(np.array([[1.12, 0.88, 1.0]]), np.array([0.9]), np.array([1.1])).round(3)
    array([[ 0.02, -0.02,  0.  ]])
    """
    above = np.maximum(volts_pu - high_pu[:, None], 0.0)
    below = np.minimum(volts_pu - low_pu[:, None], 0.0)
    breach: F = np.nan_to_num(above + below)
    return breach


def outside_band(volts_pu: F, low_pu: F, high_pu: F) -> B:
    """(T,) whether any bus is outside its band."""
    outside: B = (band_breach_pu(volts_pu, low_pu, high_pu) != 0).any(axis=0)
    return outside
