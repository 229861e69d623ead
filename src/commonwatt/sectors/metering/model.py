"""What meters tell: power, registers and voltage of every connection, power of every device."""

from __future__ import annotations

from commonwatt.kernel.readings import Of, Quantity

POWER_KW = Quantity(name="meter.power_kw", of=Of.CONNECTION, doc="Mean net power, + drawn.")
IMPORT_WH = Quantity(
    name="meter.import_wh", of=Of.CONNECTION, doc="Register of energy drawn, whole Wh.", state=True
)
EXPORT_WH = Quantity(
    name="meter.export_wh", of=Of.CONNECTION, doc="Register of energy fed in, whole Wh.", state=True
)
KVAR = Quantity(name="meter.kvar", of=Of.CONNECTION, doc="Mean net reactive power.")
VOLTS_PU = Quantity(name="meter.volts_pu", of=Of.CONNECTION, doc="Mean voltage over nominal.")
ASSET_KW = Quantity(
    name="asset.power_kw", of=Of.ASSET, doc="Sub-metered mean power of a device, + drawn."
)
BASE_KW = Quantity(
    name="connection.base_kw", of=Of.CONNECTION, doc="Power behind no sub-meter (derived)."
)
QUANTITIES = (POWER_KW, KVAR, IMPORT_WH, EXPORT_WH, VOLTS_PU, ASSET_KW, BASE_KW)

UNMETERED = "consumer"
"""The one asset kind without a sub-meter: it is what is left behind the main meter."""
