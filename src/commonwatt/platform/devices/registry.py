"""Desired and reported envelopes of every asset; a resident's override always wins."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.commands import Commands
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import moment
from commonwatt.kernel.principal import Purpose, Warrant
from commonwatt.kernel.units import B, F, I
from commonwatt.platform.access import require_reach
from commonwatt.platform.devices.envelopes import Envelopes
from commonwatt.platform.devices.kept import Kept
from commonwatt.platform.devices.state import State

_CITY = (Purpose.OPERATE, Purpose.STUDY)


class Devices:
    """The desired and the reported envelope of A assets. Deep-copyable.

    Args:
        connection_of_asset: (A,) whose each asset is: residents reach those of their connections.
    """

    def __init__(self, connection_of_asset: I) -> None:
        count = connection_of_asset.size
        self._connection = connection_of_asset
        self._commanded = Envelopes(count)
        self._corrected = Envelopes(count)
        self._overridden = Envelopes(count)
        self._reported_low = np.full(count, -np.inf)
        self._reported_high = np.full(count, np.inf)
        self._reported_at = np.full(count, -1, dtype=np.int64)
        self._confirmed = np.zeros(count, dtype=np.bool_)

    def command(self, commands: Commands, warrant: Warrant) -> None:
        """Put envelopes in force; each replaces the one before. All or none is taken.

        Raises:
            NotPermitted: only operators and the city's own parts command; residents override.
            InvalidInput: an unknown asset, one named twice, or crossed bounds.
        """
        warrant.require(*_CITY)
        self._require_known(commands.asset)
        if np.unique(commands.asset).size < len(commands):
            raise InvalidInput("commands name an asset twice; give each one envelope")
        _require_bounds(commands.asset, commands.low_kw, commands.high_kw)
        reasons = [f"{commands.author.id}: {reason}" for reason in commands.reason]
        self._commanded.put(
            commands.asset, commands.low_kw, commands.high_kw, commands.expires, reasons
        )
        self._confirmed[commands.asset] = False

    def correct(self, commands: Commands, warrant: Warrant) -> None:
        """Hold assets within these envelopes, too, until they expire; whatever else stands remains.

        A correction narrows the command in force, never a person's override.

        Raises:
            NotPermitted: only operators and the city's own parts correct.
            InvalidInput: an unknown asset, or an envelope without nothing in it.
        """
        warrant.require(*_CITY)
        self._require_known(commands.asset)
        _require_bounds(commands.asset, commands.low_kw, np.zeros(len(commands)))
        _require_bounds(commands.asset, np.zeros(len(commands)), commands.high_kw)
        reasons = [f"{commands.author.id}: {reason}" for reason in commands.reason]
        self._corrected.put(
            commands.asset, commands.low_kw, commands.high_kw, commands.expires, reasons
        )

    def override(
        self, asset: int, low_kw: float, high_kw: float, until: int, warrant: Warrant
    ) -> None:
        """Put a person's envelope above every command until it expires.

        Raises:
            NotPermitted: a resident names an asset that is not hers.
            InvalidInput: an unknown asset or crossed bounds.
        """
        one = self._reached(asset, warrant)
        low, high = np.array([low_kw]), np.array([high_kw])
        _require_bounds(one, low, high)
        reason = f"override by {warrant.principal.id} until {moment(until):%Y-%m-%d %H:%M} UTC"
        self._overridden.put(one, low, high, np.array([until]), [reason])
        self._confirmed[one] = False

    def release(self, asset: int, warrant: Warrant) -> None:
        """End an override before it expires; a command in force holds again, unconfirmed."""
        one = self._reached(asset, warrant)
        self._overridden.drop(one)
        self._confirmed[one] = False

    def in_force(self, now: int, warrant: Warrant) -> tuple[F, F]:
        """(A,) lowest and (A,) highest power allowed at `now`; ±inf where nothing is in force."""
        warrant.require(*_CITY)
        return self._in_force(now)

    def commanded(self, now: int, warrant: Warrant) -> tuple[F, F]:
        """(A,) low and high of the commands in force at `now`, corrections and people apart."""
        warrant.require(*_CITY)
        return self._commanded.bounds(now)

    def reported(self, warrant: Warrant) -> tuple[F, F, I]:
        """(A,) low and high the devices last confirmed, and (A,) when; -1 for never."""
        warrant.require(*_CITY)
        return self._reported_low.copy(), self._reported_high.copy(), self._reported_at.copy()

    def acknowledge(self, asset: I, time: int, warrant: Warrant) -> None:
        """Note that devices carry out what is in force for them at `time`.

        Acknowledgements older than an asset's newest are ignored, and so is one where nothing is in
        force.
        """
        warrant.require(*_CITY)
        self._require_known(asset)
        told = asset[self._active(time)[asset] & (self._reported_at[asset] <= time)]
        low, high = self._in_force(time)
        self._reported_low[told], self._reported_high[told] = low[told], high[told]
        self._reported_at[told] = time
        self._confirmed[told] = True

    def states(self, now: int, warrant: Warrant) -> I:
        """(A,) the `State` of every asset at `now`."""
        warrant.require(*_CITY)
        ever = self._commanded.held | self._overridden.held
        low, high = self._in_force(now)
        same = (self._reported_low == low) & (self._reported_high == high)
        in_force = np.where(self._confirmed & same, State.ACKNOWLEDGED, State.PENDING)
        lapsed = np.where(ever, State.EXPIRED, State.FREE)
        found: I = np.where(self._active(now), in_force, lapsed).astype(np.int64)
        return found

    def pending(self, now: int, warrant: Warrant) -> I:
        """Assets with an envelope in force that they have not confirmed, rising."""
        return np.flatnonzero(self.states(now, warrant) == State.PENDING)

    def expired(self, now: int, warrant: Warrant) -> I:
        """Assets whose last envelope lapsed unrenewed, rising."""
        return np.flatnonzero(self.states(now, warrant) == State.EXPIRED)

    def overridden(self, now: int, warrant: Warrant) -> I:
        """Assets under a person's override, rising."""
        warrant.require(*_CITY)
        return np.flatnonzero(self._overridden.active(now))

    def overrides(self, now: int, warrant: Warrant) -> tuple[I, F, F, I]:
        """Assets under a person's override, with its low, high and expiry, (K,) each."""
        asset = self.overridden(now, warrant)
        low, high, until, _ = self._overridden.columns(asset)
        return asset, low, high, until

    def why(self, asset: int, now: int, warrant: Warrant) -> str:
        """Who put the envelope in force at `now`, and the reason given."""
        self._reached(asset, warrant)
        for envelopes in (self._overridden, self._corrected, self._commanded):
            if envelopes.active(now)[asset]:
                return envelopes.reason[asset]
        return "nothing is in force: the device follows its own rule"

    def kept(self) -> Kept:
        """What has to last: commands and confirmations; overrides are kept by whoever took them."""
        asset = np.flatnonzero(self._commanded.held)
        low, high, expires, reason = self._commanded.columns(asset)
        return Kept(
            asset=asset,
            low_kw=low,
            high_kw=high,
            expires=expires,
            reason=tuple(reason),
            reported_low_kw=self._reported_low[asset],
            reported_high_kw=self._reported_high[asset],
            reported_at=self._reported_at[asset],
            confirmed=self._confirmed[asset],
        )

    def recall(self, kept: Kept) -> None:
        """Take up again what `kept` once told."""
        self._require_known(kept.asset)
        self._commanded.put(kept.asset, kept.low_kw, kept.high_kw, kept.expires, list(kept.reason))
        self._reported_low[kept.asset] = kept.reported_low_kw
        self._reported_high[kept.asset] = kept.reported_high_kw
        self._reported_at[kept.asset] = kept.reported_at
        self._confirmed[kept.asset] = kept.confirmed

    def _active(self, now: int) -> B:
        commanded = self._commanded.active(now) | self._corrected.active(now)
        return commanded | self._overridden.active(now)

    def _in_force(self, now: int) -> tuple[F, F]:
        low, high = self._commanded.bounds(now)
        least, most = self._corrected.bounds(now)
        low, high = np.clip(low, least, most), np.clip(high, least, most)
        over_low, over_high = self._overridden.bounds(now)
        over = self._overridden.active(now)
        return np.where(over, over_low, low), np.where(over, over_high, high)

    def _reached(self, asset: int, warrant: Warrant) -> I:
        warrant.require(*_CITY, Purpose.OWN)
        one = np.array([asset], dtype=np.int64)
        self._require_known(one)
        require_reach(warrant, self._connection[one])
        return one

    def _require_known(self, asset: I) -> None:
        unknown = asset[(asset < 0) | (asset >= self._connection.size)]
        if unknown.size:
            msg = f"there is no asset {unknown[0]}; the city has 0 to {self._connection.size - 1}"
            raise InvalidInput(msg)


def _require_bounds(asset: I, low_kw: F, high_kw: F) -> None:
    crossed = ~(low_kw <= high_kw)
    if crossed.any():
        k = int(np.argmax(crossed))
        msg = f"asset {asset[k]}: {low_kw[k]:g} to {high_kw[k]:g} kW is no envelope"
        raise InvalidInput(msg)
