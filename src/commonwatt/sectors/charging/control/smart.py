"""Cars that wait: what charging offers, and what its chargers are told."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.commands import Commands
from commonwatt.kernel.flexibility import Offers, Schedule
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.ports import Requests, View
from commonwatt.kernel.principal import Principal, Role
from commonwatt.kernel.tables import Table
from commonwatt.kernel.units import G_PER_KG, B, F
from commonwatt.sectors.charging.analysis import least_kw
from commonwatt.sectors.charging.control.rows import storage_rows, with_idle
from commonwatt.sectors.charging.control.wallbox import wallbox_kw

AUTHOR = Principal("charging", Role.SYSTEM)
_TOLERANCE_KW = 1e-6


class SmartCharging:
    """Fills the port `Flexible`."""

    def offer(self, view: View, window: Window) -> Offers:
        """A store per request, and an empty one per charger without a car."""
        table = view.plan.table("charger")
        nothing = np.zeros((len(view.plan.connections), len(window)))
        if not len(table):
            return Offers(window=window, fixed_kw=nothing, fixed_kvar=nothing)
        asked = with_idle(_of_chargers(view.requests(), table), table.ix, window.start)
        rows = storage_rows(
            asked, table, window, view.plan.prices.missing_eur_per_kwh, _mean_price(view, window)
        )
        return Offers(window=window, fixed_kw=nothing, fixed_kvar=nothing, storage=(rows,))

    def follow(self, schedule: Schedule, view: View) -> Commands:
        """The plan's power; more where a car would otherwise not be ready in time.

        A car the plan does not know yet charges by the wall box's rule.
        """
        table = view.plan.table("charger")
        cars = _open_now(view, table)
        if not cars.asset.size:
            return Commands.none(AUTHOR)
        planned = schedule.power_of(cars.asset)[:, 0]
        new = np.isnan(planned)
        if new.any():
            planned = np.where(new, wallbox_kw(view, cars, table), planned)
        remaining = cars.need_kwh - cars.got_kwh
        least = least_kw(remaining, cars.power_kw, cars.until, view.now, SLOT_S)
        late = least > planned + _TOLERANCE_KW
        power = np.where(late, least, np.clip(planned, 0.0, cars.power_kw))
        power = _steady(power, cars, table, late)
        ready = "charges now to be ready by its stated departure"
        return Commands.gathered(
            [
                _told(cars, power, ~late, view.now, "charges as planned"),
                _told(cars, power, late, view.now, ready),
            ],
            AUTHOR,
        )

    def local(self, view: View) -> Commands:
        """The wall box's own rule for every car that is plugged in."""
        table = view.plan.table("charger")
        cars = _open_now(view, table)
        if not cars.asset.size:
            return Commands.none(AUTHOR)
        every = np.ones(cars.asset.size, dtype=np.bool_)
        power = _steady(wallbox_kw(view, cars, table), cars, table, ~every)
        return _told(cars, power, every, view.now, "cheap hours, own sun, main fuse")


def _told(cars: Requests, power_kw: F, which: B, now: int, reason: str) -> Commands:
    chosen = power_kw[which]
    return Commands.setpoints(cars.asset[which], chosen, now + SLOT_S, reason, AUTHOR)


def _steady(power_kw: F, cars: Requests, table: Table, late: B) -> F:
    """(K,) `power_kw`, rounded to nothing or the least power where a car would pause below it.

    Cars that are `late` are never rounded to nothing.
    """
    least = table.f("min_kw")[np.searchsorted(table.ix, cars.asset)]
    rounded = np.where((power_kw >= least / 2) | late, least, 0.0)
    return np.where(power_kw >= least, power_kw, rounded)


def _of_chargers(requests: Requests, table: Table) -> Requests:
    return _where(requests, np.isin(requests.asset, table.ix))


def _open_now(view: View, table: Table) -> Requests:
    asked = view.requests()
    open_now = (asked.since <= view.now) & (asked.until > view.now)
    return _where(asked, open_now & np.isin(asked.asset, table.ix))


def _where(requests: Requests, keep: B) -> Requests:
    return Requests(
        asset=requests.asset[keep],
        since=requests.since[keep],
        until=requests.until[keep],
        need_kwh=requests.need_kwh[keep],
        got_kwh=requests.got_kwh[keep],
        power_kw=requests.power_kw[keep],
    )


def _mean_price(view: View, window: Window) -> float:
    """€/kWh that energy costs the system over `window`, carbon included."""
    carbon = view.plan.prices.carbon_eur_per_t / G_PER_KG * view.signal("carbon.kg_per_kwh", window)
    price = view.signal("price.wholesale_eur_per_kwh", window) + carbon
    return float(np.average(price, weights=window.hours))
