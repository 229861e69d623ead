"""The house is in order: whoever knows one sector knows all of them."""

import ast
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from commonwatt.kernel.sector import Sector

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src" / "commonwatt"
ROOMS = {"__init__", "model", "analysis", "control", "twin", "wire", "api"}
LONGEST = 500
MODULES = sorted(SRC.rglob("*.py"))
FOLDERS = sorted(p.name for p in (SRC / "sectors").iterdir() if (p / "__init__.py").exists())


def rows() -> dict[str, Sector]:
    """Sector rows by name, found by the same door a stranger's would use."""
    return {e.name: e.load() for e in entry_points(group="commonwatt.sectors")}


def test_every_folder_is_announced_and_every_announcement_has_a_folder():
    assert sorted(e.name for e in entry_points(group="commonwatt.sectors")) == FOLDERS


def test_the_five_sectors_of_the_spine_are_there():
    assert {"grid", "metering", "renewables", "homes", "charging"} <= set(FOLDERS)


def test_rows_are_sectors_named_after_their_folder():
    for name, row in rows().items():
        assert isinstance(row, Sector)
        assert row.name == name
        assert row.title


def test_every_sector_has_a_measure():
    for name, row in rows().items():
        assert callable(row.measured.measures), name


def test_no_kind_or_quantity_belongs_to_two_sectors():
    kinds = [k.name for row in rows().values() for k in row.kinds]
    quantities = [q.name for row in rows().values() for q in row.quantities]
    assert len(kinds) == len(set(kinds))
    assert len(quantities) == len(set(quantities))


@pytest.mark.parametrize("name", FOLDERS)
def test_a_sector_has_its_page_and_the_site_shows_it(name):
    page = ROOT / "docs" / "sectors" / f"{name}.md"
    assert page.exists()
    assert page.read_text().startswith("# ")
    assert f"sectors/{name}.md" in (ROOT / "mkdocs.yml").read_text()


@pytest.mark.parametrize("name", FOLDERS)
def test_a_sector_has_tests_under_its_name(name):
    assert list((ROOT / "tests" / "sectors" / name).glob("**/test_*.py"))


@pytest.mark.parametrize("name", FOLDERS)
def test_a_sector_has_only_known_rooms(name):
    folder = SRC / "sectors" / name
    rooms = {p.stem for p in folder.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
    assert rooms <= ROOMS


def test_no_file_is_too_long():
    long = {str(p.relative_to(SRC)): n for p in MODULES if (n := lines(p)) > LONGEST}
    assert long == {}


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_every_module_says_what_it_is():
    mute = [str(p.relative_to(SRC)) for p in MODULES if not ast.get_docstring(parsed(p))]
    assert mute == []


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def test_there_is_no_drawer_for_odds_and_ends():
    drawers = {"utils", "util", "helpers", "helper", "common", "misc"}
    found = {str(p.relative_to(SRC)) for p in MODULES if {*p.parts, p.stem} & drawers}
    assert found == set()


def test_decisions_are_numbered_without_gaps_and_linked():
    pages = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert [int(p.name[:4]) for p in pages] == list(range(1, len(pages) + 1))
    nav = (ROOT / "mkdocs.yml").read_text()
    assert [p.name for p in pages if f"decisions/{p.name}" not in nav] == []


def test_change_fragments_are_named_as_towncrier_wants():
    kinds = {"feature", "bugfix", "doc", "removal", "misc"}
    fragments = [p for p in (ROOT / "changelog.d").iterdir() if p.suffix == ".md"]
    assert [p.name for p in fragments if p.name.split(".")[1] not in kinds] == []


def test_the_documentation_builds_strictly(tmp_path):
    done = subprocess.run(  # noqa: S603 - our own interpreter on our own files
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
