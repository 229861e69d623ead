"""An estate with everything on it, on real wires: what `full.py` plans for.

Cars (a third may feed back), batteries, heat, washing cycles that start whole, pumps with least run
times, roofs, main fuses, export limits over time, and errors drawn as from a record.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from town import SLOTS, batteries, cars, clocks, cycles, flat, heat

from commonwatt.city.model import City
from commonwatt.kernel.doubt import Scenarios
from commonwatt.kernel.flexibility import Allowed, Envelope, Modes, Offers, Storage
from commonwatt.kernel.intervals import DAY_S, Window
from commonwatt.kernel.units import F, I

SHARES = {"cars": 0.25, "batteries": 0.12, "heat": 0.20, "cycles": 0.08, "pumps": 0.15}
"""Of the assets; the rest are roofs."""
HOME = 4
"""Assets to a home, no two of a kind."""
TOWNS_UP_TO = 20_000
DRAWS, FRESH = 39, 60
"""Of errors: known to plans (the second largest of so few tells 95 %), and unknown."""
FUSE_KW = np.sqrt(3) * 0.4 * 35
"""35 A, which a fifth of homes have; the others' 63 A hold whatever a home has here."""
NOON = 20_254 * DAY_S + DAY_S // 2


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """A city's wires, what hangs on them, and how far off that may be.

    Attributes:
        city: gives wires and neighbourhoods.
        offers: what may move, with the draws that plans know.
        fuse_kw: (C,) of every connection.
        rated_kw: (N,) of the roofs.
        fresh_kw: (S,C,T) draws that plans do not know.
    """

    city: City
    offers: Offers
    fuse_kw: F
    rated_kw: F
    fresh_kw: F

    @property
    def area(self) -> I:
        """(N,) neighbourhood of each roof."""
        names = np.array(self.city.connections.text("neighbourhood"))
        return np.unique(names[self.offers.envelope[0].connection], return_inverse=True)[1]


