"""One home, as its resident sees it: use, cost, what was shifted, and what may be overridden."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends
from pydantic import BaseModel

from commonwatt.city.live.bookkeeping import day_start, local_date
from commonwatt.city.live.present import moment_text, moment_texts, number, numbers
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.money import TICKS_PER_EUR
from commonwatt.kernel.principal import Role, Warrant
from commonwatt.kernel.units import WH_PER_KWH, F
from commonwatt.platform.access import require_reach
from commonwatt.platform.devices import archive, overrides
from commonwatt.platform.settlement import Tariff, ledger
from commonwatt.server.access import Known, Meant, Operator, invite
from commonwatt.server.live import Live, live_of
from commonwatt.server.views.assets import reason
from commonwatt.server.views.sectors import AssetLine, asset_lines

router = APIRouter(prefix="/api/home", tags=["home"])
STILL_KW = 0.05


class Today(BaseModel):
    """Since local midnight, from what the meter said so far."""

    import_kwh: float | None
    export_kwh: float | None
    cost_eur: float | None
    tariff_now_eur_per_kwh: float


class SettledDay(BaseModel):
    """A day whose reads are final."""

    date: str
    import_kwh: float
    export_kwh: float
    cost_eur: float
    guarantee_eur: float | None


class OwnAsset(AssetLine):
    """A device of one's own, with why it does what it does."""

    reason: str


class Shifted(BaseModel):
    """Something a device was asked today."""

    time: str
    asset: str
    sentence: str


class HomeSeries(BaseModel):
    """The last day: power at the meter and the price of drawing."""

    times: list[str]
    kw: list[float | None]
    price: list[float | None]


class HomePage(BaseModel):
    """One home whole; `earned_eur` is null until it is measured."""

    connection: str
    use: str
    neighbourhood: str
    kw_now: float | None
    today: Today
    days: list[SettledDay]
    assets: list[OwnAsset]
    shifted: list[Shifted]
    earned_eur: float | None
    series: HomeSeries


class HomeLink(BaseModel):
    """A one-time link for the resident of a connection, relative to this server."""

    path: str


@router.post("/{connection:path}/link", dependencies=[Meant])
def make_home_link(
    connection: str, live: Annotated[Live, Depends(live_of)], _who: Operator
) -> HomeLink:
    """Make a one-time link that lets a resident see and override her own home."""
    live.census.connection(connection)
    with live.database.write() as written:
        token = invite(written, Role.RESIDENT, connection)
    return HomeLink(path=f"/home/{connection}?token={token}")


@router.get("/{connection:path}")
def read_home(connection: str, live: Annotated[Live, Depends(live_of)], who: Known) -> HomePage:
    """Tell everything of one home."""
    table = live.census.city.connections
    ix = live.census.connection(connection)
    require_reach(who.warrant, np.array([ix]))
    window = live.past(24)
    power = live.history("meter.power_kw", np.array([ix]), window, who.warrant)[0]
    with live.database.read() as opened:
        days = ledger.days(opened, ix, who.warrant)
    tariff = Tariff(zone=live.census.city.place.zone)
    return HomePage(
        connection=connection,
        use=table.text("use")[ix],
        neighbourhood=table.text("neighbourhood")[ix],
        kw_now=number(live.latest("meter.power_kw", np.array([ix]), who.warrant)[0]),
        today=_today(live, ix, tariff, who.warrant),
        days=[
            SettledDay(
                date=day.day,
                import_kwh=day.import_wh / WH_PER_KWH,
                export_kwh=day.export_wh / WH_PER_KWH,
                cost_eur=round(day.ticks / TICKS_PER_EUR, 2),
                guarantee_eur=None,
            )
            for day in days
        ],
        assets=_assets(live, ix, who.warrant),
        shifted=_shifted(live, ix),
        earned_eur=None,
        series=HomeSeries(
            times=moment_texts(window.starts),
            kw=numbers(power),
            price=numbers(_EUR_PER_KWH * tariff.import_ticks(window.starts).astype(float), 4),
        ),
    )


_EUR_PER_KWH = WH_PER_KWH / TICKS_PER_EUR
"""€/kWh of one tick per Wh."""


def _midnight(live: Live) -> int:
    zone = live.census.city.place.zone
    return day_start(local_date(live.now() - 1, zone), zone)


def _today(live: Live, ix: int, tariff: Tariff, warrant: Warrant) -> Today:
    now, midnight = live.now(), _midnight(live)
    window = Window.uniform(midnight, max(1, (now - midnight) // SLOT_S))
    drawn, fed = (
        _used(live, f"meter.{way}_wh", ix, window, warrant) for way in ("import", "export")
    )
    ticks = drawn @ tariff.import_ticks(window.starts) - fed.sum() * tariff.export_ticks
    return Today(
        import_kwh=number(drawn.sum() / WH_PER_KWH),
        export_kwh=number(fed.sum() / WH_PER_KWH),
        cost_eur=number(ticks / TICKS_PER_EUR, 2),
        tariff_now_eur_per_kwh=float(tariff.import_ticks(np.array([now]))[0] * _EUR_PER_KWH),
    )


def _used(live: Live, register: str, ix: int, window: Window, warrant: Warrant) -> F:
    """(T,) Wh by the register; a rise over missing readings counts where the next one comes."""
    edges = Window(np.concatenate([[window.start - SLOT_S], window.edges]))
    read = live.history(register, np.array([ix]), edges, warrant)[0]
    known = np.flatnonzero(np.isfinite(read))
    used = np.zeros(read.size)
    used[known[1:]] = np.diff(read[known])
    return used[1:]


def _assets(live: Live, ix: int, warrant: Warrant) -> list[OwnAsset]:
    mine = np.flatnonzero(live.census.city.sites == ix).tolist()
    now = live.now()
    with live.database.read() as connection:
        told = archive.newest(connection, now)
        above = overrides.standing(connection, now, mine)
    lines = asset_lines(live, mine, warrant)
    return [
        OwnAsset(**line.model_dump(), reason=reason(above.get(asset), told.get(asset)))
        for asset, line in zip(mine, lines, strict=True)
    ]


def _shifted(live: Live, ix: int) -> list[Shifted]:
    """What the home's devices were asked today, newest first: changes of mind only."""
    mine = np.flatnonzero(live.census.city.sites == ix).tolist()
    midnight, found = _midnight(live), []
    with live.database.read() as connection:
        for asset in mine:
            last: tuple[float, float] | None = None
            for row in archive.told(connection, asset, midnight):
                bounds = (row.low_kw, row.high_kw)
                moved = (
                    last is None
                    or max(abs(np.nan_to_num(a - b)) for a, b in zip(bounds, last, strict=True))
                    > STILL_KW
                )
                if moved:
                    found.append((row.time, live.census.assets[asset], row.reason))
                last = bounds
    return [
        Shifted(time=str(moment_text(time)), asset=asset, sentence=sentence)
        for time, asset, sentence in sorted(found, key=lambda f: (-f[0], f[1]))
    ]
