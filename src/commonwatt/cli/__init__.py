"""The command line: `commonwatt study`, `commonwatt serve`, `commonwatt city`."""

from commonwatt.cli.app import main

__all__ = ["main"]
