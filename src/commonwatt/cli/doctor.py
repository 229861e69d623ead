"""`commonwatt doctor`: what is wrong with a set-up, and how to mend it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from commonwatt.cli.checks import Check, examined
from commonwatt.cli.console import OUT

FAILED = 2
_SIGNS = {"ok": "[green]ok[/green]", "note": "[yellow]note[/yellow]", "fail": "[red]fail[/red]"}


def doctor(
    *,
    state: Annotated[Path, typer.Option(metavar="DIR", help="The state folder to look at.")] = Path(
        "out/up"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to be used.")] = 8765,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Say what is wrong with this set-up, and how to mend it. Exit code 2 if anything is."""
    checks = examined(state, port)
    failed = any(check.status == "fail" for check in checks)
    if as_json:
        report = {"ok": not failed, "checks": [asdict(check) for check in checks]}
        OUT.print_json(json.dumps(report, ensure_ascii=False))
    else:
        OUT.print(_table(checks))
        OUT.print("Something is to be mended." if failed else "All is well.")
    if failed:
        sys.exit(FAILED)


def _table(checks: list[Check]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Check")
    table.add_column("")
    table.add_column("Found")
    table.add_column("To mend it")
    for check in checks:
        sign = _SIGNS[check.status]
        table.add_row(check.name, sign, escape(check.said), escape(check.cure))
    return table
