"""One life of a city: its brain and its field on a scaled clock, every slot of it kept.

What makes a crash harmless is the order of a slot: the field lives through it and puts itself down
with the readings that arrived and with what was corrected meanwhile; the readings are stored
(again, after a crash: they have the same key); the brain judges, foresees, decides; the field puts
itself down with the commands it took; then one transaction commits alarms, devices, commands, plan
and events, and with them that the slot is done. Whatever was not committed is done again from the
same field, memory and readings.
"""

from __future__ import annotations

from collections.abc import Callable

from commonwatt.city.bootstrap import Simulated, flexible, network, simulated
from commonwatt.city.brain import ACT, Brain
from commonwatt.city.correction import Correction
from commonwatt.city.held import Held
from commonwatt.city.live import bookkeeping
from commonwatt.city.live.census import Census
from commonwatt.city.live.folder import StateFolder
from commonwatt.city.live.lasting import LastingField
from commonwatt.city.live.record import Record
from commonwatt.city.live.snapshots import Snapshots
from commonwatt.city.live.wishes import Wishes
from commonwatt.city.loop import Job, Loop
from commonwatt.city.reserve import Called
from commonwatt.city.strategy import Coordinated, LocalRules
from commonwatt.city.watch import Watch, cadence_at
from commonwatt.kernel.clocks import ScaledClock
from commonwatt.kernel.errors import StorageFailed
from commonwatt.kernel.intervals import DAY_S, SLOT_S, STEP_S
from commonwatt.platform import calls, milestones
from commonwatt.platform.alarms import archive as alarm_archive
from commonwatt.platform.database import Database
from commonwatt.platform.devices import archive as device_archive
from commonwatt.platform.dispatch import Budget, Dispatcher
from commonwatt.platform.forecast import Forecaster
from commonwatt.platform.telemetry import Telemetry
from commonwatt.sectors.grid.control import Gauges, GridNetwork, Limiter

HOUR_S = 3600
FOREVER = 1 << 40
LIMITER_MARGIN = 0.05
"""Share of every rating that the local rules' limiter keeps free."""


