"""A synthetic district of any size from a seed, every layer of which fits on one map.

Streets come first (`survey`, `outline`), then blocks and buildings along them (`blocks`,
`buildings`, `town`), the people (`households`), their work (`services`), and the wires that feed
them all (`stations`, `network`, `feeders`, `rings`), sized by a planner's rule for what was there
before cars and heat pumps. What homes then add themselves (`adoption`) meets the wires as they are.
The same seed gives the same city, byte for byte.
"""

from __future__ import annotations

from commonwatt.city.generate import names, wires
from commonwatt.city.generate.adoption import Shares, adopted
from commonwatt.city.generate.assembly import Parts, assembled
from commonwatt.city.generate.households import settled
from commonwatt.city.generate.metered import connected
from commonwatt.city.generate.services import lit, posts, working
from commonwatt.city.generate.town import founded
from commonwatt.city.generate.wiring import wired
from commonwatt.city.model import City
from commonwatt.kernel.rng import Rng

__all__ = ["Shares", "grown"]


def grown(homes: int, seed: int, shares: Shares | None = None) -> City:
    """A town of `homes` homes.

    Args:
        homes: exactly how many.
        seed: decides everything else.
        shares: of homes with their own roof, battery, car and heat pump; see `Shares`.

    Raises:
        InvalidInput: so many homes make no town, or a share is out of range.
    """
    rng = Rng(seed)
    town = founded(homes, rng)
    people, works, charging = settled(town, rng), working(town, rng), posts(town, homes, rng)
    wiring = wired(town, people, works, charging)
    grid = wires.drawn(wiring, town.plan, town.terrain)
    streets = names.streets(town.plan, rng)
    meters = connected(
        town,
        homes=people,
        works=works,
        posts=charging,
        wiring=wiring,
        grid=grid,
        streets=streets,
    )
    return assembled(
        Parts(
            name=f"generated town of {homes} homes, seed {seed}",
            town=town,
            homes=people,
            works=works,
            wiring=wiring,
            grid=grid,
            meters=meters,
            owned=adopted(people, town.buildings, shares or Shares(), rng),
            lamps=lit(town.plan, wiring.streets, wiring.trenches),
            streets=streets,
            quarters=names.quarters(town.blocks.character, rng),
        )
    )
