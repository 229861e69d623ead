"""Shards as actors of a Ray cluster; Ray is in the extra `[cluster]`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from commonwatt.kernel.errors import InvalidInput
from commonwatt.platform.dispatch.coordinator.pools.seat import Seat
from commonwatt.platform.dispatch.coordinator.pools.workers import (
    PATIENCE_S,
    START_S,
    Failed,
    Workers,
)
from commonwatt.platform.dispatch.coordinator.shards import Shard


class OnRay(Workers):
    """An actor for each shard, with `cores` of the cluster's each.

    It joins the cluster that `RAY_ADDRESS` names or that already runs here, else starts one here.
    """

    def __init__(
        self, shards: Sequence[Shard], cores: int = 1, patience_s: float = PATIENCE_S
    ) -> None:
        ray = _ray()
        if not ray.is_initialized():
            ray.init(num_cpus=cores * len(shards), include_dashboard=False, log_to_driver=False)
        self.actors = [
            Actor(ray, f"shard {s + 1} of {len(shards)} (a Ray actor)", shard, cores)
            for s, shard in enumerate(shards)
        ]
        super().__init__(shards, self.actors, patience_s)


class Actor:
    """A shard on the cluster (fills `Worker`)."""

    def __init__(self, ray: Any, name: str, shard: Shard, cores: int) -> None:
        self.name = name
        self.actor: Any = None
        self._ray, self._cores = ray, cores
        self._rows = ray.put(shard)
        self._born: Any = None
        self._waiting: Any = None

    def begin(self) -> None:
        """Start an actor where there is room."""
        self.end()
        made = self._ray.remote(Seat).options(num_cpus=self._cores, max_restarts=0)
        self.actor = made.remote(self._rows, self._cores)
        self._born = self.actor.ready.remote()

    def ask(self, question: str, given: tuple[Any, ...]) -> None:
        """Send a question."""
        self._waiting = self.actor.asked.remote(question, given)

    def answer(self, within_s: float) -> Any:
        """The answer to what was asked last.

        Raises:
            Failed: the actor died, or there is no answer within `within_s` seconds.
        """
        if self._born is not None:
            self._got(self._born, START_S)
            self._born = None
        return self._got(self._waiting, within_s)

    def _got(self, reference: Any, within_s: float) -> Any:
        try:
            return self._ray.get(reference, timeout=within_s)
        except self._ray.exceptions.GetTimeoutError as error:
            msg = f"it was silent for {within_s:g} s"
            raise Failed(msg) from error
        except self._ray.exceptions.RayError as error:
            msg = f"it died ({type(error).__name__})"
            raise Failed(msg) from error

    def end(self) -> None:
        """Kill it."""
        if self.actor is not None:
            self._ray.kill(self.actor)
            self.actor = None


def _ray() -> Any:
    try:
        import ray  # noqa: PLC0415 - only those who ask for it have it
    except ImportError as missing:
        msg = "Ray is not installed; pip install 'commonwatt[cluster]'"
        raise InvalidInput(msg) from missing
    return ray
