"""From registers as they were read to validated reads that can be settled."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import View
from commonwatt.platform.settlement import Reads
from commonwatt.sectors.metering.analysis.account import validated_reads


def read(view: View, window: Window) -> Reads:
    """Validated reads of every meter over the slots of `window`, late messages included."""
    drawn = validated_reads(view, window, "meter.import_wh", 1.0)
    fed = validated_reads(view, window, "meter.export_wh", -1.0)
    return Reads(
        window=window,
        connection=np.arange(len(view.plan.connections)),
        import_wh=drawn.energy_wh,
        export_wh=fed.energy_wh,
        quality=np.maximum(drawn.quality, fed.quality),
    )
