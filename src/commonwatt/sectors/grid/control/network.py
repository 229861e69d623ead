"""The wires as dispatch sees them: linear rows around a plan, and the AC verdict on it.

Rows, in this order: every branch that somebody's power moves (kW, positive downstream), then every
bus whose voltage somebody moves (pu). The sensitivities are those of the unloaded grid, measured
once by finite differences and constant ever after, so that a solver can keep its matrix; what the
loaded grid does differently (losses, reactive power, voltage) stands in the bounds, which every
call takes from an AC power flow around the plan given. At that plan, rows and AC agree exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array, vstack

from commonwatt.kernel.flexibility import Limits, Violations
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import Plan
from commonwatt.kernel.units import F, I
from commonwatt.sectors.grid.analysis.flow import Feeder, Flow
from commonwatt.sectors.grid.analysis.overload import band_breach_pu, excess_kva

_STEP_KW = 5.0
_FAINT_KW = 1e-4
_FAINT_PU = 1e-8
_LEAST_ACTIVE = 0.1


@dataclass(frozen=True, eq=False)
class Rows:
    """What is limited, and how connections move it.

    Attributes:
        branch: indices of the branches, the first rows.
        bus: indices of the buses, the rows after them.
        sens: (R,C) change of each row per kW at each connection.
        flows: (branch,C) the same for all branches.
    """

    branch: I
    bus: I
    sens: csr_array
    flows: csr_array


class GridNetwork:
    """Fills the port `Network`.

    Attributes:
        feeder: the wires.
        margin: share of every rating kept free, in `limits` and `check` alike.
        voltage_margin_pu: kept free at either end of every voltage band.
    """

    def __init__(self, plan: Plan, margin: float = 0.0, voltage_margin_pu: float = 0.0) -> None:
        self.feeder = Feeder.of(plan)
        self.margin = margin
        self.voltage_margin_pu = voltage_margin_pu
        bus = plan.table("bus")
        self._low_pu = bus.f("low_pu") + voltage_margin_pu
        self._high_pu = bus.f("high_pu") - voltage_margin_pu
        self._bus_names = tuple(i.removeprefix("bus/") for i in bus.ids)
        self._overload_price = plan.prices.overload_eur_per_kvah
        self._voltage_price = plan.prices.voltage_eur_per_pu_h

    @cached_property
    def rows(self) -> Rows:
        """Rows and sensitivities, from one batch of 2L perturbed cases of the unloaded grid."""
        feeder = self.feeder
        loads = feeder.load_bus.size
        step = _STEP_KW * np.hstack([np.eye(loads), -np.eye(loads)])
        flow = feeder.flow_at_buses(step, np.zeros_like(step))
        per_bus = np.searchsorted(feeder.load_bus, feeder.connection_bus)
        power = _difference(flow.power_kw, loads)[:, per_bus]
        volts = np.nan_to_num(_difference(flow.volts_pu, loads))[:, per_bus]
        power[np.abs(power) < _FAINT_KW] = 0.0
        volts[np.abs(volts) < _FAINT_PU] = 0.0
        branch = np.flatnonzero(np.abs(power).max(axis=1, initial=0.0) > 0)
        bus = np.flatnonzero(np.abs(volts).max(axis=1, initial=0.0) > 0)
        sens = csr_array(vstack([csr_array(power[branch]), csr_array(volts[bus])]))
        return Rows(branch, bus, sens, csr_array(power))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """(R,) what each row protects."""
        branches = tuple(self.feeder.names[b] for b in self.rows.branch)
        return branches + tuple(f"voltage {self._bus_names[b]}" for b in self.rows.bus)

    def limits(self, window: Window, kw: F, kvar: F) -> Limits:
        """Rows around the connections' power (C,T), as `Network.limits`; `window` sets T only."""
        del window
        rows, flow = self.rows, self.feeder.flow(kw, kvar)
        near, far = self._active_caps(flow)
        base = rows.sens @ kw
        split = rows.branch.size
        low = base.copy()
        high = base.copy()
        high[:split] += (near - flow.power_kw)[rows.branch]
        low[:split] -= (far + flow.far_kw)[rows.branch]
        volts = flow.volts_pu[rows.bus]
        high[split:] += self._high_pu[rows.bus, None] - volts
        low[split:] += self._low_pu[rows.bus, None] - volts
        return Limits(
            name=self.names,
            sens=rows.sens,
            low=low,
            high=high,
            price=np.concatenate(
                [np.full(split, self._overload_price), np.full(rows.bus.size, self._voltage_price)]
            ),
            loss=self._marginal_loss(flow),
            loss_kw=flow.loss_kw,
        )

    def check(self, window: Window, kw: F, kvar: F) -> Violations:
        """What an AC flow of the connections' power (C,T) breaks, signed, in the same rows.

        A branch's excess is (loading − rating share allowed)⁺ · rating in kVA, with the sign of its
        power: a 160 kVA transformer at 103 % is 4.8 over.
        """
        del window
        rows, flow = self.rows, self.feeder.flow(kw, kvar)
        over = excess_kva(flow.loading + self.margin, self.feeder.rating_kva)
        signed = np.where(flow.power_kw < 0, -over, over)
        volts = band_breach_pu(flow.volts_pu, self._low_pu, self._high_pu)
        return Violations(
            name=self.names, excess=np.concatenate([signed[rows.branch], volts[rows.bus]])
        )

    def _active_caps(self, flow: Flow) -> tuple[F, F]:
        """(branch,T) most active power at either end, at the plan's kvar and volts.

        Drawing, the near end carries more (it feeds the losses); feeding in, the far end does.
        """
        free = (1.0 - self.margin) * self.feeder.rating_kva[:, None]
        lines = np.arange(self.feeder.branches)[:, None] >= self.feeder.transformers
        caps = []
        for bus, kvar in ((self.feeder.near_bus, flow.kvar), (self.feeder.far_bus, flow.far_kvar)):
            volts = np.nan_to_num(flow.volts_pu[bus], nan=1.0)
            kva = np.where(lines, volts, 1.0) * free
            caps.append(np.sqrt(np.maximum(kva**2 - kvar**2, (_LEAST_ACTIVE * kva) ** 2)))
        return caps[0], caps[1]

    def _marginal_loss(self, flow: Flow) -> F:
        """(C,T) kW lost more per kW drawn more: Σ over branches of 2·r·P/V², times sensitivity."""
        per_kw = 2.0 * self.feeder.loss_per_kw2[:, None] * flow.power_kw
        volts = np.nan_to_num(flow.volts_pu[self.feeder.far_bus], nan=1.0)
        marginal: F = self.rows.flows.T @ (per_kw / volts**2)
        return marginal


def _difference(values: F, loads: int) -> F:
    """(K,L) central differences per kW of the two halves of a perturbed batch (K,2L)."""
    slope: F = (values[:, :loads] - values[:, loads:]) / (2 * _STEP_KW)
    return slope
