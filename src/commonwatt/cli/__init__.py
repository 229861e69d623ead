"""The command line: `commonwatt study`, `commonwatt serve`, `commonwatt city`."""
