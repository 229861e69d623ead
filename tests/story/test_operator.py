"""An operator sees what is coming, reads why, overrides, and sees it expire."""

import re

import pytest
from playwright.sync_api import expect

WAIT = 150_000


def battery_of(ask):
    assets = ask("/sectors/homes?limit=200")["assets"]
    return next(a["id"] for a in assets if a["kind"] == "battery")


def test_the_overview_says_what_is_tightest_in_the_next_day(desk, ask):
    desk.goto("/overview")
    lead = desk.locator(".lead")
    expect(lead).to_contain_text(re.compile(r"\d+ % at "), timeout=WAIT)
    for _ in range(40):  # slots pass between what the page shows and what is asked
        ahead = [limit for limit in ask("/now")["limits"] if limit["worst_ahead"] is not None]
        if any(limit["name"] in lead.inner_text() for limit in ahead):
            return
        desk.wait_for_timeout(250)
    pytest.fail(f"{lead.inner_text()!r} names none of {[limit['name'] for limit in ahead]}")


def test_an_overload_is_seen_coming_and_why_it_will_not_come(evening):
    evening.goto("/overview")
    lead = evening.locator(".lead")
    words = re.compile(r"Left alone, .* would reach [1-9]\d\d % at")
    expect(lead).to_contain_text(words, timeout=WAIT)
    expect(evening.get_by_text(re.compile(r"left alone, [1-9]\d\d % at")).first).to_be_visible()
    evening.get_by_role("link", name="Dispatch").first.click()
    evening.get_by_role("button", name="Table", exact=True).first.click()
    expect(evening.get_by_role("columnheader", name="Left alone")).to_be_visible()
    expect(evening.locator(".why").first).to_have_text(re.compile(r"\w+ .*\w+"), timeout=WAIT)


def test_every_sector_has_its_row_and_the_row_leads_to_its_page(desk, ask):
    desk.goto("/overview")
    rows = desk.get_by_role("group", name="Sectors").get_by_role("row")
    sectors = ask("/city")["sectors"]
    expect(rows).to_have_count(1 + len(sectors), timeout=WAIT)
    desk.get_by_role("group", name="Sectors").get_by_role("link", name="Homes").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Homes")
    expect(desk).to_have_url(re.compile(r"/sector/homes$"))


def kilowatts(words):
    """Value in kW of a figure as the page writes it, and half a unit of its last digit."""
    number, unit = words.replace("−", "-").replace(",", "").split()
    factor = {"W": 1e-3, "kW": 1.0, "MW": 1e3}[unit]
    return float(number) * factor, 0.5 * factor * 10 ** -len(number.partition(".")[2])


def agree(figure, ask, path, of):
    """Whether `figure` comes to show `of` what the interface says at `path`, in one slot."""
    expect(figure).to_have_text(re.compile(r"[\d.,]+ [kM]?W"), timeout=WAIT)
    for _ in range(60):  # the page asks anew a moment after a slot is decided
        slot, (value, half), told = ask("/now")["event"], kilowatts(figure.inner_text()), ask(path)
        if ask("/now")["event"] == slot and abs(value - of(told)) <= 1.001 * half:
            return True
        figure.page.wait_for_timeout(250)
    return False


def test_the_page_shows_what_the_interface_says(desk, ask):
    desk.goto("/overview")
    assert agree(desk.locator("dd").first, ask, "/now", lambda now: now["source_kw"])


@pytest.mark.parametrize("kind", ["pv", "battery", "heat_pump", "charger"])
def test_an_assets_page_shows_what_the_interface_says(kind, desk, ask):
    names = [sector["name"] for sector in ask("/city")["sectors"]]
    rows = [a for name in names for a in ask(f"/sectors/{name}?limit=200")["assets"]]
    asset = next(a["id"] for a in rows if a["kind"] == kind)
    desk.goto(f"/asset/{asset}")
    power = desk.locator("dd").first
    assert agree(power, ask, f"/assets/{asset}", lambda page: page["now"]["asset.power_kw"])


def test_the_map_has_a_twin_in_words(desk, ask):
    desk.goto("/overview")
    desk.get_by_role("button", name="Table", exact=True).first.click()
    expect(desk).to_have_url(re.compile("map=table"))
    table = desk.get_by_role("group", name="Loading of every line and transformer")
    expect(table.get_by_role("row")).to_have_count(1 + len(ask("/now")["branches"]["ids"]))


def test_an_override_is_reasoned_about_respected_and_expires(desk, ask):
    battery = battery_of(ask)
    desk.goto("/dispatch")
    desk.get_by_role("searchbox").fill(battery)
    row = desk.get_by_role("listitem").filter(has=desk.get_by_role("button", name="Override"))
    why = row.locator(".why")
    expect(why).to_have_text(re.compile(r"\w+ .*\w+"), timeout=WAIT)
    row.get_by_role("button", name="Override").click()
    form = row.locator("form")
    form.get_by_label("At least, kW").fill("1")
    form.get_by_label("At most, kW").fill("1")
    form.get_by_role("combobox").select_option("30")
    form.get_by_label("Why").fill("testing the breaker")
    form.get_by_role("button", name="Set override").click()
    expect(form).to_be_hidden(timeout=WAIT)
    desk.goto(f"/asset/{battery}")
    standing = desk.get_by_text(re.compile(r"1\.0 … 1\.0 kW until"))
    expect(standing).to_be_visible(timeout=WAIT)
    assert ask(f"/assets/{battery}")["override"]["note"] == "testing the breaker"
    expect(desk.locator("dd").first).to_have_text(re.compile(r"^1\.0 kW$"), timeout=WAIT)
    # It ends by itself, after half an hour of city time, and the plan has the battery again.
    expect(standing).to_be_hidden(timeout=WAIT)
    expect(desk.get_by_role("button", name="Set override")).to_be_visible()
    assert ask(f"/assets/{battery}")["override"] is None


def test_it_all_works_from_the_keyboard(desk):
    desk.goto("/overview")
    desk.locator("header time").wait_for()
    desk.keyboard.press("Tab")
    assert desk.evaluate("document.activeElement.textContent") == "Skip to content"
    desk.keyboard.press("Enter")
    assert desk.evaluate("document.activeElement.id") == "main"
    desk.get_by_role("link", name="Dispatch").first.focus()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", level=1)).to_be_focused()
    expect(desk).to_have_title("The next day · commonwatt")


KEEP_SOURCES = """
window.sources = [];
window.EventSource = class extends EventSource {
  constructor(...given) { super(...given); window.sources.push(this); }
};
"""
BREAK = "sources.at(-1).dispatchEvent(new Event('error'))"


def test_old_values_are_shown_as_old_and_the_stream_comes_back_without_a_gap(desk, ask):
    desk.add_init_script(KEEP_SOURCES)
    desk.goto("/overview")
    desk.locator("header time").wait_for()
    desk.route("**/api/stream*", lambda route: route.abort())
    desk.evaluate(BREAK)
    note = desk.get_by_text("These values are old")
    expect(note).to_be_visible(timeout=WAIT)
    desk.unroute("**/api/stream*")
    expect(note).to_be_hidden(timeout=WAIT)
    assert "after=" in desk.evaluate("sources.at(-1).url")
    time = desk.locator("header time")
    expect(time).to_have_attribute("datetime", ask("/now")["time"], timeout=WAIT)
