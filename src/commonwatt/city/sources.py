"""Where a city can come from: a folder, a pandapower file, a SimBench code, a seed."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from commonwatt.city import folder
from commonwatt.city.generate import Shares, grown
from commonwatt.city.importers import pandapower, simbench
from commonwatt.city.model import City
from commonwatt.kernel.errors import InvalidInput


def load(source: str | Path | City) -> City:
    """The city behind `source`.

    Args:
        source: a folder with `city.toml`, a pandapower `.json` file, `simbench:CODE`,
            `generate:HOMES:SEED`, or a city.

    Raises:
        InvalidInput: there is no such thing, or it is broken; the sentence names the culprit.
    """
    if isinstance(source, City):
        return source
    text = str(source)
    if text.startswith("simbench:"):
        return simbench.load(text.removeprefix("simbench:"))
    if text.startswith("generate:"):
        return _generated(text)
    path = Path(text)
    if path.suffix == ".json" and path.is_file():
        return pandapower.load(path)
    if path.is_dir():
        return folder.load(path)
    raise InvalidInput(
        f"{text}: neither a city folder, nor a pandapower .json file, nor simbench:CODE, "
        "nor generate:HOMES:SEED"
    )


def _generated(text: str) -> City:
    """A town from `generate:HOMES:SEED`, or `generate:HOMES:SEED:ev=0.5,heat_pump=0.3`."""
    parts = text.split(":")[1:]
    pairs = [part.partition("=") for part in parts[2].split(",")] if len(parts) == 3 else []
    shares = {name.strip(): _share(value) for name, _, value in pairs}
    known = {spec.name for spec in fields(Shares)}
    if (
        len(parts) not in {2, 3}
        or not all(part.isdecimal() for part in parts[:2])
        or not set(shares) <= known
        or None in shares.values()
    ):
        raise InvalidInput(
            f"{text}: a town to be grown is named generate:HOMES:SEED, as generate:300:7, or with "
            f"shares of {', '.join(sorted(known))} behind it, as generate:300:7:ev=0.5,pv=0.3"
        )
    given = {name: value for name, value in shares.items() if value is not None}
    return grown(int(parts[0]), int(parts[1]), Shares(**given))


def _share(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
