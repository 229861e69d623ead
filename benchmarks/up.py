"""How soon `up` shows a live value, what it takes at 60×, and how fast it can go, by homes.

    python benchmarks/up.py            # 50, 300 and 1,000 homes
    python benchmarks/up.py --quick    # 50 and 300, for a shorter while

Start: from calling `commonwatt up --demo` in an empty folder to the first values in the database.
Memory and CPU: of the supervisor, brain, server and solver together, over some slots at 60×; memory
is the proportional set size (pages shared by the forked processes count once). Speed: the brain
alone, in this process, without waiting; on an idle machine it is what `--speed` can ask for.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from commonwatt.city.live.folder import StateFolder
from commonwatt.city.live.life import Life
from commonwatt.city.live.setting import Setting
from commonwatt.cli.up import DEMO
from commonwatt.cli.up import START as FIRST
from commonwatt.kernel.errors import StorageFailed
from commonwatt.kernel.intervals import SLOT_S, epoch
from commonwatt.platform import milestones, outbox
from commonwatt.platform.database import Database

START = epoch(FIRST)
AT_ONCE = 1e6
PATIENCE_S = 300.0
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Case:
    """What was measured for one size of district.

    Attributes:
        homes: how many.
        connections: metered points, homes and others.
        assets: devices.
        first_value_s: from the command to the first measured values.
        first_plan_s: from the command to the first committed plan.
        cpu_share: processor time over wall time at 60×, of one core.
        memory_mb: proportional set size of all processes.
        highest_speed: city seconds per second the brain sustains.
        slot_s: wall seconds per slot then.
    """

    homes: int
    connections: int
    assets: int
    first_value_s: float
    first_plan_s: float
    cpu_share: float
    memory_mb: float
    highest_speed: float
    slot_s: float


def measured(homes: int, slots: int) -> Case:
    """One case."""
    with tempfile.TemporaryDirectory() as folder:
        state = StateFolder(Path(folder) / "up")
        with _running(homes, state.path) as (process, since):
            _until(lambda: _present(state))
            first_value = time.monotonic() - since
            _until(lambda: _reached(state) is not None)
            first_plan = time.monotonic() - since
            cpu, begun = _cpu_s(process.pid), time.monotonic()
            time.sleep(slots * SLOT_S / 60)
            share = (_cpu_s(process.pid) - cpu) / (time.monotonic() - begun)
            memory = _memory_mb(process.pid)
        city = state.city()
        speed, slot = _speed(homes, Path(folder) / "fast", slots)
    return Case(
        homes=homes,
        connections=len(city.connections),
        assets=city.assets,
        first_value_s=round(first_value, 2),
        first_plan_s=round(first_plan, 2),
        cpu_share=round(share, 3),
        memory_mb=round(memory),
        highest_speed=round(speed),
        slot_s=round(slot, 3),
    )


@contextmanager
def _running(homes: int, state: Path) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    words = ["up", "--demo", "--homes", str(homes), "--state", str(state), "--port", "0"]
    since = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "commonwatt", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process, since
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE_S)


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        if time.monotonic() > deadline:
            sys.exit("nothing was shown; run `commonwatt up --demo` to see why")
        time.sleep(0.02)


def _present(state: StateFolder) -> bool:
    if not state.begun:
        return False
    database = Database(state.database_url)
    try:
        with database.read() as connection:
            return outbox.present(connection) is not None
    except StorageFailed:
        return False
    finally:
        database.close()


def _reached(state: StateFolder) -> int | None:
    database = Database(state.database_url)
    with database.read() as connection:
        found = milestones.reached(connection, milestones.LOOP)
    database.close()
    return found


def _family(pid: int) -> list[int]:
    """A process and all it has started that still run."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in _family(int(child)))]


def _cpu_s(pid: int) -> float:
    """Processor seconds of a process and all it has started, those that ended included."""
    total = 0
    for one in _family(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        total += sum(int(ticks) for ticks in fields[11:15])
    return total / TICKS


def _memory_mb(pid: int) -> float:
    kilobytes = 0
    for one in _family(pid):
        for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                kilobytes += int(line.split()[1])
    return kilobytes / 1000


def _speed(homes: int, path: Path, slots: int) -> tuple[float, float]:
    """City seconds per second of the brain alone, and wall seconds per slot."""
    state = StateFolder(path)
    state.begin(Setting(city=f"generate:{homes}:7:{DEMO}", start=START, speed=AT_ONCE))
    database = Database(state.database_url)
    database.migrate()
    life = Life(state, database)
    life.run(START)
    since = time.monotonic()
    life.run(START + slots * SLOT_S)
    taken = (time.monotonic() - since) / slots
    life.close()
    database.close()
    return SLOT_S / taken, taken


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two sizes, fewer slots")
    parser.add_argument("--homes", type=int, nargs="*", help="other sizes")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args()
    sizes = given.homes or ([50, 300] if given.quick else [50, 300, 1000])
    cases = [measured(homes, slots=4 if given.quick else 12) for homes in sizes]
    if given.json:
        print(json.dumps({"cases": [asdict(case) for case in cases]}, indent=1))
        return
    for case in cases:
        print(
            f"{case.homes} homes, {case.assets} assets: first value after {case.first_value_s} s, "
            f"first plan after {case.first_plan_s} s; at 60× {case.cpu_share:.0%} of a core and "
            f"{case.memory_mb:.0f} MB; up to {case.highest_speed:.0f}× ({case.slot_s} s a slot)"
        )


if __name__ == "__main__":
    main()
