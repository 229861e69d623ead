"""`commonwatt up` as people meet it: it starts, restarts what dies, stops on Ctrl-C, goes on."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from http.cookiejar import CookieJar
from urllib.error import URLError
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest

from commonwatt.city.live.folder import StateFolder
from commonwatt.cli.supervisor import CannotRun, Part, Supervisor
from commonwatt.platform import milestones
from commonwatt.platform.database import Database

PATIENCE = 120.0


class Running:
    """A `commonwatt up` of its own, and a browser at its door."""

    def __init__(self, city, state, *words):
        self.state = StateFolder(state)
        command = [sys.executable, "-m", "commonwatt", "up", str(city), "--state", str(state)]
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            [*command, "--port", "0", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self.said = []
        self._browser = build_opener(HTTPCookieProcessor(CookieJar()))
        self.base = ""

    def come_in(self):
        """Wait for the link and open it."""
        for line in self.process.stdout:
            self.said.append(line)
            link = re.search(r"(http://127\.0\.0\.1:\d+)/\?token=(\S+)", line)
            if link:
                self.base = link.group(1)
                self.ask("/api/session", {"token": link.group(2)})
                return
        raise AssertionError(self.said)

    def ask(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"X-Commonwatt": "1", "Content-Type": "application/json"}
        asked = Request(self.base + path, data, headers)  # noqa: S310 - our own server
        answer = self._browser.open(asked, timeout=20)
        text = answer.read()
        return json.loads(text) if text else None

    def wait(self, true):
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                if found := true():
                    return found
            except (URLError, ConnectionError, TimeoutError):
                pass
            assert time.monotonic() < deadline, self.said
            assert self.process.poll() is None, self.said + self.process.stdout.readlines()
            time.sleep(0.1)

    def decided(self):
        """City time of the newest decided slot, None before there is one."""
        database = Database(self.state.database_url)
        with database.read() as connection:
            found = milestones.reached(connection, milestones.LOOP)
        database.close()
        return found

    def children(self):
        pid = self.process.pid
        with open(f"/proc/{pid}/task/{pid}/children") as file:  # noqa: PTH123 - not a real file
            return [int(child) for child in file.read().split()]

    def stop(self):
        """Ctrl-C; what it said and how it ended."""
        children = self.children()
        self.process.send_signal(signal.SIGINT)
        rest, _ = self.process.communicate(timeout=PATIENCE)
        assert not any(alive(child) for child in children)
        return self.process.returncode, "".join(self.said) + rest


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def up(drawn_village, tmp_path):
    """Starts `up` on the village; whatever still runs at the end is killed."""
    running = []

    def start(*words, state=None):
        running.append(Running(drawn_village, state or tmp_path / "state", *words))
        return running[-1]

    yield start
    for one in running:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate()


FAST = ("--start", "2017-04-09T08:00", "--speed", "600")


def test_it_runs_stops_on_ctrl_c_and_goes_on(up):
    first = up(*FAST)
    first.come_in()
    now = first.wait(lambda: first.decided() and first.ask("/api/now"))
    assert now["speed"] == 600
    first.wait(lambda: first.ask("/api/now")["plan_status"] == "optimal")
    code, said = first.stop()
    assert code == 0, said
    assert "Traceback" not in said
    assert "stopped" in said
    before = first.decided()
    second = up("--speed", "300")
    second.come_in()
    second.wait(lambda: second.decided() > before)
    assert second.wait(lambda: second.ask("/api/now")["speed"] == 300)
    assert any("going on with" in line for line in second.said)
    assert second.stop()[0] == 0


def test_what_dies_is_started_again_alone(up):
    running = up(*FAST)
    running.come_in()
    running.wait(running.decided)
    brain, server = running.children()
    os.kill(brain, signal.SIGKILL)
    running.wait(lambda: len(set(running.children()) - {brain}) == 2)
    assert server in running.children()
    assert running.ask("/api/health") == {"status": "ok"}
    before = running.decided()
    running.wait(lambda: running.decided() > before)
    os.kill(server, signal.SIGKILL)
    running.wait(lambda: server not in running.children() and running.ask("/api/me"))
    assert running.ask("/api/me")["role"] == "operator", "sessions outlive the server"
    code, said = running.stop()
    assert code == 0, said
    assert said.count("it is started again") == 2


def test_children_end_when_their_supervisor_is_killed(up):
    running = up(*FAST)
    running.come_in()
    children = running.children()
    running.process.kill()
    deadline = time.monotonic() + PATIENCE
    while any(alive(child) for child in children):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    again = up(*FAST)
    again.come_in()
    assert again.stop()[0] == 0


def test_two_do_not_share_a_state_folder(up):
    first = up(*FAST)
    first.come_in()
    second = up(*FAST)
    said, _ = second.process.communicate(timeout=PATIENCE)
    assert second.process.returncode == 2
    assert "another commonwatt runs here" in said
    assert first.stop()[0] == 0


@pytest.mark.parametrize(
    ("words", "culprit"),
    [
        (("--start", "1999-01-01"), "do not cover the start"),
        (("--overlay", "moon=0.5"), "moon"),
    ],
)
def test_what_cannot_run_is_refused_in_a_sentence(up, words, culprit):
    running = up(*words)
    said, _ = running.process.communicate(timeout=PATIENCE)
    assert running.process.returncode == 2, said
    complaints = [line for line in said.splitlines() if line.startswith("commonwatt: ")]
    assert len(complaints) == 1
    assert culprit in complaints[0]
    assert "Traceback" not in said


def test_another_city_is_not_run_over_the_first(up, drawn_village, tmp_path):
    first = up(*FAST)
    first.come_in()
    assert first.stop()[0] == 0
    other = Running("generate:50:7", tmp_path / "state")
    said, _ = other.process.communicate(timeout=PATIENCE)
    assert other.process.returncode == 2
    assert f"runs {drawn_village}" in said


def test_a_part_that_keeps_dying_is_given_up():
    said = []
    broken = Part("engine", lambda: os._exit(7))
    with pytest.raises(CannotRun, match="the engine died 5 times"):
        Supervisor([broken], said.append).run()
    assert said == ["the engine ended with code 7; it is started again"] * 4
