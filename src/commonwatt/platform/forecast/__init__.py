"""What will happen, and how surely: forecasts of measured quantities, never peeking ahead.

`Forecaster` learns each quantity once a day (`fit`) and speaks every quarter hour (`issue`);
`Naive` is the one to beat. Both fill the same `Predictor` port.
"""

from commonwatt.platform.forecast.forecaster import Forecaster
from commonwatt.platform.forecast.naive import Naive
from commonwatt.platform.forecast.predictor import Predictor

__all__ = ["Forecaster", "Naive", "Predictor"]
