"""The side of a home: what it answers, and what it refuses."""

from __future__ import annotations

import json

import numpy as np
import pytest

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import Window
from commonwatt.platform.dispatch.coordinator.blocks import taken
from commonwatt.platform.dispatch.coordinator.home import Home
from commonwatt.platform.dispatch.coordinator.messages import Asking, Closing, Share
from tests.platform.dispatch.coordinator.hubs import hub, ours, theirs

EDGES = tuple(ours().window.edges.tolist())


def asking(number: str, level: float = 0.1) -> bytes:
    price = tuple((level + 0.05 * np.sin(np.arange(24) / 4)).tolist())
    return Asking(id=number, edges_s=EDGES, price_eur_per_kwh=price).model_dump_json().encode()


def closing(number: str, **shares: float) -> bytes:
    parts = tuple(Share(asking=asked, share=share) for asked, share in shares.items())
    return Closing(id=number, edges_s=EDGES, shares=parts, seed=1).model_dump_json().encode()


def test_the_same_message_twice_has_the_same_answer() -> None:
    home = hub()
    assert home.reply(asking("a")) == home.reply(asking("a"))
    home.reply(asking("b", 0.3))
    assert home.reply(closing("c", a=0.4, b=0.6)) == home.reply(closing("c", a=0.4, b=0.6))


def test_closing_on_one_answer_is_that_answer() -> None:
    home = hub()
    said = json.loads(home.reply(asking("a")))
    home.reply(asking("b", 0.3))
    will = json.loads(home.reply(closing("c", a=1.0)))
    assert will["power_kw"] == pytest.approx(said["power_kw"], abs=1e-9)
    assert will["cost_eur"] == pytest.approx(said["cost_eur"], abs=1e-9)


def test_what_is_whole_stays_whole_in_a_mixture() -> None:
    home = hub()
    for number, level in (("a", 0.05), ("b", 0.3)):
        home.reply(asking(number, level))
    home.reply(closing("c", a=0.5, b=0.5))
    shapes = theirs().profile[0].shape_kw
    for row, power in enumerate(home.powers[-1]):
        begin = int(np.flatnonzero(power)[0])
        assert power[begin : begin + 4] == pytest.approx(shapes[row])


def test_another_window_begins_anew() -> None:
    seen: list[Window] = []

    def offer(window: Window):  # type: ignore[no-untyped-def]
        seen.append(window)
        return theirs().storage

    home = Home(offer)
    home.reply(asking("a"))
    home.reply(asking("b"))
    later = tuple(edge + 900 for edge in EDGES)
    home.reply(
        Asking(id="a", edges_s=later, price_eur_per_kwh=(0.1,) * 24).model_dump_json().encode()
    )
    assert [window.start for window in seen] == [EDGES[0], later[0]]


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2}, {"kind": "order"}, {"price_eur_per_kwh": [0.1]}, {"edges_s": [5, 4]},
        {"price_eur_per_kwh": [None] * 24}, {"open": "the door"}, {"id": "a/b"}, {"id": ""},
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match="no asking and no closing"):
        hub().reply(json.dumps({**json.loads(asking("a")), **change}).encode())


def test_what_was_never_asked_cannot_be_closed() -> None:
    home = hub()
    home.reply(asking("a"))
    with pytest.raises(InvalidInput, match="closes b, which was never asked"):
        home.reply(closing("c", a=0.5, b=0.5))


def test_what_comes_late_is_refused_and_forgets_nothing() -> None:
    home = hub()
    home.reply(asking("a"))
    before = {"edges_s": [edge - 900 for edge in EDGES]}
    for late in (asking("old"), closing("old", a=1.0)):
        with pytest.raises(InvalidInput, match="not of the window"):
            home.reply(json.dumps({**json.loads(late), **before}).encode())
    assert home.reply(closing("c", a=1.0))


def test_who_has_nothing_to_move_says_so() -> None:
    none = np.zeros(0, dtype=np.int64)
    stores = taken(theirs().storage[0], none)
    for home in (Home(lambda _: ()), Home(lambda _: (stores,))):
        for message in (asking("a"), closing("c", a=1.0)):
            said = json.loads(home.reply(message))
            assert said["power_kw"] == [0.0] * 24
            assert said["cost_eur"] == said["bound_eur"] == 0.0
