"""What a planner orders: cables and transformers with their data sheets, and his rule of load.

Cables: resistances by IEC 60228, current ratings in the ground by DIN VDE 0276-603 (NAYY) and
0276-620 (NA2XS2Y), reactances and capacitances as manufacturers publish them (and as pandapower and
SimBench carry). Transformers: highest losses of Commission Regulation (EU) No 548/2014, tier 2.

The rule of load is Velander's: a group that takes W in a year peaks at k1·W + k2·√W, so that the
many flatten each other. Constants in kW and MWh, as quoted from Nordic planning practice in
Lakervi & Holmes, "Electricity Distribution Network Design" (2nd ed. 1995), and Seppälä (1996),
VTT Publications 289: 0.29 and 2.5 for homes without electric heating, 0.25 and 1.9 for services.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.units import F, I

MV_KV, LV_KV = 20.0, 0.4
POWER_FACTOR = 0.95
"""Of what a planner designs for."""
HOME_K = (0.29, 2.5)
SERVICE_K = (0.25, 1.9)


@dataclass(frozen=True, kw_only=True)
class Cable:
    """A cable; per kilometre and circuit."""

    name: str
    r_ohm: float
    x_ohm: float
    c_nf: float
    rated_a: float


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A distribution transformer 20/0.4 kV, Dyn5."""

    rated_kva: float
    copper_loss_kw: float
    iron_loss_kw: float
    short_circuit_pct: float
    no_load_pct: float


LV_CABLES = (
    Cable(name="NAYY 4x150", r_ohm=0.206, x_ohm=0.080, c_nf=261.0, rated_a=270.0),
    Cable(name="NAYY 4x240", r_ohm=0.125, x_ohm=0.080, c_nf=273.0, rated_a=357.0),
)
MV_CABLES = (
    Cable(name="NA2XS2Y 3x1x150", r_ohm=0.206, x_ohm=0.116, c_nf=250.0, rated_a=319.0),
    Cable(name="NA2XS2Y 3x1x240", r_ohm=0.125, x_ohm=0.112, c_nf=304.0, rated_a=417.0),
)
UNITS = tuple(
    Unit(
        rated_kva=kva, copper_loss_kw=copper, iron_loss_kw=iron,
        short_circuit_pct=short, no_load_pct=idle,
    )
    for kva, copper, iron, short, idle in (
        (160.0, 1.75, 0.189, 4.0, 0.30),
        (250.0, 2.35, 0.270, 4.0, 0.28),
        (400.0, 3.25, 0.387, 4.0, 0.26),
        (630.0, 4.60, 0.540, 4.0, 0.24),
        (800.0, 6.00, 0.585, 6.0, 0.22),
        (1000.0, 7.60, 0.693, 6.0, 0.20),
    )
)  # fmt: skip
RESERVE = 1.15
"""A transformer is ordered for this much more than today's design load."""


@dataclass(frozen=True, eq=False)
class Demand:
    """What N sites, feeders or areas ask of the wires; sums of demands are demands.

    Attributes:
        home_mwh: (N,) a year, of homes.
        service_mwh: (N,) a year, of shops, offices and schools.
        point_kw: (N,) of what runs at full power when it runs.
    """

    home_mwh: F
    service_mwh: F
    point_kw: F

    @property
    def kw(self) -> F:
        """(N,) peak a planner designs for, by Velander's rule."""
        return peak_kw(self.home_mwh, self.service_mwh, self.point_kw)

    def gathered(self, group: I, groups: int) -> Demand:
        """Sums over sites by `group` (N,); those below 0 are left out."""
        keep = group >= 0
        parts = (self.home_mwh, self.service_mwh, self.point_kw)
        sums = [np.bincount(group[keep], part[keep], groups).astype(np.float64) for part in parts]
        return Demand(*sums)


def peak_kw(home_mwh: F, service_mwh: F, point_kw: F) -> F:
    """(N,) design peak by Velander's rule.

    A hundred homes of 3 MWh ask for 1.3 kW each, one alone for 5.2 kW:

    >>> none = np.zeros(2)
    >>> (peak_kw(np.array([300.0, 3.0]), none, none) / [100, 1]).round(1).tolist()
    [1.3, 5.2]
    """
    peak: F = (
        HOME_K[0] * home_mwh
        + HOME_K[1] * np.sqrt(home_mwh)
        + SERVICE_K[0] * service_mwh
        + SERVICE_K[1] * np.sqrt(service_mwh)
        + point_kw
    )
    return peak


def ordered(design_kw: F) -> tuple[I, I]:
    """(which of `UNITS`, how many side by side) for areas that ask for `design_kw` (N,)."""
    kva = RESERVE * design_kw / POWER_FACTOR
    sizes = np.array([unit.rated_kva for unit in UNITS])
    parallel = np.maximum(np.ceil(kva / sizes[-1]), 1).astype(np.int64)
    which: I = np.searchsorted(sizes, kva / parallel)
    return which, parallel
