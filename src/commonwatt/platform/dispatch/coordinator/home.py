"""The side of a home or charging hub elsewhere: it answers prices for rows that it shows nobody."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from pydantic import ValidationError

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.units import F
from commonwatt.platform.dispatch.coordinator.blocks import Answer, Block, Family
from commonwatt.platform.dispatch.coordinator.messages import REQUEST, Asking, Closing, Response
from commonwatt.platform.dispatch.coordinator.pools.here import Here
from commonwatt.platform.dispatch.coordinator.recipe import Recipe
from commonwatt.platform.dispatch.coordinator.shards import Shard


class Home:
    """Answers askings and closings for its own rows, all of them at one place.

    The same message twice has the same answer. What it is asked for another window, it begins with
    new rows and forgets the askings of the last.

    Args:
        offer: its rows in a window; tables as the kernel's flexibility has them.
    """

    def __init__(self, offer: Callable[[Window], Sequence[Family]]) -> None:
        self._offer = offer
        self._edges: tuple[int, ...] = ()
        self._rows = Here(())
        self._asked: dict[str, F] = {}

    def reply(self, body: bytes) -> bytes:
        """The response to a message, both as JSON.

        Raises:
            InvalidInput: it is no such message, or closes what was never asked.
        """
        try:
            request = REQUEST.validate_json(body)
        except ValidationError as error:
            msg = f"this is no asking and no closing: {error.errors()[0]['msg']}"
            raise InvalidInput(msg) from error
        if request.edges_s != self._edges:
            self._begin(request)
        return self._answered(request).model_dump_json().encode()

    @property
    def powers(self) -> list[F]:
        """Per table of its offer, (N,T) power of every row, as last closed."""
        return self._rows.powers()[0]

    def _begin(self, request: Asking | Closing) -> None:
        window = request.window
        blocks = [
            Block.by_place(rows, np.zeros(int(rows.connection.max()) + 1, dtype=np.int64), 1)
            for rows in self._offer(window)
            if len(rows)
        ]
        self._rows = Here([Shard(blocks=tuple(blocks), hours=window.hours)])
        self._edges, self._asked = request.edges_s, {}

    def _answered(self, request: Asking | Closing) -> Response:
        if isinstance(request, Asking):
            price = np.array(request.price_eur_per_kwh)[None, :]
            self._asked[request.id] = price
            return _said(request.id, self._rows.priced(price))
        mix = self._recipe(request)
        whole, rest = self._rows.rounded(mix, request.seed), self._rows.mixed(mix)
        return _said(request.id, Answer.joined([whole, rest]))

    def _recipe(self, closing: Closing) -> Recipe:
        unknown = [part.asking for part in closing.shares if part.asking not in self._asked]
        if unknown:
            msg = f"{closing.id} closes {unknown[0]}, which was never asked in this window"
            raise InvalidInput(msg)
        groups = self._rows.shape().count.size
        return Recipe(
            price=[self._asked[part.asking] for part in closing.shares],
            share=[np.full(groups, part.share) for part in closing.shares],
        )


def _said(number: str, answer: Answer) -> Response:
    return Response(
        id=number,
        power_kw=tuple(answer.power_kw.sum(axis=0).tolist()),
        cost_eur=float(answer.cost.sum()),
        bound_eur=float(answer.bound.sum()),
    )
