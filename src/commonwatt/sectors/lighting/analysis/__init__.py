"""What measurements say about lamps, and what a lamp wants by its class and the sun."""

from commonwatt.sectors.lighting.analysis.account import LightingAccount, timed_kwh
from commonwatt.sectors.lighting.analysis.classes import CLASSES, Levels, placed
from commonwatt.sectors.lighting.analysis.dusk import dark_share
from commonwatt.sectors.lighting.analysis.judge import LampJudge

__all__ = ["CLASSES", "LampJudge", "Levels", "LightingAccount", "dark_share", "placed", "timed_kwh"]
