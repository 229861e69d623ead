"""Every page in both themes and widths, as pictures: `python web/browser/shots.py [FOLDER]`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from chromium import chromium
from playwright.sync_api import Browser, BrowserContext, Page, expect
from town import Town, town

CITY = ["--demo"]
SPEED = 120
WIDTHS = {1440: (900, 1), 390: (844, 2)}
"""Height and pixels per point for every width."""
THEMES = ("light", "dark")


def main(folder: Path) -> None:
    """Take them all."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as scratch,
        chromium() as browser,
        town(CITY, Path(scratch) / "state", SPEED) as found,
    ):
        take(browser, found, folder)


def take(browser: Browser, found: Town, folder: Path) -> None:
    """Take every page of `found`, in every look."""
    door = browser.new_context(base_url=found.address)
    page = door.new_page()
    page.goto(found.link)
    page.locator("header time").wait_for(timeout=180_000)
    kept, pages = door.storage_state(), dict(places(door))
    door.close()
    for theme in THEMES:
        for width, (height, density) in WIDTHS.items():
            context = browser.new_context(
                storage_state=kept,
                base_url=found.address,
                color_scheme=theme,  # type: ignore[arg-type] - one of two literals
                viewport={"width": width, "height": height},
                device_scale_factor=density,
            )
            page = context.new_page()
            for name, path in pages.items():
                shoot(page, path, folder / f"{name}-{theme}-{width}.png")
            context.close()


def places(context: BrowserContext) -> Iterator[tuple[str, str]]:
    """Name and path of one page of every kind; of every sector its own."""
    ask = context.request
    yield from (("overview", "/overview"), ("overview-table", "/overview?map=table"))
    yield from (("dispatch", "/dispatch"), ("alarms", "/alarms?state=all"), ("studies", "/studies"))
    yield from (("forecasts", "/forecasts"), ("forecast-base", "/forecasts/connection.base_kw"))
    yield "forecast-sun", "/forecasts/pv.potential_kw"
    for sector in ask.get("/api/city").json()["sectors"]:
        yield f"sector-{sector['name']}", f"/sector/{sector['name']}"
    study = next(iter(ask.get("/api/studies").json()), None)
    if study:
        yield "study", f"/studies/{study['id']}"
    home = richest(context)
    yield from (("homes", "/home/"), ("home", f"/home/{home['connection']}"))
    yield "asset", f"/asset/{home['assets'][0]['id']}"


def richest(context: BrowserContext) -> dict[str, object]:
    """Of the first homes the one with the most devices: it shows the most."""
    homes = context.request.get("/api/homes").json()[:60]
    found = [context.request.get(f"/api/home/{h['connection']}").json() for h in homes]
    best = max(found, key=lambda home: len({asset["kind"] for asset in home["assets"]}))
    best["assets"].sort(key=lambda asset: asset["kind"] != "battery")
    return dict(best)


def shoot(page: Page, path: str, picture: Path) -> None:
    """One picture of the whole page, once it has stopped loading."""
    page.goto(path)
    page.locator("h1").wait_for(timeout=60_000)
    expect(page.locator("[aria-busy=true], .wait")).to_have_count(0, timeout=60_000)
    page.wait_for_timeout(400)
    page.screenshot(path=picture, full_page=True)
    print(picture)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("out/shots"))
