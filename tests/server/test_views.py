"""What the interface tells is what the store holds, which is what the field lived through."""

import numpy as np
import pytest
from sqlalchemy import select

from commonwatt.city.live.bookkeeping import FINAL_S
from commonwatt.city.live.census import Census
from commonwatt.city.registry import sectors
from commonwatt.kernel.intervals import DAY_S, SLOT_S, Window
from commonwatt.kernel.principal import Purpose, system
from commonwatt.platform.database.tables import COMMAND, POSTING
from commonwatt.platform.telemetry import Telemetry

READ = system("test", Purpose.OPERATE)
HOME = "connection/2"


@pytest.fixture
def store(live):
    census = live.census
    return Telemetry.follow(live.folder.telemetry, census.quantities.values(), census.city.sites)


def newest(store, quantity, count):
    return store.latest(quantity, np.arange(count), READ)


def near(told, held, digits=3):
    told = np.array([np.nan if v is None else v for v in told])
    np.testing.assert_allclose(told, held, atol=0.51 * 10.0**-digits)


def test_the_present_is_what_was_measured(operator, live, store):
    city = live.census.city
    now = operator.get("/api/now").json()
    homes, assets = len(city.connections), city.assets
    assert now["connections"]["ids"] == list(city.connections.ids)
    near(now["connections"]["kw"], newest(store, "meter.power_kw", homes))
    near(now["connections"]["volts_pu"], newest(store, "meter.volts_pu", homes), 4)
    near(now["branches"]["loading"], newest(store, "branch.loading", 3), 4)
    assert now["branches"]["ids"] == ["transformer/1", "line/1", "line/2"]
    near([now["source_kw"]], newest(store, "grid.source_kw", 1))
    metered = newest(store, "asset.power_kw", assets)
    told = np.array(now["assets"]["kw"], float)
    known = np.isfinite(metered)
    np.testing.assert_allclose(told[known], metered[known], atol=5.1e-4)
    consumers = city.table("consumer")
    base = newest(store, "connection.base_kw", homes)
    np.testing.assert_allclose(told[consumers.ix], base[consumers.connection], atol=5.1e-4)


def test_the_store_is_what_the_field_lived_through(begin, alive, tmp_path):
    """Where no message is lost, the newest measured power is the twins' own."""
    state = begin(tmp_path / "s")
    with alive(state) as life:
        life.field.field.link.loss = 0.0
        life.run(state.setting().start + SLOT_S)
        lived = life.field.field
        slot = lived.now - SLOT_S
        truth = {r.quantity: r for r in life.field._arrived if (r.time == slot).all()}
        for quantity in ("asset.power_kw", "meter.power_kw", "branch.loading", "bus.volts_pu"):
            seen = life.telemetry.latest(quantity, truth[quantity].series, READ)
            np.testing.assert_array_equal(seen, truth[quantity].value)


def test_sectors_add_up(operator, live):
    now = operator.get("/api/now").json()
    kw = dict(zip(now["assets"]["ids"], now["assets"]["kw"], strict=True))
    told = {sector["name"]: sector for sector in now["sectors"]}
    assert set(told) == {row.name for row in sectors()}
    for name, members in live.census.members.items():
        if members.size:
            total = sum(kw[live.census.assets[ix]] for ix in members)
            assert told[name]["kw"] == pytest.approx(total, abs=0.02)
            assert told[name]["assets"] == members.size
    assert told["grid"]["kw"] == now["source_kw"]
    assert sum(now["connections"]["kw"]) == pytest.approx(told["metering"]["kw"], abs=0.01)
    for sector in told.values():
        if sector["forecast_kw"] is not None:
            low, high = sector["forecast_low_kw"], sector["forecast_high_kw"]
            assert low <= sector["forecast_kw"] <= high
            assert sector["up_kw"] >= 0
            assert sector["down_kw"] >= 0


def test_limits_come_worst_first(operator):
    limits = operator.get("/api/now").json()["limits"]
    pressing = [max(one["loading"], one["worst_ahead"]) for one in limits]
    assert pressing == sorted(pressing, reverse=True)
    assert {one["kind"] for one in limits} == {"transformer", "line", "voltage"}
    assert all(one["at"].endswith("Z") and one["alone_at"].endswith("Z") for one in limits)


@pytest.mark.parametrize("name", [row.name for row in sectors()])
def test_a_sectors_page_holds_its_row(operator, live, name):
    row, page = live.census.sector(name), operator.get(f"/api/sectors/{name}").json()
    assert [q["name"] for q in page["quantities"]] == [q.name for q in row.quantities]
    assert [k["name"] for k in page["kinds"]] == [k.name for k in row.kinds]
    assert page["total"] == len(page["assets"]) == live.census.members[name].size
    now = operator.get("/api/now").json()
    assert page["now"] == next(s for s in now["sectors"] if s["name"] == name)
    assert page["measures"] or not live.census.members[name].size
    kw = dict(zip(now["assets"]["ids"], now["assets"]["kw"], strict=True))
    assert {a["id"]: a["kw"] for a in page["assets"]} == {
        a["id"]: kw[a["id"]] for a in page["assets"]
    }


