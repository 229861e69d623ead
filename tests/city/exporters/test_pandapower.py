"""pandapower computes from an exported net the voltages that we do."""

import numpy as np
import pandapower as pp
import pytest

from commonwatt.city import sources
from commonwatt.city.exporters import pandapower as exported
from commonwatt.kernel.errors import StorageFailed
from commonwatt.sectors.grid.analysis.flow import Feeder


@pytest.mark.parametrize(
    "source", ["generate:300:7", "generate:1200:3", "simbench:1-MV-urban--0-sw",
               "simbench:1-LV-rural1--1-sw"],
)  # fmt: skip
def test_pandapower_agrees(source, tmp_path):
    city = sources.load(source)
    exported.save(city, tmp_path / "net.json")
    net = pp.from_json(str(tmp_path / "net.json"))
    pp.runpp(net, trafo_model="pi", init="dc", calculate_voltage_angles=True, numba=False)
    kw, kvar = np.zeros((2, len(city.connections), 1))
    consumer = city.table("consumer")
    np.add.at(kw[:, 0], consumer.connection, consumer.f("peak_kw"))
    np.add.at(kvar[:, 0], consumer.connection, consumer.f("peak_kvar"))
    flow = Feeder.of(city).flow(kw, kvar)
    assert net.res_bus.vm_pu.to_numpy() == pytest.approx(flow.volts_pu[:, 0], abs=1e-7)
    source_kw = float(net.res_ext_grid.p_mw.sum()) * 1e3
    assert source_kw == pytest.approx(float(flow.source_kw[0]), rel=1e-6)


def test_what_is_at_rest_keeps_its_rating(tmp_path):
    city = sources.load("generate:60:7")
    exported.save(city, tmp_path / "net.json")
    net = pp.from_json(str(tmp_path / "net.json"))
    rest = net.load[net.load.scaling == 0]
    assert rest[rest.type == "charger"].p_mw.sum() * 1e3 == pytest.approx(
        city.table("charger").f("rated_kw").sum()
    )
    assert len(net.sgen) == len(city.table("pv"))
    assert len(net.storage) == len(city.table("battery"))
    assert net.bus.geo.notna().all()


def test_it_comes_back_as_a_city(tmp_path):
    city = sources.load("generate:60:7")
    exported.save(city, tmp_path / "net.json")
    back = sources.load(tmp_path / "net.json")
    assert len(back.table("line")) == len(city.table("line"))
    assert back.table("line").i("closed_to").sum() == city.table("line").i("closed_to").sum()
    assert back.table("bus").f("lon") == pytest.approx(city.table("bus").f("lon"))


def test_a_disk_that_refuses_is_a_sentence(tmp_path):
    with pytest.raises(StorageFailed, match="could not be written"):
        exported.save(sources.load("generate:60:7"), tmp_path / "nowhere" / "net.json")
