from dataclasses import fields, replace

import numpy as np
import pytest

from commonwatt.city.strategy import Habit
from commonwatt.kernel.intervals import SLOT_S
from commonwatt.study.play import CATCH_UP_S, lead, play

RUNS = ["today", "tuned", "coordinated", "bound"]


def as_bytes(played):
    """All that is told of a run, to the last bit."""
    rows = [(*vars(r).values(),) for r in played.rows]
    trace = {f.name: getattr(played.trace, f.name) for f in fields(played.trace)}
    arrays = {n: v.tobytes() for n, v in trace.items() if isinstance(v, np.ndarray)}
    power = {k: v.tobytes() for k, v in trace["power_kw"].items()}
    reads = [getattr(played.reads, n).tobytes() for n in ("import_wh", "export_wh", "quality")]
    return {"rows": repr(rows), "reads": reads, "reasons": trace["reasons"], **arrays, **power}


def differing(one, other):
    a, b = as_bytes(one), as_bytes(other)
    assert a.keys() == b.keys()
    return sorted(name for name in a if a[name] != b[name])


@pytest.mark.parametrize("run", ["tuned", "coordinated"])
def test_the_same_seed_gives_the_same_bytes(run, lived, live):
    assert differing(lived(run).played, live(run).played) == []


def test_a_past_lived_again_is_the_same_past(village, noon, scene, lived):
    again = lead(village(), noon, scene.seed)
    assert differing(lived("today").played, play(scene, again)) == []


def test_another_seed_is_another_life(village, noon, scene, lived):
    other = play(replace(scene, seed=8), lead(village(), noon, 8))
    assert {"rows", "reads", "charger", "loading"} <= set(differing(lived("today").played, other))


def test_all_runs_share_the_same_luck(lived):
    base = [lived(run).played.trace.power_kw["consumer"] for run in RUNS]
    for run, consumed in zip(RUNS, base, strict=True):
        np.testing.assert_allclose(consumed, base[0], atol=1e-9, err_msg=run)
    asked = {run: [r for r in lived(run).played.rows if r.measure == "ev_asked"] for run in RUNS}
    for run in RUNS:
        assert [r.value for r in asked[run]] == [r.value for r in asked["today"]], run


@pytest.mark.parametrize("run", RUNS)
def test_what_was_read_is_what_flowed_to_the_watt_hour(run, lived, registers, scene):
    life, window = lived(run), scene.window
    every = np.arange(len(life.world.city.connections))
    truth = life.world.truth()
    kw = truth.history("meter.power_kw", every, window)
    for energy, before, quantity, flow in (
        (life.played.reads.import_wh, registers[0], "meter.import_wh", np.maximum(kw, 0)),
        (life.played.reads.export_wh, registers[1], "meter.export_wh", np.maximum(-kw, 0)),
    ):
        after = truth.history(quantity, every, window)[:, -1]
        read = energy.sum(axis=1)
        np.testing.assert_array_equal(read, after - before, f"{run}: {quantity} against registers")
        off = np.abs(read - 1000 * flow @ window.hours)
        assert off.max() <= 1.0, f"{run}: {quantity} is {off.max():.2f} Wh off the true power"


def test_what_homes_and_wires_take_is_what_the_source_gives(lived, scene):
    for run in RUNS:
        life, window = lived(run), scene.window
        truth = life.world.truth()
        kw = truth.history("meter.power_kw", np.arange(7), window).sum(axis=0)
        losses = truth.history("grid.loss_kw", np.array([0]), window)[0]
        source = truth.history("grid.source_kw", np.array([0]), window)[0]
        np.testing.assert_allclose(source, kw + losses, atol=1e-5, err_msg=run)


def test_traces_cover_the_day_and_account_for_every_kilowatt(lived, scene):
    for run in RUNS:
        trace = lived(run).played.trace
        np.testing.assert_array_equal(trace.time, scene.window.starts)
        total = sum(trace.power_kw.values())
        kw = lived(run).world.truth().history("meter.power_kw", np.arange(7), scene.window)
        np.testing.assert_allclose(total, kw.sum(axis=0), atol=1e-9, err_msg=run)


def test_late_messages_are_waited_for_before_settling(lived, scene):
    life = lived("today")
    assert life.world.field.now == scene.window.end + CATCH_UP_S
    waiting = [b for _, b in life.world.field.link.waiting if (b.time < scene.window.end).any()]
    assert not waiting, "messages of the studied day were still under way"


def test_measurements_a_slot_late_reach_the_bill_all_the_same(live, lived):
    late = live("one slot later", lambda _world: Habit())
    assert late.world.field.link.delay_s == SLOT_S
    assert differing(replace(late.played, run="today"), lived("today").played) == ["rows"]
    reads = late.played.reads
    np.testing.assert_array_equal(reads.import_wh, lived("today").played.reads.import_wh)