def test_assets_are_listed_in_pages(operator):
    whole = operator.get("/api/sectors/homes").json()["assets"]
    parts = [
        operator.get(f"/api/sectors/homes?offset={k}&limit=5").json()["assets"]
        for k in range(0, len(whole) + 5, 5)
    ]
    assert [a for part in parts for a in part] == whole


def test_a_sectors_series_is_the_sum_of_its_assets(operator, live, store):
    told = operator.get("/api/sectors/charging/series?hours=6").json()
    members, window = live.census.members["charging"], live.past(6)
    held = np.nansum(store.read("asset.power_kw", members, window, READ), axis=0)
    assert len(told["times"]) == len(window) == 24
    near(told["kw"], held)
    assert len(told["forecast"]["mid"]) == len(told["forecast"]["times"])


def test_an_assets_page_tells_what_it_was_told(operator, live):
    page = operator.get("/api/assets/battery/1").json()
    ix = live.census.asset("battery/1")
    with live.database.read() as connection:
        rows = connection.execute(
            select(COMMAND).where(COMMAND.c.asset == ix).order_by(COMMAND.c.time)
        ).all()
    assert len(rows) == len(page["history"]) > 1
    assert [h["reason"] for h in page["history"]] == [row.reason for row in rows]
    assert page["asked"]["low_kw"] == round(rows[-1].low_kw, 3)
    assert page["reason"].startswith(rows[-1].reason)
    assert page["fields"]["capacity_kwh"] == {"value": 8.0, "doc": "Usable energy."}
    assert (page["kind"], page["sector"], page["connection"]) == (
        "battery", "homes", "connection/1",
    )  # fmt: skip


def test_an_assets_series_is_what_was_measured(operator, live, store):
    told = operator.get("/api/assets/battery/1/series?quantity=battery.level_kwh&hours=5").json()
    ix = np.array([live.census.asset("battery/1")])
    near(told["value"], store.last("battery.level_kwh", ix, live.past(5), READ)[0])
    assert told["unit"] == "kWh"
    assert told["quantities"][0] == "asset.power_kw"
    assert len(told["plan"]["level_kwh"]) == len(told["plan"]["times"])


def test_the_plan_is_told_whole(operator):
    plan = operator.get("/api/dispatch?limit=500").json()
    slots = len(plan["times"])
    assert plan["status"] == "optimal"
    assert plan["total"] == len(plan["asked"])
    for column in ("hours", "fixed_kw", "limit_kw", "price_eur_per_kwh", "binding"):
        assert len(plan[column]) == slots, column
    assert sum(plan["hours"]) == 24
    assert {stack["kind"] for stack in plan["stacks"]} >= {"pv", "battery", "heat_pump"}
    assert plan["limit_kw"][0] == 30.0
    asked = {one["asset"]: one for one in plan["asked"]}
    now = operator.get("/api/now").json()
    kw = dict(zip(now["assets"]["ids"], now["assets"]["kw"], strict=True))
    assert all(one["kw_now"] == kw[name] for name, one in asked.items())
    assert all(one["reason"] for one in asked.values())
    total = np.sum([stack["kw"] for stack in plan["stacks"]], axis=0) + plan["fixed_kw"]
    assert np.abs(total).max() < 2 * 30.0


def test_the_plan_carries_its_certificate(operator):
    plan = operator.get("/api/dispatch?limit=1").json()
    held = plan["certificate"]
    assert 0 <= held["gap"] <= 1e-5
    assert 0 <= held["residual"] <= 1e-5
    assert held["tightenings"] <= 2
    named = {one["limit"] for one in held["binding"]}
    assert {name for name in plan["binding"] if name} <= named
    assert all(one["since"] < one["until"] for one in held["binding"])


def test_what_the_plan_pays_is_told_apart_from_what_it_leaves_in_stores(operator):
    plan = operator.get("/api/dispatch?limit=1").json()
    costs = plan["costs"]
    credits_eur = costs.pop("stored_eur") + costs.pop("reserve_eur")
    paid_eur, before_eur = costs.pop("paid_eur"), costs.pop("before_eur")
    assert paid_eur == pytest.approx(sum(costs.values()), abs=0.05), "parts are told to the cent"
    assert plan["cost_eur"] == pytest.approx(paid_eur - credits_eur, abs=0.02)
    assert min(credits_eur, before_eur) > 0, "batteries are not left empty"
    flow = np.sum([stack["kw"] for stack in plan["stacks"]], axis=0) + plan["fixed_kw"]
    bought = float(flow * plan["hours"] @ np.array(plan["price_eur_per_kwh"]))
    assert costs["energy_eur"] == pytest.approx(bought, rel=0.1), "but for what the wires lose"


