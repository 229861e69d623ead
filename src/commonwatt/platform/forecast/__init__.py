"""What will happen, and how surely: forecasts of measured quantities, never peeking ahead.

`Forecaster` learns each quantity once a day (`fit`) and speaks every quarter hour (`issue`);
`Naive` is the one to beat. Both fill the same `Predictor` port. `archive` keeps what was said as
`Issued`, with the `Inputs` it could see; `skill` judges it by what was then measured.
"""

from commonwatt.platform.forecast.forecaster import Forecaster
from commonwatt.platform.forecast.issued import Inputs, Issued
from commonwatt.platform.forecast.naive import Naive
from commonwatt.platform.forecast.predictor import Predictor

__all__ = ["Forecaster", "Inputs", "Issued", "Naive", "Predictor"]
