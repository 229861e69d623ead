"""The simulated present: the one place where twins meet.

In each step people move (stage 0), devices that watch the meter answer (stage 1), the grid solves
(stage 2), meters sample (stage 3).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from commonwatt.kernel.readings import Readings
from commonwatt.kernel.units import B, F, I

PHASES = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Weather:
    """Weather per slot, each (T,).

    Attributes:
        temperature_c: air at 2 m.
        wind_m_s: at 10 m.
        ghi_w_m2: global horizontal irradiance.
        dhi_w_m2: its diffuse part.
    """

    temperature_c: F
    wind_m_s: F
    ghi_w_m2: F
    dhi_w_m2: F

    def at(self, slots: I | slice) -> Weather:
        """The same for some slots only."""
        return Weather(
            temperature_c=self.temperature_c[slots],
            wind_m_s=self.wind_m_s[slots],
            ghi_w_m2=self.ghi_w_m2[slots],
            dhi_w_m2=self.dhi_w_m2[slots],
        )


@dataclass(kw_only=True, eq=False)
class World:
    """One slot of the field's truth.

    Attributes:
        start: epoch seconds of the slot's start.
        end: epoch seconds of its end.
        weather: one slot of weather, arrays of length 1.
        phase: (C,) 0 for three-phase connections, else 1…3.
        power_kw: (C,3) mean power per connection and phase.
        reactive_kvar: (C,3).
        asset_kw: (A,) mean power of every asset.
        low_kw: (A,) lower edge of the envelope in force (commands and overrides), -inf if none.
        high_kw: (A,) upper edge of the envelope in force, inf if none.
        volts_pu: (C,) voltage, set by the grid.
        energised: (C,) whether the connection is live.
        readings: what twins publish about this slot, as a perfect instrument would see it.
        averaged: (A,) whose envelope is the mean of what it did in finer steps, in which the least
            it can run at was minded; None for nobody.
    """

    start: int
    end: int
    weather: Weather
    phase: I
    power_kw: F
    reactive_kvar: F
    asset_kw: F
    low_kw: F
    high_kw: F
    volts_pu: F
    energised: B
    readings: list[Readings] = field(default_factory=list)
    averaged: B | None = None

    @property
    def hours(self) -> float:
        """Length of the slot in hours."""
        return (self.end - self.start) / 3600

    def draw(self, connection: I, power_kw: F, reactive_kvar: F | float = 0.0) -> None:
        """Add power at `connection` (K,), spread over the connection's phases."""
        reactive = np.broadcast_to(np.asarray(reactive_kvar, float), connection.shape)
        live = self.energised[connection]
        phase = self.phase[connection]
        share = np.where(
            (phase == 0)[:, None], 1 / PHASES, np.arange(1, PHASES + 1) == phase[:, None]
        )
        np.add.at(self.power_kw, connection, share * (power_kw * live)[:, None])
        np.add.at(self.reactive_kvar, connection, share * (reactive * live)[:, None])

    def run(self, asset: I, connection: I, power_kw: F, reactive_kvar: F | float = 0.0) -> None:
        """Record what assets (K,) do in this slot, and draw it at their connections."""
        self.asset_kw[asset] = power_kw * self.energised[connection]
        self.draw(connection, power_kw, reactive_kvar)

    def within(self, asset: I, power_kw: F) -> F:
        """(K,) `power_kw` clipped to the envelope in force for each asset."""
        clipped: F = np.clip(power_kw, self.low_kw[asset], self.high_kw[asset])
        return clipped

    def running(self, asset: I, power_kw: F, least_kw: F) -> F:
        """(K,) `power_kw`, nothing where it is below the `least_kw` an asset can run at."""
        pauses = power_kw < least_kw
        if self.averaged is not None:
            pauses &= ~self.averaged[asset]
        return np.where(pauses, 0.0, power_kw)

    def publish(self, quantity: str, series: I, value: F) -> None:
        """Let instruments see values of this slot."""
        self.readings.append(Readings.at(quantity, series, self.start, value))

    def net_kw(self) -> F:
        """(C,) power per connection, all phases together."""
        total: F = self.power_kw.sum(axis=1)
        return total
