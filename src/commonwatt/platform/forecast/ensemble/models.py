"""Everything that forecasts a series: what was learned, and the simple means beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.units import F, I
from commonwatt.platform.forecast.ensemble.rows import Rows
from commonwatt.platform.forecast.ensemble.series import Series
from commonwatt.platform.forecast.ensemble.slots import Slots
from commonwatt.platform.forecast.ensemble.trees import Trees
from commonwatt.platform.forecast.ensemble.usual import Usual


@dataclass(frozen=True)
class Models:
    """Ridge and trees, on lags told apart from the usual."""

    usual: Usual
    ridge: Slots
    trees: Trees

    @classmethod
    def fit(cls, series: Series, rows: Rows, target: F, until: int) -> Models:
        """Learn from rows whose targets (R,) lie before step `until`."""
        usual = Usual.fit(series, until)
        wide = usual.widen(rows, series)
        return cls(usual, Slots.fit(wide, target, series.day), Trees.fit(wide, target))

    def forecasts(self, series: Series, rows: Rows) -> dict[str, F]:
        """(R,) by name, the simple ones with them."""
        wide = self.usual.widen(rows, series)
        learned = {"ridge": self.ridge.predict(wide), "trees": self.trees.predict(wide)}
        return {**learned, **simple(rows)}


def simple(rows: Rows) -> dict[str, F]:
    """(R,) by name: what needs no learning."""
    return {"profile": rows.profile, "weekly": rows.weekly, "daily": rows.lags[:, 0]}


def doubt(forecasts: dict[str, F], mixed: F, rows: Rows) -> F:
    """(R,4) signs that a step is hard to foresee, all of them known when it is forecast.

    How far ridge and trees are apart, how far the forecast is from the four-week mean, last week
    from that mean, and the lead in steps.
    """
    profile = forecasts["profile"]
    ridge, trees = (forecasts.get(name, mixed) for name in ("ridge", "trees"))
    apart = np.abs([ridge - trees, mixed - profile, forecasts["weekly"] - profile, rows.lead])
    return np.nan_to_num(apart.T)


def only(rows: Rows, index: I) -> Rows:
    """Some of the rows."""
    return Rows(**{name: getattr(rows, name)[index] for name in Rows.__dataclass_fields__})
