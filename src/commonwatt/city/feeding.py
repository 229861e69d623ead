"""Whether every connection is fed: no study, and no city, without a way from the source."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from commonwatt.kernel.errors import InvalidInput
from commonwatt.sectors.grid.analysis.flow import Feeder


def require_fed(
    feeder: Feeder, connections: Sequence[str], buses: Sequence[str], where: str
) -> None:
    """Refuse a grid that leaves a connection dark.

    Args:
        feeder: its wires.
        connections: (C,) names.
        buses: names of all buses.
        where: file, code or city, for the error sentence.

    Raises:
        InvalidInput: names the first connection that nothing feeds.
    """
    dead = np.flatnonzero(feeder.tree.depth[feeder.connection_bus] < 0)
    if dead.size:
        first = int(dead[0])
        bus = buses[feeder.connection_bus[first]].removeprefix("bus/")
        raise InvalidInput(
            f"{where}: {connections[first]!r} hangs on bus {bus!r}, which no closed line "
            "or transformer joins to an external grid"
        )
