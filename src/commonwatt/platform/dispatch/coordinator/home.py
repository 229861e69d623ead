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

    The same message twice has the same answer. Asked for another window it begins with new rows and
    forgets the askings of the last; what comes late, of a window that began earlier, is refused.

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
            InvalidInput: it is no such message, comes late, or closes what was never asked.
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
        return [power for shard in self._rows.powers() for power in shard]

    def _begin(self, request: Asking | Closing) -> None:
        late = bool(self._edges) and request.edges_s[0] < self._edges[0]
        if late or isinstance(request, Closing):
            msg = f"{request.id} is not of the window that was asked for last"
            raise InvalidInput(msg)
        window = request.window
        blocks = tuple(_at_one_place(rows) for rows in self._offer(window))
        self._rows = Here([Shard(blocks=blocks, hours=window.hours)] if blocks else ())
        self._edges, self._asked = request.edges_s, {}

    def _answered(self, request: Asking | Closing) -> Response:
        if isinstance(request, Asking):
            self._asked[request.id] = np.array(request.price_eur_per_kwh)[None, :]
        elif unknown := {part.asking for part in request.shares} - self._asked.keys():
            msg = f"{request.id} closes {min(unknown)}, which was never asked in this window"
            raise InvalidInput(msg)
        if not self._rows.shards:
            return _said(request.id, Answer.nothing(1, len(request.window)))
        if isinstance(request, Asking):
            return _said(request.id, self._rows.priced(self._asked[request.id]))
        mix = self._recipe(request)
        whole, rest = self._rows.rounded(mix, request.seed), self._rows.mixed(mix)
        return _said(request.id, Answer.joined([whole, rest]))

    def _recipe(self, closing: Closing) -> Recipe:
        groups = self._rows.shape().count.size
        return Recipe(
            price=[self._asked[part.asking] for part in closing.shares],
            share=[np.full(groups, part.share) for part in closing.shares],
        )


def _at_one_place(rows: Family) -> Block:
    return Block.by_place(rows, np.zeros(rows.connection.max(initial=0) + 1, dtype=np.int64), 1)


def _said(number: str, answer: Answer) -> Response:
    return Response(
        id=number,
        power_kw=tuple(answer.power_kw.sum(axis=0).tolist()),
        cost_eur=float(answer.cost.sum()),
        bound_eur=float(answer.bound.sum()),
    )
