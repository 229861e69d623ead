"""A Chromium to look with: the system's, else apt's when root, else Playwright's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Error, Playwright, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
"""No sandbox, since tests may run as root in a container; the map is drawn without a GPU."""
CURE = (
    "the page is tested in a real browser and none could be had: install one with "
    "`apt-get install chromium`, or let `python -m playwright install chromium` fetch it"
)


class NoBrowserError(RuntimeError):
    """There is no browser and none can be installed here."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running headless Chromium.

    Raises:
        NoBrowserError: none is there and none can be installed; says how to mend that.
    """
    with sync_playwright() as playwright:
        browser = _launched(playwright)
        try:
            yield browser
        finally:
            browser.close()


def _launched(playwright: Playwright) -> Browser:
    path = _on_path() or _from_apt()
    if path is None and not _from_playwright(playwright):
        raise NoBrowserError(CURE)
    try:
        return playwright.chromium.launch(executable_path=path, args=FLAGS)
    except Error as fault:
        raise NoBrowserError(f"{CURE} ({str(fault).splitlines()[0]})") from fault


def _on_path() -> str | None:
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def _from_apt() -> str | None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        subprocess.run(
            ["apt-get", "-q", *command], env=environment, capture_output=True, check=False
        )
    return _on_path()


def _from_playwright(playwright: Playwright) -> bool:
    if not Path(playwright.chromium.executable_path).exists():
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        subprocess.run(command, capture_output=True, check=False)
    return Path(playwright.chromium.executable_path).exists()
