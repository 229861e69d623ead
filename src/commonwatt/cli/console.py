"""Where words go: results to stdout, complaints and progress to stderr."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

OUT = Console(highlight=False)
ERR = Console(stderr=True, highlight=False)


def complain(sentence: str) -> None:
    """One sentence on stderr, on one line however long, so that scripts can read it."""
    ERR.print(Text("commonwatt: ", "bold red") + Text(sentence), soft_wrap=True)


def bar() -> Progress:
    """Progress on stderr while somebody watches; it leaves no trace."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        console=ERR,
        transient=True,
        disable=not ERR.is_terminal,
    )
