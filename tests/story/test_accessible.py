"""Every page, in both themes and widths: axe finds nothing, and nothing runs off the side."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

CITY = "simbench:1-LV-rural1--2-sw"
WEB = Path(__file__).parents[2] / "web"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS = [("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390)]
PLACES = [
    "/overview",
    "/overview?map=table",
    "/dispatch",
    "/forecasts",
    "/forecasts/connection.base_kw",
    "/alarms?state=all",
    "/studies",
    "/home/",
]


@pytest.fixture(scope="module")
def axe():
    """The script that looks for barriers; fetched with the page's other packages."""
    path = WEB / "node_modules" / "axe-core" / "axe.min.js"
    if not path.exists():
        subprocess.run([sys.executable, WEB / "build.py", "ls", "axe-core"], check=True)  # noqa: S603 - our own script
    return path


@pytest.fixture(scope="module")
def studied(browser, operator, town):
    """The number of a study that is done."""
    context = browser.new_context(storage_state=operator, base_url=town.address)
    wanted = {"city": CITY, "start": "2016-06-13", "days": 1, "seeds": 1, "overlay": ""}
    asked = context.request.post("/api/studies", data=wanted, headers={"X-Commonwatt": "1"})
    name = asked.json()["id"]
    while (state := context.request.get(f"/api/studies/{name}").json())["status"] != "done":
        assert state["status"] in ("queued", "running"), state["error"]
        time.sleep(1)
    context.close()
    return name


@pytest.fixture(scope="module")
def places(ask, studied):
    """One page of every kind."""
    sectors = [f"/sector/{sector['name']}" for sector in ask("/city")["sectors"]]
    homes = ask("/homes")
    asset = next(a for a in ask("/sectors/homes?limit=200")["assets"] if a["kind"] == "heat_pump")
    one = [f"/asset/{asset['id']}", f"/home/{homes[0]['connection']}", f"/studies/{studied}"]
    return [*PLACES, *sectors, *one]


@pytest.fixture(params=LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
def context(request, browser, operator, town):
    """The operator's browser in one theme and width; axe is let in past the page's policy."""
    theme, width = request.param
    found = browser.new_context(
        storage_state=operator,
        base_url=town.address,
        color_scheme=theme,
        viewport={"width": width, "height": 900},
        bypass_csp=True,
    )
    yield found
    found.close()


def test_axe_finds_nothing_and_nothing_runs_off_the_side(context, places, axe):
    page = context.new_page()
    found = {}
    for place in places:
        page.goto(place)
        page.locator("h1").wait_for(timeout=60_000)
        expect(page.locator("[aria-busy=true], .wait")).to_have_count(0, timeout=60_000)
        page.add_script_tag(path=axe)
        run = "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})"
        broken = [
            f"{v['id']}: {v['nodes'][0]['html'][:160]}"
            for v in page.evaluate(run, TAGS)["violations"]
        ]
        beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if broken or beyond > 0:
            found[place] = [*broken, *([f"{beyond} px too wide"] if beyond > 0 else [])]
    assert found == {}
