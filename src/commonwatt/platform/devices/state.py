"""Where an asset stands with what it was told."""

from __future__ import annotations

from enum import IntEnum


class State(IntEnum):
    """One asset at one moment.

    FREE → PENDING on a command or override, PENDING → ACKNOWLEDGED when the device confirms, either
    → EXPIRED when the envelope lapses unrenewed; a new command leads back to PENDING.
    """

    FREE = 0
    """Never told anything, or released: its own rule holds."""
    PENDING = 1
    """An envelope is in force, the device has not confirmed it."""
    ACKNOWLEDGED = 2
    """An envelope is in force and confirmed."""
    EXPIRED = 3
    """The last envelope lapsed: its own rule holds again."""
