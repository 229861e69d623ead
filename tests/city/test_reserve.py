"""Reserve asked for by a city file, kept by its plans, and released when it is called."""

from dataclasses import replace

import numpy as np
import pytest

from commonwatt.city import folder
from commonwatt.city.bootstrap import flexible, network
from commonwatt.city.reserve import Called, Reserve
from commonwatt.city.strategy import Coordinated, Habit, LocalRules
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import Window
from commonwatt.platform.dispatch import Dispatcher
from commonwatt.platform.forecast import Naive
from commonwatt.sectors.grid.control import Limiter


@pytest.fixture
def decided(world, noon):
    """Plans at noon with reserve asked for and some of it called."""

    def run(called, **asked):
        movers = flexible(world.sectors)
        ours = Coordinated(
            movers,
            Dispatcher(network(world.city, world.sectors, 0.03)),
            LocalRules(movers, Limiter(world.city, 0.05)),
            reserve=Reserve(**asked),
            calling=lambda _now: Called(called) if called else None,
        )
        brain = world.brain(Habit(), Naive())
        brain.sense(noon)
        brain.foresee(noon)
        told = ours.decide(brain.view(noon))
        assert ours.schedule.status == "optimal", ours.schedule.cause
        return ours.schedule, told

    return run


def test_a_call_moves_devices_by_what_was_kept_and_they_are_told_why(decided):
    plan, _ = decided(0.0, up_kw=4.0, down_kw=4.0, hours=0.5)
    assert plan.reserve.up_kw[0] == pytest.approx(4.0)
    assert plan.reserve.down_kw[0] == pytest.approx(4.0)
    for called, parts in ((3.0, plan.reserve.asset_up_kw), (-3.0, plan.reserve.asset_down_kw)):
        _, told = decided(called, up_kw=4.0, down_kw=4.0, hours=0.5)
        share = 0.75 * parts[:, 0]
        mine = plan.asset[share > 1e-3]
        why = dict(zip(told.asset.tolist(), told.reason, strict=True))
        assert all("reserve is called: 3.0 kW" in why[asset] for asset in mine.tolist())
        low = dict(zip(told.asset.tolist(), told.low_kw.tolist(), strict=True))
        wanted = plan.power_of(mine)[:, 0] - np.sign(called) * share[share > 1e-3]
        stores = [k for k, asset in enumerate(mine.tolist()) if "curtailed" not in why[asset]]
        found = [low[int(mine[k])] for k in stores]
        np.testing.assert_allclose(found, wanted[stores], atol=1e-3)


def test_nothing_asked_keeps_nothing_and_a_call_moves_nobody(decided):
    plan, told = decided(5.0)
    assert plan.reserve is None
    assert not any("reserve" in reason for reason in told.reason)
    assert Reserve().over(Window.graded(0)) is None


def test_a_city_file_says_what_to_keep(tmp_path, hamlet):
    asked = Reserve(up_kw=20.0, hours=1.0, eur_per_kw_h=0.02)
    folder.save(replace(hamlet(2), reserve=asked), tmp_path)
    assert folder.load(tmp_path).reserve == asked
    folder.save(hamlet(2), tmp_path)
    assert "[reserve]" not in (tmp_path / "city.toml").read_text()


@pytest.mark.parametrize("said", [{"up_kw": -1.0}, {"hours": 0.0}, {"eur_per_kw_h": float("inf")}])
def test_what_cannot_be_kept_is_refused(said):
    with pytest.raises(InvalidInput, match=f"reserve: {next(iter(said))}"):
        Reserve(**said)
