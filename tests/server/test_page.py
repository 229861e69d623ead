import pytest
from fastapi.testclient import TestClient

from commonwatt.server.site import live_app

PLACES = ("/", "/overview", "/dispatch", "/sector/homes", "/asset/pv/1", "/alarms", "/studies",
          "/studies/20260101-000000-abc", "/home/connection/2")  # fmt: skip


@pytest.fixture
def built(live, tmp_path):
    """The server with a built page."""
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<h1>Page</h1>")
    (static / "assets" / "app.js").write_text("1")
    (tmp_path / "secret.txt").write_text("secret")
    return TestClient(live_app(live, static), base_url="http://127.0.0.1")


@pytest.mark.parametrize("place", PLACES)
def test_every_place_is_the_one_page(built, place):
    assert built.get(place).text == "<h1>Page</h1>"


def test_its_files_lie_beside_it(built):
    answer = built.get("/assets/app.js")
    assert answer.text == "1"
    assert "javascript" in answer.headers["content-type"]


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt", "/nothing.js"]
)
def test_nothing_else_is_reachable(built, path):
    answer = built.get(path)
    assert answer.status_code == 404
    assert "secret" not in answer.text.replace("secret.txt", "")


def test_without_a_built_page_it_says_how_to_build_it(live, tmp_path):
    bare = TestClient(live_app(live, tmp_path / "none"), base_url="http://127.0.0.1")
    assert "make web" in bare.get("/").text


@pytest.mark.parametrize("study", ["..", "%2e%2e", "%2e%2e%2fstudies", "x"])
def test_reports_do_not_lead_to_the_state(operator, study):
    for name in ("state.db", "setting.json", "telemetry.log"):
        assert operator.get(f"/studies/{study}/{name}").status_code == 404


def test_a_report_is_for_operators(stranger, door, state):
    folder = state.studies / "s1"
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("<h1>Study</h1>")
    assert stranger.get("/studies/s1/report.html").status_code == 401
    assert door("connection/2").get("/studies/s1/report.html").status_code == 403
    assert door().get("/studies/s1/report.html").text == "<h1>Study</h1>"
