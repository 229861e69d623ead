"""OpenSTEF as a peer, in a Python of its own: it needs 3.12, and pandas 3."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from sys import executable
from typing import Any

import numpy as np

from commonwatt.kernel.errors import InvalidInput
from commonwatt.platform.forecast.ensemble import LEVELS, Issued, Series

CHILD = Path(__file__).with_name("openstef_child.py")
LOOK_BACK_DAYS = 15
"""History sent with every question: its lags of a fortnight, and a day."""
PROBE = "import openstef_models.presets"


def python_with_openstef(named: Path | None) -> Path | None:
    """The interpreter that has OpenSTEF 4: the one named, or this one; None where neither does.

    Raises:
        InvalidInput: the one named cannot import it.
    """
    if named is None:
        return Path(executable) if find_spec("openstef_models") else None
    try:
        command = [str(named), "-c", PROBE]
        tried = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - the user names it
    except OSError as reason:
        raise InvalidInput(f"--openstef {named} is no Python that runs: {reason}") from reason
    if tried.returncode:
        why = (tried.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise InvalidInput(
            f"--openstef {named} has no OpenSTEF 4 ({why}); "
            "make one by `python3.12 -m venv ENV && ENV/bin/pip install openstef`"
        )
    return named


@dataclass(eq=False)
class OpenStef:
    """One preset of OpenSTEF 4 as it comes, with quantiles of its own.

    Attributes:
        python: an interpreter that has it.
        preset: "xgboost", what it installs with; "lgbm" and "gblinear" are others.
        place: degrees north and east, if known; it makes daylight of it.
        country: whose holidays it knows, if said: DE.
    """

    python: Path
    preset: str = "xgboost"
    place: tuple[float, float] | None = None
    country: str | None = None
    _child: Any = field(default=None, repr=False)
    _horizon: int = 0

    @property
    def name(self) -> str:
        """What to call it."""
        return "OpenSTEF" if self.preset == "xgboost" else f"OpenSTEF {self.preset}"

    def fit(self, series: Series, origin: int, horizon: int) -> None:
        """Learn all that was known before step `origin`."""
        self._horizon = horizon
        self._ask("fit", series.known_at(origin), 0, origin, origin)

    def issue(self, series: Series, origin: int) -> Issued:
        """Its median and quantiles of the steps from `origin` on."""
        first = max(0, origin - LOOK_BACK_DAYS * series.day)
        last = origin + self._horizon
        answer = self._ask("issue", series.known_at(origin), first, last, origin)
        quantiles = np.full((self._horizon, len(LEVELS)), np.nan)
        said = np.array(answer["quantiles"], dtype=float)
        quantiles[: len(said)] = said
        point = quantiles[:, LEVELS.index(0.5)]
        return Issued(origin, point, quantiles, self.name, f"its preset {self.preset}")

    def close(self) -> None:
        """End the child now; it ends with this process anyway."""
        if self._child is not None:
            self._child.stdin.close()
            self._child.stdout.close()
            self._child.wait()
            self._child = None

    def _ask(self, do: str, known: Series, first: int, last: int, origin: int) -> dict[str, Any]:
        part = slice(first, last)
        beside = [c[part] for c in (*known.weather.T, known.holiday) if c.size]
        asked = {
            "do": do,
            "start": known.start + first * known.step_s,
            "step_s": known.step_s,
            "zone": known.zone,
            "value": known.value[part].tolist(),
            "known": [column.tolist() for column in beside],
            "origin": origin - first,
            "horizon": self._horizon,
            "levels": LEVELS,
            "place": self.place,
            "country": self.country,
        }
        return self._answer(json.dumps(asked))

    def _answer(self, line: str) -> dict[str, Any]:
        if self._child is None:
            command = [str(self.python), str(CHILD), self.preset]
            self._child = subprocess.Popen(  # noqa: S603 - the user names the interpreter
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        self._child.stdin.write(line + "\n")
        self._child.stdin.flush()
        back = self._child.stdout.readline()
        if not back:
            raise InvalidInput(
                f"OpenSTEF in {self.python} gave up over these data; its reason is above. "
                "Leave --openstef out to go on without it"
            )
        answer: dict[str, Any] = json.loads(back)
        return answer
