"""Shards of the coordinator: do processes and Ray plan what one process plans, and at what cost?

The town of `coordinator.py`, 20,000 assets. Each engine that is installed plans it from the same
prices; its plan is compared with that of one process bit by bit. A round is one asking of all rows,
carrying included; on one machine nothing is won by it, only the cost of carrying shows. Ray comes
with the extra `[cluster]`.
"""

from __future__ import annotations

import argparse
import json
import pickle
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
from coordinator import Town, town

from commonwatt.kernel.errors import InvalidInput
from commonwatt.platform.dispatch.coordinator import Effort, Outcome, Task
from commonwatt.platform.dispatch.coordinator.messages import Asking, Response
from commonwatt.platform.dispatch.coordinator.pools.here import Here
from commonwatt.platform.dispatch.coordinator.pools.processes import Processes
from commonwatt.platform.dispatch.coordinator.pools.ray import OnRay
from commonwatt.platform.dispatch.coordinator.shards import Pool

ALONE = "one process"
ROUNDS = 15
"""Asked of all engines in turn; the quickest of each counts, for machines are shared."""
PLANNED = 4
"""Rounds of a plan, enough to tell whether two are the same."""


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="2,000 assets")
    options.add_argument("--json", action="store_true", help="one JSON object instead of words")
    options.add_argument("--assets", type=int, default=20_000)
    options.add_argument("--shards", type=int, default=2)
    asked = options.parse_args()
    found = compared(town(2_000 if asked.quick else asked.assets), asked.shards)
    print(json.dumps(found) if asked.json else told(found))


def compared(case: Town, shards: int) -> dict[str, Any]:
    """What each engine plans, and how long it takes to."""
    whole, parts = (_task(case, n) for n in (1, shards))
    found: dict[str, Any] = {
        "synthetic": True,
        "assets": sum(len(rows) for rows in whole.rows),
        "shards": shards,
        "bytes": carried(parts),
        "engines": {},
    }
    with ExitStack() as stack:
        pools = {}
        for name, opened in ENGINES.items():
            task = whole if name == ALONE else parts
            began = time.perf_counter()
            try:
                pools[name] = task, stack.enter_context(opened(task))
                _asked(pools[name][1], task)
            except (ImportError, InvalidInput) as missing:
                found["engines"][name] = {"missing": str(missing).splitlines()[0]}
                continue
            found["engines"][name] = {"start_s": time.perf_counter() - began}
        rounds = [
            {n: _asked(pool, task) for n, (task, pool) in pools.items()} for _ in range(ROUNDS)
        ]
        wanted = None
        for name, (task, pool) in pools.items():
            outcome = task.solve(Effort(rounds=PLANNED), pool=pool)
            said = _plan(task, outcome)
            wanted = said if wanted is None else wanted
            found["engines"][name] |= {
                "round_s": min(one[name] for one in rounds), "same": said == wanted,
                "rounds": outcome.certificate.rounds, "gap": outcome.certificate.gap,
            }  # fmt: skip
    return found


def carried(parts: Task) -> dict[str, int]:
    """Bytes to and from one shard: its rows, once; then a round; and a round with one home."""
    price = parts.market.price(parts.market.no_duals())
    answer = Here(parts.shards[:1]).priced(price)
    slots = price.shape[1]
    number, edges = "1750000000-12", tuple(range(1_750_000_000, 1_750_000_001 + 900 * slots, 900))
    asking = Asking(id=number, edges_s=edges, price_eur_per_kwh=tuple(price[0].tolist()))
    power = tuple(answer.power_kw[0].tolist())
    response = Response(id=number, power_kw=power, cost_eur=1 / 3, bound_eur=1 / 7)
    return {
        "rows": len(pickle.dumps(parts.shards[0])),
        "round": len(pickle.dumps(("priced", (price,)))) + len(pickle.dumps(answer)),
        "home": len(asking.model_dump_json()) + len(response.model_dump_json()),
    }


@contextmanager
def here(task: Task) -> Iterator[Pool]:
    """All rows in this process, its threads shared among groups."""
    yield Here(task.shards)


@contextmanager
def processes(task: Task) -> Iterator[Pool]:
    """A process for each shard."""
    with Processes(task.shards) as pool:
        yield pool


@contextmanager
def ray(task: Task) -> Iterator[Pool]:
    """An actor for each shard, on a cluster of this machine."""
    with OnRay(task.shards) as pool:
        yield pool
    import ray as cluster  # noqa: PLC0415 - an extra

    cluster.shutdown()


ENGINES: dict[str, Callable[[Task], Any]] = {
    ALONE: here, "processes": processes, "Ray": ray,
}  # fmt: skip


def told(found: dict[str, Any]) -> str:
    """The figures in words, with verdicts."""
    kb = {name: size / 1e3 for name, size in found["bytes"].items()}
    lines = [
        f"{found['assets']:,} SYNTHETIC assets in {found['shards']} shards",
        f"        to a shard: {kb['rows']:,.0f} kB of rows once, {kb['round']:.0f} kB a round",
        f"        to a home: {kb['home']:.1f} kB a round",
    ]
    alone = found["engines"][ALONE]["round_s"]
    for name, one in found["engines"].items():
        if "missing" in one:
            lines.append(f"        {name}: {one['missing']}")
            continue
        word = "met   " if one["same"] else "MISSED"
        word, what = ("      ", "the plan") if name == ALONE else (word, "the same plan")
        lines.append(
            f"{word}  {name}: {what}, gap {one['gap']:.3%} in {one['rounds']} rounds; "
            f"{one['round_s']:.3f} s a round ({one['round_s'] / alone:.2f} of one process), "
            f"start {one['start_s']:.1f} s"
        )
    return "\n".join(lines)


def _task(case: Town, shards: int) -> Task:
    return Task.of(case.offers, case.limits, case.offers.fixed_kw, case.objective, shards)


def _asked(pool: Pool, task: Task) -> float:
    began = time.perf_counter()
    pool.priced(task.market.price(task.market.no_duals()))
    return time.perf_counter() - began


def _plan(task: Task, outcome: Outcome) -> tuple[float, float, bytes]:
    """All that two plans must share, to the last bit."""
    sure, powers = outcome.certificate, task.powers(outcome)
    return sure.lower_eur, sure.cost_eur, b"".join(np.ascontiguousarray(p) for p in powers)


if __name__ == "__main__":
    sys.exit(main())
