"""The wires of a pandapower net as tables: what pandapower calculates is what they carry.

Carried: buses, lines, two-winding transformers (taps of type "Ratio", units in parallel, derating),
external grids, bus-line and bus-transformer switches, and closed bus couplers (the coupled buses
become one). Anything else in service that would change the flow is refused by name.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.ids import asset_id
from commonwatt.kernel.tables import Kind, Table, checked
from commonwatt.sectors.grid.model import BUS, FREQUENCY_HZ, LINE, SOURCE, TRANSFORMER

_REFUSED = (
    "gen", "shunt", "ward", "xward", "impedance", "trafo3w", "dcline", "motor", "svc", "tcsc",
    "ssc", "vsc", "asymmetric_load", "asymmetric_sgen", "b2b_vsc", "line_dc", "load_dc",
    "source_dc",
)  # fmt: skip
HOURS_ON_THE_CLOCK = 12


def table(kind: Kind, names: Sequence[str], columns: dict[str, Any], where: str) -> Table:
    """A checked table of an unsited kind; names that repeat get a number."""
    return Table(
        kind,
        unique_ids(kind.name, names),
        np.arange(len(names), dtype=np.int64),
        np.full(len(names), -1, dtype=np.int64),
        checked(kind, columns, where),
    )


def unique_ids(kind: str, names: Sequence[str]) -> tuple[str, ...]:
    """Ids of the form kind/name, a number behind those that would repeat."""
    seen: dict[str, int] = {}
    ids = []
    for name in names:
        candidate = asset_id(kind, name)
        seen[candidate] = seen.get(candidate, 0) + 1
        count = seen[candidate]
        ids.append(candidate if count == 1 else f"{candidate}.{count}")
    return tuple(ids)


def named(frame: Any, kind: str) -> list[str]:
    """The rows' names; rows without one are called by their pandapower index."""
    return [
        str(name).strip() if isinstance(name, str) and name.strip() else f"{kind}-{index}"
        for index, name in zip(frame.index, frame["name"], strict=True)
    ]


def wires(net: Any, where: str) -> tuple[dict[str, Table], dict[int, int]]:
    """The grid's tables.

    Args:
        net: a pandapower net.
        where: file or code, for error sentences.

    Returns:
        tables by kind, and the bus index of every pandapower bus in service.

    Raises:
        InvalidInput: nothing feeds the net, or it holds what the tables cannot carry.
    """
    _refuse(net, where)
    frame, bus_of = _buses(net, where)
    return {
        "bus": _bus_table(frame, where),
        "line": _line_table(net, bus_of, where),
        "transformer": _transformer_table(net, bus_of, where),
        "source": _source_table(net, bus_of, where),
    }, bus_of


def _refuse(net: Any, where: str) -> None:
    for element in _REFUSED:
        frame = net.get(element)
        if frame is not None and len(frame) and frame.get("in_service", np.ones(1, bool)).any():
            raise InvalidInput(
                f"{where}: it has {len(frame)} row(s) of {element!r}, which commonwatt does not "
                "carry and which would change the power flow; remove or replace them"
            )
    if not net.ext_grid.in_service.any():
        raise InvalidInput(f"{where}: nothing feeds this grid; it needs an external grid")
    coupler = net.switch[(net.switch.et == "b") & net.switch.closed]
    if (coupler.z_ohm.fillna(0.0) > 0).any():
        raise InvalidInput(f"{where}: bus couplers with an impedance (z_ohm > 0) are not carried")


def _buses(net: Any, where: str) -> tuple[Any, dict[int, int]]:
    root = {int(b): int(b) for b in net.bus.index[net.bus.in_service]}

    def find(bus: int) -> int:
        while root[bus] != bus:
            bus = root[bus]
        return bus

    closed = net.switch[(net.switch.et == "b") & net.switch.closed]
    for one, other in zip(closed.bus, closed.element, strict=True):
        if int(one) in root and int(other) in root:
            a, b = sorted((find(int(one)), find(int(other))))
            root[b] = a
    kept = [b for b in root if find(b) == b]
    if not kept:
        raise InvalidInput(f"{where}: no bus is in service")
    place = {bus: k for k, bus in enumerate(kept)}
    return net.bus.loc[kept], {bus: place[find(bus)] for bus in root}


def _bus_table(frame: Any, where: str) -> Table:
    points = [_point(geo) for geo in frame.get("geo", [None] * len(frame))]
    columns: dict[str, Any] = {
        "rated_kv": frame.vn_kv.tolist(),
        "lon": [p[0] for p in points],
        "lat": [p[1] for p in points],
    }
    for ours, theirs, default in (("low_pu", "min_vm_pu", 0.9), ("high_pu", "max_vm_pu", 1.1)):
        if theirs in frame:
            columns[ours] = frame[theirs].astype(float).fillna(default).tolist()
    return table(BUS, named(frame, "bus"), columns, f"{where}, table bus")


def _point(geo: Any) -> tuple[float, float]:
    """Longitude and latitude of a GeoJSON point; plane coordinates count as unknown."""
    if not isinstance(geo, str) or not geo:
        return 0.0, 0.0
    lon, lat = (float(c) for c in json.loads(geo)["coordinates"][:2])
    plausible = abs(lon) <= 180 and abs(lat) <= 90
    return (lon, lat) if plausible else (0.0, 0.0)


