"""`commonwatt generate`: grow a town from a seed, save it as a folder, say what came of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from commonwatt.city import folder
from commonwatt.city.generate import Shares, grown
from commonwatt.city.model import City
from commonwatt.city.soundness import Day, hard_days, lived
from commonwatt.cli.console import OUT, bar
from commonwatt.sectors.grid.analysis.flow import Feeder

_USUAL = Shares()
LV_BELOW_KV = 1.0
_OWNED = {
    "pv": "roofs",
    "battery": "batteries",
    "charger": "charge points, the public ones among them",
    "heat_pump": "heat pumps",
}


def generate(
    *,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="The folder to make.", show_default=False)
    ],
    homes: Annotated[int, typer.Option(metavar="N", help="Exactly how many homes.")] = 300,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Decides everything else.")] = 7,
    pv: Annotated[
        float, typer.Option(metavar="SHARE", help="Of homes, with a roof of their own power.")
    ] = _USUAL.pv,
    battery: Annotated[
        float, typer.Option(metavar="SHARE", help="Of homes with a roof, with a battery.")
    ] = _USUAL.battery,
    ev: Annotated[
        float, typer.Option(metavar="SHARE", help="Of homes, with a car charged there.")
    ] = _USUAL.ev,
    heat_pump: Annotated[
        float, typer.Option(metavar="SHARE", help="Of homes, with a heat pump.")
    ] = _USUAL.heat_pump,
) -> None:
    """Grow a [bold]town[/bold]: streets first, then houses, wires and people, from a seed.

    The wires are planned as for homes without cars and heat pumps; what the shares add meets them
    as they are. The same town, unsaved, is [bold]generate:HOMES:SEED[/bold] wherever a CITY is
    asked for.
    """
    with bar() as progress:
        task = progress.add_task("growing the town", total=3)
        city = grown(homes, seed, Shares(pv=pv, battery=battery, ev=ev, heat_pump=heat_pump))
        progress.update(task, description="saving it", completed=1)
        folder.save(city, out)
        progress.update(task, description="living through a winter day", completed=2)
        why, start = next(iter(hard_days(city).items()))
        day = lived(city, Feeder.of(city), why, start, seed)
    for line in summary(city, day):
        OUT.print(line, soft_wrap=True)
    OUT.print(f"Saved in {out}", soft_wrap=True)


def summary(city: City, day: Day) -> list[str]:
    """What there is, line by line, and how loaded it is on a hard day."""
    uses = Counter(city.connections.text("use"))
    kinds = Counter(str(kind) for kind in city.layers["building"].columns["kind"])
    sizes = Counter(city.table("transformer").f("rated_kva").tolist())
    line, bus = city.table("line"), city.table("bus")
    km = line.f("length_m") * line.f("parallel") / 1e3
    low = bus.f("rated_kv")[line.i("from_bus")] < LV_BELOW_KV
    owned = [f"{len(city.table(kind)):,} {word}" for kind, word in _OWNED.items()]
    buildings = ", ".join(f"{n:,} {k.replace('_', '-')}" for k, n in kinds.most_common())
    stations = ", ".join(f"{n} × {kva:.0f} kVA" for kva, n in sorted(sizes.items()))
    return [
        f"Homes        {uses['home']:,}, with {', '.join(owned)}",
        f"Buildings    {kinds.total():,}: {buildings}",
        f"Transformers {sizes.total():,}: {stations}",
        f"Cable        {km[low].sum():,.1f} km low, {km[~low].sum():,.1f} km medium voltage",
        f"Today        {max(day.transformer, day.line):.0%} of the tightest rating, "  # noqa: ISC004 - one line
        f"{day.low_pu:.3f} pu at least, {day.source_kw:,.0f} kW drawn (day of the {day.why})",
    ]
