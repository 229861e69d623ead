"""The dispatch page: reserve is called at the desk, money and limits are told as they are."""

import json
import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect
from town import town as running

from tests.story.conftest import seated, signed_in

START = ["--start", "2016-03-07T10:00"]
RESERVE = "\n[reserve]\nup_kw = 8.0\ndown_kw = 6.0\nhours = 0.5\n"
SLOW = 20
"""A quarter of an hour in 45 seconds: nothing lapses while somebody types."""


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    """A town that keeps reserve."""
    folder = tmp_path_factory.mktemp("ready")
    command = [sys.executable, "-m", "commonwatt", "generate", "--out", str(folder / "city")]
    shares = ["--homes", "30", "--pv", "0.6", "--heat-pump", "0.5"]
    subprocess.run([*command, *shares], check=True, capture_output=True)  # noqa: S603 - our own command
    with (folder / "city" / "city.toml").open("a", encoding="utf-8") as about:
        about.write(RESERVE)
    with running([str(folder / "city"), *START], folder / "state", SLOW) as found:
        yield found


@pytest.fixture(scope="module")
def known(browser, ready):
    """The operator's cookie there."""
    return signed_in(browser, ready)


@pytest.fixture
def desk(browser, known, ready):
    """The operator's page, opened at dispatch once there is a plan."""
    for page in seated(browser, known, ready):
        for _ in range(240):
            if page.request.get("/api/dispatch?limit=1").ok:
                break
            page.wait_for_timeout(500)
        page.goto("/dispatch")
        page.get_by_role("button", name="Call reserve").wait_for()
        yield page


def figure(page, label):
    """The figure of that name."""
    return (
        page.locator("dl > div").filter(has=page.get_by_text(label, exact=True)).locator("dd").first
    )


def test_reserve_is_called_with_a_reason_and_ended_from_the_keyboard(desk):
    desk.get_by_role("button", name="Call reserve").press("Enter")
    form = desk.get_by_role("form", name="Call reserve")
    form.get_by_label("Which way").select_option("down")
    expect(form.get_by_label("How much, kW")).to_have_value("6")
    form.get_by_label("How much, kW").fill("50")
    expect(form).to_contain_text("no more will be given")
    form.get_by_label("How much, kW").fill("4")
    expect(form).to_contain_text("told that operator called, and why")
    form.get_by_label("Why").fill("   ")
    form.get_by_label("Why").press("Enter")
    expect(form).to_be_visible()
    assert desk.request.get("/api/dispatch/reserve").json()["call"] is None, "not without a reason"
    form.get_by_label("Why").fill("frequency is high")
    form.get_by_label("Why").press("Enter")
    expect(form).to_be_hidden()
    words = r"4\.0 kW more drawn, by operator \(frequency is high\)"
    expect(desk.get_by_text(re.compile(words))).to_be_visible()
    call = desk.request.get("/api/dispatch/reserve").json()["call"]
    assert (call["side"], call["kw"], call["author"]) == ("down", 4.0, "operator")
    expect(desk.get_by_role("button", name="Call reserve")).to_be_focused()
    desk.get_by_role("button", name="End the call").press("Enter")
    expect(desk.get_by_text(re.compile(words))).to_be_hidden()
    newest = desk.request.get("/api/dispatch/reserve/calls").json()[0]
    assert newest["number"] == call["number"]
    assert newest["ended"] is not None


def test_what_is_refused_is_said_in_words(desk):
    desk.request.post(
        "/api/dispatch/reserve/call",
        data={"side": "up", "kw": 1, "minutes": 60, "note": "test"},
        headers={"X-Commonwatt": "1"},
    )
    desk.reload()
    end = desk.get_by_role("button", name="End the call")
    end.wait_for()
    # The page would soon see for itself that the call is over.
    desk.route("**/api/dispatch/reserve", lambda route: route.abort())
    desk.request.delete("/api/dispatch/reserve/call", headers={"X-Commonwatt": "1"})
    end.click()
    expect(desk.get_by_role("alert")).to_have_text("no reserve is called now")


def test_nobody_but_an_operator_is_offered_a_call(desk):
    me = json.dumps({"role": "engineer", "id": "engineer", "connection": None})
    desk.route("**/api/me", lambda route: route.fulfill(body=me, content_type="application/json"))
    desk.reload()
    expect(desk.get_by_text(re.compile("Reserve ready from"))).to_be_visible()
    expect(desk.get_by_role("button", name="Call reserve")).to_have_count(0)


def shown(page, **parts):
    """Show the plan with some of its parts made up; returns it."""
    plan = page.request.get("/api/dispatch?limit=1").json()
    plan |= parts
    plan["certificate"] |= {"breach": parts.get("breach")}
    body = json.dumps(plan)
    page.unroute_all()
    page.route(
        "**/api/dispatch?*", lambda route: route.fulfill(body=body, content_type="application/json")
    )
    page.reload()
    page.get_by_role("button", name="Call reserve").wait_for()
    return plan


def test_what_is_paid_is_shown_and_what_stores_hold_stands_beside_it(desk):
    plan = shown(desk)
    costs = plan["costs"]
    expect(figure(desk, "Paid for the plan")).to_have_text(f"{costs['paid_eur']:.2f} €")
    table = desk.get_by_role("region", name="What the plan costs").get_by_role("table")
    paid = table.get_by_role("row").filter(
        has=desk.get_by_role("rowheader", name="Paid", exact=True)
    )
    expect(paid.get_by_role("cell")).to_have_text(f"{costs['paid_eur']:.2f} €")
    left = table.get_by_role("row", name=re.compile("left in stores"))
    expect(left.get_by_role("cell")).to_have_text(f"{costs['stored_eur']:.2f} €")


def test_a_limit_used_in_full_is_grey_and_one_that_is_broken_is_not(desk):
    slots = len(desk.request.get("/api/dispatch?limit=1").json()["times"])
    binding = ["line 7"] * slots
    at = desk.request.get("/api/now").json()["time"]
    shown(desk, binding=binding)
    expect(figure(desk, "What binds")).to_have_text("line 7")
    expect(figure(desk, "What binds")).not_to_have_class(re.compile("abnormal"))
    shown(desk, binding=binding, breach={"limit": "line 3", "at": at, "excess": 2, "share": 0.04})
    expect(figure(desk, "What binds")).to_have_text("line 3")
    expect(figure(desk, "What binds")).to_have_class(re.compile("abnormal"))
    expect(desk.get_by_text("exceeded by 4.0 %")).to_be_visible()