def live(frame: Any, bus_of: dict[int, int], *columns: str) -> Any:
    """Rows in service whose buses are in service too."""
    keep = frame.in_service.to_numpy(dtype=bool).copy()
    for column in columns:
        keep &= frame[column].isin(list(bus_of)).to_numpy(dtype=bool)
    return frame[keep]


def _closed(net: Any, frame: Any, kind: str, column: str) -> list[int]:
    opened = net.switch[(net.switch.et == kind) & ~net.switch.closed]
    gaps = set(zip(opened.element, opened.bus, strict=True))
    return [
        int((index, bus) not in gaps) for index, bus in zip(frame.index, frame[column], strict=True)
    ]


def _line_table(net: Any, bus_of: dict[int, int], where: str) -> Table:
    line = live(net.line, bus_of, "from_bus", "to_bus")
    per_hz = float(net.f_hz) / FREQUENCY_HZ
    columns = {
        "from_bus": [bus_of[int(b)] for b in line.from_bus],
        "to_bus": [bus_of[int(b)] for b in line.to_bus],
        "closed_from": _closed(net, line, "l", "from_bus"),
        "closed_to": _closed(net, line, "l", "to_bus"),
        "length_m": (line.length_km * 1e3).tolist(),
        "r_ohm": (line.r_ohm_per_km * line.length_km).tolist(),
        "x_ohm": (line.x_ohm_per_km * line.length_km).tolist(),
        "c_nf": (line.c_nf_per_km * line.length_km * per_hz).tolist(),
        "g_us": (line.g_us_per_km * line.length_km).tolist(),
        "rated_a": (line.max_i_ka * 1e3 * line.df).tolist(),
        "parallel": line.parallel.tolist(),
    }
    return table(LINE, named(line, "line"), columns, f"{where}, table line")


def _transformer_table(net: Any, bus_of: dict[int, int], where: str) -> Table:
    trafo = live(net.trafo, bus_of, "hv_bus", "lv_bus")
    names = named(trafo, "transformer")
    clocks = [_clock(s, n, where) for s, n in zip(trafo.shift_degree, names, strict=True)]
    taps = [_tap(row, n, where) for (_, row), n in zip(trafo.iterrows(), names, strict=True)]
    columns = {
        "high_bus": [bus_of[int(b)] for b in trafo.hv_bus],
        "low_bus": [bus_of[int(b)] for b in trafo.lv_bus],
        "closed_high": _closed(net, trafo, "t", "hv_bus"),
        "closed_low": _closed(net, trafo, "t", "lv_bus"),
        "rated_kva": (trafo.sn_mva * 1e3).tolist(),
        "derating": trafo.df.tolist(),
        "high_kv": trafo.vn_hv_kv.tolist(),
        "low_kv": trafo.vn_lv_kv.tolist(),
        "short_circuit_pct": trafo.vk_percent.tolist(),
        "copper_loss_kw": (trafo.vkr_percent / 100 * trafo.sn_mva * 1e3).tolist(),
        "iron_loss_kw": trafo.pfe_kw.tolist(),
        "no_load_pct": trafo.i0_percent.tolist(),
        "clock": clocks,
        "tap_side": [t[0] for t in taps],
        "tap_pos": [t[1] for t in taps],
        "tap_neutral": [t[2] for t in taps],
        "tap_step_pct": [t[3] for t in taps],
        "parallel": trafo.parallel.tolist(),
    }
    return table(TRANSFORMER, names, columns, f"{where}, table transformer")


def _clock(shift_degree: float, name: str, where: str) -> int:
    clock = float(shift_degree) / 30.0
    if not np.isclose(clock, round(clock)):
        raise InvalidInput(
            f"{where}: transformer {name!r} shifts by {shift_degree} degrees; "
            "only multiples of 30 are carried"
        )
    return round(clock) % HOURS_ON_THE_CLOCK


def _number(value: Any) -> float:
    number = float("nan") if value is None else float(value)
    return 0.0 if np.isnan(number) else number


def _tap(row: Any, name: str, where: str) -> tuple[str, int, int, float]:
    pos, neutral = _number(row.tap_pos), _number(row.tap_neutral)
    kind = row.get("tap_changer_type")
    if pos == neutral:
        return "high", 0, 0, 0.0
    if kind != "Ratio" or _number(row.tap_step_degree):
        raise InvalidInput(
            f"{where}: transformer {name!r} stands at tap {pos:g} with tap_changer_type {kind!r}; "
            "set 'Ratio' (only in-phase taps are carried) or the neutral position"
        )
    if pos != round(pos) or neutral != round(neutral):
        raise InvalidInput(f"{where}: transformer {name!r} stands between two taps ({pos:g})")
    side = "low" if row.tap_side == "lv" else "high"
    return side, round(pos), round(neutral), _number(row.tap_step_percent)


def _source_table(net: Any, bus_of: dict[int, int], where: str) -> Table:
    grid = live(net.ext_grid, bus_of, "bus")
    columns = {
        "bus": [bus_of[int(b)] for b in grid.bus],
        "volts_pu": grid.vm_pu.tolist(),
        "angle_deg": grid.va_degree.fillna(0.0).tolist(),
    }
    return table(SOURCE, named(grid, "source"), columns, f"{where}, table source")
