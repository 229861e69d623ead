"""What is wrong with the wires now: overloads, and voltages outside their band."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.ports import Finding, View
from commonwatt.sectors.grid.analysis.overload import band_breach_pu

SERIOUS = 1.2
"""Loading from which insulation ages fast and somebody should act within the hour."""


class WireJudge:
    """Fills the port `Judge` from the newest measured loadings and voltages."""

    def findings(self, view: View) -> tuple[Finding, ...]:
        """One finding per overloaded branch, one for the worst bus above and below its band."""
        return (*_overloads(view), *_voltages(view))


def _overloads(view: View) -> list[Finding]:
    names = (*view.plan.table("transformer").ids, *view.plan.table("line").ids)
    loading = view.latest("branch.loading", np.arange(len(names)))
    return [
        Finding(
            key=f"grid.overload/{names[b]}",
            priority=3 if loading[b] > SERIOUS else 2,
            cause=f"{names[b]} carries {loading[b]:.0%} of its rating",
            consequence="its insulation ages faster, and its fuse may trip",
            action="see what is asked of the assets behind it, or shed feed-in or charging there",
        )
        for b in np.flatnonzero(loading > 1.0)
    ]


def _voltages(view: View) -> list[Finding]:
    bus = view.plan.table("bus")
    volts = view.latest("bus.volts_pu", np.arange(len(bus)))[:, None]
    breach = band_breach_pu(volts, bus.f("low_pu"), bus.f("high_pu"))[:, 0]
    found = []
    for word, worst in (("above", int(np.argmax(breach))), ("below", int(np.argmin(breach)))):
        if breach[worst] > 0 if word == "above" else breach[worst] < 0:
            found.append(
                Finding(
                    key=f"grid.voltage/{word}/{bus.ids[worst]}",
                    priority=2,
                    cause=f"{bus.ids[worst]} is at {volts[worst, 0]:.3f} pu, {word} its band",
                    consequence="appliances behind it may fail or switch off",
                    action="shift load or feed-in on its feeder, or move the transformer's tap",
                )
            )
    return found
