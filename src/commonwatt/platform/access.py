"""Who may see what: a resident only what hangs on the connections she owns."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.errors import NotPermitted
from commonwatt.kernel.principal import Purpose, Warrant
from commonwatt.kernel.units import I


def require_reach(warrant: Warrant, connections: I) -> None:
    """Return if `warrant` reaches all of `connections`; the city's own people reach every one.

    Args:
        warrant: who asks and why; its purpose must have been checked before.
        connections: (K,) connection indices; -1 for what belongs to nobody's connection.

    Raises:
        NotPermitted: a resident asks beyond her own connections.
    """
    if warrant.purpose is not Purpose.OWN:
        return
    foreign = [c for c in np.unique(connections).tolist() if c not in warrant.principal.owns]
    if foreign:
        msg = f"{warrant.principal.id} does not own connection {foreign[0]}; ask for your own only"
        raise NotPermitted(msg)
