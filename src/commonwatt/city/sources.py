"""Where a city can come from: a folder, a pandapower file, a SimBench code."""

from __future__ import annotations

from pathlib import Path

from commonwatt.city import folder
from commonwatt.city.importers import pandapower, simbench
from commonwatt.city.model import City
from commonwatt.kernel.errors import InvalidInput


def load(source: str | Path | City) -> City:
    """The city behind `source`.

    Args:
        source: a folder with `city.toml`, a pandapower `.json` file, `simbench:CODE`, or a city.

    Raises:
        InvalidInput: there is no such thing, or it is broken; the sentence names the culprit.
    """
    if isinstance(source, City):
        return source
    text = str(source)
    if text.startswith("simbench:"):
        return simbench.load(text.removeprefix("simbench:"))
    path = Path(text)
    if path.suffix == ".json" and path.is_file():
        return pandapower.load(path)
    if path.is_dir():
        return folder.load(path)
    raise InvalidInput(
        f"{text}: neither a city folder, nor a pandapower .json file, nor simbench:CODE"
    )
