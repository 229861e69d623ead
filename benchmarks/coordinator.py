"""Price coordination from 100 to a million assets: time, memory, certified gap."""

from __future__ import annotations

import argparse
import resource
import time
from dataclasses import dataclass, replace
from pathlib import Path

import highspy
import numpy as np
from plotly import graph_objects
from plotly.offline import get_plotlyjs
from scipy.sparse import csr_array, vstack

from commonwatt.kernel.flexibility import Limits, Offers, Profile, Storage
from commonwatt.kernel.intervals import Window
from commonwatt.platform.dispatch import Objective
from commonwatt.platform.dispatch.coordinator import Effort, Outcome, Task
from commonwatt.platform.dispatch.coordinator.blocks import families
from commonwatt.platform.dispatch.coordinator.programme import least_cost

FEEDERS, LONG, SLOTS, HOURS = 4, 25, 96, 0.25
PLACES = FEEDERS * LONG
SHARES = {"cars": 0.50, "batteries": 0.15, "heat": 0.25, "cycles": 0.10}


@dataclass(frozen=True)
class Town:
    """A synthetic town: what it offers, its wires, its prices."""

    offers: Offers
    limits: Limits
    objective: Objective


def town(count: int, seed: int = 0) -> Town:
    """`count` assets on four feeders of 25 buses, one day from noon."""
    dice = np.random.default_rng([seed, count])
    sizes = {name: round(share * count) for name, share in SHARES.items()}
    sizes["cars"] += count - sum(sizes.values())
    base = demand(dice, count)
    window = Window.uniform(1_750_000_000 // 900 * 900, SLOTS)
    offers = Offers(
        window=window,
        fixed_kw=base,
        fixed_kvar=np.zeros_like(base),
        storage=(
            cars(dice, sizes["cars"], 0),
            batteries(dice, sizes["batteries"], sizes["cars"]),
            heat(dice, sizes["heat"], sizes["cars"] + sizes["batteries"]),
        ),
        profile=(cycles(dice, sizes["cycles"], count - sizes["cycles"]),),
    )
    return Town(offers=offers, limits=wires(base), objective=prices())


def prices() -> Objective:
    """Energy with carbon at 8 ct/kg, and 0.20 €/kW of the day's peak."""
    clock = clocks()
    day = 2 * np.pi * (clock - 20) / 24
    wholesale = 0.09 + 0.02 * np.cos(day) + 0.03 * np.cos(2 * day)
    carbon = 0.35 + 0.1 * np.cos(day)
    return Objective(
        energy_price=wholesale + 0.08 * carbon,
        day=np.zeros(SLOTS, dtype=np.int64),
        peak_price_eur_per_kw_day=0.20,
    )


def clocks() -> np.ndarray:
    """(T,) local hour of every slot, from noon."""
    return (12 + HOURS * np.arange(SLOTS)) % 24


def demand(dice: np.random.Generator, count: int) -> np.ndarray:
    """(P,T) what nobody can move: 0.65 kW an asset on average, highest in the evening."""
    clock = clocks()
    shape = (
        0.5 + 0.5 * np.exp(-(((clock - 19.5) / 3) ** 2)) + 0.2 * np.exp(-(((clock - 8) / 2) ** 2))
    )
    return 0.9 * count / PLACES * shape * dice.uniform(0.8, 1.2, (PLACES, 1))


def wires(base: np.ndarray) -> Limits:
    """A transformer at 1.10 × the base peak, and every bus's voltage by LinDistFlow."""
    cap = 1.10 * base.sum(axis=0).max()
    bus = np.arange(PLACES)
    feeder, depth = bus // LONG, bus % LONG + 1
    shared = (feeder[:, None] == feeder) * np.minimum(depth[:, None], depth)
    drop = shared / shared.sum(axis=1).max() * (0.049 * PLACES / cap)
    rows = 1 + PLACES
    low = np.full((rows, SLOTS), -np.inf)
    low[1:] = -0.05
    high = np.full((rows, SLOTS), 0.05)
    high[0], low[0] = cap, -cap
    return Limits(
        name=("the transformer", *(f"the voltage at bus {b}" for b in bus)),
        sens=csr_array(vstack([csr_array(np.ones((1, PLACES))), csr_array(-drop)])),
        low=low,
        high=high,
        price=np.concatenate([[2.0], np.full(PLACES, 10.0 * cap)]),
        loss=np.zeros((PLACES, SLOTS)),
        loss_kw=np.zeros(SLOTS),
    )


def flat(value: np.ndarray | float, count: int) -> np.ndarray:
    """(N,T) view of a value per row, or of one for all, that takes no memory."""
    return np.broadcast_to(np.reshape(value, (-1, 1)), (count, SLOTS))


def cars(dice: np.random.Generator, count: int, first: int) -> Storage:
    """Plugged in in the evening until the morning, or for a while by day."""
    night = dice.random(count) < 0.75
    comes = np.where(night, dice.normal(26, 4, count), dice.uniform(0, 16, count))
    stays = np.where(night, dice.normal(50, 8, count), dice.uniform(16, 34, count))
    comes = np.clip(comes.astype(np.int64), 0, SLOTS - 9)
    leaves = np.clip(comes + stays.astype(np.int64), comes + 8, SLOTS)
    power = dice.choice([3.7, 7.4, 11.0], count, p=[0.3, 0.3, 0.4])
    need = np.minimum(dice.gamma(3.0, 3.3, count), 0.9 * power * (leaves - comes) * HOURS * 0.92)
    slot = np.arange(SLOTS)
    draw = power[:, None] * ((slot >= comes[:, None]) & (slot < leaves[:, None]))
    low = np.full((count, SLOTS), -np.inf)
    low[np.arange(count), leaves - 1] = need
    return Storage(
        asset=first + np.arange(count), connection=dice.integers(0, PLACES, count), draw_kw=draw,
        feed_kw=flat(0.0, count), eta_in=flat(0.92, count), eta_out=flat(1.0, count),
        keep=flat(1.0, count), use_kwh=flat(0.0, count), low_kwh=low, high_kwh=flat(need, count),
        short_price=flat(1.0, count), start_kwh=np.zeros(count), wear_price=np.zeros(count),
        end_price=np.zeros(count),
    )  # fmt: skip


def batteries(dice: np.random.Generator, count: int, first: int) -> Storage:
    """Home batteries, 0.95 each way."""
    size, power = dice.uniform(5, 15, count), dice.uniform(2, 5, count)
    return Storage(
        asset=first + np.arange(count), connection=dice.integers(0, PLACES, count),
        draw_kw=flat(power, count), feed_kw=flat(power, count), eta_in=flat(0.95, count),
        eta_out=flat(0.95, count), keep=flat(1.0, count), use_kwh=flat(0.0, count),
        low_kwh=flat(0.0, count), high_kwh=flat(size, count), short_price=flat(0.0, count),
        start_kwh=size * dice.uniform(0.2, 0.8, count), wear_price=np.full(count, 0.01),
        end_price=np.full(count, 0.11),
    )  # fmt: skip


def heat(dice: np.random.Generator, count: int, first: int) -> Storage:
    """Thermal stores that leak and from which heat is drawn."""
    clock = clocks()
    shape = 0.4 + np.exp(-(((clock - 7.5) / 1.5) ** 2)) + np.exp(-(((clock - 20) / 2.5) ** 2))
    mean = dice.uniform(0.15, 0.5, count)
    use = (mean[:, None] * HOURS) * shape * dice.uniform(0.6, 1.4, (count, SLOTS))
    size = dice.uniform(6, 14, count)
    return Storage(
        asset=first + np.arange(count), connection=dice.integers(0, PLACES, count),
        draw_kw=flat(dice.uniform(2, 4, count), count), feed_kw=flat(0.0, count),
        eta_in=flat(1.0, count), eta_out=flat(1.0, count),
        keep=flat(dice.uniform(0.995, 0.999, count), count), use_kwh=use, low_kwh=flat(0.0, count),
        high_kwh=flat(size, count), short_price=flat(0.5, count),
        start_kwh=size * dice.uniform(0.3, 0.9, count), wear_price=np.zeros(count),
        end_price=np.full(count, 0.1),
    )  # fmt: skip


def cycles(dice: np.random.Generator, count: int, first: int) -> Profile:
    """Washing cycles: a fixed shape of up to eight slots, a whole start."""
    length = dice.integers(4, 9, count)
    shape = dice.uniform(0.3, 2.0, (count, 8)) * (np.arange(8) < length[:, None])
    earliest = dice.integers(0, 48, count)
    latest = np.minimum(earliest + dice.integers(12, 40, count), SLOTS - 8)
    return Profile(
        asset=first + np.arange(count), connection=dice.integers(0, PLACES, count), shape_kw=shape,
        earliest=earliest, latest=latest, skip_price=np.full(count, np.inf),
    )  # fmt: skip


def later(case: Town) -> Town:
    """The same town one slot on: every series moved by one, the last slot repeated."""

    def on(table: np.ndarray) -> np.ndarray:
        if table.ndim == 2 and table.strides[1] == 0:
            return table
        return np.concatenate([table[..., 1:], table[..., -1:]], axis=-1)

    wide = ("draw_kw", "use_kwh", "low_kwh")
    offers = case.offers
    stores = tuple(
        replace(block, **{name: on(getattr(block, name)) for name in wide})
        for block in offers.storage
    )
    profile = tuple(
        replace(
            block,
            earliest=np.maximum(block.earliest - 1, 0),
            latest=np.maximum(block.latest - 1, 0),
        )
        for block in offers.profile
    )
    base = on(offers.fixed_kw)
    window = Window.uniform(offers.window.start + 900, SLOTS)
    return Town(
        offers=replace(offers, window=window, fixed_kw=base, storage=stores, profile=profile),
        limits=case.limits,
        objective=replace(case.objective, energy_price=on(case.objective.energy_price)),
    )


def task(case: Town) -> Task:
    """The coordinator's task."""
    return Task.of(case.offers, case.limits, case.offers.fixed_kw, case.objective)


def unruled(work: Task, cap_kw: float) -> dict[str, float]:
    """Peak over the transformer's cap if all chase the energy price, or hurry: no coordination."""
    market = work.market
    hurry = np.broadcast_to(np.linspace(1e-4, 2e-4, SLOTS), market.loss.shape)
    prices = {"herding": market.price(market.no_duals()), "hurrying": hurry.copy()}
    return {
        name: float((market.base_kw + work.shards[0].priced(price).power_kw.sum(axis=0)).max())
        / cap_kw
        for name, price in prices.items()
    }


def timed(work: Task, effort: Effort, start: object = None) -> tuple[Outcome, float, float]:
    """Outcome, wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    outcome = work.solve(effort, start)  # type: ignore[arg-type]
    return outcome, time.perf_counter() - wall, time.process_time() - cpu


def measured(count: int, *, warm: bool, direct: bool) -> dict[str, float]:
    """One size: cold, one slot later from the cold one's prices, and HiGHS on all rows at once."""
    case = town(count)
    effort = Effort(gap=2e-3 if count > 300_000 else 1e-4 if count <= 1000 else 1e-3)
    work = task(case)
    cap = case.limits.high[0, 0]
    alone = unruled(work, cap)
    outcome, wall, cpu = timed(work, effort)
    sure = outcome.certificate
    breach = np.abs(sure.breach).max(axis=1)
    row = {
        "assets": count, **alone, "wall_s": wall, "cpu_s": cpu, "rounds": sure.rounds,
        "columns": sure.columns, "gap": sure.gap, "whole_gap": sure.whole_gap,
        "cap_breach": breach[0] / cap, "voltage_breach_pu": breach[1:].max(),
        "limits_priced": int((outcome.start.duals.limit != 0).sum()),
        "cost_eur": sure.cost_eur, "lower_eur": sure.lower_eur,
    }  # fmt: skip
    if warm:
        start = outcome.start.later(1)
        del outcome, work
        again, wall, cpu = timed(task(later(case)), effort, start)
        row |= {"warm_wall_s": wall, "warm_cpu_s": cpu, "warm_gap": again.certificate.gap}
    if direct:
        began, used = time.perf_counter(), time.process_time()
        best = least_cost(families(case.offers), task(case).market)
        row |= {
            "highs_wall_s": time.perf_counter() - began, "highs_cpu_s": time.process_time() - used,
            "highs_eur": best, "above_highs": sure.mixed_eur / best - 1,
        }  # fmt: skip
    row["memory_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return row


def drawn(rows: list[dict[str, float]], page: Path) -> None:
    """Time, memory and gap against the number of assets, as one page."""
    parts = []
    for title, names in (
        ("seconds", ("wall_s", "cpu_s", "warm_wall_s", "highs_wall_s")),
        ("peak memory, GB", ("memory_gb",)),
        ("certified gap", ("gap", "whole_gap")),
    ):
        figure = graph_objects.Figure()
        for name in names:
            seen = [row for row in rows if name in row]
            figure.add_scatter(
                x=[row["assets"] for row in seen], y=[row[name] for row in seen], name=name
            )
        figure.update_xaxes(type="log", title="assets")
        figure.update_yaxes(type="log", title=title)
        parts.append(figure.to_html(full_html=False, include_plotlyjs=False))
    page.parent.mkdir(parents=True, exist_ok=True)
    head = "<!doctype html><meta charset='utf-8'><title>The coordinator</title>"
    page.write_text(f"{head}<script>{get_plotlyjs()}</script>{''.join(parts)}")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="up to 10,000 assets")
    parser.add_argument("--sizes", type=int, nargs="+", help="these numbers of assets")
    parser.add_argument("--page", type=Path, default=Path("out/coordinator.html"))
    args = parser.parse_args()
    sizes = args.sizes or [100, 1_000, 10_000, *([] if args.quick else [100_000, 1_000_000])]
    print(f"HiGHS {highspy.Highs().version()}; the first solve also loads compiled code")
    task(town(100)).solve()
    rows = []
    for count in sizes:
        rows.append(measured(count, warm=count <= 100_000, direct=count <= 1_000))
        print("  ".join(f"{name} {value:.4g}" for name, value in rows[-1].items()), flush=True)
    drawn(rows, args.page)
    print(f"plots: {args.page}")


if __name__ == "__main__":
    main()
