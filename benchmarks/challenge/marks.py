"""The challenge's marks: every one a ratio to the same homes without a battery."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from challenge.year import Year

MONTH_H = 730


@dataclass(frozen=True)
class Marks:
    """Ratios to no battery, lower is better.

    Attributes:
        cost: of what each home draws; what it feeds in earns nothing.
        carbon: likewise.
        ramping: summed change of the district's net power from hour to hour.
        load_factor: mean over the months of one less mean by peak.
        pooled_cost: cost where homes of the same hour may use each other's sun, as the code of 2022
            reckoned.
        mean_cost: mean of the homes' own ratios, as CityLearn 2 and 3 report.
        mean_carbon: likewise.
    """

    cost: float
    carbon: float
    ramping: float
    load_factor: float
    pooled_cost: float
    mean_cost: float
    mean_carbon: float

    @property
    def grid(self) -> float:
        """The challenge's grid cost."""
        return (self.ramping + self.load_factor) / 2

    @property
    def score(self) -> float:
        """Cost, carbon and grid in equal parts."""
        return (self.cost + self.carbon + self.grid) / 3

    @property
    def pooled_score(self) -> float:
        """By the cost of the code of 2022."""
        return (self.pooled_cost + self.carbon + self.grid) / 3

    @property
    def mean_score(self) -> float:
        """By the means of CityLearn 2 and 3."""
        return (self.mean_cost + self.mean_carbon + self.grid) / 3


def marked(year: Year, net_kwh: np.ndarray) -> Marks:
    """The marks of homes that took `net_kwh` (H,T) with their batteries."""
    mine, bare = bills(year, net_kwh), bills(year, year.net_kwh)
    grid, without = net_kwh.sum(axis=0), year.net_kwh.sum(axis=0)
    return Marks(
        cost=mine[0].sum() / bare[0].sum(),
        carbon=mine[1].sum() / bare[1].sum(),
        ramping=ramping(grid) / ramping(without),
        load_factor=unevenness(grid) / unevenness(without),
        pooled_cost=pooled(year, grid) / pooled(year, without),
        mean_cost=float(np.mean(mine[0] / bare[0])),
        mean_carbon=float(np.mean(mine[1] / bare[1])),
    )


def bills(year: Year, net_kwh: np.ndarray) -> np.ndarray:
    """(2,H) what each home's draw costs in $ and in kg."""
    return np.stack([year.price, year.carbon]) @ np.maximum(net_kwh, 0.0).T


def pooled(year: Year, grid_kwh: np.ndarray) -> float:
    """What the district's draw costs in $."""
    return float(np.maximum(grid_kwh, 0.0) @ year.price)


def ramping(grid_kwh: np.ndarray) -> float:
    """Summed change from hour to hour, kWh."""
    return float(np.abs(np.diff(grid_kwh)).sum())


def unevenness(grid_kwh: np.ndarray) -> float:
    """Mean over the months of 730 hours of one less mean by peak; a last part counts as one."""
    months = np.split(grid_kwh, range(MONTH_H, grid_kwh.size, MONTH_H))
    return float(np.mean([1 - month.mean() / month.max() for month in months]))
