"""Our battery and our marks beside CityLearn's own code, taken from the wheel."""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import numpy as np

from challenge.battery import Pack, stepped
from challenge.marks import MONTH_H, Marks, marked
from challenge.year import Year


def library(wheel: Path, name: str) -> ModuleType:
    """A module of CityLearn, straight from the wheel, without the rest of what it depends on."""
    sys.modules.setdefault("simplejson", json)
    sys.path.insert(0, str(wheel))
    try:
        return importlib.import_module(f"citylearn.{name}")
    finally:
        sys.path.remove(str(wheel))


def battery_gap(wheel: Path, pack: Pack, *, double: bool, steps: int = 5000) -> float:
    """Largest difference to CityLearn's `Battery`, level or flow, over random actions, kWh.

    Args:
        wheel: the library.
        pack: batteries, of which the first is compared.
        double: whether to lend the library's record double precision; it keeps it in single.
        steps: hours.
    """
    base, model = library(wheel, "base"), library(wheel, "energy_model")
    tracker = base.EpisodeTracker(0, steps)
    tracker.next_episode(steps + 1, False, False, 0)
    size, power = float(pack.capacity_kwh[0]), float(pack.power_kw[0])
    theirs = model.Battery(
        capacity=size,
        nominal_power=power,
        capacity_loss_coefficient=float(pack.wear[0]),
        efficiency=float(pack.rated[0]),
        loss_coefficient=0.0,
        episode_tracker=tracker,
    )
    theirs.reset()
    for series in ("StorageDevice__soc", "StorageDevice__energy_balance",
                   "ElectricDevice__electricity_consumption"):  # fmt: skip
        kept = getattr(theirs, f"_{series}")
        setattr(theirs, f"_{series}", kept.astype(float) if double else kept)
    asked = np.random.default_rng(0).normal(0.0, power / 2, steps)
    now, gaps = pack.new(), np.empty((steps, 2))
    for step, ask in enumerate(asked):
        theirs.next_time_step()
        theirs.charge(ask)
        now, flowed = stepped(pack, now, np.full(pack.power_kw.size, ask))
        moment = theirs.time_step
        gaps[step] = (
            theirs.soc[moment] * size - now.level_kwh[0],
            theirs.electricity_consumption[moment] - flowed[0],
        )
    return float(np.abs(gaps).max())


def marks_gap(wheel: Path, year: Year, net_kwh: np.ndarray) -> float:
    """Largest difference of any mark to the same made by CityLearn's cost functions."""
    ours, cost = marked(year, net_kwh), library(wheel, "cost_function").CostFunction
    bare, grid, without = year.net_kwh, net_kwh.sum(axis=0), year.net_kwh.sum(axis=0)

    def last(function: str, values: np.ndarray, **given: int) -> float:
        return float(getattr(cost, function)(values, **given)[-1])

    def homes(function: str, price: np.ndarray) -> np.ndarray:
        return np.array([[last(function, row * price) for row in net] for net in (net_kwh, bare)])

    money, carbon = homes("cost", year.price), homes("carbon_emissions", year.carbon)
    theirs = Marks(
        cost=money[0].sum() / money[1].sum(),
        carbon=carbon[0].sum() / carbon[1].sum(),
        ramping=last("ramping", grid) / last("ramping", without),
        load_factor=last("one_minus_load_factor", grid, window=MONTH_H)
        / last("one_minus_load_factor", without, window=MONTH_H),
        pooled_cost=last("cost", grid * year.price) / last("cost", without * year.price),
        mean_cost=float(np.mean(money[0] / money[1])),
        mean_carbon=float(np.mean(carbon[0] / carbon[1])),
    )
    return max(abs(getattr(ours, f.name) - getattr(theirs, f.name)) for f in fields(Marks))
