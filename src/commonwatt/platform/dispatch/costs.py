"""What a plan costs, part by part: what is paid and, apart, what it is credited for.

A plan is chosen by what it pays less two credits: the worth of what its stores hold at the end of
the window, and of the power it keeps ready. Neither is money today. Who reads only the sum takes a
plan that pays 12 € and leaves 20 € in its stores for one that earns 8 €.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from commonwatt.kernel.flexibility import Envelope, Kept, Modes, Profile, Reserve, Storage
from commonwatt.kernel.units import F
from commonwatt.platform.dispatch.coordinator import account
from commonwatt.platform.dispatch.objective import Objective
from commonwatt.platform.dispatch.solution import Solution
from commonwatt.platform.dispatch.wires import lost_kw, substation_kw


@dataclass(frozen=True, kw_only=True)
class Costs:
    """The parts of a plan's cost over its window, €; below 0 is earned.

    Attributes:
        energy_eur: energy at the substation, losses included, without its carbon.
        carbon_eur: of that energy.
        peak_eur: of every day's highest power at the substation, with what today's already was.
        losses_eur: what is paid for losses beside their energy.
        wear_eur: of stores that draw and feed.
        missed_eur: of levels below what was wanted: cold homes, cars that leave emptier.
        moved_eur: of devices that run otherwise than they wish: roofs curtailed, lamps dimmed.
        whole_eur: of programmes left out, of machines that run and switch.
        breach_eur: of limits broken, as power flow finds them.
        reserve_eur: what the power kept ready is worth: a credit.
        stored_eur: what stores hold at the end is worth: a credit.
        before_eur: what they held at the start is worth at the same prices, and what cars that
            come later bring along; told beside, part of no sum.
    """

    energy_eur: float = 0.0
    carbon_eur: float = 0.0
    peak_eur: float = 0.0
    losses_eur: float = 0.0
    wear_eur: float = 0.0
    missed_eur: float = 0.0
    moved_eur: float = 0.0
    whole_eur: float = 0.0
    breach_eur: float = 0.0
    reserve_eur: float = 0.0
    stored_eur: float = 0.0
    before_eur: float = 0.0

    @property
    def paid_eur(self) -> float:
        """All parts but the credits."""
        system = self.energy_eur + self.carbon_eur + self.peak_eur + self.losses_eur
        private = self.wear_eur + self.missed_eur + self.moved_eur + self.whole_eur
        return system + private + self.breach_eur

    @property
    def total_eur(self) -> float:
        """What is paid less the credits: what the plan was chosen by."""
        return self.paid_eur - self.reserve_eur - self.stored_eur


def costs_of(found: Solution, breach_eur: float) -> Costs:
    """The parts of what `found` costs, where `breach_eur` is paid for limits broken."""
    told = _private(_system(found), found)
    if any(isinstance(rows, Modes) for rows, _ in found.rows):
        # What modes cost by themselves is the coordinator's word: what else is known is not theirs.
        rest = found.cost_eur - found.breach_eur - told.total_eur
        told = replace(told, whole_eur=told.whole_eur + rest)
    return replace(told, breach_eur=breach_eur)


def _system(found: Solution) -> Costs:
    """What is paid, and credited, for all together."""
    problem, hours = found.problem, found.problem.window.hours
    aim, wires = problem.objective, (problem.limits, found.net_kw, problem.around_kw)
    power = substation_kw(*wires)
    carbon = np.broadcast_to(aim.carbon_price, hours.shape)
    return Costs(
        energy_eur=float((aim.energy_price - carbon) @ (power * hours)),
        carbon_eur=float(carbon @ (power * hours)),
        peak_eur=_peak_eur(aim, power),
        losses_eur=aim.loss_price * float(lost_kw(*wires) @ hours),
        reserve_eur=_reserve_eur(found.reserve, aim.reserve, hours),
    )


def _peak_eur(aim: Objective, power_kw: F) -> float:
    days, day = np.unique(aim.day, return_inverse=True)
    peak = np.array([aim.peak_so_far_kw.get(int(label), 0.0) for label in days])
    np.maximum.at(peak, day, np.abs(power_kw))
    return aim.peak_price_eur_per_kw_day * float(peak.sum())


def _reserve_eur(kept: Kept | None, wanted: Reserve | None, hours: F) -> float:
    if kept is None or wanted is None:
        return 0.0
    worth = kept.up_kw * wanted.up_price + kept.down_kw * wanted.down_price
    return float(worth @ hours)


def _private(told: Costs, found: Solution) -> Costs:
    """`told` with what rows cost by themselves, modes left out."""
    hours = found.problem.window.hours
    for rows, power in found.rows:
        if isinstance(rows, Storage):
            level = account.levels(rows, power, hours)
            told = replace(
                told,
                wear_eur=told.wear_eur + float(account.wear_eur(rows, power, hours).sum()),
                missed_eur=told.missed_eur + float(account.missed_eur(rows, level).sum()),
                stored_eur=told.stored_eur + float(account.stored_eur(rows, level).sum()),
                before_eur=told.before_eur + float(rows.end_price @ rows.start_kwh),
            )
        elif isinstance(rows, Envelope):
            moved = float(account.moved_eur(rows, power, hours).sum())
            told = replace(told, moved_eur=told.moved_eur + moved)
        elif isinstance(rows, Profile):
            told = replace(told, whole_eur=told.whole_eur + account.skipped_eur(rows, power))
    return told
