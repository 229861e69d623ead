"""Small towns to plan for: random ones and readable ones, with a linear network."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from commonwatt.kernel.flexibility import (
    Envelope,
    Limits,
    Modes,
    Offers,
    Profile,
    Storage,
    Violations,
)
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import F, I
from commonwatt.platform.dispatch import Objective

START = 1_700_000_000 // 900 * 900


@dataclass
class LinearNetwork:
    """Fills the port `Network` with constant rows; its power flow finds `worse` kW beyond them."""

    given: Limits
    worse: F | float = 0.0
    asked: F | None = None

    def limits(self, window: Window, kw: F, kvar: F) -> Limits:
        del window, kvar
        self.asked = kw
        return self.given

    def check(self, window: Window, kw: F, kvar: F) -> Violations:
        del window, kvar
        value = self.given.sens @ kw
        above = np.maximum(value + self.worse - self.given.high, 0.0)
        below = np.minimum(value - self.worse - self.given.low, 0.0)
        return Violations(name=self.given.name, excess=above + below)


class Dice:
    """Draws that follow from a seed alone."""

    def __init__(self, seed: int) -> None:
        self._rng, self._stream = Rng(seed), 0

    def __call__(self, low: float, high: float, *shape: int) -> F:
        self._stream += 1
        count = int(np.prod(shape)) if shape else 1
        draws = self._rng.uniform(str(self._stream), np.arange(count), 0)
        return (low + (high - low) * draws).reshape(shape)


def limits_of(sens: F, low: F | float, high: F | float, slots: int, price: float = 2.0) -> Limits:
    """Rows without losses."""
    rows, connections = sens.shape
    return Limits(
        name=tuple(f"line {r}" for r in range(rows)),
        sens=csr_array(sens),
        low=np.broadcast_to(np.asarray(low, float), (rows, slots)).copy(),
        high=np.broadcast_to(np.asarray(high, float), (rows, slots)).copy(),
        price=np.full(rows, price),
        loss=np.zeros((connections, slots)),
        loss_kw=np.zeros(slots),
    )


def battery(slots: int, **changes: F | float | I) -> Storage:
    """One 4 kW, 10 kWh battery of asset 0 at connection 0, half full."""
    return one_store(
        slots,
        {
            "draw_kw": 4.0, "feed_kw": 4.0, "eta_in": 0.95, "eta_out": 0.95, "high_kwh": 10.0,
            "start_kwh": 5.0, "wear_price": 0.01,
        }
        | changes,
    )  # fmt: skip


def car(slots: int, need: float, leaves: int, **changes: F | float | I) -> Storage:
    """One 11 kW car, asset 1, that wants `need` kWh by the end of slot `leaves` - 1."""
    here = (np.arange(slots) < leaves).astype(float)
    low = np.full(slots, -np.inf)
    low[leaves - 1] = need
    return one_store(
        slots,
        {"asset": 1, "draw_kw": 11.0 * here, "low_kwh": low, "high_kwh": need, "short_price": 1.0}
        | changes,
    )


def one_store(slots: int, values: dict[str, F | float | I]) -> Storage:
    """A storage row, 0 where nothing is said, efficiencies and keep 1."""
    said = {"asset": 0, "connection": 0, "eta_in": 1.0, "eta_out": 1.0, "keep": 1.0} | values
    flat = {
        n: np.full(1, float(said.get(n, 0.0))) for n in ("start_kwh", "wear_price", "end_price")
    }
    whole = {n: np.full(1, int(said[n]), dtype=np.int64) for n in ("asset", "connection")}
    wide = {
        n: np.broadcast_to(np.asarray(said.get(n, 0.0), float), (1, slots)).copy()
        for n in Storage.__dataclass_fields__
        if n not in flat | whole
    }
    return Storage(**whole, **flat, **wide)


def roof(slots: int, potential: F | float, asset: int = 2, connection: int = 0) -> Envelope:
    """A PV unit that may feed up to `potential`, 2 ct for every kWh given up."""
    full = -np.broadcast_to(np.asarray(potential, float), (1, slots)).copy()
    return Envelope(
        asset=np.array([asset]), connection=np.array([connection]), low_kw=full, want_kw=full,
        high_kw=np.zeros_like(full), down_price=np.zeros_like(full),
        up_price=np.full_like(full, 0.02),
    )  # fmt: skip


def offers_of(
    window: Window,
    fixed: F | float,
    stores: tuple[Storage, ...] = (),
    bands: tuple[Envelope, ...] = (),
    connections: int = 1,
) -> Offers:
    """Offers over `window` beside a fixed load."""
    kw = np.broadcast_to(np.asarray(fixed, float), (connections, len(window))).copy()
    return Offers(window=window, fixed_kw=kw, fixed_kvar=0.2 * kw, storage=stores, envelope=bands)


def prices(window: Window, price: F | float, peak: float = 0.0, **so_far: float) -> Objective:
    """System prices: energy, and the peak of UTC days."""
    day = window.starts // 86_400
    return Objective(
        energy_price=np.broadcast_to(np.asarray(price, float), (len(window),)).copy(),
        day=day,
        peak_price_eur_per_kw_day=peak,
        peak_so_far_kw={int(day[0]): so_far["reached"]} if so_far else {},
    )


@dataclass(frozen=True, eq=False)
class Town:
    """A random case."""

    offers: Offers
    objective: Objective
    limits: Limits

    @property
    def around(self) -> F:
        """(C,T) where a first plan is linearised: loads and wishes."""
        net = self.offers.fixed_kw.copy()
        for band in self.offers.envelope:
            np.add.at(net, band.connection, band.want_kw)
        return net


def town(seed: int, connections: int, graded: bool, tight: float, cheap: bool) -> Town:
    """A random town.

    Args:
        seed: of everything.
        connections: how many.
        graded: slots that grow from 15 to 60 minutes, else twelve equal ones.
        tight: how much of the unhindered load the rows allow, about.
        cheap: whether some prices are below nothing.
    """
    dice = Dice(seed)
    grades = ((4, 900), (3, 1800), (3, 3600))
    window = Window.graded(START, grades) if graded else Window.uniform(START, 12)
    slots = len(window)
    stores = _fleet(dice, connections, window)
    sun = dice(0, 6, connections, slots)
    pv = Envelope(
        asset=900 + np.arange(connections), connection=np.arange(connections), low_kw=-sun,
        want_kw=-sun * dice(0.8, 1.1, connections, 1), high_kw=np.zeros_like(sun),
        down_price=np.full_like(sun, 0.01), up_price=np.full_like(sun, 0.02),
    )  # fmt: skip
    objective = replace(
        prices(window, dice(-0.05 if cheap else 0.01, 0.3, slots), 0.1),
        peak_so_far_kw={int(window.start // 86_400): float(dice(0, 8, 1)[0])},
    )
    offers = offers_of(window, dice(0.2, 3, connections, slots), stores, (pv,), connections)
    return Town(offers, objective, _rows(dice, connections, slots, tight))


def _rows(dice: Dice, connections: int, slots: int, tight: float) -> Limits:
    rows = 1 + connections
    sens = np.vstack([np.ones((1, connections)), dice(-0.2, 1, connections, connections)])
    high = tight * connections * dice(2, 6, rows, slots)
    high[dice(0, 1, rows, slots) < 0.1] = np.inf
    return replace(
        limits_of(sens, -0.7 * high, high, slots),
        price=dice(0.2, 3, rows),
        loss=dice(0, 0.06, connections, slots),
        loss_kw=dice(0, 0.5, slots),
    )


def _fleet(dice: Dice, count: int, window: Window) -> tuple[Storage, ...]:
    slots, hours, ix = len(window), window.hours, np.arange(count)
    leaves = dice(1, slots, count).astype(int)
    here = (np.arange(slots) < leaves[:, None]) & (np.arange(slots) >= dice(0, 3, count, 1))
    need = dice(2, 15, count)
    low = np.where(np.arange(slots) == leaves[:, None] - 1, need[:, None], -np.inf)
    one = np.ones((count, slots))
    cars = Storage(
        asset=ix, connection=ix, draw_kw=11.0 * here, feed_kw=0 * one, eta_in=0.9 * one,
        eta_out=one, keep=one, use_kwh=0 * one, low_kwh=low, high_kwh=need[:, None] * one,
        short_price=one, start_kwh=need * dice(0, 0.5, count), wear_price=0 * need,
        end_price=0 * need,
    )  # fmt: skip
    eta = dice(0.85, 0.99, count, 1) * one
    size = dice(3, 12, count)
    batteries = Storage(
        asset=300 + ix, connection=ix, draw_kw=4 * one, feed_kw=4 * one, eta_in=eta, eta_out=eta,
        keep=dice(0.99, 1, count, 1) * one, use_kwh=0 * one, low_kwh=0.1 * size[:, None] * one,
        high_kwh=size[:, None] * one, short_price=0.05 * one, start_kwh=size * dice(0, 1.1, count),
        wear_price=dice(0.005, 0.03, count), end_price=dice(0, 0.2, count),
    )  # fmt: skip
    houses = Storage(
        asset=600 + ix, connection=ix, draw_kw=3 * one, feed_kw=0 * one,
        eta_in=dice(2, 4, count, slots), eta_out=one, keep=np.exp(-hours / 30) * one,
        use_kwh=hours * dice(-1, 4, count, slots), low_kwh=0 * one,
        high_kwh=dice(5, 12, count, 1) * one, short_price=0.3 * hours * one,
        start_kwh=dice(-2, 14, count), wear_price=0 * need, end_price=dice(0, 0.05, count),
    )  # fmt: skip
    return cars, batteries, houses


def cycles(seed: int, count: int, connections: int, slots: int) -> Profile:
    """Three slots long, started within a few slots or, for half of them, skipped at a price."""
    dice = Dice(seed + 1)
    earliest = dice(0, slots - 6, count).astype(np.int64)
    return Profile(
        asset=1200 + np.arange(count), connection=dice(0, connections, count).astype(np.int64),
        shape_kw=dice(0.5, 2, count, 3), earliest=earliest,
        latest=earliest + dice(0, 4, count).astype(np.int64),
        skip_price=np.where(dice(0, 1, count) < 0.5, dice(0, 0.3, count), np.inf),
    )  # fmt: skip


def pumps(seed: int, count: int, connections: int) -> Modes:
    """Off, half and full; each kept for a while, never from off to full at once."""
    dice = Dice(seed + 2)
    full, switch = dice(1, 4, count), dice(0, 0.05, count, 3, 3)
    switch[:, 0, 2] = np.inf
    return Modes(
        asset=1500 + np.arange(count), connection=dice(0, connections, count).astype(np.int64),
        power_kw=full[:, None] * np.array([0.0, 0.5, 1.0]),
        run_price=-full[:, None] * np.array([0.0, 0.1, 0.16]) * dice(0.5, 1.5, count, 1),
        switch_price=switch, dwell=dice(1, 4, count, 3).astype(np.int64),
        start_mode=dice(0, 3, count).astype(np.int64),
        start_dwell=dice(0, 3, count).astype(np.int64),
    )  # fmt: skip
