"""The numbers of a study as files: the long table as JSON, the bills as CSV."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import asdict
from io import StringIO

from commonwatt.kernel.intervals import moment
from commonwatt.study.result import Row, StudyResult

COLUMNS = ("run", "seed", "area", "measure", "unit", "value", "share_of")
BILL_COLUMNS = (
    "run",
    "seed",
    "connection",
    "area",
    "use",
    "import_wh",
    "export_wh",
    "cost_eur",
    "guarantee_eur",
    "pays_eur",
)


def as_json(result: StudyResult) -> str:
    """The long table and what is needed to read it; NaN becomes null."""
    return json.dumps(
        {
            "city": result.city,
            "start": moment(result.start).isoformat(),
            "days": result.days,
            "zone": result.zone,
            "seeds": list(result.seeds),
            "why_this_week": result.why_this_week,
            "binds": result.binds,
            "prices": asdict(result.prices),
            "settings": dict(result.settings),
            "columns": list(COLUMNS),
            "rows": [_row(row) for row in result.rows],
        },
        indent=1,
        ensure_ascii=False,
        allow_nan=False,
    )


def as_csv(result: StudyResult) -> str:
    """Every bill of every run and seed."""
    sheet = StringIO()
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow(BILL_COLUMNS)
    writer.writerows([getattr(bill, name) for name in BILL_COLUMNS] for bill in result.bills)
    return sheet.getvalue()


def _row(row: Row) -> list[str | int | float | None]:
    values = (getattr(row, name) for name in COLUMNS)
    return [None if isinstance(v, float) and not math.isfinite(v) else v for v in values]
