"""The loop: jobs with a cadence, a watermark and a deadline, on whatever clock there is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from commonwatt.kernel.clocks import Clock
from commonwatt.kernel.intervals import SLOT_S


@dataclass(eq=False)
class Job:
    """One step of the loop.

    Attributes:
        name: sense, judge, foresee, decide, settle or account.
        run: does it, given the city time up to which it is done afterwards.
        cadence_s: how often.
        deadline_s: how long it may take before it counts as late.
        watermark: city time up to which it has been done.
    """

    name: str
    run: Callable[[int], None]
    cadence_s: int = SLOT_S
    deadline_s: int = SLOT_S
    watermark: int = 0

    def due(self) -> int:
        """When it is next to be done: cadences start at the epoch, so slots begin with all jobs."""
        return (self.watermark // self.cadence_s + 1) * self.cadence_s


class Loop:
    """Runs its jobs in order whenever they are due.

    Args:
        clock: the wall's when live, a virtual one in a study.
        jobs: in the order of the loop; their watermarks are set to the clock's now.
        late: told the name of a job that missed its deadline.
    """

    def __init__(self, clock: Clock, jobs: Sequence[Job], late: Callable[[str], None]) -> None:
        self._clock = clock
        self._jobs = jobs
        self._late = late
        for job in jobs:
            job.watermark = job.watermark or clock.now()

    def run_until(self, end: int) -> None:
        """Work through every slot up to and including the one that starts at `end`."""
        while (following := min(job.due() for job in self._jobs)) <= end:
            self._clock.sleep_until(following)
            for job in self._jobs:
                if job.due() <= following:
                    self._do(job, following)

    def _do(self, job: Job, moment: int) -> None:
        job.run(moment)
        job.watermark = moment
        if self._clock.now() - moment > job.deadline_s:
            self._late(job.name)
