"""Gradient-boosted trees over all columns, deterministic and on one thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np

from commonwatt.kernel.units import F
from commonwatt.platform.forecast.ensemble.rows import Rows
from commonwatt.platform.forecast.ensemble.slots import spread

ROUNDS = 300
MOST_ROWS = 60_000
SETTINGS: dict[str, Any] = {
    "objective": "regression",
    "learning_rate": 0.06,
    "num_leaves": 31,
    "min_data_in_leaf": 20,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 1.0,
    "max_bin": 63,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "seed": 7,
    "verbosity": -1,
}


@dataclass(frozen=True)
class Trees:
    """A fitted booster."""

    booster: Any

    @classmethod
    def fit(cls, rows: Rows, target: F) -> Trees:
        """Learn from the rows whose target is known, at most `MOST_ROWS` of them."""
        known = np.flatnonzero(np.isfinite(target))
        known = known[spread(len(known), MOST_ROWS)]
        data = lightgbm.Dataset(rows.everything[known], target[known])
        return cls(lightgbm.train(SETTINGS, data, num_boost_round=ROUNDS))

    def predict(self, rows: Rows) -> F:
        """(R,) forecasts."""
        return np.asarray(self.booster.predict(rows.everything, num_threads=1), dtype=float)
