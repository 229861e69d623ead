"""The checks of `commonwatt doctor`: each says what it found and, where it fails, what to do."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, packages_distributions, requires, version
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

import commonwatt
from commonwatt.city.bootstrap import simulated
from commonwatt.city.live.folder import StateFolder
from commonwatt.city.live.snapshots import Snapshots
from commonwatt.kernel.errors import CommonwattError, NoPlan, StorageFailed
from commonwatt.platform import milestones
from commonwatt.platform.database import Database
from commonwatt.platform.dispatch.worker import Worker
from commonwatt.platform.telemetry import Telemetry
from commonwatt.server import loopback
from commonwatt.server.site import STATIC

PYTHON = (3, 11)
LEAST_BYTES = 500_000_000
"""Free space below which a district of some hundred homes fills the disk within days."""
WRITTEN = 1_764_000_000
"""Epoch seconds before which this was not yet written: a clock that tells less is wrong."""
DECADES_S = 50 * 365 * 86_400
SOLVER_S = 60.0
_NAME = re.compile(r"^([A-Za-z0-9._-]+)\s*(?:>=\s*([0-9.]+))?")
INSTALL = "install again: pip install -c constraints.txt ."
Status = Literal["ok", "note", "fail"]


@dataclass(frozen=True)
class Check:
    """One thing looked at: `note` is worth knowing, `fail` keeps commonwatt from running."""

    name: str
    status: Status
    said: str
    cure: str = ""


def examined(state: Path, port: int) -> list[Check]:
    """Everything looked at, in the order in which a set-up comes to be."""
    folder = StateFolder(state)
    busy = _in_use(folder)
    looks: tuple[tuple[str, Callable[[], Check]], ...] = (
        ("Python", _python),
        ("dependencies", _dependencies),
        ("solver", _solver),
        ("clock", _clock),
        ("state folder", lambda: _room(state)),
        ("state", lambda: _state(folder, busy=busy)),
        ("port", lambda: _port(port, busy=busy)),
        ("page", _page),
    )
    return [_looked(name, look) for name, look in looks]


def _looked(name: str, look: Callable[[], Check]) -> Check:
    """A check that fails with a refusal fails with its sentence."""
    try:
        return look()
    except CommonwattError as refusal:
        return Check(name, "fail", str(refusal), "as it says")


def _python() -> Check:
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < PYTHON:
        return Check("Python", "fail", found, "use Python 3.11 or newer")
    return Check("Python", "ok", found)


def _dependencies() -> Check:
    faults = list(_broken())
    if faults:
        return Check("dependencies", "fail", "; ".join(faults), INSTALL)
    other = list(_unpinned())
    if other:
        return Check("dependencies", "note", "not as tested: " + ", ".join(other), INSTALL)
    return Check("dependencies", "ok", "all importable")


def _broken() -> Iterator[str]:
    """What is missing, too old, or cannot be imported."""
    modules: dict[str, list[str]] = {}
    for module, owners in packages_distributions().items():
        for owner in owners:
            modules.setdefault(_plain(owner), []).append(module)
    for name, least in _needed():
        try:
            found = version(name)
        except PackageNotFoundError:
            yield f"{name} is missing"
            continue
        if least and _numbers(found) < _numbers(least):
            yield f"{name} {found} is older than {least}"
        for module in modules.get(_plain(name), ()):
            if module.isidentifier() and not module.startswith("_"):
                yield from _unimportable(name, module)


def _unimportable(name: str, module: str) -> Iterator[str]:
    try:
        importlib.import_module(module)
    except Exception as error:  # noqa: BLE001 - whatever a broken package raises is its fault
        yield f"{name} cannot be imported ({error})"


def _unpinned() -> Iterator[str]:
    """What is there in another version than the tested one, where the list of those is at hand."""
    pins = Path(commonwatt.__file__).parents[2] / "constraints.txt"
    if not pins.is_file():
        return
    tested = dict(line.split("==") for line in pins.read_text().splitlines() if "==" in line)
    plain = {_plain(name): wanted for name, wanted in tested.items()}
    for name, _ in _needed():
        wanted = plain.get(_plain(name))
        if wanted is not None and version(name) != wanted:
            yield f"{name} {version(name)} instead of {wanted}"


def _needed() -> Iterator[tuple[str, str]]:
    """Name and least version of everything commonwatt needs to run."""
    for line in requires("commonwatt") or ():
        found = _NAME.match(line)
        if found is not None and "extra ==" not in line:
            yield found.group(1), found.group(2) or ""


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def _solver() -> Check:
    """Have the child solve: least x with 1 ≤ x."""
    worker = Worker()
    problem = {
        "cost": np.ones(1),
        "col_low": np.ones(1),
        "col_high": np.full(1, np.inf),
        "row_low": np.zeros(0),
        "row_high": np.zeros(0),
        "start": np.zeros(2, np.int32),
        "index": np.zeros(0, np.int32),
        "value": np.zeros(0),
        "method": "cold",
        "iterations": 100,
        "col_basis": None,
        "row_basis": None,
    }
    try:
        answer = worker.solve(problem, SOLVER_S)
    except (NoPlan, OSError) as error:
        cure = "allow child processes, and check that highspy can be imported"
        return Check("solver", "fail", str(error), cure)
    finally:
        worker.close()
    if answer["status"] != "optimal":
        return Check("solver", "fail", f"gave {answer['status']}", "install highspy again")
    return Check("solver", "ok", "its child process starts and solves")


def _clock() -> Check:
    now = time.time()
    if not WRITTEN < now < WRITTEN + DECADES_S:
        said = f"the machine says it is {time.strftime('%Y-%m-%d', time.gmtime(now))}"
        return Check("clock", "fail", said, "set the machine's clock")
    try:
        ZoneInfo("Europe/Berlin")
    except ZoneInfoNotFoundError:
        return Check("clock", "fail", "there are no time zones", "pip install tzdata")
    return Check("clock", "ok", time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(now)))


def _room(state: Path) -> Check:
    name, above = "state folder", state
    while not above.exists():
        above = above.parent
    probe = above / ".commonwatt-probe"
    try:
        probe.write_bytes(b"x")
        probe.unlink()
        free = shutil.disk_usage(above).free
    except OSError as error:
        said = f"{above} cannot be written to: {error.strerror}"
        return Check(name, "fail", said, "name a folder of yours with --state")
    if free < LEAST_BYTES:
        said = f"only {free / 1e6:.0f} MB are free at {above}"
        return Check(name, "fail", said, f"make room: {LEAST_BYTES / 1e6:.0f} MB are needed")
    return Check(name, "ok", f"{free / 1e9:.1f} GB free at {above.resolve()}")


def _in_use(folder: StateFolder) -> bool:
    """Whether an `up` runs in this folder."""
    if not folder.begun:
        return False
    try:
        held = folder.locked()
    except CommonwattError:
        return True
    os.close(held)
    return False


def _state(folder: StateFolder, *, busy: bool) -> Check:
    """Read everything that a restart would read."""
    if not folder.begun:
        return Check("state", "ok", f"{folder.path} is empty: the next `up` begins there")
    cure = f"move {folder.path} away to start anew, or restore it from a backup"
    try:
        said = _read_state(folder)
    except (CommonwattError, OSError) as error:
        return Check("state", "fail", str(error), cure)
    halves = [path.name for path in folder.path.rglob("*.part")]
    if halves and not busy:
        half = f"{said}; half-written and never used: {', '.join(sorted(halves))}"
        return Check("state", "note", half, "they are replaced or can be removed")
    return Check("state", "ok", f"{said}{'; it runs now' if busy else ''}")


def _read_state(folder: StateFolder) -> str:
    setting, city = folder.setting(), folder.city()
    database = Database(folder.database_url)
    with database.read() as connection:
        done = milestones.reached(connection, milestones.LOOP)
    database.close()
    frames = Telemetry.follow(folder.telemetry)
    if done is None:
        return f"{city.name}, begun but without a decided slot"
    world = simulated(city, setting.seed, setting.begin(city))
    standing = {"ground": world.ground, "signals": world.ground.signals, "city": city}
    for name in ("field", "mind"):
        kept = Snapshots(folder.path, name, standing)
        times = [taken for taken in kept.times() if taken >= done]
        if not times:
            raise StorageFailed(f"{folder.path}: the snapshot of the {name} is missing")
        kept.load(times[-1])
    series = frames.series("meter.power_kw").size
    if not series:
        raise StorageFailed(f"{folder.telemetry}: holds no readings of a city that has run")
    until = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(done))
    return f"{city.name} until {until}, readable"


def _port(port: int, *, busy: bool) -> Check:
    try:
        loopback.listening(port).close()
    except CommonwattError as error:
        if busy:
            return Check("port", "ok", f"{port} is taken, perhaps by the `up` that runs")
        return Check("port", "fail", str(error), "name another with --port, or 0 for any free one")
    return Check("port", "ok", f"{port} is free" if port else "any free one")


def _page() -> Check:
    if (STATIC / "index.html").is_file():
        return Check("page", "ok", "built")
    return Check("page", "fail", "not built: only the interface answers", f"make web, or {INSTALL}")
