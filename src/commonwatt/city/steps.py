"""A slot of the simulated field in steps of 10 s: what is fixed flickers, what can move obeys caps.

The slot is first dreamt: copies of people and devices live through it under the commands in force,
so its mean powers are known. Fixed loads and roofs then come about step by step with that mean;
devices that can move hold theirs, less what a correction takes back from one step to the next. When
the slot is over, the twins themselves live through it once, with those a correction touched (and
whoever shares a meter with them) held to the mean of what they did. Where nothing was corrected a
slot is therefore, to the bit, what it is without steps.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.intervals import STEP_S, STEPS_PER_SLOT, slot_of
from commonwatt.kernel.ports import Ground, Twin
from commonwatt.kernel.units import B, F
from commonwatt.kernel.world import World
from commonwatt.physics.flicker import bursts, clouds
from commonwatt.sectors.grid.analysis.flow import Feeder

_DEVICES = 2
"""Twins of a stage below this are people and devices."""
_TOUCHED_KW = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class Glance:
    """What a perfect instrument shows in the step that ends at `time`.

    Attributes:
        time: epoch seconds.
        branch_kw: (branch,) as `Flow.power_kw`.
        loading: (branch,).
        volts_pu: (bus,).
        asset_kw: (A,).
    """

    time: int
    branch_kw: F
    loading: F
    volts_pu: F
    asset_kw: F


class Steps:
    """One slot, step by step.

    Args:
        ground: what the twins stand on.
        twins: those of the field; they are not touched.
        fresh: makes the world of the slot, as commands have it.
        feeder: the wires.

    Attributes:
        start: of the slot, epoch seconds.
        done: steps lived.
        net_kw: (C,90) power of every connection in the steps lived.
    """

    def __init__(
        self, ground: Ground, twins: Sequence[Twin], fresh: Callable[[], World], feeder: Feeder
    ) -> None:
        self._people = [twin for twin in twins if twin.stage < _DEVICES]
        self._fresh, self._feeder, self._sites = fresh, feeder, ground.sites
        world = self._dreamt(fresh())
        self.start, self.done = world.start, 0
        self._kvar: F = world.reactive_kvar.sum(axis=1)
        self._power = world.asset_kw
        self._moves = np.ones(ground.assets, dtype=np.bool_)
        self._moves[ground.table("consumer").ix] = False
        fixed = world.net_kw() - self._at_connections(np.where(self._moves, self._power, 0.0))
        entity, slot = np.arange(fixed.size), int(slot_of(world.start))
        self._fixed_kw = bursts(ground.rng, entity, fixed, slot)
        self._roofs = ground.table("pv").ix
        self._sun_kw = self._flickering(ground, world, slot)
        self._pause_kw = np.zeros(ground.assets)
        self._pause_kw[ground.table("charger").ix] = ground.table("charger").f("min_kw")
        self._unmoved: F | None = None
        self._sum = np.zeros(ground.assets)
        self._touched = np.zeros(ground.assets, dtype=np.bool_)
        self.net_kw = np.zeros((fixed.size, STEPS_PER_SLOT))
        self._last = self._power

    def live(self, until: int, bounds: Callable[[int], tuple[F, F]]) -> None:
        """Live through the steps that end by city time `until`.

        Args:
            until: epoch seconds, within this slot or its end.
            bounds: (A,) low and high of corrections in force at a moment.
        """
        last = min((until - self.start) // STEP_S, STEPS_PER_SLOT)
        while self.done < last:
            low, high = bounds(self.start + self.done * STEP_S)
            free = self._power.copy()
            free[self._roofs] = -self._sun_kw[:, self.done]
            power = self._answered(free, low, high)
            self._touched |= np.abs(power - free) > _TOUCHED_KW
            self._sum += power
            moved = self._at_connections(np.where(self._moves, power, 0.0))
            self.net_kw[:, self.done] = self._fixed_kw[:, self.done] + moved
            self._last = power
            self.done += 1

    def glance(self) -> Glance:
        """The wires and devices in the last step lived."""
        flow = self._feeder.flow(self.net_kw[:, [self.done - 1]], self._kvar[:, None])
        return Glance(
            time=self.start + self.done * STEP_S,
            branch_kw=flow.power_kw[:, 0],
            loading=flow.loading[:, 0],
            volts_pu=flow.volts_pu[:, 0],
            asset_kw=self._last.copy(),
        )

    @property
    def kvar(self) -> F:
        """(C,) reactive power of every connection, the same in all steps."""
        return self._kvar

    def held(self) -> tuple[B, F]:
        """(A,) who must be held to the mean of the steps, and (A,) that mean.

        Those a correction touched, and what moves behind the same meters.
        """
        met = np.zeros(self._kvar.size, dtype=np.bool_)
        met[self._sites[self._touched]] = True
        return met[self._sites] & self._moves, self._sum / STEPS_PER_SLOT

    def _dreamt(self, world: World) -> World:
        """`world` after copies of people and devices have acted in it."""
        for twin in copy.deepcopy(self._people):
            twin.step(world)
        return world

    def _flickering(self, ground: Ground, world: World, slot: int) -> F:
        """(N,90) what roofs feed in, step by step."""
        roofs = ground.table("pv")
        fed = -self._power[roofs.ix]
        cap = np.maximum(-world.low_kw[roofs.ix], 0.0)
        ghi, dhi = float(world.weather.ghi_w_m2[0]), float(world.weather.dhi_w_m2[0])
        return clouds(
            ground.rng,
            roofs.ix,
            fed,
            np.minimum(roofs.f("rated_kw"), cap),
            diffuse_share=min(max(dhi / ghi, 0.0), 1.0) if ghi > 0 else 0.0,
            slot=slot,
        )

    def _answered(self, free: F, low: F, high: F) -> F:
        """(A,) power of every asset: `free`, held between `low` ≤ 0 ≤ `high` as far as it obeys."""
        if not (np.isfinite(low).any() or np.isfinite(high).any()):
            return free
        if self._unmoved is None:
            world = self._fresh()
            world.low_kw[:], world.high_kw[:] = 0.0, 0.0
            self._unmoved = self._dreamt(world).asset_kw
        held = np.clip(free, low, high)
        pauses = (held > 0) & (held < self._pause_kw) & (held < free)
        held = np.where(pauses, 0.0, held)
        drawn = np.maximum(held, np.minimum(free, np.maximum(self._unmoved, 0.0)))
        fed = np.minimum(held, np.maximum(free, np.minimum(self._unmoved, 0.0)))
        return np.where(self._moves, np.where(free > 0, drawn, fed), free)

    def _at_connections(self, asset_kw: F) -> F:
        return np.asarray(np.bincount(self._sites, asset_kw, self._kvar.size), dtype=np.float64)
