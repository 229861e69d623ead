"""A study: the same days lived four times on the same luck, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from commonwatt.city import sources
from commonwatt.city.bootstrap import Simulated
from commonwatt.city.importers.overlay import overlay as overlaid
from commonwatt.city.model import City
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import DAY_S, SLOT_S, epoch, moment
from commonwatt.study.play import MARGIN, Played, Scene, lead, play
from commonwatt.study.result import BESIDE, RUNS, UNFAIR, StudyResult
from commonwatt.study.seeds import commit, derived
from commonwatt.study.settling import bills_of
from commonwatt.study.stress import most_stressed

Progress = Callable[[str, float], None]


def study(
    city: str | Path | City,
    *,
    start: date | None = None,
    days: int = 7,
    seeds: int | tuple[int, ...] = 3,
    overlay: Mapping[str, float] | None = None,
    overlay_seed: int = 0,
    margin: float = MARGIN,
    confidence: float | None = None,
    beside: bool = False,
    jobs: int = 2,
    progress: Progress = lambda _what, _share: None,
) -> StudyResult:
    """Live `days` days of `city` four times per seed: today, tuned, coordinated, and the bound.

    Where the city gives fairness a weight, once more coordinated without it: what fairness costs.

    Args:
        city: a city, its folder, a pandapower file, or `simbench:CODE`.
        start: first day, local; the most stressed span of the year if not given.
        days: how many days.
        seeds: how many kinds of luck, derived from the commit under study, or the seeds themselves.
        overlay: shares of homes that get an "ev", "hp", "pv" or "battery" beside what is there.
        overlay_seed: deals the overlay.
        margin: share of every rating that the coordinated plan keeps free, 0 to 0.5.
        confidence: with which probability it holds each limit instead, from 0.5, in place of what
            the city says; 0 for the margin.
        beside: also run coordinated without margin, with measurements a slot later, with a naive
            and with a perfect forecast, on the first seed.
        jobs: processes.
        progress: told what is being done and the share that is done.

    Returns:
        Everything the report shows.

    Raises:
        InvalidInput: the city or the dates cannot be studied.
    """
    origin = commit()
    luck = derived(seeds, origin) if isinstance(seeds, int) else seeds
    if days < 1 or not luck:
        raise InvalidInput("a study needs at least one day and one seed")
    if not 0 <= margin <= 0.5:
        raise InvalidInput(f"a margin of {margin:g} is not a share from 0 to 0.5")
    progress("reading the city", 0.0)
    drawn = sources.load(city)
    if overlay:
        drawn = overlaid(drawn, overlay, overlay_seed)
    if confidence is not None:
        drawn = replace(drawn, dispatch=replace(drawn.dispatch, confidence=confidence))
    begin, why = _begin(drawn, start, days, luck[0], progress)
    fair = drawn.fairness.weight > 0
    plain = _scenes(begin, days, luck, beside=beside, fair=fair)
    scenes = [replace(scene, margin=margin) for scene in plain]
    played = _play_all(drawn, scenes, jobs, progress)
    progress("settling", 1.0)
    bills, rows = bills_of(drawn, played)
    return StudyResult(
        city=drawn.name,
        start=begin,
        days=days,
        seeds=tuple(luck),
        why_this_week=why,
        zone=drawn.place.zone,
        prices=drawn.prices,
        rows=(*(row for p in played for row in p.rows), *rows),
        traces=tuple(p.trace for p in played),
        bills=tuple(bills),
        binds=_binds(played),
        settings={
            "commit": origin,
            "overlay": ", ".join(f"{k}={v:g}" for k, v in (overlay or {}).items()) or "none",
            "margin": _kept_free(drawn, margin),
        },
    )


def _kept_free(city: City, margin: float) -> str:
    if city.dispatch.asked is None:
        return f"{margin:.0%} of every rating kept free by the coordinated plan"
    return (
        f"each limit held with {city.dispatch.asked:.3g} in each slot by the coordinated plan, and "
        f"{margin:.0%} of the day's peak kept free"
    )


def _binds(played: Iterable[Played]) -> bool:
    """Whether any limit is broken under today's habits on any luck."""
    limits = {"overload_energy", "voltage_energy"}
    return any(
        row.value > 0 for p in played if p.run == "today" for row in p.rows if row.measure in limits
    )


def _begin(
    city: City, start: date | None, days: int, seed: int, progress: Progress
) -> tuple[int, str]:
    if start is None:
        found = most_stressed(
            city,
            days=days,
            count=1,
            seed=seed,
            progress=lambda share: progress("looking for the most stressed days", share),
        )
        return found[0].start, found[0].why(days)
    begin = epoch(datetime.combine(start, time(), tzinfo=ZoneInfo(city.place.zone)))
    first = city.series.start
    last = first + city.series.slots * SLOT_S
    if city.series.slots and not first + DAY_S <= begin <= last - (days + 2) * DAY_S:
        covered = f"{moment(first + 2 * DAY_S):%Y-%m-%d} to {moment(last - 2 * DAY_S):%Y-%m-%d}"
        raise InvalidInput(
            f"{city.name}: there is no weather or profile for {days} days from {start}; "
            f"name days within {covered}"
        )
    return begin, f"The {days} days from {start:%d %B %Y}, as asked."


def _scenes(
    begin: int, days: int, seeds: Sequence[int], *, beside: bool, fair: bool
) -> list[Scene]:
    """What is to be lived; the slowest runs first, so that no process ends up waiting."""
    runs = [(run, seed) for run in reversed(RUNS) for seed in seeds]
    if fair:
        runs += [(UNFAIR, seed) for seed in seeds]
    if beside:
        runs += [(run, seeds[0]) for run in BESIDE]
    return [Scene(start=begin, days=days, run=run, seed=seed) for run, seed in runs]


def _play_all(city: City, scenes: list[Scene], jobs: int, progress: Progress) -> list[Played]:
    """All scenes, in their order, whatever order they finish in."""
    seeds = sorted({scene.seed for scene in scenes})
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        leads = [pool.submit(lead, city, scenes[0].start, seed) for seed in seeds]
        worlds: dict[int, Simulated] = {}
        for seed, begun in zip(seeds, leads, strict=True):
            progress("living through the weeks before", len(worlds) / len(seeds))
            worlds[seed] = begun.result()
        number = {pool.submit(play, scene, worlds[scene.seed]): k for k, scene in enumerate(scenes)}
        done: dict[int, Played] = {}
        for future in as_completed(number):
            scene = scenes[number[future]]
            done[number[future]] = future.result()
            progress(f"lived {scene.run!r} with seed {scene.seed}", len(done) / len(scenes))
    return [done[k] for k in range(len(scenes))]
