"""How fast city time really passes."""

from __future__ import annotations

from collections import deque

REMEMBERED = 12
BEHIND = 0.9
"""Below this share of the speed asked for, the loop is said to lag."""


class Pace:
    """Speed over the last slots, from (city time, wall seconds) of each."""

    def __init__(self) -> None:
        self._seen: deque[tuple[int, float]] = deque(maxlen=REMEMBERED)

    def mark(self, city_s: int, wall_s: float) -> None:
        """Note that a slot was decided."""
        self._seen.append((city_s, wall_s))

    def restart(self) -> None:
        """Forget what was, as when another speed is asked for."""
        self._seen.clear()

    def speed(self, asked: float) -> float:
        """City seconds per second over the last slots, at most the speed `asked` for."""
        if len(self._seen) < 2:
            return asked
        (first, since), (last, until) = self._seen[0], self._seen[-1]
        return min(asked, (last - first) / max(until - since, 1e-9))

    def behind(self, asked: float) -> bool:
        """Whether the loop does not keep up."""
        return self.speed(asked) < BEHIND * asked
