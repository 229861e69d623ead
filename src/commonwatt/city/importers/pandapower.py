"""Cities from pandapower nets.

Each load becomes a connection with a consumer that always draws the load's power; each static
generator a `pv` on a connection at its bus (by the weather if it is of type PV, else constant), its
reactive power a constant; each storage a `battery`, whose rule replaces the power the net states.
"""

from __future__ import annotations

import importlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from commonwatt.city.importers.draft import Draft, flat
from commonwatt.city.importers.wires import live, named, wires
from commonwatt.city.model import City, Series
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import SLOTS_PER_DAY, epoch

START = epoch(datetime(2015, 12, 31, 23, tzinfo=UTC))
"""Where the flat series begin: midnight in Central Europe."""
SLOTS = 366 * SLOTS_PER_DAY
_VOLTAGE_DEPENDENT = (
    "const_z_percent",
    "const_i_percent",
    "const_z_p_percent",
    "const_i_p_percent",
    "const_z_q_percent",
    "const_i_q_percent",
)


def load(path: Path) -> City:
    """The city in a pandapower JSON file.

    Raises:
        InvalidInput: it is no such file, or it holds what a city cannot carry.
    """
    pandapower = package("pandapower")
    try:
        net = pandapower.from_json(str(path))
    except Exception as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise InvalidInput(f"{path}: not a pandapower JSON file ({reason})") from error
    if not isinstance(net, pandapower.pandapowerNet):
        raise InvalidInput(f"{path}: not a pandapower JSON file")
    return imported(net, str(path), path.stem)


def package(name: str) -> Any:
    """An optional package.

    Raises:
        InvalidInput: it is not installed; the sentence says how to get it.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InvalidInput(
            f"this needs the package {name!r}: pip install 'commonwatt[simbench]'"
        ) from error


def imported(net: Any, where: str, name: str) -> City:
    """The city in a pandapower net.

    Args:
        net: the net.
        where: file, for error sentences.
        name: what to call the city.

    Raises:
        InvalidInput: it holds what a city cannot carry.
    """
    grid, bus_of = wires(net, where)
    draft = Draft(where, grid)
    require_constant_power(net, where)
    _loads(draft, net, bus_of)
    _generators(draft, net, bus_of)
    _storages(draft, net, bus_of)
    return draft.city(name, Series(START, flat(SLOTS)))


def require_constant_power(net: Any, where: str) -> None:
    """Return if no load depends on voltage.

    Raises:
        InvalidInput: one does.
    """
    for column in _VOLTAGE_DEPENDENT:
        if column in net.load and (net.load[column].fillna(0.0) != 0).any():
            raise InvalidInput(
                f"{where}: a load has {column!r} above 0; only constant-power loads are carried"
            )


def _loads(draft: Draft, net: Any, bus_of: dict[int, int]) -> None:
    rows = live(net.load, bus_of, "bus")
    for name, row in zip(named(rows, "load"), rows.itertuples(), strict=True):
        connection = draft.connect(name, bus_of[int(row.bus)], "home")
        draft.hang(
            "consumer",
            name,
            connection,
            profile="flat",
            peak_kw=row.p_mw * row.scaling * 1e3,
            peak_kvar=row.q_mvar * row.scaling * 1e3,
        )


def _generators(draft: Draft, net: Any, bus_of: dict[int, int]) -> None:
    rows = live(net.sgen, bus_of, "bus")
    for name, row in zip(named(rows, "sgen"), rows.itertuples(), strict=True):
        connection = draft.site("pv", name, bus_of[int(row.bus)], "plant")
        profile = "" if str(row.type).upper().startswith("PV") else "flat"
        draft.hang("pv", name, connection, rated_kw=row.p_mw * row.scaling * 1e3, profile=profile)
        if row.q_mvar:
            kvar = -row.q_mvar * row.scaling * 1e3
            draft.hang("consumer", name, connection, profile="flat", peak_kw=0.0, peak_kvar=kvar)


def _storages(draft: Draft, net: Any, bus_of: dict[int, int]) -> None:
    rows = live(net.storage, bus_of, "bus")
    for name, row in zip(named(rows, "storage"), rows.itertuples(), strict=True):
        connection = draft.site("battery", name, bus_of[int(row.bus)], "plant")
        draft.hang(
            "battery",
            name,
            connection,
            rated_kw=abs(row.p_mw) * row.scaling * 1e3,
            capacity_kwh=(row.max_e_mwh - row.min_e_mwh) * 1e3,
        )
