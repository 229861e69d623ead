"""One run of a study: some days of a city, lived once, under one strategy and one kind of luck."""

from __future__ import annotations

from dataclasses import dataclass

from commonwatt.city.bootstrap import Simulated, flexible, network, simulated
from commonwatt.city.fairness import Fairness
from commonwatt.city.loop import Job, Loop
from commonwatt.city.model import City
from commonwatt.city.reads import read
from commonwatt.city.strategy import Coordinated, Habit, LocalRules, Strategy
from commonwatt.kernel.clocks import VirtualClock
from commonwatt.kernel.intervals import DAY_S, SLOT_S, Window
from commonwatt.platform.dispatch import Budget, Dispatcher
from commonwatt.platform.forecast import Forecaster, Naive, Predictor
from commonwatt.platform.settlement import Reads
from commonwatt.sectors.grid.control import Limiter
from commonwatt.study.diary import Diary
from commonwatt.study.foresight import Foresight
from commonwatt.study.measures import measured
from commonwatt.study.result import UNFAIR, Row, Trace
from commonwatt.study.traces import traced

LEAD_DAYS = 28
"""Days of today's life before a run begins, so that forecasts have a past to learn from."""

MARGIN = 0.03
"""Share of every rating the coordinated plan keeps free for what it cannot foresee; see
`docs/results.md` for the weeks on which it was fixed."""

LIMITER_MARGIN = 0.05
"""Share of every rating the operator's live limiter keeps free in the tuned run, fixed likewise."""

WEEK = Budget(method="fresh", iterations=10_000_000, tightenings=20, agree=1e-7, wall_s=1800.0)
"""Work that the bound's one plan may take."""

SLOT = Budget(method="fresh", agree=1e-3)
"""Work that the coordinated plan of a slot may take; a tenth of a percent of a rating is far inside
its margin."""

CATCH_UP_S = 8 * SLOT_S
"""Time after the last slot in which late messages still come in before settlement."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """What one run is.

    Attributes:
        start: first second, a local midnight.
        days: how many days.
        run: one of `RUNS` or `BESIDE`, or `UNFAIR`.
        seed: its luck.
        margin: share of ratings the coordinated plan keeps free.
    """

    start: int
    days: int
    run: str
    seed: int
    margin: float = MARGIN

    @property
    def window(self) -> Window:
        """The studied slots."""
        return Window.uniform(self.start, self.days * DAY_S // SLOT_S)


@dataclass(frozen=True, kw_only=True, eq=False)
class Played:
    """What came of a scene."""

    run: str
    seed: int
    rows: tuple[Row, ...]
    trace: Trace
    reads: Reads


def lead(city: City, start: int, seed: int) -> Simulated:
    """`city` on its twins at `start`, after some weeks of today's life, so that there is a past.

    Every run of a study on the same luck begins from a copy of this.
    """
    begin = start - LEAD_DAYS * DAY_S
    if city.series.slots:
        begin = max(begin, city.series.start + SLOT_S)  # meters report the slot before, too
    world = simulated(city, seed, begin)
    brain = world.brain(Habit(), Naive())
    for now in range(begin + SLOT_S, start + 1, SLOT_S):
        brain.sense(now)
        world.field.truth.clear()
    return world


def play(scene: Scene, world: Simulated) -> Played:
    """Live through a scene, in a world that has come to its start and is used up by it."""
    if scene.run == "one slot later":
        world.field.link.delay_s = SLOT_S
    diary = Diary(world.city)
    strategy = _strategy(scene, world)
    prophet = world.field.fate if scene.run == "perfect forecast" else None
    brain = world.brain(strategy, _forecaster(scene, world), prophet, diary.note)
    jobs = [
        Job(job.name, job.run, job.cadence_s, job.deadline_s, scene.start - SLOT_S)
        for job in brain.jobs()
    ]
    end = scene.window.end
    Loop(VirtualClock(scene.start), jobs, late=lambda _name: None).run_until(end - SLOT_S)
    brain.sense(end)
    truth = world.truth()
    rows = measured(truth, world, scene.window)
    for late in range(end + SLOT_S, end + CATCH_UP_S + 1, SLOT_S):
        brain.sense(late)
    return Played(
        run=scene.run,
        seed=scene.seed,
        rows=tuple(Row(scene.run, scene.seed, *row) for row in rows),
        trace=traced(
            scene.run,
            scene.seed,
            truth=truth,
            world=world,
            window=scene.window,
            reasons=diary.telling(),
        ),
        reads=read(brain.view(world.field.now), scene.window),
    )


def _forecaster(scene: Scene, world: Simulated) -> Predictor:
    if scene.run == "naive forecast":
        return Naive()
    return Forecaster(
        world.city.place,
        archive=world.ground.signals.weather_issued,
        draws=world.city.dispatch.asked is not None,
    )


def _strategy(scene: Scene, world: Simulated) -> Strategy:
    city, movers = world.city, flexible(world.sectors)
    if scene.run == "today":
        return Habit()
    local = LocalRules(movers, Limiter(city, LIMITER_MARGIN))
    if scene.run == "tuned":
        return local
    fuses = city.connections.f("fuse_kw")
    if scene.run == "bound":
        wires = network(city, world.sectors, margin=0.0)
        week = Dispatcher(wires, budget=WEEK, fuse_kw=fuses)
        return Foresight(
            movers,
            week,
            world.ground,
            world.field.fate,
            scene.window.end,
            allowances=city.allowances,
            reserve=city.reserve,
        )
    margin = 0.0 if scene.run == "no margin" else scene.margin
    wires = network(city, world.sectors, city.dispatch.margin(margin))
    dispatcher = Dispatcher(
        wires, budget=SLOT, fuse_kw=fuses, confidence=city.dispatch.asked, place=city.place
    )
    return Coordinated(
        movers,
        dispatcher,
        local,
        margin,
        fairness=Fairness() if scene.run == UNFAIR else city.fairness,
        surely=city.dispatch,
        allowances=city.allowances,
        reserve=city.reserve,
    )
