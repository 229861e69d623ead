"""A district in ten years: cars, heat pumps, roofs and batteries, dealt to homes.

Every draw is a pure function of the seed, what is drawn and the connection, so the same seed gives
the same city, and a larger share keeps every home that a smaller one chose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from commonwatt.city.importers.draft import ASSET_KINDS, fuses_kw, sited
from commonwatt.city.importers.simbench import DESIGN_C, ROOM_C
from commonwatt.city.model import City
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.tables import Column, Table
from commonwatt.kernel.units import F, I
from commonwatt.physics.thermal import FLOOR_SUPPLY_C, cop

KIND_OF = {"ev": "charger", "hp": "heat_pump", "pv": "pv", "battery": "battery"}
"""What an overlay may add, and the kind it becomes; in the order it is dealt."""
MOST_PER_HOME = {"ev": 2.0, "hp": 1.0, "pv": 1.0, "battery": 1.0}
"""Above 1, homes get a second one: `ev=1.5` is a car in every home and a second in every other."""
HEADROOM = 1.15
"""Heat pumps are bought a size larger than the design load."""


def parse(text: str) -> dict[str, float]:
    """Shares from a command line.

    >>> parse("ev=0.5,hp=0.4")
    {'ev': 0.5, 'hp': 0.4}

    Raises:
        InvalidInput: a part is not WHAT=SHARE, WHAT is unknown or named twice, SHARE out of range.
    """
    shares: dict[str, float] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        what, equals, share = (p.strip() for p in part.partition("="))
        if what in shares:
            raise InvalidInput(f"overlay {text!r}: {what!r} is named twice")
        try:
            shares[what] = float(share if equals else "nan")
        except ValueError:
            shares[what] = float("nan")
    return _checked(shares, f"overlay {text!r}")


def _checked(shares: Mapping[str, float], where: str) -> dict[str, float]:
    for what, share in shares.items():
        if what not in KIND_OF:
            raise InvalidInput(f"{where}: {what!r} is not one of {', '.join(KIND_OF)}")
        most = MOST_PER_HOME[what]
        if not 0.0 <= share <= most:
            raise InvalidInput(
                f"{where}: {what} needs a share from 0 to {most:g}, for instance {what}=0.5"
            )
    return dict(shares)


def overlay(city: City, shares: Mapping[str, float], seed: int) -> City:
    """`city` with more cars, heat pumps, roofs and batteries at its homes.

    Args:
        city: what is there; homes that own a thing already are passed over when it is dealt.
        shares: share of all homes that get an "ev", "hp", "pv" or "battery"; "ev" may go up to 2:
            beyond 1, homes get a second car, whatever they own.
        seed: deals them.

    Raises:
        InvalidInput: a share is unknown or out of range, or the city has no homes.
    """
    wanted = _checked(shares, "overlay")
    homes = np.flatnonzero(np.array(city.connections.text("use")) == "home")
    if not homes.size:
        raise InvalidInput(f"overlay: city {city.name!r} has no connection of use 'home'")
    deal = _Deal(city, homes, Rng(seed), dict(city.tables))
    for what, kind in KIND_OF.items():
        if wanted.get(what, 0.0) > 0:
            deal.out(what, kind, min(wanted[what], 1.0))
        if wanted.get(what, 0.0) > 1:
            deal.second(what, kind, wanted[what] - 1.0)
    assets = {kind: table for kind, table in deal.tables.items() if table.kind.sited}
    fuse_kw = np.maximum(city.connections.f("fuse_kw"), fuses_kw(assets, len(city.connections)))
    columns = {**city.connections.columns, "fuse_kw": fuse_kw}
    return replace(
        city.with_tables(deal.tables), connections=replace(city.connections, columns=columns)
    )


@dataclass(eq=False)
class _Deal:
    """Cards, homes and luck."""

    city: City
    homes: I
    rng: Rng
    tables: dict[str, Table]
    luck: str = "overlay"

    def out(self, what: str, kind: str, share: float) -> None:
        """Deal `what` to a share of the homes."""
        have = self._owners(kind)
        rank = self.rng.uniform(f"overlay.{what}", self.homes, 0)
        if what == "battery":
            rank = rank - np.isin(self.homes, self._owners("pv"))
        rank = np.where(np.isin(self.homes, have), np.inf, rank)
        order = np.argsort(rank, kind="stable")[: round(share * self.homes.size)]
        chosen = np.sort(self.homes[order[np.isfinite(rank[order])]])
        self._append(kind, chosen, _DRAWS[what](self, chosen))
        if what == "hp":
            bathing = chosen[~np.isin(chosen, self._owners("hot_water"))]
            self._append("hot_water", bathing, _tanks(self, bathing))

    def second(self, what: str, kind: str, share: float) -> None:
        """Deal a second one to a share of the homes, whatever they own."""
        order = np.argsort(self.rng.uniform(f"overlay.{what}.second", self.homes, 0), kind="stable")
        chosen = np.sort(self.homes[order[: round(share * self.homes.size)]])
        self._append(kind, chosen, _DRAWS[what](replace(self, luck="overlay.second"), chosen))

    def between(self, stream: str, homes: I, low: float, high: float) -> F:
        """(K,) uniform draws, one per home."""
        draws: F = low + (high - low) * self.rng.uniform(f"{self.luck}.{stream}", homes, 0)
        return draws

    def _owners(self, kind: str) -> I:
        table = self.tables.get(kind)
        return np.empty(0, np.int64) if table is None else table.connection

    def _append(self, kind: str, homes: I, columns: Mapping[str, Any]) -> None:
        ids = self.city.connections.ids
        names = [ids[home].removeprefix("connection/") for home in homes]
        raw = {name: list(values) for name, values in columns.items()}
        fresh = sited(ASSET_KINDS[kind], names, homes.tolist(), raw, f"overlay, {kind}")
        old = self.tables.get(kind)
        self.tables[kind] = fresh if old is None else _joined(old, fresh)


def _joined(old: Table, fresh: Table) -> Table:
    taken = set(old.ids)
    ids = tuple(f"{i}.overlay" if i in taken else i for i in fresh.ids)
    columns: dict[str, Column] = {
        name: np.concatenate([old.columns[name], fresh.columns[name]]) for name in old.columns
    }
    connection = np.concatenate([old.connection, fresh.connection])
    return Table(old.kind, (*old.ids, *ids), np.arange(connection.size), connection, columns)


def _cars(deal: _Deal, homes: I) -> dict[str, F]:
    """11 kW wallboxes; a median of 7 kWh a day (about 13,000 km a year), lognormal."""
    spread = deal.rng.normal(f"{deal.luck}.ev.daily", homes, 0)
    late = deal.rng.normal(f"{deal.luck}.ev.arrival", homes, 0)
    return {
        "rated_kw": np.full(homes.size, 11.0),
        "daily_kwh": 7.0 * np.exp(0.4 * np.clip(spread, -2.5, 2.5)),
        "arrival_h": np.clip(17.5 + 1.5 * late, 12.0, 22.0),
        "stay_h": np.clip(13.0 - 1.0 * late, 8.0, 18.0),
    }


def _heat_pumps(deal: _Deal, homes: I) -> dict[str, F]:
    """Houses losing 100–250 W/K with time constants of 50–100 h, warm on the design day."""
    loss = deal.between("hp.loss", homes, 0.10, 0.25)
    design_kw = loss * (ROOM_C - DESIGN_C) / cop(np.array([DESIGN_C]), FLOOR_SUPPLY_C)[0]
    return {
        "rated_kw": HEADROOM * design_kw,
        "loss_kw_per_k": loss,
        "mass_kwh_per_k": loss * deal.between("hp.time_constant", homes, 50.0, 100.0),
    }


def _tanks(deal: _Deal, homes: I) -> dict[str, F]:
    """Households of one to four at 40 l a head and day; tanks of 100 l and 60 l a head."""
    people = np.floor(deal.between("hot_water.people", homes, 1.0, 5.0))
    return {
        "rated_kw": np.full(homes.size, 1.5),
        "volume_l": 100.0 + 60.0 * people,
        "daily_l": 40.0 * people,
    }


def _roofs(deal: _Deal, homes: I) -> dict[str, F]:
    """4–10 kW facing within 60° of south at 25–45°."""
    return {
        "rated_kw": deal.between("pv.rated", homes, 4.0, 10.0),
        "tilt_deg": deal.between("pv.tilt", homes, 25.0, 45.0),
        "azimuth_deg": deal.between("pv.azimuth", homes, 120.0, 240.0),
    }


def _batteries(deal: _Deal, homes: I) -> dict[str, F]:
    """5–10 kWh that fill in two hours; homes with a roof come first."""
    capacity = deal.between("battery.capacity", homes, 5.0, 10.0)
    return {"rated_kw": capacity / 2, "capacity_kwh": capacity}


_DRAWS: dict[str, Callable[[_Deal, I], dict[str, F]]] = {
    "ev": _cars,
    "hp": _heat_pumps,
    "pv": _roofs,
    "battery": _batteries,
}
