"""What the wires are made of: buses, lines, transformers and the source that feeds them.

Tables are in units of the trade; `grid_input` turns them into power-grid-model's arrays (SI units).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from power_grid_model import LoadGenType, WindingType, initialize_array

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.tables import Dtype, Field, Kind, Table
from commonwatt.kernel.units import I

FREQUENCY_HZ = 50.0
KINDS = ("bus", "line", "transformer", "source")


def _bus(name: str, doc: str) -> Field:
    return Field(name=name, doc=f"Index of {doc}.", dtype=Dtype.INT, low=0)


def _closed(name: str, end: str) -> Field:
    doc = f"1 if the switch at {end} is closed, 0 if it is open."
    return Field(name=name, doc=doc, dtype=Dtype.INT, low=0, high=1, default=1)


_PARALLEL = Field(name="parallel", doc="How many side by side.", dtype=Dtype.INT, low=1, default=1)

BUS = Kind(
    name="bus",
    doc="A node of the grid; buses joined by closed couplers are one.",
    sited=False,
    fields=(
        Field(name="rated_kv", doc="Rated line-to-line voltage.", low=0.05),
        Field(name="low_pu", doc="Lowest permitted voltage.", low=0.0, high=1.0, default=0.9),
        Field(name="high_pu", doc="Highest permitted voltage.", low=1.0, high=2.0, default=1.1),
        Field(
            name="lon",
            doc="Degrees east; 0 with lat 0 if unknown.",
            low=-180,
            high=180,
            default=0.0,
        ),
        Field(name="lat", doc="Degrees north.", low=-90, high=90, default=0.0),
    ),
)
LINE = Kind(
    name="line",
    doc="An overhead line or cable, as a pi model; impedances are of one circuit.",
    sited=False,
    fields=(
        _bus("from_bus", "the bus it starts at"),
        _bus("to_bus", "the bus it ends at"),
        _closed("closed_from", "its start"),
        _closed("closed_to", "its end"),
        Field(name="length_m", doc="Length.", low=0.0, default=0.0),
        Field(name="r_ohm", doc="Series resistance, positive sequence.", low=0.0),
        Field(name="x_ohm", doc="Series reactance, positive sequence, at 50 Hz."),
        Field(name="c_nf", doc="Shunt capacitance.", low=0.0, default=0.0),
        Field(name="g_us", doc="Shunt conductance.", low=0.0, default=0.0),
        Field(name="rated_a", doc="Current one circuit may carry for good.", low=0.1),
        _PARALLEL,
    ),
)
TRANSFORMER = Kind(
    name="transformer",
    doc="A two-winding transformer, as a pi model.",
    sited=False,
    fields=(
        _bus("high_bus", "the bus on its high-voltage side"),
        _bus("low_bus", "the bus on its low-voltage side"),
        _closed("closed_high", "its high-voltage side"),
        _closed("closed_low", "its low-voltage side"),
        Field(name="rated_kva", doc="Rated apparent power of one unit.", low=0.1),
        Field(name="derating", doc="Share of the rating it may carry.", low=0.01, default=1.0),
        Field(name="high_kv", doc="Rated voltage of the high side.", low=0.05),
        Field(name="low_kv", doc="Rated voltage of the low side.", low=0.05),
        Field(name="short_circuit_pct", doc="Relative short-circuit voltage.", low=0.01),
        Field(name="copper_loss_kw", doc="Losses at rated current.", low=0.0),
        Field(name="iron_loss_kw", doc="Losses at no load.", low=0.0, default=0.0),
        Field(name="no_load_pct", doc="Current at no load.", low=0.0, default=0.0),
        Field(
            name="clock",
            doc="Vector group's clock number.",
            dtype=Dtype.INT,
            low=0,
            high=11,
            default=0,
        ),
        Field(name="tap_side", doc="high or low.", dtype=Dtype.TEXT, default="high"),
        Field(name="tap_pos", doc="Where the tap stands.", dtype=Dtype.INT, default=0),
        Field(name="tap_neutral", doc="Where it changes nothing.", dtype=Dtype.INT, default=0),
        Field(name="tap_step_pct", doc="Change of voltage per step.", default=0.0),
        _PARALLEL,
    ),
)
SOURCE = Kind(
    name="source",
    doc="Where the grid is fed from above, as a voltage behind an impedance.",
    sited=False,
    fields=(
        _bus("bus", "the bus it feeds"),
        Field(name="volts_pu", doc="Voltage it holds.", low=0.5, high=1.5, default=1.0),
        Field(name="angle_deg", doc="Angle of that voltage.", default=0.0),
        Field(
            name="short_circuit_mva",
            doc="Short-circuit power; the default is an ideal slack (10 GVA would cost 3e-3 pu).",
            low=0.1,
            default=1e10,
        ),
    ),
)


def grid_input(tables: Mapping[str, Table], load_bus: I) -> dict[str, Any]:
    """Power-grid-model's input arrays.

    Args:
        tables: bus, line, transformer and source, by kind.
        load_bus: (L,) the buses that carry a load, one `sym_load` each, in this order.

    Returns:
        arrays by component; ids run over nodes, transformers, lines, sources, loads in that order.

    Raises:
        InvalidInput: a table refers to a bus that does not exist, or there is no bus or source.
    """
    for kind in ("bus", "source"):
        if not len(tables[kind]):
            raise InvalidInput(f"table {kind!r} is empty: a grid needs at least one {kind}")
    _check_buses(tables, load_bus)
    parts = {
        "node": _nodes(tables["bus"]),
        "transformer": _transformers(tables["transformer"]),
        "line": _lines(tables["line"]),
        "source": _sources(tables["source"]),
        "sym_load": _loads(load_bus),
    }
    following = 0
    for part in parts.values():
        part["id"] = following + np.arange(part.size)
        following += part.size
    return parts


def _check_buses(tables: Mapping[str, Table], load_bus: I) -> None:
    buses = len(tables["bus"])
    ends = {
        "line": ("from_bus", "to_bus"),
        "transformer": ("high_bus", "low_bus"),
        "source": ("bus",),
    }
    for kind, columns in ends.items():
        for column in columns:
            bus = tables[kind].i(column)
            if (bus >= buses).any():
                row = int(np.argmax(bus >= buses))
                raise InvalidInput(
                    f"table {kind!r}, row {row + 1}, field {column!r}: there is no bus {bus[row]}"
                )
    if load_bus.size and int(load_bus.max()) >= buses:
        raise InvalidInput(f"table 'connection', field 'bus': there is no bus {load_bus.max()}")


def _nodes(bus: Table) -> Any:
    node = initialize_array("input", "node", len(bus))
    node["u_rated"] = bus.f("rated_kv") * 1e3
    return node


def _lines(table: Table) -> Any:
    line = initialize_array("input", "line", len(table))
    parallel = table.f("parallel")
    susceptance_us = 2 * np.pi * FREQUENCY_HZ * table.f("c_nf") * 1e-3
    if ((susceptance_us == 0) & (table.f("g_us") > 0)).any():
        raise InvalidInput("table 'line': field 'g_us' needs a 'c_nf' above zero in the same row")
    line["from_node"], line["to_node"] = table.i("from_bus"), table.i("to_bus")
    line["from_status"], line["to_status"] = table.i("closed_from"), table.i("closed_to")
    line["r1"] = table.f("r_ohm") / parallel
    line["x1"] = table.f("x_ohm") / parallel
    line["c1"] = table.f("c_nf") * 1e-9 * parallel
    line["tan1"] = table.f("g_us") / np.where(susceptance_us == 0, 1.0, susceptance_us)
    line["i_n"] = table.f("rated_a") * parallel
    return line


def _transformers(table: Table) -> Any:
    transformer = initialize_array("input", "transformer", len(table))
    parallel, clock = table.f("parallel"), table.i("clock")
    at_high = np.array([side == "high" for side in table.text("tap_side")], dtype=bool)
    sided_kv = np.where(at_high, table.f("high_kv"), table.f("low_kv"))
    values: dict[str, Any] = {
        "from_node": table.i("high_bus"),
        "to_node": table.i("low_bus"),
        "from_status": table.i("closed_high"),
        "to_status": table.i("closed_low"),
        "u1": table.f("high_kv") * 1e3,
        "u2": table.f("low_kv") * 1e3,
        "sn": table.f("rated_kva") * 1e3 * parallel,
        "uk": table.f("short_circuit_pct") / 100,
        "pk": table.f("copper_loss_kw") * 1e3 * parallel,
        "i0": table.f("no_load_pct") / 100,
        "p0": table.f("iron_loss_kw") * 1e3 * parallel,
        "winding_from": np.where(clock % 2, WindingType.delta, WindingType.wye_n),
        "winding_to": WindingType.wye_n,
        "clock": clock,
        "tap_side": np.where(at_high, 0, 1),
        "tap_pos": table.i("tap_pos"),
        "tap_nom": table.i("tap_neutral"),
        "tap_min": np.minimum(table.i("tap_pos"), table.i("tap_neutral")),
        "tap_max": np.maximum(table.i("tap_pos"), table.i("tap_neutral")),
        "tap_size": table.f("tap_step_pct") / 100 * sided_kv * 1e3,
    }
    for name, value in values.items():
        transformer[name] = value
    return transformer


def _sources(table: Table) -> Any:
    source = initialize_array("input", "source", len(table))
    source["node"], source["status"] = table.i("bus"), 1
    source["u_ref"] = table.f("volts_pu")
    source["u_ref_angle"] = np.deg2rad(table.f("angle_deg"))
    source["sk"] = table.f("short_circuit_mva") * 1e6
    return source


def _loads(load_bus: I) -> Any:
    load = initialize_array("input", "sym_load", load_bus.size)
    load["node"], load["status"] = load_bus, 1
    load["type"] = LoadGenType.const_power
    load["p_specified"] = load["q_specified"] = 0.0
    return load
