import sys
from pathlib import Path

# Last, for stories have a `town` of their own.
sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
