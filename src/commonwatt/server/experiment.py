"""The child process of one study: it lives the days, tells its progress, and writes the report.

Run as `python -m commonwatt.server.experiment ORDER`, ORDER being JSON. Progress goes to stdout,
one JSON array a line. It ends when its standard input does, which is when the server does.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import date
from pathlib import Path
from threading import Thread
from typing import Any

from commonwatt.city.importers.overlay import parse
from commonwatt.kernel.errors import CommonwattError
from commonwatt.study import report, runner

REFUSED = 2


def conduct(order: dict[str, Any]) -> None:
    """Run the study that `order` describes, with the arguments of `commonwatt study`."""
    start = order["start"]
    result = runner.study(
        order["city"],
        start=date.fromisoformat(start) if start else None,
        days=order["days"],
        seeds=order["seeds"],
        overlay=parse(order["overlay"]),
        jobs=order["jobs"],
        progress=_tell,
    )
    report.write(result, Path(order["out"]))


def _tell(what: str, share: float) -> None:
    sys.stdout.write(json.dumps([what, share]) + "\n")
    sys.stdout.flush()


def _end_with_parent() -> None:
    """Wait until the parent is gone, then end this process and all it has started.

    It reads the bare descriptor: a thread that waits inside `sys.stdin` holds a lock which a forked
    process would wait for in vain.
    """
    while os.read(0, 1):
        pass
    os.killpg(os.getpgid(0), signal.SIGKILL)


def main() -> None:
    """Conduct one study; a refusal is one sentence on stderr and exit code 2."""
    Thread(target=_end_with_parent, daemon=True).start()
    try:
        conduct(json.loads(sys.argv[1]))
    except CommonwattError as refusal:
        sys.stderr.write(f"{refusal}\n")
        sys.exit(REFUSED)


if __name__ == "__main__":
    main()
