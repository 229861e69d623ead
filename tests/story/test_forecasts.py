"""An operator asks how surely something is foreseen, looks back, and follows it to its device."""

import re

import pytest
from playwright.sync_api import expect

WAIT = 150_000


@pytest.fixture
def judged(ask):
    """A town whose forecasts have been judged for an hour."""

    def over_an_hour():
        told = ask("/forecasts/connection.base_kw/skill")
        return bool(told.get("rows"))

    return over_an_hour


def test_what_was_expected_stands_beside_what_came(desk, ask):
    desk.goto("/overview")
    desk.get_by_role("link", name="Forecasts").first.click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Forecasts", timeout=WAIT)
    expect(desk.get_by_role("heading", name="Net load of the town")).to_be_visible(timeout=WAIT)
    rows = desk.get_by_role("group", name="All that is foreseen").get_by_role("row")
    expect(rows).to_have_count(1 + len(ask("/forecasts")["quantities"]))
    desk.get_by_role("button", name="Table", exact=True).first.click()
    for column in ("Measured", "Expected", "Naive: same time a day before"):
        expect(desk.get_by_role("columnheader", name=column)).to_be_visible()


def test_an_issue_is_looked_back_at_as_it_was_said(desk, ask, judged):
    desk.goto("/forecasts/connection.base_kw")
    desk.get_by_label("As issued").wait_for(timeout=WAIT)
    for _ in range(60):  # a slot takes 7.5 s: wait for the first full hour
        if judged():
            break
        desk.wait_for_timeout(2_000)
    desk.get_by_role("button", name="Earlier issue").click()
    expect(desk).to_have_url(re.compile("issue=20"))
    issue = desk.get_by_label("As issued").input_value()
    told = ask(f"/forecasts/connection.base_kw/series?issued_at={issue}")
    assert told["issued_at"] == issue
    expect(desk.get_by_text("Saw measurements until")).to_be_visible()
    expect(desk.get_by_role("definition").filter(has_text=told["reason"])).to_be_visible()
    skill = ask("/forecasts/connection.base_kw/skill?series=" + told["series"])["rows"]
    desk.get_by_role("button", name="Table", exact=True).last.click()
    table = desk.get_by_role("group", name="Skill by lead time")
    cell = table.get_by_role("row").nth(1).get_by_role("cell").first
    expect(cell).to_have_text(re.compile(r"^\d+\.\d{3}$"), timeout=WAIT)
    assert {row["lead_h"] for row in skill} >= {0.25, 1.0}


def test_a_roof_leads_to_its_forecast_and_the_forecast_to_the_roof(desk, ask):
    roof = next(a["id"] for a in ask("/sectors/renewables?limit=20")["assets"])
    desk.goto(f"/asset/{roof}")
    desk.get_by_role("link", name="Forecast: What roofs could make").click()
    expect(desk.get_by_label("Of which")).to_have_value(roof, timeout=WAIT)
    desk.get_by_role("link", name=roof.split("/", 1)[1]).click()
    expect(desk).to_have_url(re.compile(r"/asset/"))


def test_it_is_chosen_from_the_keyboard(desk):
    desk.goto("/forecasts")
    what = desk.get_by_role("combobox", name="What", exact=True)
    what.wait_for(timeout=WAIT)
    what.focus()
    desk.keyboard.type("Reactive")
    expect(desk).to_have_url(re.compile("quantity=meter.kvar"), timeout=WAIT)
    expect(what).to_be_focused()
    expect(desk.get_by_role("heading", name=re.compile("Reactive power"))).to_be_visible()
