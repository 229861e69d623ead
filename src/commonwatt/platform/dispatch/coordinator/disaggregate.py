"""From a mixture of columns to the power of every row: its own answers, mixed or one of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.flexibility import Envelope, Storage
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import F, I
from commonwatt.platform.dispatch.coordinator.account import private_eur
from commonwatt.platform.dispatch.coordinator.blocks import Answer, Block
from commonwatt.platform.dispatch.coordinator.shards import Shard

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


def rounded(shard: Shard, mix: Recipe, rng: Rng) -> tuple[list[F], Answer]:
    """One of its own answers for every row that must stay whole, as often as the mixture says.

    Returns:
        Per block (N,T) power, empty for blocks whose rows may mix; and the groups' sums.
    """
    powers, parts, begin = [], [], 0
    for b, block in enumerate(shard.blocks):
        end = begin + block.place.size
        share = np.array([s[begin:end] for s in mix.share]).reshape(-1, end - begin)
        each = np.zeros((len(block.rows) if block.whole else 0, shard.hours.size))
        answers = [_nothing(block, shard.hours)]
        if block.whole and len(block.rows):
            choice = _drawn(block, share, rng, f"coordinator.whole.{b}")
            for a, price in enumerate(mix.price):
                chosen = block.only(choice == a)
                if chosen.order.size:
                    one = np.ones(block.place.size)
                    answers.append(chosen.add_shares(each, price, shard.hours, one))
        powers.append(each)
        parts.append(Answer.summed(answers))
        begin = end
    return powers, Answer.joined(parts)


@dataclass(frozen=True, kw_only=True, eq=False)
class Account:
    """What the rows that may mix come to in one shard.

    Attributes:
        powers: per block (N,T) power; empty for blocks whose rows stay whole.
        power_kw: (P,T) their sum at every place.
        cost: € they pay by themselves.
    """

    powers: list[F]
    power_kw: F
    cost: float


def mixed(shard: Shard, mix: Recipe, places: int) -> Account:
    """Every row that may mix as the mixture of its own answers."""
    powers, begin, cost = [], 0, 0.0
    total = np.zeros((places, shard.hours.size))
    for block in shard.blocks:
        end = begin + block.place.size
        each = np.zeros((0 if block.whole else len(block.rows), shard.hours.size))
        if each.size and isinstance(block.rows, Storage | Envelope):
            for price, share in zip(mix.price, mix.share, strict=True):
                if share[begin:end].any():
                    block.add_shares(each, price, shard.hours, share[begin:end])
            if isinstance(block.rows, Storage):
                _keep_within(block.rows, each, shard.hours)
            cost += private_eur(block.rows, each, shard.hours)
            _add_by_place(total, block, each)
        powers.append(each)
        begin = end
    return Account(powers=powers, power_kw=total, cost=cost)


def _add_by_place(total: F, block: Block, each: F) -> None:
    filled = np.flatnonzero(np.diff(block.first))
    if filled.size:
        sums = np.add.reduceat(each[block.order], block.first[filled], axis=0)
        np.add.at(total, block.place[filled], sums)


def _nothing(block: Block, hours: F) -> Answer:
    groups = block.place.size
    return Answer(
        power_kw=np.zeros((groups, hours.size)), cost=np.zeros(groups), bound=np.zeros(groups)
    )


def _drawn(block: Block, share: F, rng: Rng, stream: str) -> I:
    """(N,) which asking each row follows: every group's rows, shuffled, are dealt by its shares."""
    choice = np.zeros(len(block.rows), dtype=np.int64)
    luck = rng.uniform(stream, np.arange(len(block.rows)), 0)
    upto = np.cumsum(share, axis=0)
    for k in np.flatnonzero(np.diff(block.first)):
        rows = block.order[block.first[k] : block.first[k + 1]]
        rows = rows[np.argsort(luck[rows], kind="stable")]
        offset = rng.uniform(stream, k, 1)
        place = (np.arange(rows.size) + offset) / rows.size * upto[-1, k]
        choice[rows] = np.minimum(np.searchsorted(upto[:, k], place), share.shape[0] - 1)
    return choice


def _keep_within(rows: Storage, power: F, hours: F) -> None:
    """Draw and feed less where a mixture of drawing and feeding, netted, would pass a bound.

    A mixture loses by drawing and feeding at once; its net does not, and so arrives fuller.
    """
    both = np.flatnonzero((rows.feed_kw > 0).any(axis=1))
    level = rows.start_kwh[both]
    for t in range(hours.size):
        eta, high = rows.eta_in[both, t], rows.high_kwh[both, t]
        rest = rows.keep[both, t] * level - rows.use_kwh[both, t]
        room = np.maximum(0.0, high - rest) / np.maximum(eta * hours[t], 1e-12)
        done = np.minimum(power[both, t], room)
        gain = np.where(done > 0, eta * done, done / rows.eta_out[both, t]) * hours[t]
        level = np.minimum(high, rest + gain)
        power[both, t] = done
