"""Seconds and memory of growing a town against its homes, and pandapower beside it.

    python benchmarks/generate.py           # 50 to 100,000 homes
    python benchmarks/generate.py --quick   # 50, 500 and 5,000

Each town is grown in a process of its own, so that memory is its own too; `grow` makes the whole
city (streets, houses, people, wires, assets, map), `save` writes its folder, `flow` loads every
wire with all peaks at once by one AC power flow.

No public tool known to us makes the same thing (the nearest, synthetic-grid generators, start from
downloaded street maps). The peer is therefore a bound rather than a rival: what pandapower takes to
*create* just the wires of the finished town, told everything, by its bulk calls: buses, lines,
transformers, loads. It leaves out all of the planning.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from commonwatt.city import folder
from commonwatt.city.exporters import pandapower
from commonwatt.city.generate import grown
from commonwatt.city.model import City
from commonwatt.sectors.grid.analysis.flow import Feeder

SIZES = (50, 500, 5_000, 20_000, 50_000, 100_000)
QUICK = SIZES[:3]
SEED = 7
WARM_UP = 50


def main() -> None:
    """Grow towns of every size and print what they cost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the three smaller sizes")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measured(given.one)))
        return
    lines = [_apart(homes) for homes in (QUICK if given.quick else SIZES)]
    print(json.dumps({"seed": SEED, "cases": lines}, indent=1) if given.json else _words(lines))


def _apart(homes: int) -> dict[str, float]:
    """`measured` in a process of its own."""
    words = [sys.executable, __file__, "--one", str(homes)]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def measured(homes: int) -> dict[str, float]:
    """Costs of one town; modules are loaded and caches warm beforehand."""
    pandapower.net(grown(WARM_UP, SEED))
    began, busy = time.perf_counter(), time.process_time()
    city = grown(homes, SEED)
    grow_s, grow_cpu_s = time.perf_counter() - began, time.process_time() - busy
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    save_s, megabytes = _saved(city)
    loading, flow_s = _flow(city)
    began = time.perf_counter()
    pandapower.net(city)
    return {
        "homes": homes,
        "grow_s": grow_s,
        "grow_cpu_s": grow_cpu_s,
        "memory_mb": memory_mb,
        "save_s": save_s,
        "folder_mb": megabytes,
        "buses": len(city.table("bus")),
        "transformers": len(city.table("transformer")),
        "assets": city.assets,
        "worst_loading": loading,
        "flow_s": flow_s,
        "peer_create_s": time.perf_counter() - began,
    }


def _saved(city: City) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as place:
        began = time.perf_counter()
        folder.save(city, Path(place) / "town")
        took = time.perf_counter() - began
        size = sum(p.stat().st_size for p in Path(place).rglob("*") if p.is_file())
    return took, size / 2**20


def _flow(city: City) -> tuple[float, float]:
    """Worst loading with every consumer at its peak, and seconds to know it."""
    kw, kvar = np.zeros((2, len(city.connections), 1))
    table = city.table("consumer")
    np.add.at(kw[:, 0], table.connection, table.f("peak_kw"))
    np.add.at(kvar[:, 0], table.connection, table.f("peak_kvar"))
    began = time.perf_counter()
    loading = float(Feeder.of(city).flow(kw, kvar).loading.max())
    return loading, time.perf_counter() - began


def _words(lines: list[dict[str, float]]) -> str:
    heads = (
        ("homes", "homes", ",.0f"), ("grow, s", "grow_s", ",.2f"), ("CPU s", "grow_cpu_s", ",.2f"),
        ("peak MB", "memory_mb", ",.0f"), ("save, s", "save_s", ",.2f"),
        ("folder MB", "folder_mb", ",.1f"), ("buses", "buses", ",.0f"),
        ("stations", "transformers", ",.0f"), ("assets", "assets", ",.0f"),
        ("worst", "worst_loading", ".0%"), ("flow, s", "flow_s", ",.2f"),
        ("pandapower creates wires, s", "peer_create_s", ",.2f"),
    )  # fmt: skip
    rows = [[head for head, _, _ in heads]]
    rows += [[format(line[key], form) for _, key, form in heads] for line in lines]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )


if __name__ == "__main__":
    main()
