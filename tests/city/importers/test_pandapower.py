"""Nets drawn by hand, with every trap that pandapower and ours could read differently."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandapower as pp
import pytest

from commonwatt.city.importers.pandapower import imported, load
from commonwatt.kernel.errors import InvalidInput
from commonwatt.sectors.grid.analysis.flow import Feeder


def drawn() -> pp.pandapowerNet:
    """20/0.4 kV: two transformers with taps, parallel lines, a ring, open ends, a coupler."""
    net = pp.create_empty_network(f_hz=50.0)
    top, rail = (pp.create_bus(net, 20.0, name=n) for n in ("top", "rail"))
    low = [pp.create_bus(net, 0.4, name=f"low {k}") for k in range(6)]
    pp.create_ext_grid(net, top, vm_pu=1.02, va_degree=3.0)
    pp.create_switch(net, top, rail, "b", closed=True)
    for side, tap, parallel, df in (("hv", 1, 1, 1.0), ("lv", -2, 2, 0.8)):
        pp.create_transformer_from_parameters(
            net,
            rail,
            low[0],
            sn_mva=0.16,
            vn_hv_kv=20.0,
            vn_lv_kv=0.4,
            vkr_percent=1.4,
            vk_percent=4.0,
            pfe_kw=0.46,
            i0_percent=0.3,
            shift_degree=150,
            tap_side=side,
            tap_neutral=0,
            tap_pos=tap,
            tap_min=-2,
            tap_max=2,
            tap_step_percent=2.5,
            tap_changer_type="Ratio",
            parallel=parallel,
            df=df,
        )
    ends = [(0, 1), (1, 2), (2, 3), (3, 0), (0, 4), (4, 5)]
    for k, (a, b) in enumerate(ends):
        pp.create_line_from_parameters(
            net,
            low[b if k % 2 else a],
            low[a if k % 2 else b],
            length_km=0.05 * (k + 1),
            r_ohm_per_km=0.2067,
            x_ohm_per_km=0.0804,
            c_nf_per_km=830.0,
            g_us_per_km=2.0,
            max_i_ka=0.27,
            parallel=1 + k % 2,
            df=0.9,
        )
    for k, bus in enumerate(low[1:]):
        pp.create_load(net, bus, p_mw=0.02 + 0.004 * k, q_mvar=0.004, scaling=0.9)
    pp.create_load(net, low[2], p_mw=9.0, in_service=False)
    pp.create_sgen(net, low[4], p_mw=0.06, q_mvar=0.01, type="PV")
    return net


def assert_equal_flow(net: pp.pandapowerNet) -> None:
    city = imported(net, "drawn", "drawn")
    feeder = Feeder.of(city)
    kw, kvar = (np.zeros((len(city.connections), 1)) for _ in range(2))
    consumer, pv = city.table("consumer"), city.table("pv")
    np.add.at(kw[:, 0], consumer.connection, consumer.f("peak_kw"))
    np.add.at(kvar[:, 0], consumer.connection, consumer.f("peak_kvar"))
    np.add.at(kw[:, 0], pv.connection, -pv.f("rated_kw"))
    flow = feeder.flow(kw, kvar)
    pp.runpp(net, trafo_model="pi", trafo_loading="power", tolerance_mva=1e-10)
    names = [i.removeprefix("bus/") for i in city.table("bus").ids]
    ours = {name: flow.volts_pu[k, 0] for k, name in enumerate(names)}
    for bus, name in net.bus.name.items():
        if name == "rail":
            continue
        theirs = net.res_bus.vm_pu[bus]
        assert ours[name.replace(" ", "-")] == pytest.approx(theirs, abs=1e-7, nan_ok=True)
    loading = np.concatenate([net.res_trafo.loading_percent, net.res_line.loading_percent]) / 100
    assert np.allclose(flow.loading[:, 0], np.nan_to_num(loading), atol=1e-6)
    losses = (net.res_trafo.pl_mw.sum() + net.res_line.pl_mw.sum()) * 1e3
    assert flow.loss_kw[0] == pytest.approx(losses, abs=1e-4)
    assert flow.source_kw[0] == pytest.approx(net.res_ext_grid.p_mw.sum() * 1e3, abs=1e-3)


def test_flow_equals_pandapower_through_taps_parallels_and_rings() -> None:
    assert_equal_flow(drawn())


@pytest.mark.parametrize(("kind", "element", "bus"), [("l", 2, 4), ("l", 3, 2), ("l", 1, 3)])
def test_flow_equals_pandapower_with_an_open_switch(kind: str, element: int, bus: int) -> None:
    net = drawn()
    pp.create_switch(net, bus, element, kind, closed=False)
    assert_equal_flow(net)


@pytest.mark.parametrize("side", ["hv_bus", "lv_bus"])
def test_flow_equals_pandapower_with_an_open_transformer(side: str) -> None:
    net = drawn()
    pp.create_switch(net, int(net.trafo[side].iloc[1]), 1, "t", closed=False)
    assert_equal_flow(net)


def test_a_file_loads_with_flat_consumers_and_weather_driven_pv(tmp_path: Path) -> None:
    path = tmp_path / "village.json"
    net = drawn()
    pp.create_storage(net, 5, p_mw=0.005, max_e_mwh=0.01, min_e_mwh=0.001)
    pp.create_bus(net, 0.4, name="spare")
    pp.to_json(net, str(path))
    city = load(path)
    assert city.name == "village"
    assert city.table("pv").text("profile") == [""]
    assert city.table("pv").f("rated_kw").tolist() == [60.0]
    assert city.table("battery").f("capacity_kwh").tolist() == pytest.approx([9.0])
    assert set(city.table("consumer").text("profile")) == {"flat"}
    assert city.series.values["flat.p"].min() == 1.0
    bus = city.table("pv").connection[0]
    assert city.connections.i("bus")[bus] == city.table("bus").ids.index("bus/low-4")


def test_a_generator_without_a_load_gets_its_own_connection() -> None:
    net = drawn()
    net.load = net.load[net.load.bus != 6]
    city = imported(net, "drawn", "drawn")
    assert city.connections.text("use").count("plant") == 1


def _no_source(net: pp.pandapowerNet) -> None:
    net.ext_grid.in_service = False


def _no_loads(net: pp.pandapowerNet) -> None:
    net.load.in_service = False
    net.sgen.q_mvar = 0.0


def _isolated(net: pp.pandapowerNet) -> None:
    pp.create_load(net, pp.create_bus(net, 0.4, name="island"), p_mw=0.01, name="hut")


def _without_transformer(net: pp.pandapowerNet) -> None:
    net.trafo.in_service = False


def _nan(net: pp.pandapowerNet) -> None:
    net.load.loc[1, "p_mw"] = np.nan


def _shunt(net: pp.pandapowerNet) -> None:
    pp.create_shunt(net, 3, q_mvar=0.1)


def _silent_tap(net: pp.pandapowerNet) -> None:
    net.trafo["tap_changer_type"] = None


def _impedance_load(net: pp.pandapowerNet) -> None:
    net.load["const_z_p_percent"] = 50.0


def _odd_clock(net: pp.pandapowerNet) -> None:
    net.trafo["shift_degree"] = 17.0


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_no_source, "external grid"),
        (_no_loads, "no load"),
        (_isolated, "'hut' hangs on bus 'island'"),
        (_without_transformer, "hangs on bus"),
        (_nan, "row 2, field 'peak_kw'"),
        (_shunt, "'shunt'"),
        (_silent_tap, "tap_changer_type"),
        (_impedance_load, "constant-power"),
        (_odd_clock, "17"),
    ],
)
def test_what_cannot_be_carried_is_refused_by_name(spoil, words: str) -> None:
    net = drawn()
    spoil(net)
    with pytest.raises(InvalidInput, match=words) as caught:
        imported(net, "net.json", "net")
    assert str(caught.value).startswith("net.json")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{}", '{"a": 1}', "not json"])
def test_a_file_that_is_no_net_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(text)
    with pytest.raises(InvalidInput, match="not a pandapower JSON file"):
        load(path)
