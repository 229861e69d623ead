"""The command line: `commonwatt up`, `study`, `serve`, `city`, `doctor`."""

from commonwatt.cli.app import main

__all__ = ["main"]
