"""From a mixture of columns to the power of every row: its own answers, mixed or one of them."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.flexibility import Envelope, Storage
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import F, I
from commonwatt.platform.dispatch.coordinator.account import private_eur
from commonwatt.platform.dispatch.coordinator.blocks import Answer, Block
from commonwatt.platform.dispatch.coordinator.recipe import Recipe
from commonwatt.platform.dispatch.coordinator.shards import Shard


def rounded(shard: Shard, mix: Recipe, seed: int) -> tuple[list[F], Answer]:
    """One of its own answers for every row that must stay whole, as often as the mixture says.

    Returns:
        Per block (N,T) power, empty for blocks whose rows may mix; and the groups' sums.
    """
    rng = Rng(seed)
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


def mixed(shard: Shard, mix: Recipe) -> tuple[list[F], Answer]:
    """Every row that may mix as the mixture of its own answers.

    Returns:
        Per block (N,T) power, empty for blocks whose rows stay whole; and the groups' sums.
    """
    powers, parts, begin = [], [], 0
    for block in shard.blocks:
        end = begin + block.place.size
        each = np.zeros((0 if block.whole else len(block.rows), shard.hours.size))
        answer = _nothing(block, shard.hours)
        if each.size and isinstance(block.rows, Storage | Envelope):
            for price, share in zip(mix.price, mix.share, strict=True):
                if share[begin:end].any():
                    block.add_shares(each, price, shard.hours, share[begin:end])
            if isinstance(block.rows, Storage):
                _keep_within(block.rows, each, shard.hours)
            answer = _summed(block, each, private_eur(block.rows, each, shard.hours))
        powers.append(each)
        parts.append(answer)
        begin = end
    return powers, Answer.joined(parts)


def _summed(block: Block, each: F, cost: F) -> Answer:
    """What the rows with powers `each` (N,T) and `cost` (N,) come to in every group."""
    answer = Answer.nothing(block.place.size, each.shape[1])
    filled = np.flatnonzero(np.diff(block.first))
    if filled.size:
        begin = block.first[filled]
        answer.power_kw[filled] = np.add.reduceat(each[block.order], begin, axis=0)
        answer.cost[filled] = np.add.reduceat(cost[block.order], begin)
    return answer


def _nothing(block: Block, hours: F) -> Answer:
    return Answer.nothing(block.place.size, hours.size)


def _drawn(block: Block, share: F, rng: Rng, stream: str) -> I:
    """(N,) which asking each row follows: every group's rows, shuffled, are dealt by its shares."""
    choice = np.zeros(len(block.rows), dtype=np.int64)
    luck = rng.uniform(stream, block.number, 0)
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
