"""Cities from SimBench codes.

Source: Meinecke et al. (2020), "SimBench – A Benchmark Dataset of Electric Power Systems", Energies
13(12):3290; the data (ODbL) travel in the package `simbench`.

What it puts right: taps act (`tap_changer_type`), the slack is ideal, profile times are local
labels of an even UTC axis, a storage's profile is the net of its own PV and is split into that PV
and a battery, and "loads" that are charge points or heat pumps become what they are.
"""

from __future__ import annotations

import difflib
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from commonwatt.city.importers.draft import Draft
from commonwatt.city.importers.pandapower import START, package, require_constant_power
from commonwatt.city.importers.sky import weather_series
from commonwatt.city.importers.wires import live, named, wires
from commonwatt.city.model import City, Series
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.units import F
from commonwatt.physics.thermal import FLOOR_SUPPLY_C, cop

DESIGN_C = -12.0
ROOM_C = 21.0
TIME_CONSTANT_H = 60.0
TANK_KW = 1.5
"""Electric power of the hot-water heat pump that comes with every heat pump."""
_SUGGESTIONS = 3
_PV = tuple(f"PV{k}" for k in range(1, 9))
_CHARGE_POINT = re.compile(r"(?P<place>HLS|APLS)_[A-Z]_(?P<kw>[0-9.]+)")
_STAYS = {"HLS": (17.5, 13.0), "APLS": (8.0, 9.0)}
"""Mean arrival and stay in hours, at home and at work (German: Heim-, Arbeitsplatz-Ladestation)."""
_HEAT_PUMP = re.compile(r"(Air|Soil)_.+")
_OWN_ROOF = re.compile(r"Storage_(?P<profile>(PV|WP)\d+)_.+")
_USES = (
    (re.compile(r"H\d"), "home"),
    (re.compile(r"L\d"), "farm"),
    (re.compile(r"[lmh]v_"), "district"),
)


def load(code: str) -> City:
    """The city of a SimBench code, for instance "1-LV-rural1--2-sw".

    Raises:
        InvalidInput: there is no such code, or the package is not installed.
    """
    net = net_of(code)
    where = f"simbench:{code}"
    grid, bus_of = wires(net, where)
    require_constant_power(net, where)
    roofs = renewables(code)
    builder = _Builder(Draft(where, grid), net, bus_of, roofs, {})
    builder.loads()
    builder.generators()
    builder.storages()
    city = builder.draft.city(code, Series(START, builder.series))
    mean = np.mean([roofs[name] for name in _PV], axis=0)
    weather = weather_series(mean, Window.uniform(START, mean.size), city.place)
    return replace(city, series=Series(START, {**builder.series, **weather}))


def net_of(code: str) -> Any:
    """The pandapower net behind a code, with taps that act.

    Raises:
        InvalidInput: there is no such code, or the package is not installed.
    """
    simbench = package("simbench")
    codes = simbench.collect_all_simbench_codes()
    if code not in codes:
        near = difflib.get_close_matches(code, codes, n=_SUGGESTIONS, cutoff=0.0)
        raise InvalidInput(f"SimBench has no code {code!r}; did you mean {', '.join(near)}?")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = simbench.get_simbench_net(code)
    net.trafo["tap_changer_type"] = "Ratio"
    return net


def renewables(code: str) -> Mapping[str, F]:
    """Output per rated kW of every renewable profile of the code's scenario, by name."""
    scenario = code.rsplit("-", 2)[1]
    folder = Path(package("simbench").__file__).parent / "networks"
    path = folder / f"1-complete_data-mixed-all-{scenario}-sw" / "RESProfile.csv"
    frame = pl.read_csv(path, separator=";", infer_schema_length=None)
    return {name: frame[name].to_numpy().astype(float) for name in frame.columns if name != "time"}


