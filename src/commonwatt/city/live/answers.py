"""Why an asset did what it did at some moment: one sentence, from the plan that governed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from commonwatt.city.live.census import Census
from commonwatt.kernel.errors import NotFound
from commonwatt.kernel.intervals import SLOT_S
from commonwatt.platform import decisions
from commonwatt.platform.devices import overrides

ALONE = "nothing was asked of it: the plan does not hold it, so it follows its own rule"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Why.

    Attributes:
        made_at: start of the slot whose plan governed the moment, epoch seconds.
        status: of that plan.
        sentence: why, without a full stop.
    """

    made_at: int
    status: str
    sentence: str


def answer(connection: Connection, census: Census, asset: int, moment: int | None) -> Answer:
    """Why `asset` (its index) does what it does at `moment`; at the newest plan's where None.

    Raises:
        NotFound: no plan governed that moment; says from when to when there are any.
    """
    zone = census.city.place.zone
    known = decisions.span(connection)
    if known is None:
        raise NotFound("no plan was made yet; ask again when the first slot has begun")
    moment = known[1] if moment is None else moment
    found = decisions.governing(connection, moment)
    if found is None:
        first, last = local_text(known[0], zone), local_text(known[1] + SLOT_S, zone)
        raise NotFound(
            f"no plan governed {local_text(moment, zone)}; plans are kept from {first} to {last}"
        )
    planned = found.why.get(asset, ALONE)
    above = overrides.obeyed(connection, asset, found.time)
    if above is None:
        return Answer(made_at=found.time, status=found.status, sentence=planned)
    note = f" ({above.note})" if above.note else ""
    sentence = (
        f"{above.author} overrides it{note} until {local_text(above.until, zone)}, between "
        f"{above.low_kw:g} and {above.high_kw:g} kW, and the plan goes around that"
    )
    return Answer(made_at=found.time, status=found.status, sentence=sentence)


def moment_of(text: str, zone: str) -> int | None:
    """Epoch seconds of "now" (None) or of an ISO time; local where it names no zone.

    >>> moment_of("2016-03-07T15:00", "Europe/Berlin") == moment_of("2016-03-07T14:00Z", "UTC")
    True

    Raises:
        NotFound: it is neither.
    """
    if text == "now":
        return None
    try:
        said = datetime.fromisoformat(text)
    except ValueError as reason:
        raise NotFound(
            f"{text!r} is no time; say now or, for instance, 2016-03-07T15:30"
        ) from reason
    return int((said if said.tzinfo else said.replace(tzinfo=ZoneInfo(zone))).timestamp())


def local_text(moment: int, zone: str) -> str:
    """A moment as people on the spot read it."""
    return (
        datetime.fromtimestamp(moment, tz=UTC).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
    )
