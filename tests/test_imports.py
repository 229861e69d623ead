"""The import contract holds for our tree, and catches what it is meant to catch."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROW = "__init__.py"
SECTORS = ROOT / "src" / "commonwatt" / "sectors"

SKELETON = {
    "__init__.py": "",
    "cli/__init__.py": "from commonwatt import server\n",
    "server/__init__.py": "from commonwatt import study\n",
    "study/__init__.py": "from commonwatt import city\n",
    "city/__init__.py": "from commonwatt import platform\n",
    "society/__init__.py": "",
    "society/equity/__init__.py": "from commonwatt.society.equity import analysis\n",
    "society/equity/analysis.py": "",
    "sectors/__init__.py": "",
    "sectors/water/__init__.py": "from commonwatt.sectors.water import control, twin\n",
    "sectors/water/model.py": "from commonwatt import kernel\n",
    "sectors/water/analysis.py": "from commonwatt.sectors.water import model\n",
    "sectors/water/control.py": "from commonwatt.sectors.water import analysis\n",
    "sectors/water/twin.py": "from commonwatt.sectors.water import model\n",
    "sectors/light/__init__.py": "",
    "sectors/light/model.py": "",
    "platform/__init__.py": "",
    "platform/telemetry.py": "from commonwatt import kernel\n",
    "platform/forecast.py": "from commonwatt.platform import telemetry\n",
    "physics/__init__.py": "",
    "kernel/__init__.py": "",
}

FAULTS = {
    "a storey imports from above": (
        "kernel/__init__.py",
        "from commonwatt import physics\n",
        "Storeys",
    ),
    "the platform imports a sector": (
        "platform/telemetry.py",
        "from commonwatt.sectors.water import model\n",
        "Storeys",
    ),
    "a drawer for odds and ends": ("helpers.py", "", "Storeys"),
    "sector to sector": (
        "sectors/light/model.py",
        "from commonwatt.sectors.water import model\n",
        "Neighbours",
    ),
    "society to sector": (
        "society/equity/analysis.py",
        "from commonwatt.sectors.water import analysis\n",
        "Neighbours",
    ),
    "a stray room": ("sectors/water/helpers.py", "", "Rooms"),
    "analysis imports control": (
        "sectors/light/analysis.py",
        "from commonwatt.sectors.light import control\n",
        "Rooms",
    ),
    "control imports twin": (
        "sectors/water/control.py",
        "from commonwatt.sectors.water import twin\n",
        "Rooms",
    ),
    "a model imports a web framework": (
        "sectors/water/model.py",
        "import fastapi\n",
        "Models and analysis are pure",
    ),
    "a control imports the platform": (
        "sectors/water/control.py",
        "from commonwatt.platform import telemetry\n",
        "Sectors meet the platform only through ports",
    ),
    "a circle in the platform": (
        "platform/telemetry.py",
        "from commonwatt.platform import forecast\n",
        "No circles within the platform",
    ),
}


def lint(root: Path) -> tuple[int, str]:
    """Exit code and words of import-linter on the package under `root`."""
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(  # noqa: S603 - our own interpreter on our own files
        [sys.executable, "-c", code, "--no-cache", "--config", str(ROOT / "pyproject.toml")],
        cwd=root,
        env={**os.environ, "COLUMNS": "200", "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def plant(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / "commonwatt" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_our_tree_keeps_the_contract():
    code, words = lint(ROOT / "src")
    assert code == 0, words


def test_a_clean_skeleton_passes(tmp_path):
    plant(tmp_path, SKELETON)
    code, words = lint(tmp_path)
    assert code == 0, words


@pytest.mark.parametrize("fault", FAULTS)
def test_each_planted_fault_is_caught(tmp_path, fault):
    where, text, named = FAULTS[fault]
    extra = {"sectors/light/control.py": ""} if "light import" in text else {}
    plant(tmp_path, {**SKELETON, **extra, where: text})
    code, words = lint(tmp_path)
    assert code != 0
    assert any(line.startswith(named) and "BROKEN" in line for line in words.splitlines()), words


def own_face(path: Path) -> list[str]:
    """Names a room takes from its own sector's `__init__`, which import-linter cannot see."""
    sector = path.relative_to(SECTORS).parts[0]
    folder = SECTORS / sector
    face = f"commonwatt.sectors.{sector}"
    return [
        alias.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == face
        for alias in node.names
        if not (folder / f"{alias.name}.py").exists() and not (folder / alias.name).is_dir()
    ]


def test_no_room_imports_its_own_row():
    rooms = [p for p in sorted(SECTORS.glob("*/**/*.py")) if p.relative_to(SECTORS).parts[1] != ROW]
    taken = {str(p.relative_to(SECTORS)): own_face(p) for p in rooms}
    assert {room: names for room, names in taken.items() if names} == {}
