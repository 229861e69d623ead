"""The stream: cut anywhere and resumed at the last event seen, it folds to the same state."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonwatt.city.live import present
from commonwatt.platform import outbox
from commonwatt.platform.database import Database, sqlite_url
from commonwatt.server.stream import Sent, events, following


def done(coroutine):
    """Its result; in a thread of its own, for a browser's loop may run in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, asyncio.wait_for(coroutine, 20)).result()


def folded(state, sent):
    """What a page knows after one more event: the rule of the contract, written anew."""
    data = json.loads(sent.data)
    if sent.kind == "snapshot":
        return data
    if sent.kind != "delta":
        return state
    state = json.loads(json.dumps(state))
    for key, value in data.items():
        if key == "sectors":
            known = {s["name"]: s for s in state["sectors"]}
            known.update({s["name"]: s for s in value})
            state["sectors"] = list(known.values())
        elif key in {"branches", "connections", "assets"}:
            table = state[key]
            for row, name in enumerate(value["ids"]):
                at = table["ids"].index(name)
                for column in value:
                    table[column][at] = value[column][row]
        else:
            state[key] = value
    return state


kw = st.one_of(st.none(), st.integers(-3, 3))
documents = st.builds(
    lambda loading, sectors, time, limits: {
        "time": time,
        "sectors": [{"name": n, "kw": v} for n, v in zip("abc", sectors, strict=True)],
        "branches": {"ids": ["x", "y", "z"], "loading": loading},
        "limits": limits,
    },
    st.lists(kw, min_size=3, max_size=3),
    st.lists(kw, min_size=3, max_size=3),
    st.integers(0, 3),
    st.lists(kw, max_size=2),
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """Makes databases without an event."""
    path = tmp_path_factory.mktemp("stream") / "template.db"
    made = Database(sqlite_url(path))
    made.migrate()
    return made


def publish(database, before, after):
    with database.write() as connection:
        alarm = ("alarm", json.dumps({"key": str(after["time"])}))
        delta = ("delta", json.dumps(present.changes(before, after)))
        newest = outbox.publish(connection, 0, [alarm, delta])
        outbox.set_present(connection, newest, json.dumps(after))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), lives=st.lists(documents, min_size=2, max_size=8))
def test_a_cut_stream_resumes_without_a_gap(empty, data, lives):
    before, whole = {}, None
    state, seen = {}, None
    for after in lives:
        publish(empty, before, after)
        before = after
        whole, last = following(empty, None)
        if seen is None:
            seen = last
            state = folded({}, whole[0])
            continue
        sent, _ = following(empty, seen)
        upto = data.draw(st.integers(0, len(sent)), label="events that came through")
        for one in sent[:upto]:
            state, seen = folded(state, one), one.id
    rest, end = following(empty, seen)
    for one in rest:
        state = folded(state, one)
    (snapshot,) = whole
    expected = json.loads(snapshot.data)
    assert {k: v for k, v in state.items() if k != "event"} == {
        k: v for k, v in expected.items() if k != "event"
    }
    assert end == expected["event"]


def test_an_event_no_longer_kept_gives_the_present_whole(empty, monkeypatch):
    monkeypatch.setattr(outbox, "KEPT", 4)
    document = {"time": 0, "sectors": []}
    for time in range(1, 9):
        publish(empty, document, document := document | {"time": time})
    with empty.read() as connection:
        newest = outbox.newest(connection)
    for old in (0, newest - 6, newest + 5, 1 << 60):
        (sent,), last = following(empty, old)
        assert sent.kind == "snapshot"
        assert json.loads(sent.data) == {"event": newest, **document}
        assert last == newest
    sent, _ = following(empty, newest - 2)
    assert [one.id for one in sent] == [newest - 1, newest]


def test_nothing_is_sent_before_there_is_something(tmp_path):
    fresh = Database(sqlite_url(tmp_path / "fresh.db"))
    fresh.migrate()
    assert following(fresh, None) == ([], None)
    assert following(fresh, 7) == ([], None)


def test_events_are_written_as_the_standard_has_it():
    assert Sent("delta", '{"a":1}', 7).encode() == 'id: 7\nevent: delta\ndata: {"a":1}\n\n'
    assert Sent("ping", "{}").encode() == "event: ping\ndata: {}\n\n"


def test_the_stream_tells_what_happens_while_it_is_open(empty, monkeypatch):
    monkeypatch.setattr("commonwatt.server.stream.POLL_S", 0.01)
    publish(empty, {}, {"time": 1})
    studies, heard, closed = {"s1": '{"id":"s1"}'}, [], []

    async def listen():
        async for text in events(empty, None, lambda: studies, lambda: bool(closed)):
            heard.append(text)
            if len(heard) == 2:
                publish(empty, {"time": 1}, {"time": 2})
                studies["s1"] = '{"id":"s1","share":1}'
            if len(heard) == 5:
                closed.append(True)

    done(listen())
    assert heard[0].split("\n")[1] == "event: snapshot"
    assert heard[1] == 'event: study\ndata: {"id":"s1"}\n\n'
    assert [text.split("\n")[1] for text in heard[2:4]] == ["event: alarm", "event: delta"]
    assert heard[4] == 'event: study\ndata: {"id":"s1","share":1}\n\n'


def test_a_quiet_stream_pings(empty, monkeypatch):
    monkeypatch.setattr("commonwatt.server.stream.POLL_S", 0.01)
    monkeypatch.setattr("commonwatt.server.stream.PING_S", 0.02)

    async def first_ping():
        async for text in events(empty, None, dict, lambda: False):
            if text.startswith("event: ping"):
                return text
        return None

    assert done(first_ping()) == "event: ping\ndata: {}\n\n"


def test_over_http_it_resumes_behind_what_was_seen(app, operator, live):
    with live.database.read() as connection:
        newest = outbox.newest(connection)
    app.state.closing = True  # a stream that ends at once
    answer = operator.get("/api/stream", headers={"Last-Event-ID": str(newest - 1)})
    assert answer.headers["content-type"].startswith("text/event-stream")
    sent, last = following(live.database, newest - 1)
    assert (len(sent), last) == (1, newest)
