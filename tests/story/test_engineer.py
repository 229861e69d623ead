"""An engineer orders a study from the page, watches it run, and compares what it found."""

import re

from playwright.sync_api import expect

MINUTES = 60_000
CITY = "simbench:1-LV-rural1--2-sw"


def test_a_study_is_ordered_watched_and_compared(desk, ask):
    desk.goto("/studies")
    desk.get_by_label(re.compile("^City")).fill(CITY)
    desk.get_by_label("First day").fill("2016-06-13")
    desk.get_by_label("Days").fill("1")
    desk.get_by_label("Seeds").fill("1")
    desk.get_by_role("button", name="Run study").click()
    desk.wait_for_url(re.compile(r"/studies/[\w-]+$"))
    permalink = desk.url
    expect(desk.get_by_role("progressbar")).to_be_visible()
    table = desk.get_by_role("group", name="Four ways to run it")
    expect(table).to_be_visible(timeout=15 * MINUTES)
    for run in ("Today", "Tuned", "Coordinated", "Bound"):
        expect(table.get_by_role("columnheader", name=run)).to_be_visible()
    found = ask(f"/studies/{permalink.rsplit('/', 1)[1]}")
    assert found["status"] == "done"
    peaks = {
        row["run"]: row["value"] for row in found["rows"] if row["measure"] == "transformer_peak"
    }
    line = table.get_by_role("row").filter(has_text="Peak at the transformer")
    cells = [
        float(text.split()[0].replace(",", ""))
        for text in line.locator("td.num").all_inner_texts()[:2]
    ]
    assert cells[0] == round(peaks["today"], 1 if peaks["today"] < 100 else 0)
    assert found["report"]
    expect(desk.get_by_role("link", name="Open the report")).to_have_attribute(
        "href", found["report"]
    )
    # The address is all it takes to see it again.
    desk.goto("/overview")
    desk.goto(permalink)
    expect(table).to_be_visible()


def test_a_study_that_cannot_run_says_why(desk):
    desk.goto("/studies")
    desk.get_by_label(re.compile("^City")).fill("simbench:no-such-grid")
    desk.get_by_role("button", name="Run study").click()
    expect(desk.get_by_text(re.compile("no-such-grid")).last).to_be_visible(timeout=3 * MINUTES)
