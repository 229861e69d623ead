"""The CityLearn Challenge of 2022, driven by forecasts in closed loop, hour by hour for a year.

    python benchmarks/citylearn.py           # the year: 8,760 hours of seventeen homes
    python benchmarks/citylearn.py --quick   # two months
    python benchmarks/citylearn.py --check   # only our battery and marks beside the library's

Seventeen homes with sun on the roof and a battery of 6.4 kWh each. Every hour the controller looks
at what was measured so far, forecasts every home's next day, plans all batteries in one programme
and asks for its first hour; then the hour is lived, with CityLearn's law of the battery, and what
came of it is seen. Marks are the challenge's, ratios to no battery. Variants of the controller were
tried on the first three months, later on two more, and none was kept; the parts are told apart.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from challenge.battery import Pack
from challenge.bound import bound
from challenge.check import battery_gap, marks_gap
from challenge.marks import MONTH_H, Marks, marked
from challenge.play import Controller, played, ruled
from challenge.year import Year, fetched, read
from plotly import graph_objects
from plotly.offline import get_plotlyjs

REQUIRED, AIM = 0.85, 0.80
QUARTER_H = 3 * MONTH_H
WEEK = slice(5 * 168, 6 * 168)
HEADS = ("score", "cost", "carbon", "ramping", "1-LF", "pooled", "means")
"""The last two: the score by the cost of the code of 2022, and by CityLearn 2's mean of homes."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two months")
    parser.add_argument("--check", action="store_true", help="only compare with the library")
    parser.add_argument("--cache", type=Path, default=Path("out/citylearn"), help="for the wheel")
    parser.add_argument("--page", type=Path, default=Path("out/citylearn.html"))
    given = parser.parse_args()
    given.cache.mkdir(parents=True, exist_ok=True)
    wheel = fetched(given.cache)
    year, pack = read(wheel)
    checked(wheel, year, pack)
    if given.check:
        return
    nets = measured(year.until(2 * MONTH_H) if given.quick else year, pack)
    told(year, nets)
    drawn(year, nets, given.page)
    print(f"plots: {given.page}")


def checked(wheel: Path, year: Year, pack: Pack) -> None:
    """Say how far our battery and marks are from the library's; leave if they differ."""
    net = played(year, pack, ruled(pack))
    exact, single = (battery_gap(wheel, pack, double=double) for double in (True, False))
    marks = marks_gap(wheel, year, net)
    print("beside CityLearn's own code, largest difference:")
    print(f"  battery over 5,000 random actions {exact:.1e} kWh ({single:.1e} in single precision)")
    print(f"  marks of a year under its rule {marks:.1e}")
    if exact > 1e-9 or marks > 1e-9:
        sys.exit("our battery or our marks are not the challenge's: nothing below would count")


def measured(year: Year, pack: Pack) -> dict[str, np.ndarray]:
    """By controller, (H,T) what every home took; perfect foresight is sought meanwhile."""
    with ProcessPoolExecutor(1) as beside:
        best = beside.submit(bound, year, pack)
        began, used = time.perf_counter(), time.process_time()
        ours = played(year, pack, Controller(pack))
        wall, cpu = time.perf_counter() - began, time.process_time() - used
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
        load = os.getloadavg()[0] / (os.cpu_count() or 1)
        print(
            f"{len(year)} hours: {1e3 * wall / len(year):.0f} ms wall, "
            f"{1e3 * cpu / len(year):.0f} ms processor an hour, {memory:.0f} MB "
            f"(load {load:.1f} a core)"
        )
        return {
            "no battery": year.net_kwh,
            "CityLearn's rule": played(year, pack, ruled(pack)),
            "ours": ours,
            "perfect foresight": best.result(),
        }


def told(year: Year, nets: dict[str, np.ndarray]) -> None:
    """Print every mark, of the whole time and of its parts."""
    hours = nets["ours"].shape[1]
    parts = {"all": slice(0, hours)}
    if hours > QUARTER_H:
        parts |= {"months 1-3": slice(0, QUARTER_H), "months 4-12": slice(QUARTER_H, hours)}
    print(f"{'':18} {'part':12}" + "".join(f"{head:>9}" for head in HEADS))
    for part, span in parts.items():
        for name, net in nets.items():
            row = "".join(f"{value:9.3f}" for value in row_of(marked(year.at(span), net[:, span])))
            print(f"{name:18} {part:12}{row}")
    score = marked(year.at(parts["all"]), nets["ours"]).score
    for word, most in (("required", REQUIRED), ("aim", AIM)):
        print(f"{word} {most:.2f}: {'met' if score <= most else 'NOT met'} ({score:.3f})")


def row_of(marks: Marks) -> tuple[float, ...]:
    """As HEADS says."""
    return (
        marks.score, marks.cost, marks.carbon, marks.ramping, marks.load_factor,
        marks.pooled_score, marks.mean_score,
    )  # fmt: skip


def drawn(year: Year, nets: dict[str, np.ndarray], page: Path) -> None:
    """A week of the district, and the marks, as one page."""
    week, bars = graph_objects.Figure(), graph_objects.Figure()
    for name, net in nets.items():
        week.add_scatter(y=net[:, WEEK].sum(axis=0), name=name)
        row = row_of(marked(year.until(net.shape[1]), net))
        bars.add_bar(x=HEADS[:5], y=row[:5], name=name)
    week.update_layout(
        title="Seventeen homes, the sixth week", xaxis_title="hour", yaxis_title="net power, kW"
    )
    bars.update_layout(title="The challenge's marks", yaxis_title="ratio to no battery")
    page.parent.mkdir(parents=True, exist_ok=True)
    parts = "".join(f.to_html(full_html=False, include_plotlyjs=False) for f in (week, bars))
    head = "<!doctype html><meta charset='utf-8'><title>CityLearn 2022</title>"
    page.write_text(f"{head}<script>{get_plotlyjs()}</script>{parts}")


if __name__ == "__main__":
    main()
