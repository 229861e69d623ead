"""Devices: what each was told, what it confirmed, and why.

`registry` keeps the envelopes, `state` says where an asset stands.
"""

from commonwatt.platform.devices.envelopes import Envelopes
from commonwatt.platform.devices.registry import Devices
from commonwatt.platform.devices.state import State

__all__ = ["Devices", "Envelopes", "State"]
