"""Messages over a broker that is not ours, to our party and to a client that is not ours either."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from amqtt.broker import Broker as TheirBroker
from amqtt.client import MQTTClient
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from commonwatt.kernel.errors import InvalidInput
from commonwatt.platform.comms.mqtt import Broker, MqttChannel, MqttParty
from tests.platform.dispatch.coordinator.hubs import HUB, Loop, beside, hub, party, town
from tests.platform.dispatch.coordinator.pools.test_beside import FEW
from tests.platform.dispatch.coordinator.test_shards import assert_same_plan

USERS = {"city": "of the city", HUB: "of the hub", "home-7": "of the home"}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A broker of amqtt that knows three users and lets each only at its own topics."""
    known = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    users: Path = tmp_path_factory.mktemp("broker") / "users"
    users.write_text("".join(f"{u}:{known.hash(p)}\n" for u, p in USERS.items()))
    asks = {u: [f"commonwatt/{u}/ask/+"] for u in USERS}
    answers = {u: [f"commonwatt/{u}/answer/+"] for u in USERS}
    loop = asyncio.new_event_loop()
    config = {
        "listeners": {"default": {"type": "tcp", "bind": "127.0.0.1:0"}},
        "plugins": {
            "amqtt.plugins.authentication.FileAuthPlugin": {"password_file": str(users)},
            "amqtt.plugins.topic_checking.TopicAccessControlListPlugin": {
                "publish_acl": {**answers, "city": ["commonwatt/+/ask/+"]},
                "acl": {**asks, "city": ["commonwatt/+/answer/+"]},
            },
        },
    }

    async def opened() -> TheirBroker:
        broker = TheirBroker(config)
        await broker.start()
        return broker

    threading.Thread(target=loop.run_forever, daemon=True).start()
    broker = asyncio.run_coroutine_threadsafe(opened(), loop).result(30)
    servers = broker._servers["default"].instance.sockets
    yield servers[0].getsockname()[1]
    asyncio.run_coroutine_threadsafe(broker.shutdown(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)


def known(port: int, user: str, password: str | None = None) -> Broker:
    secret = USERS[user] if password is None else password
    return Broker(host="127.0.0.1", port=port, user=user, password=secret, tls=False)


@contextmanager
def stranger(port: int, user: str, act: Callable[[object], object]) -> Iterator[None]:
    """amqtt's own client, listening to what `user` is asked; `act` is a coroutine function."""
    ready, over = threading.Event(), threading.Event()

    @asynccontextmanager
    async def connected() -> AsyncIterator[MQTTClient]:
        client = MQTTClient()
        await client.connect(f"mqtt://{user}:{USERS[user].replace(' ', '%20')}@127.0.0.1:{port}/")
        await client.subscribe([(f"commonwatt/{user}/ask/+", 1)])
        try:
            yield client
        finally:
            await client.disconnect()

    async def lived() -> None:
        async with connected() as client:
            ready.set()
            while not over.is_set():
                try:
                    message = await client.deliver_message(0.2)
                except TimeoutError:
                    continue
                if message is not None:
                    await act(client, message)  # type: ignore[call-arg,misc]

    running = threading.Thread(target=asyncio.run, args=(lived(),), daemon=True)
    running.start()
    assert ready.wait(20)
    try:
        yield
    finally:
        over.set()
        running.join(20)


def test_each_gets_its_message_and_its_answer_comes_back(port: int) -> None:
    with (
        MqttParty(lambda body: b"hub " + body, HUB, known(port, HUB)),
        MqttParty(lambda body: b"home " + body, "home-7", known(port, "home-7")),
        MqttChannel(known(port, "city")) as channel,
    ):
        for number in ("1", "2"):
            channel.send(number, {HUB: b"a", "home-7": b"b"})
            assert channel.collect(number, 20.0) == {HUB: b"hub a", "home-7": b"home b"}


def test_a_client_of_somebody_else_can_be_a_party(port: int) -> None:
    async def act(client, message) -> None:  # type: ignore[no-untyped-def]
        number = message.topic.rpartition("/")[2]
        await client.publish(f"commonwatt/{HUB}/answer/{number}", b"said " + message.data, qos=1)

    with stranger(port, HUB, act), MqttChannel(known(port, "city")) as channel:
        channel.send("1", {HUB: b"a"})
        assert channel.collect("1", 20.0) == {HUB: b"said a"}


def test_duplicates_late_answers_and_other_peoples_are_dropped(port: int) -> None:
    async def act(client, message) -> None:  # type: ignore[no-untyped-def]
        own = f"commonwatt/{HUB}/answer"
        for topic, body in (
            (f"{own}/run-0-4", b"of a run before"),
            ("commonwatt/home-7/answer/2", b"in another's name"),
            (f"{own}/2", b"first " + message.data),
            (f"{own}/2", b"twice"),
        ):
            await client.publish(topic, body, qos=1)

    with stranger(port, HUB, act), MqttChannel(known(port, "city")) as channel:
        channel.send("2", {HUB: b"a", "home-7": b"b"})
        assert channel.collect("2", 3.0) == {HUB: b"first a"}
        assert channel.collect("run-0-4", 0.0) == {}


def test_the_broker_is_never_asked_without_a_secret_and_lets_nobody_in_with_a_wrong_one(
    port: int,
) -> None:
    with pytest.raises(InvalidInput, match="needs a user and a password"):
        known(port, "city", "")
    with pytest.raises(InvalidInput, match="does not let 'city' in"):
        MqttChannel(known(port, "city", "guessed"))
    with pytest.raises(InvalidInput, match="does not let 'hub-1' in"):
        MqttChannel(known(port, HUB))
    with pytest.raises(InvalidInput, match="cannot be reached"):
        MqttChannel(known(1, "city"))


def test_a_hub_over_mqtt_gives_the_same_plan_as_one_called_directly(port: int) -> None:
    near, far = town(), town()
    direct = near.solve(FEW, pool=beside(near, Loop({HUB: hub().reply})))
    with (
        MqttParty(hub().reply, HUB, known(port, HUB)),
        MqttChannel(known(port, "city")) as channel,
    ):
        carried = far.solve(FEW, pool=beside(far, channel, patience_s=60.0))
    assert carried.certificate.notes == ()
    assert_same_plan((near, direct), (far, carried))


def test_a_hub_that_is_not_there_is_named(port: int) -> None:
    away = town()
    with MqttChannel(known(port, "city")) as channel:
        pool = beside(away, channel, party(away, 1.0), patience_s=1.0)
        sure = away.solve(FEW, pool=pool).certificate
    assert sure.notes == (f"{HUB} did not answer; it is counted at its promise",)
