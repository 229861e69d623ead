"""Luck that nobody chose: seeds derived from the commit under study."""

from __future__ import annotations

import subprocess
from importlib.metadata import version
from pathlib import Path
from zlib import crc32


def commit() -> str:
    """The commit id of the code that runs; the package's version where there is no checkout."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"],  # noqa: S607 - the git on the user's path is meant
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return f"commonwatt {version('commonwatt')}"
    return done.stdout.strip()


def derived(count: int, origin: str) -> tuple[int, ...]:
    """`count` seeds from `origin`.

    >>> derived(2, "abc") == derived(2, "abc") != derived(2, "abd")
    True
    """
    return tuple(crc32(f"{origin}:{number}".encode()) for number in range(count))
