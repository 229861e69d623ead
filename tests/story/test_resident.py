"""A resident looks at her home on her phone, overrides her heat pump and sees it respected."""

import re

import pytest
from playwright.sync_api import expect

WAIT = 150_000


@pytest.fixture(scope="module")
def heated(operator, town, browser):
    """A home with a heat pump, and that heat pump."""
    context = browser.new_context(storage_state=operator, base_url=town.address)
    for home in context.request.get("/api/homes").json():
        assets = context.request.get(f"/api/home/{home['connection']}").json()["assets"]
        pump = next((a["id"] for a in assets if a["kind"] == "heat_pump"), None)
        if pump:
            context.close()
            return home["connection"], pump
    raise AssertionError("no home of this town has a heat pump")


@pytest.fixture(scope="module")
def phone(browser, town, heated):
    """Her phone, with the link she was given."""
    context = browser.new_context(
        base_url=town.address, viewport={"width": 390, "height": 844}, has_touch=True
    )
    context.set_default_timeout(WAIT)
    page = context.new_page()
    page.goto(town.home_link(heated[0]))
    page.get_by_role("heading", level=1).wait_for()
    yield page
    context.close()


def test_she_is_told_in_plain_words_what_her_home_does(phone):
    expect(phone.get_by_role("heading", level=1)).to_have_text(
        re.compile(r"^Your home (draws [\d.]+ kW|gives [\d.]+ kW to the street|needs nothing)")
    )
    expect(phone.get_by_text("Your word always comes first")).to_be_visible()
    assert "token" not in phone.url


def test_nothing_but_her_home_is_hers(phone):
    assert phone.request.get("/api/now").status == 403
    phone.goto("/dispatch")
    phone.wait_for_url(re.compile(r"/home/"))


def test_her_word_over_the_heat_pump_is_respected(phone, heated):
    connection, pump = heated
    phone.goto(f"/home/{connection}")
    card = phone.get_by_role("listitem").filter(has=phone.get_by_role("heading", name="Heat pump"))
    card = card.first
    card.get_by_role("button", name="Do it my way").click()
    card.get_by_text("1 h", exact=True).click()
    card.get_by_role("button", name="Warm up now").click()
    expect(card.get_by_text(re.compile("Your wish holds until"))).to_be_visible()
    rated = phone.request.get(f"/api/assets/{pump}").json()["fields"]["rated_kw"]["value"]
    expect(card.get_by_text(re.compile(r"^uses [\d.]+ kW"))).to_be_visible(timeout=WAIT)
    drawn = phone.request.get(f"/api/assets/{pump}").json()["now"]["asset.power_kw"]
    assert drawn == pytest.approx(rated, rel=0.02)
    card.get_by_role("button", name="Let it help again").click()
    expect(card.get_by_role("button", name="Do it my way")).to_be_visible()
    assert phone.request.get(f"/api/assets/{pump}").json()["override"] is None
