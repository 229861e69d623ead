"""Prices out, a response back: what a home elsewhere is asked, and all that it says.

Three messages, as JSON, version 1. Power drawn is positive; times are epoch seconds, UTC; slots are
left-closed. Nothing of a home's devices, levels or limits is in them, and unknown fields are
refused, so that nothing else can slip in.

An *asking* carries prices at the home's place; the *response* says what the home would do at them.
A *closing* says which of its responses the plan is made of, in shares that add up to 1: what can be
mixed is mixed so, what cannot follows one of them. The response to a closing is what it will do.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import Window

_NAME = r"^[A-Za-z0-9._-]{1,128}$"
Name = Annotated[str, Field(pattern=_NAME)]
"""Fit for a topic and a path."""
Number = Annotated[float, Field(allow_inf_nan=False, ge=-1e9, le=1e9)]


def _rising(edges: tuple[int, ...]) -> tuple[int, ...]:
    if any(later <= earlier for earlier, later in pairwise(edges)):
        msg = "edges must rise"
        raise ValueError(msg)
    return edges


Edges = Annotated[
    tuple[int, ...], Field(min_length=2, max_length=1 + 1024), AfterValidator(_rising)
]
"""(T+1,) of the window's slots, which may grow with distance."""


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    version: Literal[1] = 1
    id: Name


class _Request(_Message):
    edges_s: Edges

    @property
    def window(self) -> Window:
        """The slots."""
        return Window(np.array(self.edges_s, dtype=np.int64))


class Asking(_Request):
    """What would you do at these prices?

    Attributes:
        version: of this description.
        id: of this asking; the answer carries it back.
        kind: "asking".
        edges_s: (T+1,) edges of the slots.
        price_eur_per_kwh: (T,) at the home's place.
    """

    kind: Literal["asking"] = "asking"
    price_eur_per_kwh: tuple[Number, ...]

    @model_validator(mode="after")
    def _a_price_a_slot(self) -> Self:
        if len(self.price_eur_per_kwh) != len(self.edges_s) - 1:
            msg = "one price a slot"
            raise ValueError(msg)
        return self


class Share(BaseModel):
    """How much of the answer to one asking is in a mixture.

    Attributes:
        asking: its id.
        share: 0 to 1.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    asking: Name
    share: Annotated[float, Field(ge=0.0, le=1.0)]


class Closing(_Request):
    """This is what the plan takes of your answers: what will you do?

    Attributes:
        version: of this description.
        id: of this closing.
        kind: "closing".
        edges_s: (T+1,) edges of the slots, as asked before.
        shares: of earlier askings.
        seed: of the luck by which things that cannot be mixed choose among the answers.
    """

    kind: Literal["closing"] = "closing"
    shares: Annotated[tuple[Share, ...], Field(min_length=1)]
    seed: int


class Response(_Message):
    """What a home would do, or will do.

    Attributes:
        version: of this description.
        id: of the asking or closing.
        kind: "response".
        power_kw: (T,) mean power in every slot.
        cost_eur: what that costs the home beside its energy: wear, discomfort, what was given up.
        bound_eur: no plan of its own costs the home less than this at the prices asked, energy
            included; of a closing, anything.
    """

    kind: Literal["response"] = "response"
    power_kw: tuple[Number, ...]
    cost_eur: Number
    bound_eur: Number


REQUEST: TypeAdapter[Asking | Closing] = TypeAdapter(
    Annotated[Asking | Closing, Field(discriminator="kind")]
)
"""Reads what a home is sent."""


def named(text: str) -> str:
    """`text`, if it is fit for a topic and a path.

    Raises:
        InvalidInput: it is not.
    """
    if not re.fullmatch(_NAME, text):
        msg = f"{text!r} is no name for a message; use up to 128 letters, digits, '.', '_', '-'"
        raise InvalidInput(msg)
    return text
