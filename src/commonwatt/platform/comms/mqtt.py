"""Numbered messages over an MQTT broker, QoS 1; the client, paho, is in the extra `[mqtt]`.

Message 7 to the party "hub" is published on `commonwatt/hub/ask/7`, its answer on
`commonwatt/hub/answer/7`. Who may publish and read what is the broker's to enforce: let the city
alone read `+/answer/+` and write `+/ask/+`, and each party only what bears its own name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Condition, Event
from typing import TYPE_CHECKING, Any, Self

from commonwatt.kernel.errors import InvalidInput

if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessage

ROOT = "commonwatt"
_ONCE = 1
"""Quality of service: at least once."""
_CONNECT_S = 10.0
LARGEST = 1 << 20
"""Bytes of a message; what is longer is dropped."""


@dataclass(frozen=True, kw_only=True)
class Broker:
    """How to reach a broker.

    Attributes:
        host: its name.
        port: 8883 as a rule, 1883 without encryption.
        user: by which it knows us.
        password: of that user.
        tls: whether to encrypt and to check its certificate.
    """

    host: str
    user: str
    password: str = field(repr=False)
    port: int = 8883
    tls: bool = True

    def __post_init__(self) -> None:
        """Refuse to be anonymous.

        Raises:
            InvalidInput: no user or no password.
        """
        if not (self.user and self.password):
            msg = f"the broker {self.host} needs a user and a password"
            raise InvalidInput(msg)


class MqttChannel:
    """The city's side; use it in a `with` block.

    Raises:
        InvalidInput: the client is not installed, or the broker refuses.
    """

    def __init__(self, broker: Broker, root: str = ROOT) -> None:
        self._root = root
        self._there = Condition()
        self._number = ""
        self._wanted: frozenset[str] = frozenset()
        self._found: dict[str, bytes] = {}
        self._link = _Link(broker, f"{root}/+/answer/+", self._heard)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._link.close()

    def send(self, number: str, bodies: dict[str, bytes]) -> None:
        """Publish message `number` for each party named; does not wait."""
        with self._there:
            self._number, self._wanted, self._found = number, frozenset(bodies), {}
        for name, body in bodies.items():
            self._link.publish(f"{self._root}/{name}/ask/{number}", body)

    def collect(self, number: str, within_s: float) -> dict[str, bytes]:
        """Answers to `number`, the message sent last; who is missing gave none in that time."""
        with self._there:
            self._there.wait_for(lambda: len(self._found) == len(self._wanted), within_s)
            return dict(self._found) if number == self._number else {}

    def _heard(self, topic: str, body: bytes) -> None:
        name, _, number = topic.removeprefix(f"{self._root}/").split("/")
        with self._there:
            if number == self._number and name in self._wanted and name not in self._found:
                self._found[name] = body
                self._there.notify()


class MqttParty:
    """A party's side: answers what is asked of its name; use it in a `with` block.

    Args:
        reply: the answer to a message; where it raises `InvalidInput` there is none.
        name: of the party.
        broker: where it meets the city.
        root: of all topics.

    Raises:
        InvalidInput: the client is not installed, or the broker refuses.
    """

    def __init__(
        self, reply: Callable[[bytes], bytes], name: str, broker: Broker, root: str = ROOT
    ) -> None:
        self._reply, self._own = reply, f"{root}/{name}"
        self._link = _Link(broker, f"{self._own}/ask/+", self._heard)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._link.close()

    def _heard(self, topic: str, body: bytes) -> None:
        try:
            answer = self._reply(body)
        except InvalidInput:
            return
        number = topic.rpartition("/")[2]
        self._link.publish(f"{self._own}/answer/{number}", answer)


class _Link:
    """A connection that comes back by itself, and subscribes anew when it does."""

    def __init__(self, broker: Broker, topic: str, heard: Callable[[str, bytes], None]) -> None:
        self._topic, self._heard = topic, heard
        self._ready, self._refused = Event(), ""
        self._client = _client()
        self._client.username_pw_set(broker.user, broker.password)
        if broker.tls:
            self._client.tls_set()
        self._client.on_connect = self._connected
        self._client.on_subscribe = self._subscribed
        self._client.on_message = self._message
        try:
            self._client.connect(broker.host, broker.port)
        except OSError as error:
            msg = f"the broker {broker.host}:{broker.port} cannot be reached: {error}"
            raise InvalidInput(msg) from error
        self._client.loop_start()
        if not self._ready.wait(_CONNECT_S) or self._refused:
            self.close()
            why = self._refused or "it is silent"
            msg = f"the broker {broker.host}:{broker.port} does not let {broker.user!r} in: {why}"
            raise InvalidInput(msg)

    def publish(self, topic: str, body: bytes) -> None:
        """At least once."""
        self._client.publish(topic, body, qos=_ONCE)

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(self, client: Client, _user: Any, _flags: Any, reason: Any, _props: Any) -> None:
        if reason.is_failure:
            self._refused = str(reason)
            self._ready.set()
        else:
            client.subscribe(self._topic, qos=_ONCE)

    def _subscribed(
        self, _client: Client, _user: Any, _mid: int, reasons: list[Any], _props: Any
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            self._refused = f"no reading of {self._topic}"
        self._ready.set()

    def _message(self, _client: Client, _user: Any, message: MQTTMessage) -> None:
        if len(message.payload) <= LARGEST:
            self._heard(message.topic, bytes(message.payload))


def _client() -> Client:
    try:
        from paho.mqtt.client import Client  # noqa: PLC0415 - only those who ask for it have it
        from paho.mqtt.enums import CallbackAPIVersion  # noqa: PLC0415
    except ImportError as missing:
        msg = "the MQTT client is not installed; pip install 'commonwatt[mqtt]'"
        raise InvalidInput(msg) from missing
    return Client(CallbackAPIVersion.VERSION2)
