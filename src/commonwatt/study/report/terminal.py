"""The verdict and the headline table in a terminal."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from commonwatt.study.report.page import span
from commonwatt.study.report.sheets import Cell, headline_sheet
from commonwatt.study.report.worth import verdict
from commonwatt.study.result import StudyResult

STYLES = {"today": "", "tuned": "", "coordinated": "bold", "bound": "dim"}


def summary(result: StudyResult) -> Group:
    """What a study found, to be printed with rich."""
    said = verdict(result)
    words = Text(f"{result.city}, {span(result)}\n", style="dim")
    words.append(said.headline, style="bold")
    words.append("\n" + " ".join(said.sentences), style="default")
    return Group(Padding(words, (1, 1, 0, 1)), _table(result))


def _table(result: StudyResult) -> Table:
    sheet = headline_sheet(result)
    table = Table(box=SIMPLE_HEAD, pad_edge=True, title_justify="left")
    table.add_column(sheet.heads[0])
    for run, head in zip(sheet.runs, sheet.heads[1:], strict=True):
        table.add_column(head, justify="right", style=STYLES[run])
    for words, lines in sheet.groups:
        table.add_row(Text(words, style="dim italic"))
        for line in lines:
            table.add_row(line.head, *(_shown(cell) for cell in line.cells))
    return table


def _shown(cell: Cell) -> Text:
    shown = Text(f"! {cell.shown}" if cell.alarm else cell.shown, "red" if cell.alarm else "")
    if cell.small:
        shown.append(f"\n{cell.small}", style="dim")
    return shown
