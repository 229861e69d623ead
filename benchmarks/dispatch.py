"""Dispatch beside FlexMeasures' scheduler: the same problems and optimum, how long each takes.

FlexMeasures lives in an environment of its own, made on the first run under the user's cache
folder. It is asked through both of its back ends, "highspy" (its default) and "appsi_highs" (by
Pyomo). Both sides are timed warm, on the whole call from arrays or frames to a schedule, each plan
from nothing; the fastest of the repeats counts.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
import venv
from pathlib import Path
from typing import Any

import numpy as np

PEER = "flexmeasures==1.0.1"
HOME = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "commonwatt"
PEER_PYTHON = HOME / "bench-flexmeasures" / "bin" / "python"
HOURS = 0.25
SIZES = ((10, 192), (50, 96))
"""Devices and slots."""
SOLVERS = ("highspy", "appsi_highs")
FIELDS = ("draw", "feed", "eta", "use", "low", "high", "start")
SOON = 1000.0
"""€/kWh for what is hard on the other side: dear enough never to be chosen."""


def problem(devices: int, slots: int) -> dict[str, Any]:
    """Half the devices are cars, a quarter batteries, a quarter hot-water stores, under one cap."""
    dice = np.random.default_rng(devices)
    shape = (devices, slots)
    full = {name: np.zeros(shape) for name in FIELDS[:-1]}
    full["low"] -= np.inf
    full["eta"] += 1.0
    start, kind = np.zeros(devices), np.arange(devices) % 4
    slot = np.arange(slots)
    for n in range(devices):
        if kind[n] < 2:
            comes, stays = dice.integers(0, 40), dice.integers(24, 50)
            need = dice.uniform(5, 20)
            full["draw"][n] = 7.4 * ((slot >= comes) & (slot < comes + stays))
            full["low"][n, comes + stays - 1], full["high"][n] = need, need
        elif kind[n] == 2:
            full["draw"][n] = full["feed"][n] = 4.0
            full["eta"][n], full["low"][n], full["high"][n], start[n] = 0.95, 0.0, 10.0, 5.0
        else:
            full["draw"][n], full["low"][n], full["high"][n], start[n] = 3.0, 0.0, 12.0, 6.0
            full["use"][n] = dice.uniform(0, 0.4, slots)
    price = 0.2 + 0.1 * np.sin(slot / 7.0) + dice.uniform(0, 0.02, slots)
    return full | {"start": start, "price": price, "cap": 1.1 * devices}


def ours(case: dict[str, Any], repeats: int) -> dict[str, float]:
    """Cost and times of our plan."""
    from scipy.sparse import csr_array  # noqa: PLC0415 - the peer's environment runs this file too

    from commonwatt.kernel.flexibility import Limits, Offers, Storage, Violations  # noqa: PLC0415 - same
    from commonwatt.kernel.intervals import Window  # noqa: PLC0415 - same
    from commonwatt.platform.dispatch import Dispatcher, Objective, Worker  # noqa: PLC0415 - same

    count, slots = case["draw"].shape

    class OneCap:
        def limits(self, *_: object) -> Limits:
            cap = np.full((1, slots), case["cap"])
            return Limits(
                name=("the cap",), sens=csr_array(np.ones((1, 1))), low=-cap, high=cap,
                price=np.array([SOON]), loss=np.zeros((1, slots)), loss_kw=np.zeros(slots),
            )  # fmt: skip

        def check(self, _window: Window, kw: np.ndarray, _kvar: np.ndarray) -> Violations:
            beyond = np.maximum(np.abs(kw) - case["cap"], 0.0)
            return Violations(name=("the cap",), excess=np.sign(kw) * beyond)

    none = np.zeros(count)
    store = Storage(
        asset=np.arange(count), connection=np.zeros(count, dtype=np.int64), draw_kw=case["draw"],
        feed_kw=case["feed"], eta_in=case["eta"], eta_out=case["eta"],
        keep=np.ones_like(case["eta"]), use_kwh=case["use"], low_kwh=case["low"],
        high_kwh=case["high"],
        short_price=np.full_like(case["eta"], SOON), start_kwh=case["start"], wear_price=none,
        end_price=none,
    )  # fmt: skip
    window = Window.uniform(0, slots)
    nothing = np.zeros((1, slots))
    offers = Offers(window=window, fixed_kw=nothing, fixed_kvar=nothing, storage=(store,))
    objective = Objective(energy_price=case["price"], day=np.zeros(slots, dtype=np.int64))
    worker = Worker()

    def plan() -> float:
        schedule = Dispatcher(OneCap(), worker=worker).plan(offers, objective, 0)
        if schedule.status != "optimal":
            sys.exit(f"our dispatch failed: {schedule.cause}")
        return schedule.cost_eur

    plan()
    best = timed(plan, repeats, worker.pid)
    worker.close()
    return best


def theirs(case: dict[str, Any], repeats: int, solver: str) -> dict[str, float]:
    """Cost and times of FlexMeasures' schedule; runs in its environment."""
    import pandas as pd  # noqa: PLC0415 - only the peer's environment has its version
    from flask import Flask  # noqa: PLC0415 - same
    from flexmeasures.data.models.planning.linear_optimization import (  # noqa: PLC0415 - same
        device_scheduler,
    )

    index = pd.date_range("2026-01-05", periods=case["price"].size, freq="15min", tz="UTC")
    steps = 1 / HOURS
    devices = [
        pd.DataFrame(
            {
                "equals": np.nan,
                "min": np.where(
                    np.isfinite(case["low"][n]), case["low"][n] - case["start"][n], np.nan
                )
                * steps,
                "max": (case["high"][n] - case["start"][n]) * steps,
                "derivative equals": np.nan,
                "derivative min": -case["feed"][n],
                "derivative max": case["draw"][n],
                "derivative up efficiency": case["eta"][n],
                "derivative down efficiency": case["eta"][n],
                "stock delta": -case["use"][n] * steps,
            },
            index=index,
        )
        for n in range(case["start"].size)
    ]
    cap = pd.DataFrame({"derivative max": case["cap"], "derivative min": -case["cap"]}, index=index)
    price = [pd.Series(case["price"] * HOURS, index=index)]
    app = Flask("benchmark")
    app.config.update(FLEXMEASURES_LP_SOLVER=solver, LOGGING_LEVEL="INFO")

    def plan() -> float:
        _, cost, results, _ = device_scheduler(
            devices,
            cap,
            commitment_quantities=[pd.Series(0.0, index=index)],
            commitment_downwards_deviation_price=price,
            commitment_upwards_deviation_price=price,
        )
        if str(results.solver.termination_condition) != "optimal":
            sys.exit(f"FlexMeasures failed: {results.solver.termination_condition}")
        return float(cost)

    with app.app_context():
        return timed(plan, repeats, None)


