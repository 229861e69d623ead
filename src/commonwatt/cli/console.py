"""Where words go: results to stdout, complaints and progress to stderr."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

OUT = Console(highlight=False)
ERR = Console(stderr=True, highlight=False)


def complain(sentence: str) -> None:
    """One sentence on stderr, on one line however long, so that scripts can read it."""
    ERR.print(Text("commonwatt: ", "bold red") + Text(sentence), soft_wrap=True)
