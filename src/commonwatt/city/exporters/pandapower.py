"""A city as a pandapower net, for engineers who plan with pandapower.

The net stands for one moment: every consumer at its peak and nothing else. Heat pumps, charge
points, buildings and lamps are loads of their rated power with `scaling` 0, roofs static generators
likewise, batteries storages at rest: raise the scaling of what should run. Solve it with
`pp.runpp(net, trafo_model="pi")` to get the very voltages commonwatt computes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from commonwatt.city.importers.pandapower import package
from commonwatt.city.model import City
from commonwatt.kernel.errors import StorageFailed
from commonwatt.kernel.tables import Table
from commonwatt.kernel.units import F, I
from commonwatt.sectors.grid.model import FREQUENCY_HZ

_AT_REST = ("heat_pump", "hot_water", "charger", "building", "lamp")
"""Kinds that draw up to their rated power."""


def save(city: City, path: Path) -> None:
    """Write `city` as a pandapower JSON file.

    Raises:
        InvalidInput: pandapower is not installed.
        StorageFailed: the disk refused.
    """
    pandapower = package("pandapower")
    try:
        pandapower.to_json(net(city), str(path))
    except OSError as fault:
        raise StorageFailed(f"{path}: the net could not be written: {fault.strerror}") from fault


def net(city: City) -> Any:
    """The net itself.

    Raises:
        InvalidInput: pandapower is not installed.
    """
    pp = package("pandapower")
    made = pp.create_empty_network(name=city.name, f_hz=FREQUENCY_HZ)
    _buses(pp, made, city.table("bus"))
    _lines(pp, made, city.table("line"))
    _transformers(pp, made, city.table("transformer"))
    for k, source in enumerate(city.table("source").ids):
        row = city.table("source")
        pp.create_ext_grid(
            made, int(row.i("bus")[k]), vm_pu=float(row.f("volts_pu")[k]),
            va_degree=float(row.f("angle_deg")[k]), name=source,
        )  # fmt: skip
    _loads(pp, made, city)
    return made


def _buses(pp: Any, made: Any, bus: Table) -> None:
    pp.create_buses(
        made, len(bus), vn_kv=bus.f("rated_kv"), name=list(bus.ids),
        geodata=list(zip(bus.f("lon").tolist(), bus.f("lat").tolist(), strict=True)),
        min_vm_pu=bus.f("low_pu"), max_vm_pu=bus.f("high_pu"),
    )  # fmt: skip


def _lines(pp: Any, made: Any, line: Table) -> None:
    if not len(line):
        return
    km = np.maximum(line.f("length_m"), 1e-3) / 1e3
    pp.create_lines_from_parameters(
        made, line.i("from_bus"), line.i("to_bus"), length_km=km, name=list(line.ids),
        r_ohm_per_km=line.f("r_ohm") / km, x_ohm_per_km=line.f("x_ohm") / km,
        c_nf_per_km=line.f("c_nf") / km, g_us_per_km=line.f("g_us") / km,
        max_i_ka=line.f("rated_a") / 1e3, parallel=line.i("parallel"),
    )  # fmt: skip
    for column, end in (("closed_from", "from_bus"), ("closed_to", "to_bus")):
        _switches(pp, made, line.i(end), line.i(column), "l")


def _transformers(pp: Any, made: Any, unit: Table) -> None:
    if not len(unit):
        return
    kva = unit.f("rated_kva")
    pp.create_transformers_from_parameters(
        made, unit.i("high_bus"), unit.i("low_bus"), sn_mva=kva / 1e3, name=list(unit.ids),
        vn_hv_kv=unit.f("high_kv"), vn_lv_kv=unit.f("low_kv"),
        vk_percent=unit.f("short_circuit_pct"), vkr_percent=100 * unit.f("copper_loss_kw") / kva,
        pfe_kw=unit.f("iron_loss_kw"), i0_percent=unit.f("no_load_pct"),
        shift_degree=30.0 * unit.f("clock"), df=unit.f("derating"), parallel=unit.i("parallel"),
        tap_side=["lv" if side == "low" else "hv" for side in unit.text("tap_side")],
        tap_pos=unit.i("tap_pos"), tap_neutral=unit.i("tap_neutral"),
        tap_step_percent=unit.f("tap_step_pct"), tap_changer_type="Ratio",
    )  # fmt: skip
    for column, end in (("closed_high", "high_bus"), ("closed_low", "low_bus")):
        _switches(pp, made, unit.i(end), unit.i(column), "t")


def _switches(pp: Any, made: Any, bus: I, closed: I, kind: str) -> None:
    """An open switch at each end that is open."""
    for element in np.flatnonzero(closed == 0).tolist():
        pp.create_switch(made, int(bus[element]), element, et=kind, closed=False)


def _loads(pp: Any, made: Any, city: City) -> None:
    bus = city.connections.i("bus")
    consumer = city.table("consumer")
    _load(
        pp, made, consumer, bus,
        kw=consumer.f("peak_kw"), kvar=consumer.f("peak_kvar"), scaling=1.0,
    )  # fmt: skip
    for kind in _AT_REST:
        table = city.table(kind)
        _load(pp, made, table, bus, kw=table.f("rated_kw"), kvar=0.0, scaling=0.0)
    roof, battery = city.table("pv"), city.table("battery")
    if len(roof):
        pp.create_sgens(
            made, bus[roof.connection], p_mw=roof.f("rated_kw") / 1e3, q_mvar=0.0,
            name=list(roof.ids), scaling=0.0, type="PV",
        )  # fmt: skip
    if len(battery):
        pp.create_storages(
            made, bus[battery.connection], p_mw=battery.f("rated_kw") / 1e3, q_mvar=0.0,
            max_e_mwh=battery.f("capacity_kwh") / 1e3, name=list(battery.ids), scaling=0.0,
            min_e_mwh=0.0,
        )  # fmt: skip


def _load(
    pp: Any, made: Any, table: Table, bus: I, *, kw: F, kvar: F | float, scaling: float
) -> None:
    if len(table):
        pp.create_loads(
            made, bus[table.connection], p_mw=kw / 1e3, q_mvar=kvar / 1e3,
            name=list(table.ids), scaling=scaling, type=table.kind.name,
        )  # fmt: skip
