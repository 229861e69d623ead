"""What a state folder runs: written once at its first start, so that a restart goes on with it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from commonwatt.city import sources
from commonwatt.city.importers.overlay import overlay, parse
from commonwatt.city.model import City
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import SLOT_S

LEAD_S = 33 * 3600
"""Life before the show begins: enough for a first forecast and a first settled day, short enough to
wait for."""
MARGIN = 0.08
"""Share of every rating the live plan keeps free: as the demand case of the results has it."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One district at one time.

    Attributes:
        city: where the city comes from.
        overlay: what homes get beside, as `ev=0.5,hp=0.4`.
        seed: its luck.
        start: city time at which the show begins, epoch seconds, a slot's start.
        speed: city seconds per second at the first start.
        lead_s: seconds lived before.
        margin: share of every rating kept free.
    """

    city: str
    overlay: str = ""
    seed: int = 7
    start: int
    speed: float = 60.0
    lead_s: int = LEAD_S
    margin: float = MARGIN

    def drawn(self) -> City:
        """The city it names.

        Raises:
            InvalidInput: there is no such city or overlay.
        """
        shares = parse(self.overlay)
        city = sources.load(self.city)
        return overlay(city, shares, self.seed) if shares else city

    def begin(self, city: City) -> int:
        """City time at which the field's life begins: the lead before the start, if it is covered.

        Raises:
            InvalidInput: the city's own series do not cover the start.
        """
        series = city.series
        if not series.slots:
            return self.start - self.lead_s
        first, last = series.start + SLOT_S, series.start + series.slots * SLOT_S
        if not first <= self.start < last - 2 * 86_400:
            raise InvalidInput(
                f"{city.name}: its series do not cover the start asked for; name another --start"
            )
        return max(self.start - self.lead_s, first)

    def to_json(self) -> str:
        """As kept in the state folder."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str, where: str) -> Setting:
        """What `to_json` wrote.

        Raises:
            InvalidInput: it is something else.
        """
        try:
            return cls(**json.loads(text))
        except (TypeError, ValueError) as error:
            raise InvalidInput(f"{where} cannot be used ({error}); remove its folder") from error
