"""`forecast fleet`: from a folder of meters to forecasts, in one command."""

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from commonwatt.cli.app import app
from commonwatt.kernel.errors import InvalidInput
from commonwatt.platform.forecast.meters import FORECAST, Calendar
from commonwatt.platform.forecast.meters import synthetic as made

METERS, START = 40, 1_736_031_600


FLEET = ["forecast", "fleet"]


def test_a_folder_in_and_forecasts_out(tmp_path):
    table = made.fleet(np.arange(METERS), Calendar(3600, "Europe/Berlin"), START, 60)
    pq.write_table(table, tmp_path / "readings.parquet")
    out = tmp_path / "out"
    asked = [
        *FLEET,
        str(tmp_path),
        str(out),
        "--zone",
        "Europe/Berlin",
        "--steps",
        "24",
        "--jobs",
        "1",
    ]
    told = CliRunner().invoke(app, asked, catch_exceptions=False)
    assert told.exit_code == 0
    assert "of a day kept apart" in told.output
    answer = pq.ParquetFile(out / "forecast" / "bucket=00000" / "part-0.parquet").read()
    assert answer.schema.names == FORECAST.names
    assert answer.num_rows == METERS * 24 * 4


def test_a_zone_that_is_none_is_refused(tmp_path):
    asked = [*FLEET, str(tmp_path), str(tmp_path), "--zone", "Mars/Base"]
    with pytest.raises(InvalidInput, match="Mars/Base"):
        CliRunner().invoke(app, asked, catch_exceptions=False)