class Life:
    """A city that lives on from where it was left, or from its start.

    Args:
        folder: its state folder, begun before.
        database: migrated before.
        idle: called several times a second while it waits; what it raises ends `run`.
        say: told in words what takes a while.

    Attributes:
        census: what there is.
        telemetry: what was measured.
        clock: city time.
        field: the world out there.
        brain: decides.

    Raises:
        StorageFailed: what was kept cannot be used.
    """

    def __init__(
        self,
        folder: StateFolder,
        database: Database,
        idle: Callable[[], None] = lambda: None,
        say: Callable[[str], None] = lambda _words: None,
    ) -> None:
        self._database, self._idle, self._say = database, idle, say
        self._setting = setting = folder.setting()
        city = folder.city()
        self._world = world = simulated(city, setting.seed, setting.begin(city))
        self.census = Census(city, world.sectors)
        with database.read() as connection:
            self._done = milestones.reached(connection, milestones.LOOP)
        if self._done is None:  # whatever an earlier try measured would look like the future
            folder.telemetry.unlink(missing_ok=True)
        self.telemetry = Telemetry.open(
            folder.telemetry, self.census.quantities.values(), city.sites
        )
        standing = {"ground": world.ground, "signals": world.ground.signals, "city": city}
        self._fields = Snapshots(folder.path, "field", standing)
        self._minds = Snapshots(folder.path, "mind", standing)
        self._now = setting.start if self._done is None else self._done
        self.clock = ScaledClock(self._now, setting.speed, idle=self._attend)
        wires = GridNetwork(city)
        self._correction = Correction(city, wires, Gauges(wires))
        self.field = self._left_or_new()
        self._strategy = _coordinated(world, setting.margin)
        self._record = Record(
            self.census,
            database,
            self._strategy,
            self.clock,
            self._correction,
            begun=setting.begin(city),
        )
        self.brain = self._made_up()
        self._watch = Watch(
            self._correction, self.field, self.brain.devices, lambda: self._strategy.offers
        )
        self._strategy.holding = self._holding
        self._strategy.calling = self._calling
        self._wishes = Wishes(database, self.brain.devices, self.brain.alarms)
        self._shown = self._done is not None

    def run(self, until: int = FOREVER) -> None:
        """Live, slot by slot, through the one that starts at `until` and no further."""
        if self._done is None:
            self._live_before()
            self._record.begin(self.brain, self._now, self._setting.begin(self.census.city))
            self._shown = True
        done = self._now - SLOT_S if self._done is None else self._done
        steps = [
            *self.brain.jobs(),
            Job("settle", self._settle),
            Job("account", self._account),
            Job("commit", self._commit),
        ]
        jobs = [Job(job.name, job.run, job.cadence_s, job.deadline_s, done) for job in steps]
        looked = self._now - STEP_S if self._done is None else self._looked_until(self._done)
        self._looks = Job("correct", self._correct, cadence_at(self.clock.factor), STEP_S, looked)
        jobs.insert(len(self.brain.jobs()), self._looks)
        Loop(self.clock, jobs, late=lambda _name: None).run_until(until)

    def close(self) -> None:
        """Let go of the log and the solver."""
        self.telemetry.close()
        self._strategy.dispatcher.close()

    def _left_or_new(self) -> LastingField:
        if self._done is None:
            return LastingField(self._world.field, self._fields, self._correction)
        times = [time for time in self._fields.times() if time >= self._done]
        if not times:
            raise StorageFailed("the field's snapshot is missing; move the state folder away")
        return LastingField.resumed(self._fields, times[-1], self._correction)

    def _made_up(self) -> Brain:
        """The brain, with all it knew when the last slot was committed."""
        city = self.census.city
        brain = Brain(
            city=city,
            sectors=self._world.sectors,
            field=self.field,
            telemetry=self.telemetry,
            signals=self._world.ground.signals,
            forecaster=Forecaster(
                city.place,
                archive=self._world.ground.signals.weather_issued,
                draws=city.dispatch.asked is not None,
            ),
            strategy=self._strategy,
            told=self._record.told,
            doubted=self._record.doubted,
        )
        if self._done is not None:
            brain.memory, self._strategy.dispatcher.memory = self._minds.load(self._done)
            with self._database.read() as connection:
                brain.devices.recall(device_archive.load(connection))
                brain.alarms.recall(alarm_archive.load(connection))
        return brain

    def _live_before(self) -> None:
        """The weeks or days before the show: nobody coordinates, so that there is a past."""
        begin = self._setting.begin(self.census.city)
        self._say(f"living the {(self._now - begin) / DAY_S:.1f} days before")
        for now in range(begin + SLOT_S, self._now + 1, SLOT_S):
            self.field.keeps = now == self._now
            self.brain.sense(now)
            self._idle()
        self._say("the first values are measured")

    def _looked_until(self, done: int) -> int:
        """A slot that the field has lived through since `done` is not looked at again."""
        return done if self.field.now == done else self.field.now - 1

    def _correct(self, now: int) -> None:
        """Look between plans; show at once whom that holds or lets go."""
        self._watch.cadence_s = self._looks.cadence_s = cadence_at(self.clock.factor)
        self._watch.run(now)
        if now % SLOT_S and self._record.outdated(now):
            self._record.amend(self.brain, self._now, None)

    def _settle(self, now: int) -> None:
        begun = self._setting.begin(self.census.city)
        for day in bookkeeping.settle(self.census, self._database, self.brain.view(now), begun):
            self._say(f"settled {day}")

    def _account(self, now: int) -> None:
        if now % HOUR_S == 0 or now == self._setting.start:
            bookkeeping.account(self.census, self._database, self.brain.view(now))

    def _commit(self, now: int) -> None:
        self.field.save()
        self._minds.save(now, (self.brain.memory, self._strategy.dispatcher.memory))
        self._record.commit(self.brain, now)
        self._fields.drop_before(now)
        self._minds.drop_before(now)
        self._now = self._done = now

    def _holding(self, now: int) -> Held:
        asset, low, high, until = self.brain.devices.overrides(now, ACT)
        return Held(asset=asset, low_kw=low, high_kw=high, until=until)

    def _calling(self, now: int) -> Called | None:
        """What is called for the slot at `now`, heard as late as can be: when its plan is made."""
        with self._database.read() as connection:
            call = calls.standing(connection, now)
        if call is None:
            return None
        note = f" ({call.note})" if call.note else ""
        return Called(call.kw, f"by {call.author}{note}", call.id)

    def _attend(self) -> None:
        """Between slots: hear what people ask, and whether to stop."""
        self._idle()
        if not self._shown:
            return
        heard = self._wishes.hear(self._now)
        hurried = heard.speed is not None and heard.speed != self.clock.factor
        if heard.speed is not None and hurried:
            self.clock.factor = heard.speed
            self._record.restart_pace()
        if hurried or heard.noted is not None:
            self._record.amend(self.brain, self._now, heard.noted)


def _coordinated(world: Simulated, margin: float) -> Coordinated:
    """The city as one, with its local rules behind it."""
    city, movers = world.city, flexible(world.sectors)
    dispatcher = Dispatcher(
        network(city, world.sectors, city.dispatch.margin(margin)),
        budget=Budget(method="fresh", agree=1e-3),
        fuse_kw=city.connections.f("fuse_kw"),
        confidence=city.dispatch.asked,
        place=city.place,
    )
    return Coordinated(
        movers,
        dispatcher,
        LocalRules(movers, Limiter(city, LIMITER_MARGIN)),
        margin,
        fairness=city.fairness,
        surely=city.dispatch,
        allowances=city.allowances,
        reserve=city.reserve,
    )
