from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from commonwatt.kernel.principal import Role
from commonwatt.platform.database.tables import SESSION, TOKEN
from commonwatt.server.access import TOKEN_S, invite

OURS = {"X-Commonwatt": "1"}
OPEN = {("GET", "/api/health"), ("POST", "/api/session")}
HOME, OTHER = "connection/2", "connection/3"


def routes(app):
    """(method, path) of the whole interface, with something in place of parameters."""
    for path, methods in app.openapi()["paths"].items():
        for method in methods:
            filled = path.replace("{asset}", "charger/1").replace("{name}", "homes")
            filled = filled.replace("{connection}", HOME).replace("{number}", "none")
            yield method.upper(), filled


def test_without_a_session_nothing_is_told(app, stranger):
    asked = [route for route in routes(app) if route not in OPEN]
    assert len(asked) > 20
    for method, path in asked:
        answer = stranger.request(method, path, json={})
        assert answer.status_code == 401, (method, path)
        assert "link" in answer.json()["detail"]


def test_what_changes_something_needs_our_header(app, operator):
    del operator.headers["X-Commonwatt"]
    changing = [(m, p) for m, p in routes(app) if m != "GET"]
    bodies = {"/api/session": {"token": "x"}, "/api/speed": {"factor": 60}}
    bodies |= {"/api/alarms/ack": {"key": "x"}}
    bodies |= {"/api/assets/charger/1/override": {"low_kw": 0, "high_kw": 1, "minutes": 5}}
    assert len(changing) >= 7
    for method, path in changing:
        answer = operator.request(method, path, json=bodies.get(path, {}))
        assert answer.status_code == 403, (method, path)
        assert "X-Commonwatt" in answer.json()["detail"]


def test_a_link_is_good_once(app, live):
    with live.database.write() as connection:
        token = invite(connection, Role.OPERATOR)
    client = TestClient(app, base_url="http://127.0.0.1", headers=OURS)
    first = client.post("/api/session", json={"token": token})
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    again = TestClient(app, base_url="http://127.0.0.1", headers=OURS)
    refused = again.post("/api/session", json={"token": token})
    assert refused.status_code == 401
    assert "already" in refused.json()["detail"]
    assert client.get("/api/me").json() == {
        "role": "operator", "id": "operator", "connection": None,
    }  # fmt: skip


def test_an_old_link_is_no_longer_good(live, stranger):
    with live.database.write() as connection:
        token = invite(connection, Role.OPERATOR)
        old = TOKEN.c.wall_created - int(timedelta(seconds=TOKEN_S + 1).total_seconds())
        connection.execute(update(TOKEN).values(wall_created=old))
    assert stranger.post("/api/session", json={"token": token}).status_code == 401


def test_no_secret_is_stored(live, operator):
    with live.database.read() as connection:
        (held,) = connection.execute(select(SESSION.c.hash)).all()
    cookie = operator.cookies["commonwatt"]
    assert len(held.hash) == 32
    assert cookie.encode() not in held.hash


def test_a_resident_sees_her_own_home_and_no_other(door):
    anna = door(HOME)
    assert anna.get("/api/me").json()["connection"] == HOME
    assert anna.get(f"/api/home/{HOME}").status_code == 200
    assert anna.get("/api/assets/charger/1").status_code == 200
    for path in (f"/api/home/{OTHER}", "/api/assets/pv/2", "/api/assets/pv/2/series"):
        assert anna.get(path).status_code == 403, path
    wanted = {"low_kw": 0, "high_kw": 1, "minutes": 30}
    assert anna.post("/api/assets/charger/1/override", json=wanted).status_code == 200
    assert anna.post("/api/assets/pv/2/override", json=wanted).status_code == 403
    assert anna.delete("/api/assets/pv/2/override").status_code == 403


def test_a_resident_does_not_see_the_city(app, door):
    anna = door(HOME)
    own = ("/api/health", "/api/session", "/api/me", "/api/city", "/api/home/", "/api/assets/")
    for method, path in routes(app):
        if not path.startswith(own) or path.endswith("/link"):
            body = {"factor": 60, "key": "x"}
            assert anna.request(method, path, json=body).status_code == 403, (method, path)


def test_an_operator_makes_links_for_residents(app, operator):
    path = operator.post(f"/api/home/{HOME}/link").json()["path"]
    assert path.startswith(f"/home/{HOME}?token=")
    anna = TestClient(app, base_url="http://127.0.0.1", headers=OURS)
    token = path.split("token=")[1]
    assert anna.post("/api/session", json={"token": token}).status_code == 204
    assert anna.get("/api/me").json() == {
        "role": "resident", "id": f"resident of {HOME}", "connection": HOME,
    }  # fmt: skip


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example"])
def test_other_names_for_this_machine_are_refused(app, host):
    client = TestClient(app, base_url=f"http://{host}")
    assert client.get("/api/health").status_code == 400


def test_every_answer_says_what_may_be_loaded(operator):
    for path in ("/", "/api/health", "/nothing"):
        headers = operator.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
    assert operator.get("/api/me").headers["cache-control"] == "no-store"
