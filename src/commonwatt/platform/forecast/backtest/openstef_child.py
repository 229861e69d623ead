"""Speaks for OpenSTEF 4 in an interpreter that has it; run as a file, it needs no commonwatt.

One JSON object a line comes in, one goes out. `fit` learns the table it is given; `issue` answers
with the rows that follow `origin`. Its preset is taken as it comes, and told what everybody is
told: the values before the origin, the weather columns, the holidays, the place if it is known.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import warnings
from datetime import timedelta
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
from openstef_core.datasets import TimeSeriesDataset
from openstef_core.exceptions import FlatlinerDetectedError
from openstef_core.types import LeadTime, Q
from openstef_models.presets import ForecastingWorkflowConfig, create_forecasting_workflow
from openstef_models.presets.forecasting_workflow import LocationConfig
from pydantic_extra_types.coordinate import Coordinate
from pydantic_extra_types.country import CountryAlpha2

HISTORY = timedelta(days=14)
"""What its lags may look back on; its own default."""
TARGET = "load"


class Workflow:
    """One preset of OpenSTEF, made anew at every fit."""

    def __init__(self, preset: str) -> None:
        self._preset = preset
        self._made: Any = None

    def fit(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Learn; a series that stands still leaves OpenSTEF saying zero, as its flatliner does."""
        self._made = create_forecasting_workflow(self._config(asked))
        try:
            self._made.fit(data=_table(asked))
        except FlatlinerDetectedError:
            self._made = None
        return {"version": version("openstef-models")}

    def issue(self, asked: dict[str, Any]) -> dict[str, Any]:
        """(H,Q) quantiles of the steps from `origin` on."""
        data, levels = _table(asked), asked["levels"]
        ahead = data.data.index[asked["origin"] :]
        zero = {"quantiles": [[0.0] * len(levels)] * len(ahead)}
        if self._made is None:
            return zero
        try:
            said = self._made.predict(data=data, forecast_start=ahead[0].to_pydatetime())
        except FlatlinerDetectedError:
            return zero
        columns = [Q(level).format() for level in levels]
        return {"quantiles": said.data.reindex(ahead)[columns].to_numpy().tolist()}

    def _config(self, asked: dict[str, Any]) -> ForecastingWorkflowConfig:
        step, place = timedelta(seconds=asked["step_s"]), asked["place"]
        where: dict[str, Any] = {"name": "here"}
        if place:
            where["coordinate"] = Coordinate(latitude=place[0], longitude=place[1])
        if asked["country"]:
            where["country_code"] = CountryAlpha2(asked["country"])
        return ForecastingWorkflowConfig(
            model_id="backtest",
            model=self._preset,
            quantiles=[Q(level) for level in asked["levels"]],
            horizons=[LeadTime(step * asked["horizon"])],
            sample_interval=step,
            predict_history=HISTORY,
            location=LocationConfig(**where),
            mlflow_storage=None,
        )


def _table(asked: dict[str, Any]) -> TimeSeriesDataset:
    """Target and known columns by local time, NaN where unknown."""
    value = np.array(asked["value"], dtype=float)
    start = pd.Timestamp(asked["start"], unit="s", tz="UTC").tz_convert(asked["zone"])
    step = timedelta(seconds=asked["step_s"])
    index = pd.date_range(start, periods=len(value), freq=step, name="timestamp")
    columns = {f"known_{k}": column for k, column in enumerate(asked["known"])}
    frame = pd.DataFrame(columns, index=index, dtype=float)
    frame[TARGET] = value
    return TimeSeriesDataset(frame, sample_interval=step)


def main() -> None:
    """Answer until the input ends; whatever libraries print goes to the standard error."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    workflow = Workflow(sys.argv[1])
    for line in sys.stdin:
        asked = json.loads(line)
        answer = workflow.fit(asked) if asked["do"] == "fit" else workflow.issue(asked)
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
