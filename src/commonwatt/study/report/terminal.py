"""The verdict and the headline table in a terminal."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from commonwatt.study.report.catalogue import GROUPS, RUN_WORDS
from commonwatt.study.report.figures import Spread, rough, text
from commonwatt.study.report.page import span
from commonwatt.study.report.sheets import breaks
from commonwatt.study.report.worth import verdict
from commonwatt.study.result import RUNS, StudyResult

ROOMY = 100
STYLES = {"today": "", "tuned": "", "coordinated": "bold", "bound": "dim"}


def summary(result: StudyResult, width: int) -> Group:
    """What a study found, to be printed with rich.

    Args:
        result: a finished study.
        width: of the terminal, in characters; from 100 on, ± tells half the range over the seeds.
    """
    said = verdict(result)
    words = Text(f"{result.city}, {span(result)}\n", style="dim")
    words.append(said.headline, style="bold")
    words.append("\n" + " ".join(said.sentences), style="default")
    return Group(Padding(words, (1, 1, 0, 1)), _table(result, spread=width >= ROOMY))


def _table(result: StudyResult, *, spread: bool) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Measure", min_width=16)
    for run in RUNS:
        table.add_column(RUN_WORDS[run], justify="right", style=STYLES[run], no_wrap=True)
    for group in GROUPS:
        table.add_row(Text(group.words, style="dim italic"))
        for headline in group.headlines:
            if unit := result.unit(headline.name):
                cells = (_shown(result, run, headline.name, spread=spread) for run in RUNS)
                table.add_row(f"{headline.words}, {unit}", *cells)
    return table


def _shown(result: StudyResult, run: str, measure: str, *, spread: bool) -> Text:
    over = Spread.of(result.value(run, measure))
    alarm = breaks(measure, over.high)
    shown = Text(f"! {text(over.mean)}" if alarm else text(over.mean), "red" if alarm else "")
    if spread and over.count > 1 and over.high > over.low:
        shown.append(f" ±{rough((over.high - over.low) / 2)}", style="dim")
    return shown
