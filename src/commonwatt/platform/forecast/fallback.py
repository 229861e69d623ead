"""The fallback chain: what serves a series whose own past is too short for the model chosen.

ridge → profile → last day → last value → zero
"""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import SLOTS_PER_DAY
from commonwatt.kernel.units import F, I
from commonwatt.platform.forecast.features import Features
from commonwatt.platform.forecast.rolling import MODELS
from commonwatt.platform.forecast.tail import LOW_SUN

ENOUGH_FOR_RIDGE = 7 * SLOTS_PER_DAY
ENOUGH_FOR_PROFILE = 2 * SLOTS_PER_DAY
ENOUGH_FOR_DAY = SLOTS_PER_DAY // 2
ENOUGH_TO_TELL = 24
"""Changes from one day to the next that tell how large they are."""
WIDER = 1.5
"""How much wider errors on days to come are than on those a profile was fitted to."""
PROFILE, LAST_DAY = MODELS.index("profile"), MODELS.index("last day")
LAST_VALUE, NOTHING = "last value", "zero"


def carried(model: I, reason: list[str], values: F) -> tuple[I, list[str], list[str]]:
    """The models that each series' own past can carry.

    Args:
        model: (N,) chosen, indices of MODELS.
        reason: (N,) why.
        values: (K,N) history, NaN where missing.

    Returns:
        (N,) models, (N,) names, those beyond MODELS included, and (N,) reasons.
    """
    known = np.isfinite(values).sum(axis=0)
    short = (known < ENOUGH_FOR_RIDGE) & (model < PROFILE)
    model = np.where(short, PROFILE, model)
    names, why = [MODELS[m] for m in model], list(reason)
    for n in np.flatnonzero(known < ENOUGH_FOR_PROFILE):
        day = known[n] >= ENOUGH_FOR_DAY
        names[n] = MODELS[LAST_DAY] if day else LAST_VALUE if known[n] else NOTHING
        why[n] = f"only {known[n]} quarter hours were ever measured"
    model = np.where(known < ENOUGH_FOR_PROFILE, LAST_DAY, model)
    return model, names, why


def unseen(errors: F, values: F, clear: F) -> tuple[F, F]:
    """Errors that say how far off the next days will be, and how much wider those will be.

    Those of series that repeat their last day are put right: such a base knows the very day it
    would be judged on. How far one day is from the next counts, where two are known, and else how
    far values are from their mean.

    Args:
        errors: (K,N) of the base on the past it was fitted to, NaN where unknown.
        values: (K,N) that past.
        clear: (K,1) unit of errors, NaN where they say nothing.

    Returns:
        (K,N) errors, and (N,) the factor.
    """
    sized = values / clear
    changes = np.full(values.shape, np.nan)
    changes[SLOTS_PER_DAY:] = (values[SLOTS_PER_DAY:] - values[:-SLOTS_PER_DAY]) / clear[
        SLOTS_PER_DAY:
    ]
    known = np.isfinite(sized)
    mean = np.where(known, sized, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    told = np.isfinite(changes).sum(axis=0) >= ENOUGH_TO_TELL
    short = np.isfinite(values).sum(axis=0) < ENOUGH_FOR_PROFILE
    return np.where(short, np.where(told, changes, sized - mean), errors), np.where(
        short, 1.0, WIDER
    )


def filled(table: F, names: list[str], values: F, seen: Features) -> F:
    """(GROUPS,N) `table` with the last value, or 0, for series that have no more than that."""
    table = table.copy()
    for n, name in enumerate(names):
        if name == LAST_VALUE:
            lit = np.flatnonzero(np.isfinite(values[:, n]) & (seen.scale > LOW_SUN))[-4:]
            table[:, n] = np.mean(values[lit, n] / seen.scale[lit]) if lit.size else 0.0
        elif name == NOTHING:
            table[:, n] = 0.0
    return table
