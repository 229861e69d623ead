"""`commonwatt home-link`: a one-time link for the resident of one home."""

import re

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from commonwatt.cli.app import app
from commonwatt.kernel.errors import NotFound
from commonwatt.platform.database import Database
from commonwatt.platform.database.tables import SESSION
from commonwatt.server.access import redeem

RUNNER = CliRunner(env={"COLUMNS": "60", "NO_COLOR": "1", "TERM": "dumb"})


@pytest.fixture
def state(begin, tmp_path):
    return begin(tmp_path / "state")


def test_the_link_opens_that_home_once(state):
    words = ["home-link", "connection/3", "--state", str(state.path), "--port", "1234"]
    done = RUNNER.invoke(app, words)
    assert done.exit_code == 0, done.output
    found = re.fullmatch(r"http://127\.0\.0\.1:1234/home/connection/3\?token=(\S+)\n", done.output)
    assert found
    database = Database(state.database_url)
    with database.write() as connection:
        assert redeem(connection, found.group(1)) is not None
        assert redeem(connection, found.group(1)) is None
        (session,) = connection.execute(select(SESSION)).all()
    database.close()
    assert (session.role, session.connection) == ("resident", "connection/3")


def test_there_is_no_link_to_a_home_that_is_not_there(state):
    done = RUNNER.invoke(app, ["home-link", "connection/99", "--state", str(state.path)])
    assert isinstance(done.exception, NotFound)
