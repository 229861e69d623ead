"""The correction between two plans: what a feeder may take back when it is measured too full.

A plan holds limits on means of a quarter of an hour as they were forecast. Between plans the feeder
is measured every few seconds, and where a limit is broken whoever pushes on it is held back.

What is held back is *computed from what cannot be moved*: the measured value less what the movable
units were measured to do at the same moment is what they must leave room for. Their own past does
not enter, so there is no loop to swing, however late the devices answer; what sensitivities miss
comes back as an error of a few per cent and dies out. Room is shared as caps are (`shares`: max-min
fair, in proportion to what each unit was permitted). A cap falls at once and rises slowly, and only
while the limit has some room to spare and nobody was cut for a while.

A correction only takes back: caps lie between what a unit needs and what its plan permits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from commonwatt.kernel.units import B, F, I
from commonwatt.platform.dispatch.caps import shares

_TINY = 1e-9
_FAINT_KW = 1e-3
"""Caps that differ by less are the same."""
_OBEYED_KW = 0.1
"""A unit this far above its cap does not obey."""
_FULL = 1e-6
"""A row with less of its room left than this part is full."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Movers:
    """K units that a feeder may hold back, as the plan in force leaves them.

    Attributes:
        asset: (K,) asset index, each once, rising.
        sens: (R,K) change of each limit's quantity per kW of each unit.
        draw_kw: (K,) most it may draw.
        feed_kw: (K,) most it may feed in.
        least_draw_kw: (K,) it is never held below: what it needs.
        least_feed_kw: (K,) likewise.
        pause_kw: (K,) held below this it draws nothing at all.
    """

    asset: I
    sens: F
    draw_kw: F
    feed_kw: F
    least_draw_kw: F
    least_feed_kw: F
    pause_kw: F


