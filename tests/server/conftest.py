"""The village, lived for some hours, behind its server: asked in this process, without a port."""

import shutil

import pytest
from fastapi.testclient import TestClient

from commonwatt.city.live.folder import StateFolder
from commonwatt.kernel.intervals import SLOT_S
from commonwatt.kernel.principal import Role
from commonwatt.platform.database import Database
from commonwatt.server.access import invite
from commonwatt.server.laboratory import Laboratory
from commonwatt.server.live import Live
from commonwatt.server.site import live_app

SLOTS = 5
OURS = {"X-Commonwatt": "1"}


@pytest.fixture(scope="session")
def lived_in(begin, alive, tmp_path_factory):
    """The state folder of a village that has lived some slots, and stopped. Not to be changed."""
    state = begin(tmp_path_factory.mktemp("lived"))
    with alive(state) as life:
        life.run(state.setting().start + SLOTS * SLOT_S)
    return state


@pytest.fixture
def state(lived_in, tmp_path):
    """A copy of it that a test may change."""
    shutil.copytree(lived_in.path, tmp_path / "state")
    return StateFolder(tmp_path / "state")


@pytest.fixture
def live(state):
    """The city behind the server."""
    database = Database(state.database_url)
    yield Live(state, database)
    database.close()


@pytest.fixture
def app(live, state):
    """The application, with a laboratory of its own."""
    made = live_app(live)
    made.state.laboratory = Laboratory(live.database, state.studies, state.path / "city")
    yield made
    made.state.laboratory.close()


@pytest.fixture
def door(app, live):
    """Opens a session: for the operator, or for the resident of a connection."""

    def come_in(home=None):
        with live.database.write() as connection:
            token = invite(connection, Role.RESIDENT if home else Role.OPERATOR, home)
        client = TestClient(app, base_url="http://127.0.0.1")
        assert client.post("/api/session", json={"token": token}, headers=OURS).status_code == 204
        client.headers.update(OURS)
        return client

    return come_in


@pytest.fixture
def door_to():
    """Opens an operator's session at another city's server."""
    opened = []

    def come_in(state):
        database = Database(state.database_url)
        opened.append(database)
        with database.write() as connection:
            token = invite(connection, Role.OPERATOR)
        client = TestClient(
            live_app(Live(state, database)), base_url="http://127.0.0.1", headers=OURS
        )
        assert client.post("/api/session", json={"token": token}).status_code == 204
        return client

    yield come_in
    for database in opened:
        database.close()


@pytest.fixture
def operator(door):
    """A client whose user runs the city."""
    return door()


@pytest.fixture
def stranger(app):
    """A client without a session."""
    return TestClient(app, base_url="http://127.0.0.1", headers=OURS)