def case(count: int, seed: int = 0) -> Case:
    """A case of `count` assets."""
    dice = np.random.default_rng([seed, count])
    city = City.load(
        f"generate:{count // HOME}:7" if count <= TOWNS_UP_TO else "simbench:1-MV-urban--0-sw"
    )
    home = homes(city, count // HOME)
    size = {name: round(share * count) for name, share in SHARES.items()}
    size["roofs"] = count - sum(size.values())
    at = {name: home[dice.permutation(home.size)[:number]] for name, number in size.items()}
    first = dict(zip(size, np.cumsum([0, *size.values()]).tolist(), strict=False))
    people = np.bincount(home, minlength=len(city.connections))[:, None]
    base = people * demand(dice, people.shape)
    rated = dice.uniform(5, 12, size["roofs"])
    roof = roofs(rated, at["roofs"], first["roofs"])
    sun = np.zeros_like(base)
    np.add.at(sun, roof.connection, -roof.want_kw)
    drawn = errors(dice, base, sun, DRAWS + FRESH)
    fuse = city.connections.f("fuse_kw").copy()
    if count <= TOWNS_UP_TO:
        fuse[dice.random(fuse.size) < 0.2] = FUSE_KW
    offers = Offers(
        window=Window.uniform(NOON, SLOTS),
        fixed_kw=base,
        fixed_kvar=0.2 * base,
        storage=(
            feeding(dice, replace(cars(dice, size["cars"], 0), connection=at["cars"])),
            replace(
                batteries(dice, size["batteries"], first["batteries"]), connection=at["batteries"]
            ),
            replace(heat(dice, size["heat"], first["heat"]), connection=at["heat"]),
        ),
        envelope=(roof,),
        profile=(replace(cycles(dice, size["cycles"], first["cycles"]), connection=at["cycles"]),),
        modes=(pumps(dice, at["pumps"], first["pumps"]),),
        doubt=Scenarios(error_kw=drawn[:DRAWS]),
        allowed=exports(sun, fuse),
    )
    return Case(city=city, offers=offers, fuse_kw=fuse, rated_kw=rated, fresh_kw=drawn[DRAWS:])


def homes(city: City, count: int) -> I:
    """(H,) connection of every home; districts have as many as fit their peak."""
    use = np.array(city.connections.text("use"))
    known = np.flatnonzero(use == "home")
    if known.size:
        return known
    peak = np.zeros(use.size)
    np.add.at(peak, city.table("consumer").connection, city.table("consumer").f("peak_kw"))
    part = np.cumsum(np.where(use == "district", peak, 0.0))
    return np.searchsorted(part, part[-1] * (np.arange(count) + 0.5) / count).astype(np.int64)


def demand(dice: np.random.Generator, shape: tuple[int, ...]) -> F:
    """(C,T) of a home, 0.45 kW on average, highest in the evening."""
    clock = clocks()
    evening, morning = np.exp(-(((clock - 19.5) / 3) ** 2)), np.exp(-(((clock - 8) / 2) ** 2))
    found: F = (0.3 + 0.5 * evening + 0.2 * morning) * dice.uniform(0.6, 1.4, shape)
    return found


def feeding(dice: np.random.Generator, rows: Storage) -> Storage:
    """`rows` with every third car able to feed back, bigger and half full when it comes."""
    feeds = np.arange(len(rows)) % 3 == 0
    held = np.where(feeds, dice.uniform(15, 30, len(rows)), 0.0)
    return replace(
        rows,
        feed_kw=np.where(feeds[:, None], rows.draw_kw, 0.0),
        eta_out=flat(np.where(feeds, 0.92, 1.0), len(rows)),
        start_kwh=held,
        low_kwh=rows.low_kwh + held[:, None],
        high_kwh=rows.high_kwh + (held * 1.5)[:, None],
        wear_price=np.where(feeds, 0.03, 0.0),
        end_price=np.where(feeds, 0.11, 0.0),
    )


def roofs(rated: F, connection: I, first: int) -> Envelope:
    """A clear day; holding back costs 2 ct/kWh."""
    shine = np.maximum(np.sin(np.pi * (clocks() - 6) / 12), 0.0) ** 1.2
    want = -0.85 * rated[:, None] * shine
    count = rated.size
    return Envelope(
        asset=first + np.arange(count), connection=connection, low_kw=want, want_kw=want,
        high_kw=flat(0.0, count), down_price=flat(0.0, count), up_price=flat(0.02, count),
    )  # fmt: skip


def pumps(dice: np.random.Generator, connection: I, first: int) -> Modes:
    """Off, half, full: kept for an hour once on, half an hour once off, worth 8 to 18 ct/kWh."""
    count = connection.size
    power = dice.uniform(1, 4, (count, 1)) * np.array([0.0, 0.5, 1.0])
    switch = np.broadcast_to(0.02 * (1 - np.eye(3)), (count, 3, 3))
    return Modes(
        asset=first + np.arange(count), connection=connection, power_kw=power,
        run_price=-power * dice.uniform(0.08, 0.18, (count, 1)), switch_price=switch,
        dwell=np.tile([2, 4, 4], (count, 1)), start_mode=np.zeros(count, dtype=np.int64),
        start_dwell=np.zeros(count, dtype=np.int64),
    )  # fmt: skip


def exports(sun: F, fuse: F) -> Allowed:
    """One site in fifty with a roof feeds in 80 % of its best at most, from 10 to 16 o'clock."""
    best = sun.max(axis=1)
    where = np.flatnonzero(best > 0)[::50]
    midday = (clocks() >= 10) & (clocks() < 16)
    feed = np.where(midday, 0.8 * best[where, None], fuse[where, None])
    return Allowed(connection=where, draw_kw=np.full_like(feed, np.inf), feed_kw=feed)


def errors(dice: np.random.Generator, base: F, sun: F, count: int) -> F:
    """(S,C,T) of homes (8 % alike, 30 % each by itself) and of the sun (15 % alike), in kW."""
    alike = wandering(dice, (count, 1, base.shape[1]))
    own = wandering(dice, (count, *base.shape))
    own *= 0.3
    own += 0.08 * alike
    own *= base
    return own - 0.15 * wandering(dice, alike.shape) * sun


def wandering(dice: np.random.Generator, shape: tuple[int, ...]) -> F:
    """Standard normal, 0.9 alike from one slot to the next."""
    noise = dice.standard_normal(shape)
    for t in range(1, shape[-1]):
        noise[..., t] = 0.9 * noise[..., t - 1] + np.sqrt(1 - 0.9**2) * noise[..., t]
    return noise
