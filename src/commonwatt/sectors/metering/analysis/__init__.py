"""What meter readings say: validated interval energies, base load, energy accounts."""

from commonwatt.sectors.metering.analysis.account import MeteringAccount
from commonwatt.sectors.metering.analysis.base import derive
from commonwatt.sectors.metering.analysis.validation import Fault, Validated, validated

__all__ = ["Fault", "MeteringAccount", "Validated", "derive", "validated"]