@dataclass(frozen=True, kw_only=True, eq=False)
class Reading:
    """What instruments said at one moment; NaN where they said nothing.

    Attributes:
        value: (R,) the quantity of each limit.
        low: (R,) where it should stay above now.
        high: (R,) where it should stay below now.
        spare: (R,) how far within its limit it must be before anybody is released.
        power_kw: (K,) what each unit did.
    """

    value: F
    low: F
    high: F
    spare: F
    power_kw: F


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How quickly a correction lets go, in seconds of city time.

    Attributes:
        hold_s: nobody is released before it was calm for so long.
        release_s: what is released gets back all it was permitted within so long.
        blind_s: a limit that is no longer measured keeps its caps so long, then they are released.
        stuck_s: a value that has not changed by a bit for so long is none.
        deaf_s: a unit that has not obeyed for so long counts as what cannot be moved.
    """

    hold_s: float = 60.0
    release_s: float = 180.0
    blind_s: float = 60.0
    stuck_s: float = 120.0
    deaf_s: float = 60.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Caps:
    """Where a correction stands. Columns of 2K: what units draw, then what they feed.

    Attributes:
        asset: (K,) whose they are.
        kw: (2K,) caps, inf for none.
        row: (2K,) the limit that set each last, -1 for none.
        calm_s: (2K,) seconds since it last fell.
        deaf_s: (2K,) seconds for which the unit has been above it.
        seen: (R,) the newest value of each limit's quantity, NaN before the first.
        same_s: (R,) seconds for which it has been the same.
        blind_s: (R,) seconds for which there has been none, or a stuck one.
    """

    asset: I
    kw: F
    row: I
    calm_s: F
    deaf_s: F
    seen: F
    same_s: F
    blind_s: F

    @classmethod
    def none(cls, asset: I, rows: int) -> Caps:
        """Nobody held, nothing seen."""
        twice = 2 * asset.size
        return cls(
            asset=asset,
            kw=np.full(twice, np.inf),
            row=np.full(twice, -1, dtype=np.int64),
            calm_s=np.zeros(twice),
            deaf_s=np.zeros(twice),
            seen=np.full(rows, np.nan),
            same_s=np.zeros(rows),
            blind_s=np.zeros(rows),
        )

    @property
    def held(self) -> B:
        """(K,) who is held in either direction."""
        return np.asarray(np.isfinite(self.kw).reshape(2, -1).any(axis=0), dtype=np.bool_)

    @property
    def draw_kw(self) -> F:
        """(K,) caps on what units draw."""
        return self.kw[: self.asset.size]

    @property
    def feed_kw(self) -> F:
        """(K,) caps on what units feed in."""
        return self.kw[self.asset.size :]

    @property
    def limit(self) -> I:
        """(K,) the row that holds each unit, -1 for none."""
        rows = np.where(np.isfinite(self.kw), self.row, -1).reshape(2, -1)
        limit: I = rows.max(axis=0)
        return limit

    def freed(self, asset: I) -> Caps:
        """The same without the caps of some assets, by index."""
        gone = np.isin(np.tile(self.asset, 2), asset)
        return replace(self, kw=np.where(gone, np.inf, self.kw))

    def under(self, movers: Movers) -> Caps:
        """The same caps under another plan: never above what it permits, never below a need.

        Whom the new plan permits no more than the cap is no longer held by us.
        """
        old = np.searchsorted(self.asset, movers.asset)
        old = np.minimum(old, max(self.asset.size - 1, 0))
        known = self.asset[old] == movers.asset if self.asset.size else np.zeros(0, np.bool_)
        both = np.concatenate([old, old + self.asset.size])
        fresh = Caps.none(movers.asset, self.seen.size)
        if known.size != movers.asset.size:
            return fresh
        twice = np.concatenate([known, known])
        permitted, least = _ends(movers)
        kw = np.maximum(np.where(twice, self.kw[both], np.inf), least)
        return replace(
            self,
            asset=movers.asset,
            kw=np.where(kw >= permitted - _FAINT_KW, np.inf, kw),
            row=np.where(twice, self.row[both], -1),
            calm_s=np.where(twice, self.calm_s[both], 0.0),
            deaf_s=np.where(twice, self.deaf_s[both], 0.0),
        )


def corrected(
    caps: Caps, movers: Movers, reading: Reading, step_s: float, patience: Patience
) -> Caps:
    """The caps that follow from one reading, `step_s` seconds after the one before."""
    caps = _watched(caps, reading, step_s, patience)
    usable = replace(reading, value=np.where(caps.blind_s > 0, np.nan, reading.value))
    used = _used(caps, movers, usable.power_kw)
    step = _Step(_heeded(caps, used, step_s), movers, usable, used, patience, step_s)
    if _calm(step):
        return step.caps
    tight, row = _rationed(step, strict=False)
    falls = tight < caps.kw - _FAINT_KW
    calm = np.where(falls, 0.0, caps.calm_s + step_s)
    kw = np.minimum(caps.kw, tight)
    if np.isfinite(kw).any():
        kw = _released(step, kw, calm, tight)
    return replace(step.caps, kw=kw, row=np.where(falls, row, caps.row), calm_s=calm)


def _calm(step: _Step) -> bool:
    """Whether nobody is held and no measured limit broken."""
    reading = step.reading
    broken = (reading.value > reading.high) | (reading.value < reading.low)
    return not (np.isfinite(step.caps.kw).any() or broken.any())


def _ends(movers: Movers) -> tuple[F, F]:
    """(2K,) most and least of each unit, drawing and then feeding."""
    most = np.concatenate([movers.draw_kw, movers.feed_kw])
    least = np.concatenate([movers.least_draw_kw, movers.least_feed_kw])
    pause = np.concatenate([movers.pause_kw, np.zeros(movers.asset.size)])
    least = np.where((least > 0) & (least < pause), pause, least)
    return most, np.minimum(least, most)


def _watched(caps: Caps, reading: Reading, step_s: float, patience: Patience) -> Caps:
    """`caps` after a look at the instruments themselves: which say nothing, which are stuck."""
    same_s = np.where(reading.value == caps.seen, caps.same_s + step_s, 0.0)
    blind = ~np.isfinite(reading.value) | (same_s >= patience.stuck_s)
    seen = np.where(np.isfinite(reading.value), reading.value, caps.seen)
    blind_s = np.where(blind, caps.blind_s + step_s, 0.0)
    return replace(caps, seen=seen, same_s=same_s, blind_s=blind_s)


def _used(caps: Caps, movers: Movers, power_kw: F) -> F:
    """(2K,) what each unit did; of an unmeasured one the most it was allowed."""
    most, _ = _ends(movers)
    did = np.concatenate([np.maximum(power_kw, 0.0), np.maximum(-power_kw, 0.0)])
    return np.where(np.isfinite(did), did, np.minimum(caps.kw, most))


def _heeded(caps: Caps, used_kw: F, step_s: float) -> Caps:
    """`caps` after a look at who obeys."""
    above = used_kw > caps.kw + _OBEYED_KW
    return replace(caps, deaf_s=np.where(above, caps.deaf_s + step_s, 0.0))


@dataclass(frozen=True, eq=False)
class _Step:
    """What one step goes by."""

    caps: Caps
    movers: Movers
    reading: Reading
    used: F
    patience: Patience
    step_s: float


@dataclass(frozen=True, eq=False)
class _Tight:
    """The rows that are too full, and the columns of 2K that push on them."""

    row: I
    column: I
    load: F
    room: F


def _rationed(step: _Step, *, strict: bool) -> tuple[F, I]:
    """(2K,) caps that hold every measured limit, inf where none is needed, and (2K,) whose.

    A unit that is held wants all it is permitted, another what it does; one that does not obey is
    part of what cannot be moved. `strict` makes limits narrower by what must be spare before
    anybody is released.
    """
    most, least = _ends(step.movers)
    held = np.isfinite(step.caps.kw)
    obeys = (step.caps.deaf_s < step.patience.deaf_s) & (held | (step.used <= most + _OBEYED_KW))
    wants = np.where(obeys, np.where(held, most, step.used), 0.0)
    used = np.where(obeys, step.used, 0.0)
    floor = np.minimum(wants, least)
    target, whose = np.full(most.size, np.inf), np.full(most.size, -1, dtype=np.int64)
    tight = _tight(step, used, wants, floor, strict=strict)
    if not tight.column.size:
        return target, whose
    span = (np.maximum(wants, most) - floor)[tight.column]
    load, ceiling = tight.load * span, (wants - floor)[tight.column] / span
    share = shares(load, tight.room, ceiling)
    stuck = share < ceiling - _TINY
    target[tight.column[stuck]] = (floor[tight.column] + span * share)[stuck]
    left = tight.room - load @ share
    full = left <= _FULL * (1.0 + tight.room)
    whose[tight.column[stuck]] = tight.row[((load > 0) & full[:, None]).argmax(axis=0)][stuck]
    return _paused(target, tight, step, left), whose


def _tight(step: _Step, used: F, wants: F, floor: F, *, strict: bool) -> _Tight:
    """Rows in which what is wanted does not fit beside what cannot be moved.

    A push is what a kW more does to a limit, never a relief; the measured value holds what was
    used, so only those who want more than they used can make a row too full that is not so yet.
    """
    sens, reading = step.movers.sens, step.reading
    units, spare = sens.shape[1], reading.spare if strict else np.zeros(reading.value.size)
    more = np.flatnonzero(wants - used > _TINY)
    push = sens[:, more % units] * np.where(more < units, 1.0, -1.0)
    rise = (wants - used)[more]
    above = reading.value + np.maximum(push, 0.0) @ rise - (reading.high - spare)
    below = reading.low + spare - (reading.value - np.maximum(-push, 0.0) @ rise)
    high, low = np.flatnonzero(above > _TINY), np.flatnonzero(below > _TINY)  # NaN is neither
    load = np.maximum(
        np.vstack(
            [np.hstack([sens[high], -sens[high]]), np.hstack([-sens[low], sens[low]])],
        ),
        0.0,
    )
    room = np.concatenate(
        [(reading.high - spare - reading.value)[high], (reading.value - reading.low - spare)[low]]
    )
    column = np.flatnonzero((load > _TINY).any(axis=0) & (wants - floor > _FAINT_KW))
    return _Tight(
        row=np.concatenate([high, low]),
        column=column,
        load=load[:, column],
        room=np.maximum(room + load @ (used - floor), 0.0),
    )


def _paused(target: F, tight: _Tight, step: _Step, left: F) -> F:
    """`target` with nobody left between nothing and the least it can run at.

    Who would fall below runs at its least if that still fits, those first that run already and need
    most; the others pause.
    """
    pause = _pause(step.movers)
    most, least = _ends(step.movers)
    low = np.flatnonzero((target < pause) & (least < pause))
    if not low.size:
        return target
    place = np.searchsorted(tight.column, low)
    left = np.maximum(left, 0.0) + tight.load[:, place] @ target[low]
    runs = step.used[low] >= pause[low] - _OBEYED_KW
    order = np.lexsort((low, -least[low] / np.maximum(most[low], _TINY), ~runs))
    rounded = target.copy()
    rounded[low] = 0.0
    for k in order.tolist():
        needs = tight.load[:, place[k]] * pause[low[k]]
        if (needs <= left + _TINY).all() and pause[low[k]] <= most[low[k]]:
            rounded[low[k]] = pause[low[k]]
            left -= needs
    return rounded


def _pause(movers: Movers) -> F:
    """(2K,) below which a unit pauses; nothing for what feeds in."""
    return np.concatenate([movers.pause_kw, np.zeros(movers.asset.size)])


def _released(step: _Step, kw: F, calm: F, tight: F) -> F:
    """`kw`, raised by one step where limits have room to spare and it was calm long enough."""
    most, _ = _ends(step.movers)
    pause, patience, blind_s = _pause(step.movers), step.patience, step.caps.blind_s
    easy = np.minimum(_rationed(step, strict=True)[0], tight)
    of = blind_s[np.maximum(step.caps.row, 0)]
    waits = (step.caps.row >= 0) & (of > 0) & (of < patience.blind_s)
    may = (calm >= patience.hold_s) & ~waits & (easy > kw)
    ramp = most * step.step_s / patience.release_s
    rise = np.maximum(kw + ramp, np.where(easy >= pause, pause, 0.0))
    raised = np.where(may, np.minimum(rise, easy), kw)
    return np.where(raised >= most - _FAINT_KW, np.inf, raised)
