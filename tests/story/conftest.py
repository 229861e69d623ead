"""A town that runs, a browser that looks at it, and the people who sit before it."""

import pytest
from chromium import chromium
from town import town as running

GRID = "simbench:1-LV-rural1--2-sw"
CITY = [GRID, "--overlay", "ev=0.5,hp=0.4", "--start", "2016-06-13T06:00"]
"""On a morning in June: batteries are empty and heat pumps rest, so that an override shows."""
EVENING = ["generate:60:7:pv=0.6,ev=0.9,heat_pump=0.6", "--start", "2016-03-07T16:45"]
"""Cars come home, more of them than the transformer could charge at once."""
SPEED = 120
"""A quarter of an hour in 7.5 seconds."""
WAIT_MS = 60_000
FIRST_MS = 120_000
"""On two busy cores a town takes a while to live the days before its first."""


@pytest.fixture(scope="session")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="session")
def town(tmp_path_factory):
    with running(CITY, tmp_path_factory.mktemp("town") / "state", SPEED) as found:
        yield found


@pytest.fixture(scope="session")
def operator(browser, town):
    """The cookie of the operator's session: the link works once."""
    return signed_in(browser, town)


@pytest.fixture
def desk(browser, operator, town):
    """The operator's page, at her desk; anything the browser complains about fails the test."""
    yield from seated(browser, operator, town)


@pytest.fixture
def evening(browser, tmp_path):
    """The desk in another town, at nightfall, when left alone its transformer would break."""
    with running(EVENING, tmp_path / "state", SPEED) as town:
        yield from seated(browser, signed_in(browser, town), town)


def signed_in(browser, town):
    """What a browser keeps once it has opened the operator's link."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(town.link)
    page.get_by_role("heading", level=1).wait_for()
    page.locator("header time").wait_for(timeout=FIRST_MS)
    kept = context.storage_state()
    context.close()
    return kept


def seated(browser, kept, town):
    """A page of `town` with the session `kept`."""
    context = browser.new_context(
        storage_state=kept, base_url=town.address, viewport={"width": 1440, "height": 900}
    )
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    complaints = []
    page.on("pageerror", lambda fault: complaints.append(str(fault)))
    page.on("request", lambda request: foreign(request.url, town.address, complaints))
    yield page
    context.close()
    assert complaints == []


def foreign(url, address, complaints):
    """Nothing is fetched from anywhere but the town's own server."""
    if not url.startswith((address, "blob:", "data:")):
        complaints.append(f"fetched {url}")


@pytest.fixture(scope="session")
def ask(browser, operator, town):
    """Ask the interface itself, with the operator's session."""
    context = browser.new_context(storage_state=operator, base_url=town.address)
    yield lambda path: context.request.get(f"/api{path}").json()
    context.close()
