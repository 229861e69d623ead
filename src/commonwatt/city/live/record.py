"""What the brain puts on record: one transaction a slot, and small ones between slots."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sqlalchemy import Connection

from commonwatt.city.brain import ACT, Brain
from commonwatt.city.correction import FEEDER, Correction, Hold
from commonwatt.city.live import present
from commonwatt.city.live.answers import ALONE
from commonwatt.city.live.census import Census
from commonwatt.city.live.foresight import Foresight
from commonwatt.city.live.outlook import SPREADS, Outlook, outlook
from commonwatt.city.live.pace import Pace
from commonwatt.city.live.planned import (
    fairness_document,
    plan_document,
    release_document,
)
from commonwatt.city.strategy import BRAIN, Coordinated
from commonwatt.city.view import LiveView
from commonwatt.city.watch import cadence_at
from commonwatt.kernel.clocks import ScaledClock
from commonwatt.kernel.commands import Commands
from commonwatt.kernel.flexibility import Schedule
from commonwatt.kernel.intervals import SLOT_S, STEP_S
from commonwatt.kernel.ports import Forecast, View
from commonwatt.kernel.units import I
from commonwatt.platform import calls, decisions, milestones, outbox, plans
from commonwatt.platform.alarms import Alarm
from commonwatt.platform.alarms import archive as alarm_archive
from commonwatt.platform.database import Database
from commonwatt.platform.devices import State
from commonwatt.platform.devices import archive as device_archive

SHOWN_S = 60
"""Whom a correction holds is shown anew at most so often, in seconds of city time."""
HELD_SHOWN = 8


class Record:
    """Turns what a slot brought into rows and events.

    Args:
        census: what there is.
        database: where it goes.
        strategy: who decides.
        clock: tells how far city time has come.
        correction: who is held between plans.
        begun: city time at which life began.
    """

    def __init__(
        self,
        census: Census,
        database: Database,
        strategy: Coordinated,
        clock: ScaledClock,
        correction: Correction,
        *,
        begun: int,
    ) -> None:
        self._census = census
        self._database = database
        self._strategy = strategy
        self._clock = clock
        self._correction = correction
        self._looked: tuple[int, list[int]] = (0, [])
        self._feeder = census.feeder
        self._movers = [row.name for row in census.sectors if row.flexible is not None]
        self._commands = Commands.none(BRAIN)
        self._ahead: Outlook | None = None
        self._foresight = Foresight(census, database, begun)
        self._planned: list[Forecast] = []
        self._known: dict[tuple[str, int], Alarm] = {}
        self._pace = Pace()
        self._lag_s = 0
        with database.read() as connection:
            shown = outbox.present(connection)
            for alarm in alarm_archive.load(connection):
                self._known[alarm.key, alarm.raised] = alarm
        self._shown: present.Document = json.loads(shown[1]) if shown is not None else {}

    def told(self, _now: int, commands: Commands) -> None:
        """Hear what the devices were told."""
        self._commands = commands

    def begin(self, brain: Brain, now: int, begun: int) -> None:
        """Show what is known before the first plan: values, no plan yet."""
        after = self._document(brain, now)
        with self._database.write() as connection:
            milestones.reach(connection, milestones.BEGAN, begun)
            self._publish(connection, now, [], after)

    def commit(self, brain: Brain, now: int) -> None:
        """Put the slot decided at `now` on record: all of it, or nothing."""
        view = brain.view(now)
        plan = self._strategy.schedule
        self._pace.mark(now, self._clock.seconds())
        self._lag_s = max(0, self._clock.now() - now)
        why: tuple[str, ...] = ()
        if plan is not None:
            ahead = self._look_ahead(brain, plan)
            self._planned = self._foresight.planned(ahead, view)
            self._ahead = self._foresight.seen_by_sector(ahead, self._planned)
            why = self._aware(plan, self._strategy.dispatcher.reasons(plan))
        told = self._explained(plan, why)
        confirmed = brain.devices.states(now, ACT)[told.asset] == State.ACKNOWLEDGED
        after = self._document(brain, now)
        with self._database.write() as connection:
            changed = self._save_alarms(connection, brain)
            device_archive.save(connection, brain.devices.kept())
            device_archive.note(connection, now, told, confirmed)
            self._note_past(connection, *self._correction.past)
            if self._ahead is not None:
                body = plan_document(
                    self._census,
                    self._ahead,
                    now,
                    told,
                    why=why,
                    price_eur_per_kwh=self._wholesale(view),
                    certificate=self._strategy.dispatcher.certificate(self._ahead.schedule),
                    fairness=fairness_document(self._strategy.burdens, self._strategy.fairness_eur),
                    release=self._strategy.release,
                )
                plans.put(connection, now, as_json(body))
                decisions.put(connection, self._decision(now))
            self._foresight.record(connection, brain, self._planned if plan else [], now)
            given = self._save_given(connection, now)
            self._publish(connection, now, [*changed, *given], after)
            milestones.reach(connection, milestones.LOOP, now)

    def amend(self, brain: Brain, now: int, noted: int | None) -> None:
        """Put on record what changed between slots: acknowledgements, the speed asked for."""
        after = self._document(brain, now)
        with self._database.write() as connection:
            changed = self._save_alarms(connection, brain)
            if noted is not None:
                milestones.reach(connection, milestones.NOTES, noted)
            self._publish(connection, now, changed, after)

    def outdated(self, now: int) -> bool:
        """Whether pages show others as held than are at `now`; asked anew once a minute."""
        since, shown = self._looked
        return now - since >= SHOWN_S and self._correction.holding.tolist() != shown

    def doubted(self, view: View) -> bool:
        """Whether forecasts have drifted, by what is on record of them."""
        return self._foresight.doubted(view)

    def restart_pace(self) -> None:
        """Measure speed afresh, as when another is asked for."""
        self._pace.restart()

    def _note_past(self, connection: Connection, start: int, holds: Sequence[Hold]) -> None:
        """Put down what the feeders' own correction did in the slot that began at `start`."""
        if not holds:
            return
        device_archive.note_corrections(connection, start, *_as_commands(start, holds))
        decided = decisions.governing(connection, start)
        if decided is not None:
            why = {
                hold.asset: f"{decided.why.get(hold.asset, ALONE)}; {hold.sentence}"
                for hold in holds
            }
            decisions.put(connection, replace(decided, why={**decided.why, **why}))

    def _look_ahead(self, brain: Brain, plan: Schedule) -> Outlook:
        offers = list(zip(self._movers, self._strategy.offers, strict=True))
        spreads = {
            row.name: (quantity, brain.forecasts[quantity])
            for row in self._census.sectors
            for quantity in row.foreseen
            if quantity in SPREADS and quantity in brain.forecasts
        }
        return outlook(plan, offers, spreads, self._feeder)

    def _explained(self, plan: Schedule | None, why: Sequence[str]) -> Commands:
        """What was told, each with the planner's own reason where it has one."""
        told = self._commands
        if plan is None or not why:
            return told
        sentence = dict(zip(plan.asset.tolist(), why, strict=True))
        reasons = zip(told.asset.tolist(), told.reason, strict=True)
        return replace(told, reason=tuple(sentence.get(ix, reason) for ix, reason in reasons))

    def _aware(self, plan: Schedule, why: tuple[str, ...]) -> tuple[str, ...]:
        """`why` (N,) of the assets of `plan`, with what a call of reserve adds to it."""
        release = self._strategy.release
        return why if release is None else release.reasons(plan.asset, why)

    def _decision(self, now: int) -> decisions.Decision:
        """What was decided for the slot at `now`, with the planner's answers where it has any."""
        assert self._ahead is not None  # noqa: S101 - asked for only with a plan
        plan, told = self._ahead.schedule, self._commands
        why = dict(zip(told.asset.tolist(), told.reason, strict=True))
        answers = self._aware(plan, self._strategy.dispatcher.answers(plan))
        why |= zip(plan.asset.tolist(), answers, strict=True)
        return decisions.Decision(time=now, status=plan.status, why=why)

    def _wholesale(self, view: LiveView) -> np.ndarray:
        assert self._ahead is not None  # noqa: S101 - asked for only with a plan
        return view.signal("price.wholesale_eur_per_kwh", self._ahead.window)

    def _document(self, brain: Brain, now: int) -> present.Document:
        asked = self._clock.factor
        pace = {
            "time": present.moment_text(now),
            "speed": asked,
            "speed_now": round(self._pace.speed(asked), 2),
            "lag_s": self._lag_s,
            "behind": self._pace.behind(asked),
            "corrections": self._corrections(cadence_at(asked)),
        }
        seen = present.Measured.of(self._census, brain.view(now))
        standing = brain.alarms.standing(ACT)
        return present.document(self._census, seen, self._ahead, standing, pace)

    def _corrections(self, every_s: int) -> present.Document:
        """Who is held between plans now, those who give most first."""
        holding = self._correction.holding.tolist()
        self._looked = (self._correction.looked, holding)
        holds = self._correction.now
        return {
            "every_s": every_s,
            "held": len(holding),
            "kw": present.number(sum(abs(hold.of_kw - hold.to_kw) for hold in holds)),
            "most": [
                {
                    "asset": self._census.assets[hold.asset],
                    "sector": self._census.sector_of_asset(hold.asset),
                    "to_kw": present.number(hold.to_kw),
                    "of_kw": present.number(hold.of_kw),
                    "limit": hold.limit,
                    "since": present.moment_text(hold.since),
                }
                for hold in sorted(holds, key=lambda h: (-abs(h.of_kw - h.to_kw), h.asset))
            ][:HELD_SHOWN],
        }

    def _save_alarms(self, connection: Connection, brain: Brain) -> list[tuple[str, str]]:
        """Put down what changed of the alarms; the events that tell of it."""
        fresh = [
            alarm
            for alarm in brain.alarms.history(ACT)
            if self._known.get((alarm.key, alarm.raised)) != alarm
        ]
        alarm_archive.save(connection, fresh)
        self._known.update({(alarm.key, alarm.raised): alarm for alarm in fresh})
        return [("alarm", as_json(present.alarm_document(alarm))) for alarm in fresh]

    def _save_given(self, connection: Connection, now: int) -> list[tuple[str, str]]:
        """Put down what the slot gave of a call on record; the event that tells of it."""
        release = self._strategy.release
        if release is None or release.called.call is None:
            return []
        calls.gave(connection, release.called.call, calls.Given(now, release.kw))
        return [("reserve", as_json(release_document(release, now)))]

    def _publish(
        self,
        connection: Connection,
        now: int,
        events: Sequence[tuple[str, str]],
        after: present.Document,
    ) -> None:
        delta = present.changes(self._shown, after)
        newest = outbox.publish(connection, now, [*events, ("delta", as_json(delta))])
        outbox.set_present(connection, newest, as_json(after))
        self._shown = after


def _as_commands(start: int, holds: Sequence[Hold]) -> tuple[I, Commands]:
    """When each hold of the slot from `start` was first told, and the command it came to."""
    to = np.array([hold.to_kw for hold in holds])
    draws = np.array([hold.of_kw > 0 for hold in holds])
    told = Commands(
        asset=np.array([hold.asset for hold in holds], dtype=np.int64),
        low_kw=np.where(draws, -np.inf, to),
        high_kw=np.where(draws, to, np.inf),
        expires=np.full(to.size, start + SLOT_S, dtype=np.int64),
        reason=tuple(hold.sentence for hold in holds),
        author=FEEDER,
    )
    since = np.array([hold.since for hold in holds], dtype=np.int64)
    return np.maximum(since, start + STEP_S), told


def as_json(document: object) -> str:
    """Compact JSON in which nothing is NaN."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
