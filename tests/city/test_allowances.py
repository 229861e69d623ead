"""What sites may draw and feed in over time, from a file of rules."""

# ruff: noqa: E501 - one broken file a line
from dataclasses import replace

import numpy as np
import pytest

from commonwatt.city import folder
from commonwatt.city.allowances import Allowances, read
from commonwatt.city.bootstrap import flexible, network
from commonwatt.city.live.outlook import power_by_connection
from commonwatt.city.strategy import Coordinated, Habit, LocalRules
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.flexibility import Offers
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.place import Place
from commonwatt.platform.dispatch import Dispatcher
from commonwatt.platform.forecast import Naive
from commonwatt.sectors.grid.control import Limiter
from commonwatt.sectors.renewables.analysis import references

BERLIN = Place(53.6, 11.4, 40.0, "Europe/Berlin")
IDS = ("c/1", "c/2", "c/3")
HEAD = "connection,since,until,import_kw,export_kw\n"
NOON = 1_466_416_800  # 2016-06-20, 12:00 in Berlin


def rules(*lines):
    cells = [line.split(",") for line in lines]
    names = HEAD.strip().split(",")
    return read({n: [row[k] for row in cells] for k, n in enumerate(names)}, IDS, "limits.csv")


def test_rules_of_every_day_and_of_one_moment_meet_in_the_strictest():
    found = rules(
        "c/2,11:00,15:00,,5",
        "c/2,2016-06-20T10:00:00Z,2016-06-20T10:30:00Z,4.2,3",
        "c/1,22:00,06:00,10,",
    )
    window = Window.uniform(NOON - 4 * SLOT_S, 20)
    allowed = found.over(window, BERLIN)
    assert allowed.connection.tolist() == [1], "nobody's night is in these hours"
    np.testing.assert_array_equal(allowed.feed_kw[0], [5] * 4 + [3] * 2 + [5] * 10 + [np.inf] * 4)
    np.testing.assert_array_equal(allowed.draw_kw[0], [np.inf] * 4 + [4.2] * 2 + [np.inf] * 14)


def test_a_night_goes_through_midnight_in_local_time_on_either_side_of_summer_time():
    found = rules("c/1,22:00,06:00,10,")
    for day in ("2016-03-26T12:00", "2016-07-01T12:00", "2016-10-29T12:00"):
        start = int(np.datetime64(day, "s").astype(int))
        window = Window.uniform(start, 96)
        local = BERLIN.local(window.starts) % 86_400 // 3600
        held = np.isfinite(found.over(window, BERLIN).draw_kw[0])
        np.testing.assert_array_equal(held, (local >= 22) | (local < 6))


def test_a_limit_holds_in_every_slot_that_it_touches():
    found = rules("c/3,12:15,12:30,4.2,")
    window = Window.uniform(NOON, 3, 4 * SLOT_S)
    np.testing.assert_array_equal(found.over(window, BERLIN).draw_kw[0], [4.2, np.inf, np.inf])
    assert found.over(Window.uniform(NOON + 3600, 4), BERLIN) is None
    assert Allowances().over(window, BERLIN) is None


def test_a_plan_of_the_city_keeps_to_them(world, noon):
    roofs = world.city.table("pv")
    capped = ~references(roofs.f("rated_kw"))
    site = int(roofs.connection[capped][0])
    one = np.array([site])
    ruled = Allowances(
        connection=one,
        daily=np.array([True]),
        since=np.array([0]),
        until=np.array([0]),
        import_kw=np.array([np.inf]),
        export_kw=np.array([0.5]),
    )
    movers, nets = flexible(world.sectors), []
    for allowances in (None, ruled):
        dispatcher = Dispatcher(network(world.city, world.sectors, 0.03))
        local = LocalRules(movers, Limiter(world.city, 0.05))
        ours = Coordinated(movers, dispatcher, local, allowances=allowances)
        brain = world.brain(Habit(), Naive())
        brain.sense(noon)
        brain.foresee(noon)
        ours.decide(brain.view(noon))
        offers = Offers.gathered(ours.offers)
        net = offers.fixed_kw + power_by_connection(ours.schedule, offers)
        nets.append(net[site])
    assert nets[0].min() < -0.6, "it would feed in more"
    assert nets[1].min() >= -0.5 - 1e-6


def test_they_come_back_as_they_were_saved(tmp_path, hamlet):
    found = rules("c/2,11:00,15:00,,5", "c/1,2016-06-20T10:00:00Z,2016-06-21T10:30:00Z,4.2,0")
    folder.save(replace(hamlet(2), allowances=found), tmp_path)
    back = folder.load(tmp_path).allowances
    for name in Allowances.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(back, name), getattr(found, name))
    folder.save(hamlet(2), tmp_path)
    assert not (tmp_path / "limits.csv").exists()
    assert len(folder.load(tmp_path).allowances) == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("connection,since,until,import_kw\nc/1,11:00,12:00,4\n", r"limits.csv: field 'export_kw' is missing"),
        (HEAD + "c/9,11:00,12:00,4,\n", r"row 1, field 'connection': there is no connection 'c/9'"),
        (HEAD + "c/1,11:00,12:00,4,\nc/1,noon,12:00,4,\n", r"row 2, field 'since': 'noon' is neither"),
        (HEAD + "c/1,25:00,12:00,4,\n", r"row 1, field 'since': '25:00' is neither"),
        (HEAD + "c/1,11:05,12:00,4,\n", r"field 'since': '11:05' is not on a quarter hour"),
        (HEAD + "c/1,11:00,2016-06-20T10:00:00Z,4,\n", r"row 1: 'since' and 'until' are both"),
        (HEAD + "c/1,2016-06-20T10:00:00Z,2016-06-20T10:00:00Z,4,\n", r"field 'until': not after"),
        (HEAD + "c/1,11:00,11:00,4,\n", r"field 'until': not after"),
        (HEAD + "c/1,11:00,12:00,-4,\n", r"field 'import_kw': '-4' is not a power of 0 kW or more"),
        (HEAD + "c/1,11:00,12:00,,lots\n", r"field 'export_kw': 'lots' is not a power"),
        (HEAD + "c/1,11:00,12:00,,\n", r"row 1: neither 'import_kw' nor 'export_kw'"),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_are_refused_by_row_and_field(tmp_path, hamlet, text, sentence):
    folder.save(hamlet(2), tmp_path)
    (tmp_path / "limits.csv").write_text(text)
    with pytest.raises(InvalidInput, match=sentence):
        folder.load(tmp_path)
