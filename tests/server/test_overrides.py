"""Overrides over HTTP: seen at once, obeyed from the next slot, ended or lapsed."""

import numpy as np
import pytest

from commonwatt.kernel.intervals import SLOT_S, moment
from commonwatt.kernel.principal import Purpose, system
from commonwatt.platform import milestones
from commonwatt.platform.devices import overrides

READ = system("test", Purpose.OPERATE)
WANTED = {"low_kw": 0.5, "high_kw": 0.5, "minutes": 1, "note": "quiet please"}


def test_an_override_is_seen_at_once_wherever_the_device_is(operator, live):
    given = operator.post("/api/assets/heat_pump/1/override", json=WANTED).json()
    until = live.now() + SLOT_S + 60
    assert given == {
        "asset": "heat_pump/1", "low_kw": 0.5, "high_kw": 0.5, "author": "operator",
        "until": f"{moment(until):%Y-%m-%dT%H:%M:%SZ}", "note": "quiet please",
    }  # fmt: skip
    page = operator.get("/api/assets/heat_pump/1").json()
    assert page["override"] == given
    assert page["reason"].startswith("operator overrides it until")
    assert page["reason"].endswith("quiet please.")
    (line,) = [a for a in operator.get("/api/sectors/homes").json()["assets"]
               if a["id"] == "heat_pump/1"]  # fmt: skip
    assert line["override"] == given
    home = operator.get("/api/home/connection/2").json()
    (own,) = [a for a in home["assets"] if a["id"] == "heat_pump/1"]
    assert own["override"] == given
    assert own["reason"] == page["reason"]


def test_even_a_minute_is_obeyed_for_a_slot_and_no_longer(door, alive, live, state):
    resident, start = door("connection/2"), live.now()
    assert resident.post("/api/assets/heat_pump/1/override", json=WANTED).status_code == 200
    with alive(state) as life:
        life.field.field.link.loss = 0.0
        life.run(start + 4 * SLOT_S)
        ix = np.array([life.census.asset("heat_pump/1")])
        done = life.telemetry.last("asset.power_kw", ix, live.past(1.0), READ)[0]
        with life._database.read() as connection:
            now = milestones.reached(connection, milestones.LOOP)
            assert overrides.standing(connection, now) == {}
    assert done[1] == pytest.approx(0.5)
    assert done[2] != pytest.approx(0.5)


def test_an_override_can_be_ended(operator):
    operator.post("/api/assets/battery/1/override", json=WANTED | {"minutes": 600})
    assert operator.delete("/api/assets/battery/1/override").status_code == 204
    assert operator.get("/api/assets/battery/1").json()["override"] is None
    assert operator.delete("/api/assets/battery/1/override").status_code == 404


@pytest.mark.parametrize(
    "wrong", [{"low_kw": 2, "high_kw": 1}, {"minutes": 0}, {"minutes": 1441}, {"low_kw": None}]
)
def test_what_is_no_override_is_refused(operator, wrong):
    answer = operator.post("/api/assets/battery/1/override", json=WANTED | wrong)
    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], str)