def test_every_connection_has_a_price_in_every_slot(operator, live):
    plan = operator.get("/api/dispatch?limit=1").json()
    told = operator.get("/api/dispatch/prices").json()
    assert told["times"] == plan["times"]
    names = [name for node in told["nodes"] for name in node["connections"]]
    assert sorted(names) == sorted(live.census.city.connections.ids)
    price = np.array([node["eur_per_kwh"] for node in told["nodes"]])
    assert price.shape[1] == len(plan["times"])
    np.testing.assert_allclose(price.min(axis=0), plan["node_price"]["low"], atol=1.1e-5)
    np.testing.assert_allclose(price.max(axis=0), plan["node_price"]["high"], atol=1.1e-5)


def test_an_assets_page_says_why_as_the_command_line_does(operator):
    told = operator.get("/api/assets/battery/1/why").json()
    assert told["status"] == "optimal"
    assert told["sentence"] == operator.get("/api/assets/battery/1").json()["reason"]
    then = operator.get("/api/assets/battery/1/why?time=2017-04-09T12:00").json()
    assert then["made_at"] == "2017-04-09T10:00:00Z"
    assert operator.get("/api/assets/battery/1/why?time=2011-01-01").status_code == 404


def test_a_resident_may_ask_about_her_own_devices_only(door):
    mine = door(HOME)
    assert mine.get("/api/assets/heat_pump/1/why").status_code == 200
    assert mine.get("/api/assets/battery/1/why").status_code in {403, 404}


def test_a_homes_bill_is_what_its_meter_says(begin, alive, tmp_path, door_to):
    """A settled day, worked out again from the registers and the tariff by hand."""
    state = begin(tmp_path / "s", start=begin_day(), lead_s=2 * DAY_S)
    with alive(state) as life:
        life.field.field.link.loss = 0.0
        life.run(state.setting().start + FINAL_S)
        day = Window.uniform(begin_day() - DAY_S, DAY_S // SLOT_S + 1)
        registers = life.telemetry.last(
            "meter.import_wh", np.array([1]), Window(day.edges - SLOT_S), READ
        )[0]
    page = door_to(state).get(f"/api/home/{HOME}").json()
    (settled,) = [d for d in page["days"] if d["date"] == "2017-04-08"]
    assert settled["import_kwh"] * 1000 == registers[-1] - registers[0]
    drawn = np.diff(registers)
    hour = np.arange(96) / 4
    ct = np.where((hour >= 22) | (hour < 6), 25.0, 33.0)
    fed = settled["export_kwh"] * 8.0
    cost = drawn @ ct / 1000 - fed + 35.0
    assert settled["cost_eur"] == pytest.approx(cost / 100, abs=0.006)


def begin_day():
    return 1491343200 + 4 * DAY_S  # a local midnight


def test_the_lines_of_a_home_are_its_bill(operator, live):
    page = operator.get(f"/api/home/{HOME}").json()
    with live.database.read() as connection:
        lines = connection.execute(select(POSTING).where(POSTING.c.connection == 1)).all()
    assert bool(lines) == bool(page["days"])
    assert page["connection"] == HOME
    assert page["earned_eur"] is None
    assert {a["id"] for a in page["assets"]} >= {"consumer/2", "charger/1", "heat_pump/1"}
    assert len(page["series"]["kw"]) == len(page["series"]["price"]) == 96
    assert set(page["series"]["price"]) == {0.25, 0.33}
    assert page["today"]["tariff_now_eur_per_kwh"] == 0.33


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        ("/api/sectors/nothing", 404, "nothing"),
        ("/api/assets/pv/99", 404, "pv/99"),
        ("/api/assets/pv/1/series?quantity=ev.got_kwh2", 404, "ev.got_kwh2"),
        ("/api/home/connection/99", 404, "connection/99"),
        ("/api/studies/none", 404, "none"),
        ("/api/sectors/homes?limit=0", 422, "limit"),
        ("/api/alarms?state=odd", 422, "state"),
        ("/api/nothing", 404, ""),
    ],
)
def test_what_is_not_there_is_said_in_a_sentence(operator, path, status, word):
    answer = operator.get(path)
    assert answer.status_code == status
    assert isinstance(answer.json()["detail"], str)
    assert word in answer.json()["detail"]


def test_census_numbers_everything(live):
    census = Census(live.census.city, sectors())
    assert [census.asset(name) for name in census.assets] == list(range(census.city.assets))
    owners = {census.sector_of_asset(ix) for ix in range(census.city.assets)}
    assert owners == {"homes", "charging", "renewables"}
    assert np.nansum(census.base_share) == len(set(census.city.table("consumer").connection))
