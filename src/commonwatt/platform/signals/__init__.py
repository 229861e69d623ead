"""Signals: weather, wholesale price, carbon and retail tariff, as they are and as issued.

`signals` is what others use. `recorded` holds series that the city brings, `market` the stylised
default for those it does not, `skies` the weather, `publication` says what is known when.

These are public facts about nobody, so reading them needs no warrant.
"""

from commonwatt.platform.signals.signals import CARBON, EXPORT, IMPORT, WHOLESALE, Signals

__all__ = ["CARBON", "EXPORT", "IMPORT", "WHOLESALE", "Signals"]
