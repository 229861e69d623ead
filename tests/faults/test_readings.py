"""Readings that are no numbers: set aside, and the city goes on."""

from dataclasses import replace

import numpy as np

from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.principal import Purpose, system
from commonwatt.kernel.readings import Quality
from commonwatt.study.play import Scene, play

STUDY = system("test", Purpose.STUDY)
BAD, SICK = 2, slice(20, 28)
REGISTERS = ("meter.import_wh", "meter.export_wh")


def test_a_meter_that_says_nan_for_two_hours(world, noon):
    last = noon + 95 * SLOT_S
    sick = noon + SLOT_S * np.arange(SICK.start, SICK.stop)
    advance = world.field.advance

    def spoiled(to):
        return [
            replace(
                batch,
                value=np.where(
                    np.isin(batch.time, sick) & (batch.series == BAD), np.nan, batch.value
                ),
            )
            if batch.quantity.startswith("meter.")
            else batch
            for batch in advance(to)
        ]

    world.field.advance = spoiled
    begun = {
        name: world.telemetry.read(name, np.array([BAD]), Window.uniform(noon - SLOT_S, 1), STUDY)[
            0, 0
        ]
        for name in REGISTERS
    }
    before = len(world.telemetry.dead_letters(STUDY))
    done = play(Scene(start=noon, days=1, run="tuned", seed=7), world)

    letters = world.telemetry.dead_letters(STUDY)[before:]
    assert {letter.reason for letter in letters} == {"the value is not a finite number"}
    assert {int(s) for letter in letters for s in letter.readings.series} == {BAD}
    for name in ("meter.power_kw", "meter.volts_pu", *REGISTERS):
        set_aside = [e.readings.time for e in letters if e.readings.quantity == name]
        assert np.sort(np.concatenate(set_aside)).tolist() == sick.tolist()

    others = np.delete(np.arange(len(world.city.connections)), BAD)
    assert np.isfinite(
        world.telemetry.read("meter.power_kw", others, Window.uniform(noon, 96), STUDY)
    ).all()
    assert (done.reads.quality[BAD, SICK] != Quality.MEASURED).all()
    assert (done.reads.quality[others, SICK] != done.reads.quality[BAD, SICK]).any()
    for name, total in zip(REGISTERS, (done.reads.import_wh, done.reads.export_wh), strict=True):
        end = next(r for r in world.field.truth if r.quantity == name and r.time[0] == last)
        assert total[BAD].sum() == end.value[BAD] - begun[name]