@dataclass
class _Builder:
    """Puts the elements of one net on a draft and collects the series they refer to."""

    draft: Draft
    net: Any
    bus_of: dict[int, int]
    roofs: Mapping[str, F]
    series: dict[str, F]

    def loads(self) -> None:
        """Base loads first, so that charge points and heat pumps find their home."""
        rows = live(self.net.load, self.bus_of, "bus")
        later = []
        for name, row in zip(named(rows, "load"), rows.itertuples(), strict=True):
            if _CHARGE_POINT.fullmatch(row.profile) or _HEAT_PUMP.fullmatch(row.profile):
                later.append((name, row))
            else:
                self._consumer(name, row)
        for name, row in later:
            charge_point = _CHARGE_POINT.fullmatch(row.profile)
            if charge_point:
                self._charger(name, row, charge_point)
            else:
                self._heat_pump(name, row)

    def generators(self) -> None:
        """Static generators: kind `pv` whatever drives them, by their measured profile."""
        rows = live(self.net.sgen, self.bus_of, "bus")
        for name, row in zip(named(rows, "sgen"), rows.itertuples(), strict=True):
            connection = self.draft.site("pv", name, self.bus_of[int(row.bus)], "plant")
            self._roof(name, connection, row.profile, row.p_mw * row.scaling * 1e3)

    def storages(self) -> None:
        """A storage's profile is net of its own PV: put down that PV, and a battery.

        A storage that stands for a whole district names no PV of its own and so cannot be split; it
        is carried as the generator that its net profile is.
        """
        rows = live(self.net.storage, self.bus_of, "bus")
        for name, row in zip(named(rows, "storage"), rows.itertuples(), strict=True):
            rated_kw = abs(row.p_mw) * row.scaling * 1e3
            connection = self.draft.site("battery", name, self.bus_of[int(row.bus)], "plant")
            own = _OWN_ROOF.fullmatch(row.profile)
            if own is None:
                self._district(name, connection, row.profile, rated_kw)
                continue
            self._roof(name, connection, own["profile"], rated_kw)
            self.draft.hang(
                "battery",
                name,
                connection,
                rated_kw=rated_kw,
                capacity_kwh=(row.max_e_mwh - row.min_e_mwh) * 1e3,
                efficiency=row.efficiency_percent,
            )

    def _district(self, name: str, connection: int, profile: str, rated_kw: float) -> None:
        shape = self.net.profiles["storage"][profile].to_numpy(dtype=float)
        if (shape < 0).any():
            raise InvalidInput(
                f"{self.draft.where}: storage {name!r} has profile {profile!r}, which both draws "
                "and feeds in and names no plant of its own; it cannot be split"
            )
        self.series[f"{profile}-storage.p"] = shape
        self.draft.hang("pv", name, connection, rated_kw=rated_kw, profile=f"{profile}-storage")

    def _consumer(self, name: str, row: Any) -> None:
        use = next((use for sign, use in _USES if sign.match(row.profile)), "business")
        connection = self.draft.connect(name, self.bus_of[int(row.bus)], use)
        for part, column in (("p", "pload"), ("q", "qload")):
            shape = self.net.profiles["load"][f"{row.profile}_{column}"]
            self.series[f"{row.profile}.{part}"] = shape.to_numpy(dtype=float)
        self.draft.hang(
            "consumer",
            name,
            connection,
            profile=row.profile,
            peak_kw=row.p_mw * row.scaling * 1e3,
            peak_kvar=row.q_mvar * row.scaling * 1e3,
        )

    def _charger(self, name: str, row: Any, sign: re.Match[str]) -> None:
        connection = self.draft.site("charger", name, self.bus_of[int(row.bus)], "charge_point")
        shape = self.net.profiles["load"][f"{row.profile}_pload"]
        daily_kwh = float(shape.mean()) * 24 * row.p_mw * row.scaling * 1e3
        arrival_h, stay_h = _STAYS[sign["place"]]
        self.draft.hang(
            "charger",
            name,
            connection,
            rated_kw=float(sign["kw"]),
            daily_kwh=daily_kwh,
            arrival_h=arrival_h,
            stay_h=stay_h,
        )

    def _heat_pump(self, name: str, row: Any) -> None:
        """Sized by its rated power: it just keeps the house warm on the design day."""
        connection = self.draft.site("heat_pump", name, self.bus_of[int(row.bus)], "home")
        rated_kw = row.p_mw * row.scaling * 1e3
        warmth_kw = rated_kw * float(cop(np.array([DESIGN_C]), FLOOR_SUPPLY_C)[0])
        loss = warmth_kw / (ROOM_C - DESIGN_C)
        self.draft.hang(
            "heat_pump",
            name,
            connection,
            rated_kw=rated_kw,
            loss_kw_per_k=loss,
            mass_kwh_per_k=TIME_CONSTANT_H * loss,
        )
        self.draft.hang("hot_water", name, connection, rated_kw=TANK_KW)

    def _roof(self, name: str, connection: int, profile: str, rated_kw: float) -> None:
        """A profile that consumers use too (an equivalent district) gets a name of its own."""
        shape = f"{profile}-res" if profile in set(self.net.load.profile) else profile
        self.series[f"{shape}.p"] = self.roofs[profile]
        self.draft.hang("pv", name, connection, rated_kw=rated_kw, profile=shape)
