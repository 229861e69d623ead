"""Which answers a mixture is made of: all that a shard need know to find what its rows do in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.units import F, I

_USED = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class Recipe:
    """Which answers a mixture is made of.

    Attributes:
        price: (P,T) of every asking that is used.
        share: per asking, (G,) of every group.
    """

    price: list[F]
    share: list[F]


def recipe(asked: list[F], group: I, asking: I, share: F, groups: int) -> Recipe:
    """The recipe of columns: their `group`, `asking` and `share`, each (n,)."""
    price, shares = [], []
    for a in np.unique(asking[(share > _USED) & (asking >= 0)]):
        mine = asking == a
        price.append(asked[a])
        shares.append(np.bincount(group[mine], share[mine], groups).astype(np.float64))
    return Recipe(price=price, share=shares)
