"""Messages by HTTP: against a server and a client that are not ours, and a hub's whole plan."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseServer

import pytest
import uvicorn
from fastapi.testclient import TestClient

from commonwatt.kernel.errors import InvalidInput
from commonwatt.platform.comms.http import LARGEST, Address, HttpChannel, answering
from tests.platform.dispatch.coordinator.hubs import HUB, Loop, beside, hub, town
from tests.platform.dispatch.coordinator.pools.test_beside import FEW
from tests.platform.dispatch.coordinator.test_shards import assert_same_plan

TOKEN = "open sesame"  # noqa: S105 - a secret of this test


@contextmanager
def plain_server(answer: bytes, status: int = 200, wait_s: float = 0.0) -> Iterator[str]:
    """Somebody else's server, of the standard library; it keeps what it was sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((self.path, self.headers["Authorization"], body))
            time.sleep(wait_s)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:  # whoever gave up waiting has hung up
            pass

    seen: list[tuple[str, str, bytes]] = []
    server: BaseServer = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        host, port = server.server_address[:2]  # type: ignore[misc]
        yield f"http://{host}:{port}/ask"  # type: ignore[str-bytes-safe]
        assert all(path == "/ask" and bearer == f"Bearer {TOKEN}" for path, bearer, _ in seen)
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def served(app: object) -> Iterator[str]:
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_level="error", lifespan="off")  # type: ignore[arg-type]
    )
    running = threading.Thread(target=server.run, daemon=True)
    running.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/ask"
    finally:
        server.should_exit = True
        running.join()


def at(url: str) -> Address:
    return Address(url=url, token=TOKEN)


def test_each_gets_its_message_and_its_answer_comes_back() -> None:
    with (
        plain_server(b"one") as one,
        plain_server(b"two") as two,
        HttpChannel({"a": at(one), "b": at(two)}) as channel,
    ):
        channel.send("1", {"a": b"to a", "b": b"to b"})
        assert channel.collect("1", 10.0) == {"a": b"one", "b": b"two"}


def test_who_refuses_is_away_or_slow_did_not_answer_and_keeps_nobody_waiting() -> None:
    with (
        plain_server(b"x", 401) as no,
        plain_server(b"x", 200, 5.0) as slow,
        plain_server(b"y") as on,
    ):
        parties = {"no": at(no), "slow": at(slow), "on": at(on), "away": at("http://127.0.0.1:1")}
        with HttpChannel(parties, within_s=6.0) as channel:
            channel.send("1", dict.fromkeys(parties, b"hello"))
            assert channel.collect("1", 1.0) == {"on": b"y"}
            channel.send("2", {"on": b"again"})
            assert channel.collect("1", 1.0) == {}
            assert channel.collect("2", 10.0) == {"on": b"y"}


def test_what_is_too_long_is_no_answer() -> None:
    with plain_server(b"x" * (LARGEST + 1)) as endless, HttpChannel({"a": at(endless)}) as channel:
        channel.send("1", {"a": b"hello"})
        assert channel.collect("1", 10.0) == {}


def test_a_party_answers_only_who_bears_its_token() -> None:
    client = TestClient(answering(lambda body: body[::-1], TOKEN))
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert client.post("/ask", content=b"abc", headers=bearer).content == b"cba"
    assert client.post("/ask", content=b"abc").status_code == 401
    wrong = {"Authorization": "Bearer open"}
    assert client.post("/ask", content=b"abc", headers=wrong).status_code == 401
    assert client.post("/ask", content=b"x" * (LARGEST + 1), headers=bearer).status_code == 413
    assert client.get("/docs").status_code == 404


def test_what_a_party_cannot_read_is_refused_with_a_reason() -> None:
    client = TestClient(answering(hub().reply, TOKEN))
    said = client.post("/ask", content=b"{}", headers={"Authorization": f"Bearer {TOKEN}"})
    assert said.status_code == 422
    assert "no asking" in said.text


def test_without_a_secret_there_is_no_channel() -> None:
    with pytest.raises(InvalidInput, match="token"):
        answering(hub().reply, "")
    with pytest.raises(InvalidInput, match="token"):
        Address(url="https://home.example", token="")
    with pytest.raises(InvalidInput, match="no address"):
        Address(url="ftp://home.example", token=TOKEN)
    with HttpChannel({}) as channel, pytest.raises(InvalidInput, match="no address of hub"):
        channel.send("1", {"hub": b""})


def test_a_hub_by_http_gives_the_same_plan_as_one_called_directly() -> None:
    near, far = town(), town()
    direct = near.solve(FEW, pool=beside(near, Loop({HUB: hub().reply})))
    with served(answering(hub().reply, TOKEN)) as url, HttpChannel({HUB: at(url)}) as channel:
        carried = far.solve(FEW, pool=beside(far, channel))
    assert carried.certificate.notes == ()
    assert_same_plan((near, direct), (far, carried))
