"""How a run went, slot by slot, for people who would rather look than read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from commonwatt.city.bootstrap import Simulated
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import View
from commonwatt.study.result import Trace

MOVERS = ("pv", "battery", "heat_pump", "hot_water", "charger")
PUBLIC = ("building", "lamp")
"""Kinds that are shown where a city has them."""


def traced(
    run: str,
    seed: int,
    *,
    truth: View,
    world: Simulated,
    window: Window,
    reasons: Sequence[tuple[int, str, float, str]],
) -> Trace:
    """The trace of one run from the field's truth."""
    transformers, lines = len(world.city.table("transformer")), len(world.city.table("line"))
    loading = truth.history("branch.loading", np.arange(transformers + lines), window)
    volts = truth.history("bus.volts_pu", np.arange(len(world.city.table("bus"))), window)
    shown = (*MOVERS, *(kind for kind in PUBLIC if len(world.city.table(kind))))
    power = {
        kind: truth.history("asset.power_kw", world.city.table(kind).ix, window).sum(axis=0)
        for kind in shown
    }
    meters = truth.history("meter.power_kw", np.arange(len(world.city.connections)), window)
    power["consumer"] = meters.sum(axis=0) - sum(power.values())
    return Trace(
        run=run,
        seed=seed,
        time=window.starts,
        loading=loading[:transformers].max(axis=0),
        line_loading=loading[transformers:].max(axis=0, initial=0.0),
        volts_low=volts.min(axis=0),
        volts_high=volts.max(axis=0),
        power_kw=power,
        price=world.ground.signals.truth("price.wholesale_eur_per_kwh", window),
        reasons=tuple(reasons),
    )
