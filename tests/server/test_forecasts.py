"""What the page is told of forecasts is what is on record, beside what was measured."""

import numpy as np
import pytest

from commonwatt.city.live.present import moment_text
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.principal import Purpose, system
from commonwatt.platform.forecast import archive

READ = system("test", Purpose.OPERATE)
BASE = "connection.base_kw"


def near(told, held, digits=1e-3):
    told = np.array([np.nan if v is None else v for v in told], float)
    assert told == pytest.approx(held, abs=digits, nan_ok=True)


@pytest.fixture
def on_record(live):
    """The issue of a quantity made at a moment, or the newest."""

    def load(quantity, issued_at=None):
        with live.database.read() as connection:
            return archive.load(connection, quantity, issued_at)

    return load


def test_all_that_is_foreseen_is_listed(operator, on_record):
    told = operator.get("/api/forecasts").json()
    found = {q["quantity"]: q for q in told["quantities"]}
    assert {"city.net_kw", "branch.gross_kw", "sector.power_kw", BASE, "pv.potential_kw"} <= set(
        found
    )
    base = on_record(BASE).forecast
    assert found[BASE]["series"] == base.series.size == 7
    assert found[BASE]["issued_at"] == moment_text(base.issued_at)
    assert sum(m["series"] for m in found[BASE]["models"]) == 7
    assert (found[BASE]["sector"], found["city.net_kw"]["sector"]) == ("metering", None)
    assert told["kept_bytes"] > 1000
    assert (told["all_kept_h"], told["kept_h"]) == (6, 96)


def test_a_forecast_is_told_as_it_was_said(operator, live, on_record):
    first = live.setting.start
    told = operator.get(
        f"/api/forecasts/{BASE}/series",
        params={"series": "connection/3", "issued_at": moment_text(first)},
    ).json()
    said = on_record(BASE, first)
    row = said.forecast.series.tolist().index(2)
    near(told["mid"], said.forecast.middle[row])
    near(told["low"], said.forecast.value[0, row])
    near(told["high"], said.forecast.value[-1, row])
    assert told["issued_at"] == moment_text(first)
    assert told["inputs"]["measured_until"] == moment_text(first)
    assert told["inputs"]["fitted_at"] == moment_text(said.inputs.fitted_at)
    assert told["model"] == said.forecast.model[row]
    assert "quarter hours" in told["reason"] or "history" in told["reason"]
    assert (told["series"], told["asset"], told["unit"]) == ("connection/3", None, "kW")
    assert told["issues"] == [moment_text(t) for t in range(first, live.now() + 1, SLOT_S)]


def test_beside_it_stands_what_was_measured_and_no_more(operator, live):
    first = live.setting.start
    told = operator.get(
        f"/api/forecasts/{BASE}/series",
        params={"series": "connection/3", "issued_at": moment_text(first)},
    ).json()
    window = Window.uniform(first - 86_400, 96 + (live.now() - first) // SLOT_S)
    assert told["actual"]["times"] == [moment_text(t) for t in window.starts.tolist()]
    near(told["actual"]["value"], live.history(BASE, np.array([2]), window, READ)[0])
    naive = live.history(BASE, np.array([2]), Window.uniform(first - 86_400, 96), READ)[0]
    near(told["naive"][:96], naive)
    assert told["naive_lag_h"] == 24


def test_a_roof_leads_to_its_page_and_back(operator):
    told = operator.get("/api/forecasts/pv.potential_kw/series?series=pv/2").json()
    assert told["asset"] == "pv/2"
    assert operator.get("/api/assets/pv/2").json()["foreseen"] == ["pv.potential_kw"]
    assert operator.get("/api/sectors/homes").json()["foreseen"][0] == "sector.power_kw"
    assert operator.get("/api/sectors/grid").json()["foreseen"] == []
    homes = operator.get("/api/forecasts/sector.power_kw/series?series=homes").json()
    assert (homes["sector"], homes["model"]) == ("homes", "plan")
    assert "forecasts of" in homes["inputs"]["basis"]


def test_series_are_found_by_name(operator):
    every = operator.get(f"/api/forecasts/{BASE}").json()
    assert every["total"] == 7
    some = operator.get(f"/api/forecasts/{BASE}?find=connection/3").json()
    assert [one["series"] for one in some["series"]] == ["connection/3"]
    page = operator.get(f"/api/forecasts/{BASE}?offset=5&limit=9").json()
    assert [one["series"] for one in page["series"]] == ["connection/6", "connection/7"]


def test_skill_is_worked_out_from_what_is_on_record(operator, live, on_record):
    """The village has lived five slots: of one hourly issue four slots have come."""
    told = operator.get(f"/api/forecasts/{BASE}/skill").json()
    first = live.setting.start
    said = on_record(BASE, first).forecast
    came = live.history(BASE, said.series, Window.uniform(first, 4), READ)
    off = np.abs(came - said.middle[:, :4])
    rows = {row["lead_h"]: row for row in told["rows"]}
    assert set(rows) == {0.25, 0.5, 1.0}
    assert rows[0.25]["mae"] == pytest.approx(np.nanmean(off[:, 0]), abs=1e-4)
    assert rows[1.0]["mae"] == pytest.approx(np.nanmean(off[:, 2:4]), abs=1e-4)
    assert rows[1.0]["slots"] == np.isfinite(off[:, 2:4]).sum()
    inside = (came >= said.value[0, :, :4]) & (came <= said.value[-1, :, :4])
    assert told["coverage"] == pytest.approx(
        inside[np.isfinite(came)].mean(), abs=2 / np.isfinite(came).sum()
    )
    assert (told["issues"], told["since"]) == (1, moment_text(first))
    assert told["drift"] == {"factor": None, "limit": 1.2, "drifts": None}
    one = operator.get(f"/api/forecasts/{BASE}/skill?series=connection/3").json()
    row = said.series.tolist().index(2)
    mine = {r["lead_h"]: r for r in one["rows"]}
    assert mine[0.25]["mae"] == pytest.approx(off[row, 0], abs=1e-4)
    assert one["problems"][-1]["kind"] == "short"
    assert told["problems"][-1]["series"] == 7


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/api/forecasts/nothing", "nobody foresees 'nothing'"),
        ("/api/forecasts/nothing/series", "nobody foresees 'nothing'"),
        ("/api/forecasts/nothing/skill", "nobody foresees 'nothing'"),
        ("/api/forecasts/meter.power_kw/series", "no forecast of 'meter.power_kw'"),
        (f"/api/forecasts/{BASE}/series?series=mine", "has no series 'mine'"),
        (f"/api/forecasts/{BASE}/skill?series=mine", "has no series 'mine'"),
        (f"/api/forecasts/{BASE}/series?issued_at=2001-01-01T00:00:00Z", "no forecast of"),
    ],
)
def test_what_is_not_there_is_said_in_one_sentence(operator, path, words):
    answer = operator.get(path)
    assert answer.status_code == 404
    assert words in answer.json()["detail"]


def test_forecasts_are_for_operators(door, stranger):
    resident = door("connection/2")
    for path in ("", f"/{BASE}", f"/{BASE}/series", f"/{BASE}/skill"):
        assert stranger.get(f"/api/forecasts{path}").status_code == 401
        assert resident.get(f"/api/forecasts{path}").status_code == 403
