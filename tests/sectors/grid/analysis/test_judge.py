"""What the grid finds wrong: overloads by severity, the worst bus either side of its band."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from commonwatt.city.model import City
from commonwatt.kernel.ports import Finding
from commonwatt.sectors.grid import SECTOR
from commonwatt.sectors.grid.analysis.judge import WireJudge

BRANCHES, BUSES = 7, 8


@dataclass
class Seen:
    """A view that knows the newest loadings and voltages."""

    plan: City
    loading: np.ndarray
    volts: np.ndarray

    def latest(self, quantity: str, series: np.ndarray) -> np.ndarray:
        return {"branch.loading": self.loading, "bus.volts_pu": self.volts}[quantity][series]


@pytest.fixture
def found(city: City):
    def judged(
        loading: dict[int, float] | None = None, volts: dict[int, float] | None = None
    ) -> dict[str, Finding]:
        view = Seen(city, np.full(BRANCHES, 0.5), np.ones(BUSES))
        for branch, value in (loading or {}).items():
            view.loading[branch] = value
        for bus, value in (volts or {}).items():
            view.volts[bus] = value
        return {finding.key: finding for finding in WireJudge().findings(view)}

    return judged


def test_the_sector_brings_this_judge() -> None:
    assert isinstance(SECTOR.judge, WireJudge)


def test_a_healthy_grid_has_no_findings(found) -> None:
    assert found() == {}
    assert found(loading={0: 1.0, 3: 1.0}, volts={2: 0.94, 5: 1.06}) == {}


def test_every_overloaded_branch_is_named_transformers_first(found) -> None:
    alarms = found(loading={0: 1.05, 1: 1.3})
    assert list(alarms) == ["grid.overload/transformer/0", "grid.overload/line/0"]
    assert [finding.priority for finding in alarms.values()] == [2, 3]
    assert alarms["grid.overload/line/0"].cause == "line/0 carries 130% of its rating"


def test_only_the_worst_bus_each_side_of_its_band_is_told(found) -> None:
    alarms = found(volts={2: 1.07, 3: 1.09, 5: 0.93, 6: 0.90})
    assert set(alarms) == {"grid.voltage/above/bus/3", "grid.voltage/below/bus/6"}
    assert alarms["grid.voltage/above/bus/3"].cause == "bus/3 is at 1.090 pu, above its band"
    assert alarms["grid.voltage/below/bus/6"].cause == "bus/6 is at 0.900 pu, below its band"


def test_what_was_not_measured_raises_no_alarm_and_hides_none(found) -> None:
    nothing = found(
        loading=dict.fromkeys(range(BRANCHES), np.nan), volts=dict.fromkeys(range(BUSES), np.nan)
    )
    assert nothing == {}
    assert set(found(volts={1: np.nan, 3: 1.09})) == {"grid.voltage/above/bus/3"}


def test_a_finding_says_what_follows_and_what_to_do(found) -> None:
    for finding in found(loading={0: 2.0}, volts={3: 1.2, 4: 0.8}).values():
        assert finding.consequence
        assert finding.action
        assert "\n" not in finding.cause + finding.consequence + finding.action
