"""What a study found, shown: one HTML page, the numbers as files, a table in the terminal."""

from __future__ import annotations

from pathlib import Path

from commonwatt.city import disk
from commonwatt.kernel.errors import StorageFailed
from commonwatt.study.report.archive import as_csv, as_json
from commonwatt.study.report.page import page
from commonwatt.study.report.terminal import summary
from commonwatt.study.result import StudyResult

__all__ = ["summary", "write"]


def write(result: StudyResult, out: Path) -> Path:
    """Write `report.html`, `result.json` and `bills.csv` into the folder `out`.

    The same result gives the same bytes.

    Args:
        result: a finished study.
        out: made if it is not there; files of these names are replaced.

    Returns:
        Where the page is.

    Raises:
        StorageFailed: the folder cannot be written to; an older report in it stays as it was.
    """
    report = out / "report.html"
    contents = {
        out / "result.json": as_json(result),
        out / "bills.csv": as_csv(result),
        report: page(result),
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        disk.put({path: content.encode() for path, content in contents.items()})
    except OSError as fault:
        raise StorageFailed(
            f"the report cannot be written to {out}: {fault.strerror}; make room or name another "
            "folder"
        ) from fault
    return report
