"""Homes' offers come true, plans are followed, and installers' rules are sane."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonwatt.kernel.flexibility import Schedule
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import Forecast
from commonwatt.sectors.homes import SECTOR
from commonwatt.sectors.homes.control.heating import MODEL_K, SPARE_K, _one_level

FLEX = SECTOR.flexible
DAY = 96


def block(offers, ground, kind: str):
    first = ground.table(kind).ix[0]
    return next(s for s in offers.storage if s.asset[0] == first)


def rolled(store, power: np.ndarray, hours: np.ndarray) -> np.ndarray:
    """(N,T) levels by the storage equation."""
    level, path = store.start_kwh, []
    for t in range(power.shape[1]):
        drawn, fed = np.maximum(power[:, t], 0), np.maximum(-power[:, t], 0)
        gained = store.eta_in[:, t] * drawn - fed / store.eta_out[:, t]
        level = store.keep[:, t] * level + gained * hours[t] - store.use_kwh[:, t]
        path.append(level)
    return np.array(path).T


def forced(run, assets, power: np.ndarray) -> None:
    for t in range(power.shape[1]):
        run.low[assets] = run.high[assets] = power[:, t]
        run.slot()
        run.sense()


def warmed_up(run, slots: int = DAY) -> None:
    for _ in range(slots):
        run.slot()
        run.sense()


def happened(run, start: int, assets) -> np.ndarray:
    return run.view().history("asset.power_kw", assets, Window.uniform(start, DAY))


def test_an_offer_predicts_what_the_buildings_then_do(run):
    run.ground.sun_w_m2 = 200.0
    warmed_up(run)
    window, start = Window.uniform(run.now, DAY), run.now
    store = block(FLEX.offer(run.view(), window), run.ground, "heat_pump")
    on = (np.arange(DAY) // 8 % 2)[None, :] * np.array([1.2, 1.6, 1.9] * 2)[:, None]
    forced(run, store.asset, on)
    mass = run.view().history("building.mass_c", store.asset, window)
    one = _one_level(run.ground.table("heat_pump"))
    planned = one.mass_at(rolled(store, happened(run, start, store.asset), window.hours))
    assert np.abs(planned - mass).max() < 0.25
    assert np.abs(planned - mass)[:, :16].max() < 0.05


def test_holding_the_low_level_holds_the_air_at_the_comfort_limit(run):
    warmed_up(run)
    heat = run.ground.table("heat_pump")
    for _ in range(DAY):
        window = Window.uniform(run.now, 4)
        store = block(FLEX.offer(run.view(), window), run.ground, "heat_pump")
        rest = store.keep[:, 0] * store.start_kwh - store.use_kwh[:, 0]
        need = (store.low_kwh[:, 0] - rest) / store.eta_in[:, 0] / 0.25
        forced(run, heat.ix, np.clip(need, 0, store.draw_kw[:, 0])[:, None])
    last = Window.uniform(run.now - 6 * 3600, 24)
    air = run.view().history("building.air_c", heat.ix, last)
    assert air.min() > 20.0
    assert np.abs(air - (20.0 + MODEL_K + SPARE_K)).max() < 0.25


@pytest.mark.parametrize(
    ("kind", "quantity", "kw"),
    [("hot_water", "hot_water.level_kwh", 0.2), ("battery", "battery.level_kwh", 0.4)],
)
def test_offers_predict_tanks_and_batteries(run, kind, quantity, kw):
    warmed_up(run, 4)
    window, start = Window.uniform(run.now, DAY), run.now
    store = block(FLEX.offer(run.view(), window), run.ground, kind)
    forced(run, store.asset, np.full(store.draw_kw.shape, kw))
    planned = rolled(store, happened(run, start, store.asset), window.hours)
    level = run.view().history(quantity, store.asset, window)
    assert np.abs(planned - level).max() < 0.02


def test_offers_are_well_formed_on_graded_windows(run):
    warmed_up(run, 8)
    window = Window.graded(run.now)
    offers = FLEX.offer(run.view(), window)
    assert offers.fixed_kw.shape == (6, len(window))
    assert offers.fixed_kvar == pytest.approx(0.2 * offers.fixed_kw)
    assert len(offers.storage) == 3
    for store in offers.storage:
        assert np.all(store.low_kwh <= store.high_kwh + 1e-9)
        assert np.all((store.keep > 0) & (store.keep <= 1))
        assert np.all(store.end_price >= 0)
        for name, value in vars(store).items():
            assert np.all(np.isfinite(value)), name
    heat = block(offers, run.ground, "heat_pump")
    ratio = heat.short_price / window.hours
    assert ratio == pytest.approx(np.broadcast_to(ratio[:, :1], ratio.shape))


def test_heat_is_worth_nothing_when_nobody_needs_it(run):
    run.ground.mean_c = 24.0
    warmed_up(run, DAY)
    heat = block(FLEX.offer(run.view(), Window.graded(run.now)), run.ground, "heat_pump")
    assert np.all(heat.end_price == 0)
    run.ground.mean_c = 0.0
    cold = block(FLEX.offer(run.view(), Window.graded(run.now)), run.ground, "heat_pump")
    assert np.all(cold.end_price > 0.01)


def test_rare_events_are_expected_at_their_mean():
    value = np.array([0.0, 0.0, 6.0]).reshape(3, 1, 1)
    forecast = Forecast(
        quantity="q",
        series=np.zeros(1, np.int64),
        window=Window.uniform(0, 1),
        levels=np.array([0.1, 0.5, 0.9]),
        value=value,
        issued_at=0,
        model=("m",),
    )
    assert forecast.mean[0, 0] == pytest.approx(1.8)


@given(median=st.floats(0.01, 10), spread=st.floats(0.01, 0.6))
def test_the_least_gain_is_far_below_the_lowest_quantile_and_never_negative(median, spread):
    levels = np.array([0.1, 0.5, 0.9])
    value = median * np.exp(spread * np.array([-1.2816, 0.0, 1.2816]))
    forecast = Forecast(
        quantity="q", series=np.array([0]), window=Window.uniform(0, 1), levels=levels,
        value=value.reshape(3, 1, 1), issued_at=0, model=("test",),
    )  # fmt: skip
    least = forecast.least[0, 0]
    assert 0 < least < value[0]
    assert least == pytest.approx(median * np.exp(-3 * 1.2816 * spread))


def schedule(run, power: dict[int, float], price_now: float, binding: int) -> Schedule:
    window = Window.graded(run.now)
    assets = np.array(sorted(power), np.int64)
    prices = np.full((6, len(window)), 0.10)
    prices[:, 0] = price_now
    return Schedule(
        window=window,
        asset=assets,
        power_kw=np.array([[power[int(a)]] * len(window) for a in assets]),
        level_kwh=np.zeros((assets.size, len(window))),
        binding=np.full(len(window), binding),
        limits=("transformer T1",),
        node_price=prices,
        breach=np.zeros((1, len(window))),
        cost_eur=0.0,
        status="optimal",
    )


def test_plans_become_setpoints_with_reasons(run):
    warmed_up(run, 1)
    heat = int(run.ground.table("heat_pump").ix[2])
    commands = FLEX.follow(schedule(run, {0: -2.0, heat: 1.25}, 0.2, 0), run.view())
    told = dict(zip(commands.asset.tolist(), commands.reason, strict=True))
    assert sorted(told) == [0, heat]
    assert (
        told[0]
        == "Discharges at 2.0 kW, as power is dear now while transformer T1 is at its limit."
    )
    assert np.array_equal(commands.low_kw, commands.high_kw)
    assert commands.expires.tolist() == [run.now + 1800] * 2
    cheap = FLEX.follow(schedule(run, {heat: 0.0}, 0.01, -1), run.view())
    assert cheap.reason == ("Lets the house coast, as power is cheap now.",)


NIGHT = np.where((np.arange(24) < 5) | (np.arange(24) > 20), 0.2, 0.34)


def test_local_timers_use_the_cheap_window(run):
    energy = {}
    for t in range(3 * DAY):
        run.obey(FLEX.local(run.view(tariff=NIGHT)))
        world = run.slot()
        run.sense()
        if t >= DAY:
            kind = "cheap" if NIGHT[world.start // 3600 % 24] < 0.3 else "dear"
            heat = run.ground.table("heat_pump").ix
            energy.setdefault(kind, []).append(world.asset_kw[heat].sum())
    assert np.mean(energy["cheap"]) > 1.3 * np.mean(energy["dear"])
    last = Window.uniform(run.now - 2 * DAY * 900, 2 * DAY)
    heat = run.ground.table("heat_pump").ix
    assert run.view().history("building.cold_k_h", heat, last).sum() == 0
    tank = run.ground.table("hot_water").ix
    assert run.view().history("hot_water.level_kwh", tank, last).min() > 0


def test_local_rules_leave_a_flat_dark_day_alone(run):
    warmed_up(run, 2)
    assert len(FLEX.local(run.view())) == 0


def test_local_batteries_shave_the_feed_in_peak(hamlet, field_of):
    fed = {}
    for rule in ("habit", "local"):
        field = field_of(hamlet)
        field.ground.sun_w_m2 = 700.0
        peak = 0.0
        for _ in range(DAY):
            if rule == "local":
                field.obey(FLEX.local(field.view()))
            sun = 8e-3 * field.ground.weather(Window.uniform(field.now, 1)).ghi_w_m2[0]
            field.sun_kw = float(sun)
            peak = max(peak, -field.slot().net_kw()[0])
            field.sense()
        fed[rule] = peak
        full = field.readings["battery.level_kwh"]
        assert max(level[0] for level in full.values()) > 8.0
    assert fed["local"] < fed["habit"] - 0.5


def test_local_rules_respect_the_fuse(run):
    run.ground.connections.columns["fuse_kw"][:] = 2.0
    warmed_up(run, 4)
    commands = FLEX.local(run.view(tariff=np.where(np.arange(24) < 5, 0.1, 0.4)))
    heat = run.ground.table("heat_pump")
    told = np.isin(commands.asset, heat.ix) & (commands.low_kw > 0)
    rest = run.view().latest("meter.power_kw", np.arange(6)) - run.view().latest(
        "asset.power_kw", heat.ix
    )
    where = commands.asset[told] - heat.ix[0]
    assert np.all(commands.low_kw[told] <= np.maximum(1.8 - rest[where], 0) + 1e-9)


@pytest.mark.parametrize("error", [0.85, 1.18])
def test_wrong_nameplates_cost_no_comfort(hamlet, field_of, error):
    home = hamlet.table("heat_pump")
    columns = {k: home.columns[k] * error for k in ("loss_kw_per_k", "mass_kwh_per_k")}
    wrong = replace(home, columns={**home.columns, **columns})
    plan = replace(hamlet, tables={**hamlet.tables, "heat_pump": wrong})
    run = field_of(hamlet)
    warmed_up(run)
    for _ in range(DAY):
        view = run.view()
        view.plan = plan
        store = block(FLEX.offer(view, Window.uniform(run.now, 2)), plan, "heat_pump")
        rest = store.keep[:, 0] * store.start_kwh - store.use_kwh[:, 0]
        need = (store.low_kwh[:, 0] - rest) / store.eta_in[:, 0] / 0.25
        forced(run, home.ix, np.clip(need, 0, store.draw_kw[:, 0])[:, None])
    air = run.view().history("building.air_c", home.ix, Window.uniform(run.now - 21_600, 24))
    assert air.min() > 20.0
    assert air.max() < 20.5