def timed(plan: Any, repeats: int, child: int | None) -> dict[str, float]:
    """Cost, and least wall and CPU seconds of `repeats` calls, the child process's included."""
    wall, cpu, cost = [], [], 0.0
    for _ in range(repeats):
        began, used = time.perf_counter(), time.process_time() + child_cpu_s(child)
        cost = plan()
        wall.append(time.perf_counter() - began)
        cpu.append(time.process_time() + child_cpu_s(child) - used)
    return {"cost": cost, "wall_s": min(wall), "cpu_s": min(cpu)}


def child_cpu_s(pid: int | None) -> float:
    """CPU seconds that a process has used so far, as Linux counts them; 0 elsewhere."""
    status = Path(f"/proc/{pid}/stat")
    if pid is None or not status.exists():
        return 0.0
    ticks = status.read_text().rsplit(")", 1)[1].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def peak_gb(pid: int | None = None) -> float:
    """Most memory that a process held, this one if none is named.

    `ru_maxrss` alone would begin at its parent's.
    """
    status = Path(f"/proc/{pid or 'self'}/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def peer_command(devices: int, slots: int, repeats: int, solver: str) -> list[str]:
    """What runs `theirs` in its environment."""
    return [str(PEER_PYTHON), __file__, "--peer", solver, *map(str, (devices, slots, repeats))]


def peer(devices: int, slots: int, repeats: int, solver: str) -> dict[str, float]:
    """`theirs`, in its environment."""
    done = subprocess.run(
        peer_command(devices, slots, repeats, solver), capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"FlexMeasures' scheduler did not run: {done.stderr.strip().splitlines()[-1:]}")
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def require_peer() -> None:
    """Make FlexMeasures' environment unless it stands; leave with one sentence if that fails."""
    probe = [str(PEER_PYTHON), "-c", "import flexmeasures"]
    if (
        PEER_PYTHON.exists()
        and not subprocess.run(probe, capture_output=True, check=False).returncode
    ):
        return
    print(f"installing {PEER} into {PEER_PYTHON.parents[1]} (once, some minutes)", file=sys.stderr)
    venv.create(PEER_PYTHON.parents[1], clear=True)
    install = [sys.executable, "-m", "pip", "--python", str(PEER_PYTHON), "install", "-q", PEER]
    done = subprocess.run([*install, "highspy"], capture_output=True, text=True, check=False)
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        sys.exit(f"FlexMeasures could not be installed, so there is nothing to compare with: {why}")


def compared(devices: int, slots: int, repeats: int, solvers: tuple[str, ...]) -> dict[str, Any]:
    """One line of the table."""
    mine = ours(problem(devices, slots), 10)
    rows = {solver: peer(devices, slots, repeats, solver) for solver in solvers}
    gap = max(abs(row["cost"] - mine["cost"]) for row in rows.values())
    if gap > 1e-6 * (1 + abs(mine["cost"])):
        sys.exit(f"{devices} devices: the optima differ by {gap:g} €; the comparison is void")
    ratio = {solver: row["wall_s"] / mine["wall_s"] for solver, row in rows.items()}
    return {"devices": devices, "slots": slots, "ours": mine, "flexmeasures": rows, "ratio": ratio}


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="only the peer's default back end, once"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--peer", nargs=4, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peer:
        solver, *size, repeats = args.peer
        row = theirs(problem(*map(int, size)), int(repeats), solver)
        row["memory_gb"] = peak_gb()
        print(json.dumps(row))
        return
    require_peer()
    repeats, solvers = (1, SOLVERS[:1]) if args.quick else (3, SOLVERS)
    lines = [compared(*size, repeats, solvers) for size in SIZES]
    if args.json:
        print(json.dumps({"peer": PEER, "cases": lines}, indent=2))
        return
    for line in lines:
        print(f"{line['devices']} devices × {line['slots']} slots")
        every = {"commonwatt": line["ours"], **line["flexmeasures"]}
        for name, row in every.items():
            ratio = line["ratio"].get(name)
            beside = "" if ratio is None else f"   {ratio:6.1f} × our wall time"
            print(
                f"  {name:12} {row['cost']:14.6f} €   wall {row['wall_s']:7.3f} s"
                f"   CPU {row['cpu_s']:7.3f} s{beside}"
            )


if __name__ == "__main__":
    main()
