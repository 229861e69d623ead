"""Coordination by prices, run as a program: a child process that may be killed.

Started by its path, like `solve`. It keeps nothing between problems but compiled code.
"""

from __future__ import annotations

import sys
from typing import Any

from commonwatt.kernel.errors import CommonwattError
from commonwatt.platform.dispatch.coordinator import Task
from commonwatt.platform.dispatch.solve import main


def coordinated(message: dict[str, Any]) -> dict[str, Any]:
    """Coordinate one problem.

    Args:
        message: the arguments of `Task.of` as `task`, `effort`, and `start` (None for none).

    Returns:
        `status`: "optimal" or what stood in the way; when optimal also `powers`, per family (N,T),
        the `certificate` and where the next search may `start`.
    """
    try:
        task = Task.of(**message["task"])
        outcome = task.solve(message["effort"], message["start"])
    except CommonwattError as error:
        return {"status": str(error)}
    return {
        "status": "optimal",
        "powers": task.powers(outcome),
        "certificate": outcome.certificate,
        "start": outcome.start,
    }


if __name__ == "__main__":
    main(int(sys.argv[1]), coordinated)
