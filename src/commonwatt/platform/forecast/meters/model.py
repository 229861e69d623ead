"""What was learnt about a fleet: text and small arrays, a megabyte that travels to every worker."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.units import F, I
from commonwatt.platform.forecast.meters.calendar import Calendar
from commonwatt.platform.forecast.meters.spread import Spread

GLOBAL, PROFILE, NAIVE, CLASS = "global", "4-week profile", "weekly naive", "class profile"
CHAIN = (GLOBAL, PROFILE, NAIVE, CLASS)
"""The fallback chain, the best-informed first."""


@dataclass(frozen=True, eq=False)
class Lore:
    """What was learnt about one customer class.

    Attributes:
        trees: the global model of the median as LightGBM's text.
        mean_trees: the same of the mean, which alone can be added up.
        profile: (2,D) usual shape of workdays and days off, relative to a meter's mean.
        size: typical mean of a meter, for those that were never measured.
        edges: (B-1,) mean size by which meters are told apart, rising.
        spread: errors of the models of CHAIN, in that order.
        median: which of the levels is 0.5.
        coverage: measured share of readings within the outer quantiles, on a day kept apart.
    """

    trees: str
    mean_trees: str
    profile: F
    size: float
    edges: F
    spread: tuple[Spread, ...]
    median: int
    coverage: float

    def bucket(self, scale: F) -> I:
        """(N,) volume bucket of meters of mean size `scale`."""
        found: I = np.searchsorted(self.edges, scale, side="right").astype(np.int64)
        return found

    def middle(self, scale: F, spread: F, hour: I) -> F:
        """(4,N,H) from what each model of CHAIN says to the median, relative."""
        bucket = self.bucket(scale)[:, None]
        found: F = np.stack(
            [s.table[bucket, hour, self.median] * spread[:, None] for s in self.spread]
        )
        return found

    def halfway(self, x: NDArray[np.float32]) -> F:
        """(N,H) median of readings with features `x` (N,H,P), relative to their meters' means."""
        return _predicted(self.trees, x)

    def expected(self, x: NDArray[np.float32]) -> F:
        """(N,H) their mean."""
        return _predicted(self.mean_trees, x)


@dataclass(frozen=True, eq=False)
class FleetModel:
    """What was learnt about a fleet.

    Attributes:
        calendar: step, zone and holidays of its readings.
        learnt_at: origin of what was known, epoch seconds.
        lessons: how many readings were learnt from.
        levels: (Q,) rising, 0.5 among them.
        lore: by customer class.
        common: the class that serves meters of a class never seen: the largest.
    """

    calendar: Calendar
    learnt_at: int
    lessons: int
    levels: F
    lore: dict[str, Lore]
    common: str

    def of(self, kind: str) -> Lore:
        """The lore of customer class `kind`, else of the largest."""
        return self.lore.get(kind, self.lore[self.common])

    @cached_property
    def id(self) -> str:
        """Twelve hex digits that change with anything learnt."""
        return sha256(self.text().encode()).hexdigest()[:12]

    def text(self) -> str:
        """All of it as JSON."""
        calendar = {
            "step_s": self.calendar.step_s,
            "zone": self.calendar.zone,
            "holidays": sorted(self.calendar.holidays),
        }
        lore = {
            name: {
                "trees": one.trees,
                "mean_trees": one.mean_trees,
                "profile": one.profile.tolist(),
                "size": one.size,
                "edges": one.edges.tolist(),
                "spread": [s.table.tolist() for s in one.spread],
                "median": one.median,
                "coverage": one.coverage,
            }
            for name, one in sorted(self.lore.items())
        }
        whole = {
            "calendar": calendar,
            "learnt_at": self.learnt_at,
            "lessons": self.lessons,
            "levels": self.levels.tolist(),
            "common": self.common,
            "lore": lore,
        }
        return json.dumps(whole)

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(self.text(), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> FleetModel:
        """Read what `save` wrote.

        Raises:
            InvalidInput: the file is no such thing.
        """
        try:
            return cls._of(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError) as error:
            msg = f"{path} holds no fleet model ({error}); fit one first"
            raise InvalidInput(msg) from error

    @classmethod
    def _of(cls, whole: dict[str, Any]) -> FleetModel:
        calendar = Calendar(
            whole["calendar"]["step_s"],
            whole["calendar"]["zone"],
            frozenset(whole["calendar"]["holidays"]),
        )
        levels = np.array(whole["levels"])
        lore = {
            name: Lore(
                trees=one["trees"],
                mean_trees=one["mean_trees"],
                profile=np.array(one["profile"]),
                size=one["size"],
                edges=np.array(one["edges"]),
                spread=tuple(Spread(np.array(table)) for table in one["spread"]),
                median=one["median"],
                coverage=one["coverage"],
            )
            for name, one in whole["lore"].items()
        }
        learnt_at, lessons = whole["learnt_at"], whole["lessons"]
        return cls(calendar, learnt_at, lessons, levels, lore, whole["common"])


def _predicted(trees: str, x: NDArray[np.float32]) -> F:
    answer = _booster(trees).predict(x.reshape(-1, x.shape[-1]), num_threads=1)
    return np.asarray(answer, dtype=np.float64).reshape(x.shape[:-1])


@lru_cache(maxsize=32)
def _booster(trees: str) -> lightgbm.Booster:
    return lightgbm.Booster(model_str=trees)
