"""A sector is one declarative row: what it has, what it measures, which ports it fills."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import Flexible, Ground, Judge, Measured, Network, Plan, Twin, View
from commonwatt.kernel.readings import Quantity, Readings
from commonwatt.kernel.tables import Kind


@dataclass(frozen=True, kw_only=True)
class Sector:
    """The row each sector's `__init__` declares as `SECTOR`.

    Attributes:
        name: folder name.
        title: what people call it.
        kinds: tables it owns.
        quantities: what it measures.
        foreseen: quantities it wants forecast.
        derive: further readings worked out from what was measured in a slot (a connection's base
            load, a roof's potential); run right after sensing.
        twins: make its simulated field, each from the ground it stands on.
        flexible: what it can move, if anything.
        network: makes the wires from the plan and the share of ratings kept free; the grid does.
        judge: what is wrong with it, for the alarm list.
        measured: its account.
    """

    name: str
    title: str
    kinds: tuple[Kind, ...]
    quantities: tuple[Quantity, ...]
    measured: Measured
    foreseen: tuple[str, ...] = ()
    derive: Callable[[View, Window], list[Readings]] | None = None
    twins: tuple[Callable[[Ground], Twin], ...] = ()
    flexible: Flexible | None = None
    judge: Judge | None = None
    network: Callable[[Plan, float], Network] | None = None
