"""Units and array types used throughout.

Names carry their unit (`power_kw`, `energy_wh`). Power drawn is positive, power fed in is negative.
"""

import numpy as np
from numpy.typing import NDArray

F = NDArray[np.float64]
I = NDArray[np.int64]
B = NDArray[np.bool_]

WH_PER_KWH = 1000
G_PER_KG = 1000.0
KW_PER_MW = 1000.0
SECONDS_PER_HOUR = 3600
HOURS_PER_YEAR = 8766.0
KELVIN_AT_ZERO_C = 273.15
WATER_KWH_PER_LITRE_K = 4.186 / 3600
