"""How good forecasts of anybody's data would have been: read, roll, score, draw, save."""

from commonwatt.platform.forecast.backtest.page import page
from commonwatt.platform.forecast.backtest.peers import peers
from commonwatt.platform.forecast.backtest.reading import Reading, read
from commonwatt.platform.forecast.backtest.rolling import Backtest, Outcome, backtest, origins_of
from commonwatt.platform.forecast.backtest.saving import save

__all__ = [
    "Backtest",
    "Outcome",
    "Reading",
    "backtest",
    "origins_of",
    "page",
    "peers",
    "read",
    "save",
]
