"""Cars that have yet to come: what those of other days drew that came later in the day than now."""

import numpy as np
import pytest

from commonwatt.city.live.coming import Sessions
from commonwatt.kernel.intervals import DAY_S, SLOT_S, SLOTS_PER_DAY, Window
from commonwatt.kernel.place import Place

PLACE = Place(53.6, 11.4, 40.0, "Europe/Berlin")
MONDAY = 1491170400  # 2017-04-03, local midnight
DAYS = 5
NOON, SIX, TEN = 48, 72, 88
"""Slots of the day."""


def sessions(days: int = DAYS, *, weekend_kw: float = 8.0) -> Sessions:
    """Charger 0 draws 8 kW from a car that comes at noon, charger 1 4 kW from one at 18:00."""
    power = np.zeros((2, days * SLOTS_PER_DAY))
    number = np.zeros(power.shape, np.int64)
    for day in range(days):
        first, free = day * SLOTS_PER_DAY, day % 7 >= 5
        power[0, first + NOON : first + TEN] = weekend_kw if free else 8.0
        power[1, first + SIX : first + TEN] = 4.0
        number[0, first + NOON :] += 1
        number[1, first + SIX :] += 1
    past = Window.uniform(MONDAY, days * SLOTS_PER_DAY)
    return Sessions(past, power, number, np.array([3, 1]))


def at(slot: int, kw: np.ndarray, now: int) -> np.ndarray:
    """What is expected in a slot of the day that begins at the last midnight before `now`."""
    return kw[:, slot - now]


@pytest.mark.parametrize(("now", "first", "second"), [(30, 8.0, 4.0), (60, 0.0, 4.0), (80, 0, 0)])
def test_only_cars_that_come_later_are_expected(now, first, second):
    known = sessions()
    window = Window.uniform(MONDAY + DAYS * DAY_S + now * SLOT_S, 128)
    past = sessions(DAYS + 1)
    seen = slice(0, DAYS * SLOTS_PER_DAY + now)
    known = Sessions(
        Window.uniform(MONDAY, seen.stop), past.power_kw[:, seen], past.number[:, seen],
        past.connection,
    )  # fmt: skip
    told = known.after(window, 4, PLACE)
    assert at(84, told, now).tolist() == pytest.approx([0, second, 0, first])
    tomorrow = told[:, NOON + 4 + SLOTS_PER_DAY - now] if now + 128 > NOON + 100 else None
    assert tomorrow is None or tomorrow.tolist() == pytest.approx([0, 0, 0, 8.0])


def test_weekends_are_told_apart_once_there_are_two():
    past = sessions(21, weekend_kw=2.0)
    monday = Window.uniform(MONDAY + 21 * DAY_S, 96)
    assert past.after(monday, 4, PLACE)[3, 84] == pytest.approx(8.0)
    saturday = Window.uniform(MONDAY + 19 * DAY_S, 96)
    upto = 19 * SLOTS_PER_DAY
    then = Sessions(
        Window.uniform(MONDAY, upto), past.power_kw[:, :upto], past.number[:, :upto],
        past.connection,
    )  # fmt: skip
    assert then.after(saturday, 4, PLACE)[3, 84] == pytest.approx(2.0)


def test_long_slots_get_the_mean_and_no_past_tells_nothing():
    past = sessions()
    start = MONDAY + DAYS * DAY_S
    fine, coarse = Window.uniform(start, 128), Window.uniform(start, 32, 4 * SLOT_S)
    quarters = past.after(fine, 4, PLACE)
    hours = past.after(coarse, 4, PLACE)
    assert hours == pytest.approx(quarters.reshape(4, 32, 4).mean(axis=2))
    young = Sessions(
        Window.uniform(MONDAY, 4), past.power_kw[:, :4], past.number[:, :4], past.connection
    )
    assert not young.after(Window.uniform(MONDAY + 4 * SLOT_S, 128), 4, PLACE).any()
