"""A city as a folder: `city.toml`, one Parquet or CSV file per table, one for the profiles.

my-town/
  city.toml                name, place, version, prices, fairness, dispatch, reserve
  tables/connection.csv    one file per kind, .parquet or .csv
  tables/pv.csv            assets name their connection by id
  series.parquet           column `time` (UTC, slot starts, every 15 min) and one per profile
  limits.csv               optional: what sites may draw and feed in, and when
  map.geojson              optional: streets, footprints, routes; every feature names its `layer`
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import polars as pl
import tomli_w

from commonwatt.city import allowances as allowed
from commonwatt.city import disk
from commonwatt.city import drawing as drawn
from commonwatt.city.allowances import Allowances
from commonwatt.city.confidence import Dispatch
from commonwatt.city.fairness import Fairness
from commonwatt.city.model import City, Series, indexed
from commonwatt.city.registry import kinds
from commonwatt.city.reserve import Reserve
from commonwatt.kernel.errors import InvalidInput, StorageFailed
from commonwatt.kernel.ids import checked_id
from commonwatt.kernel.intervals import SLOT_S
from commonwatt.kernel.place import Place
from commonwatt.kernel.prices import PriceList
from commonwatt.kernel.tables import Dtype, Kind, Table, checked
from commonwatt.kernel.units import I

Raw = Mapping[str, Sequence[object]]
T = TypeVar("T", Place, PriceList, Fairness, Dispatch, Reserve)


def load(folder: Path) -> City:
    """The city that `folder` describes.

    Raises:
        InvalidInput: names the file, row and field of the first fault.
    """
    about = _toml(folder / "city.toml")
    raw = {path.stem: (path, _columns(path)) for path in _table_files(folder)}
    if "connection" not in raw:
        raise InvalidInput(f"{folder}/tables: no connection table; a city needs metered points")
    connections = _table(kinds()["connection"], *raw.pop("connection"), ())
    tables = {name: _table(_kind(name, path), path, columns, connections.ids)
              for name, (path, columns) in raw.items()}  # fmt: skip
    _check_references(folder, connections, tables)
    return City(
        name=str(about.get("name", folder.name)),
        place=_record(Place, about.get("place", {}), folder),
        connections=connections,
        tables=indexed(tables),
        series=_series(folder),
        prices=_record(PriceList, about.get("prices", {}), folder),
        fairness=_record(Fairness, about.get("fairness", {}), folder),
        dispatch=_record(Dispatch, about.get("dispatch", {}), folder),
        reserve=_record(Reserve, about.get("reserve", {}), folder),
        allowances=_allowances(folder / "limits.csv", connections.ids),
        layers=_layers(folder / "map.geojson"),
        version=int(about.get("version", 1)),
    )


def save(city: City, folder: Path) -> None:
    """Write `city` so that `load(folder)` gives it back.

    Raises:
        StorageFailed: the disk refused; a city that stood there stays as it was.
    """
    starts = city.series.start + SLOT_S * np.arange(city.series.slots)
    about: dict[str, Any] = {
        "name": city.name,
        "version": city.version,
        "place": asdict(city.place),
        "prices": asdict(city.prices),
    }
    for name, said in (
        ("fairness", city.fairness),
        ("dispatch", city.dispatch),
        ("reserve", city.reserve),
    ):
        if said != type(said)():
            about[name] = asdict(said)
    tables = {
        folder / "tables" / f"{table.kind.name}.parquet": _frame(table, city.connections.ids)
        for table in (city.connections, *city.tables.values())
    }
    series = pl.DataFrame({"time": starts, **city.series.values})
    frames = {**tables, folder / "series.parquet": series}
    drawing = {folder / "map.geojson": drawn.written(city.layers)} if city.layers else {}
    limits = {}
    if len(city.allowances):
        rules = pl.DataFrame(city.allowances.columns(city.connections.ids))
        limits = {folder / "limits.csv": rules.write_csv().encode()}
    try:
        (folder / "tables").mkdir(parents=True, exist_ok=True)
        disk.put(
            {path: _parquet(frame) for path, frame in frames.items()}
            | {folder / "city.toml": tomli_w.dumps(about).encode()}
            | drawing
            | limits
        )
        _swept(folder, {*frames, *drawing, *limits})
    except OSError as fault:
        raise StorageFailed(f"{folder}: the city could not be written: {fault.strerror}") from fault


def _swept(folder: Path, written: set[Path]) -> None:
    """Take away what an earlier city left in `folder` and this one does not have."""
    beside = [folder / name for name in ("series.csv", "limits.csv", "map.geojson")]
    for path in (*(folder / "tables").glob("*"), *beside):
        if path.suffix in {".csv", ".parquet", ".geojson"} and path not in written:
            path.unlink(missing_ok=True)


def _allowances(path: Path, connections: Sequence[str]) -> Allowances:
    if not path.exists():
        return Allowances()
    return allowed.read(_columns(path), connections, str(path))


def _layers(path: Path) -> Mapping[str, drawn.Layer]:
    try:
        return drawn.read(path.read_bytes(), str(path)) if path.exists() else {}
    except OSError as fault:
        raise InvalidInput(f"{path}: cannot be read: {fault.strerror}") from fault


def _parquet(frame: pl.DataFrame) -> bytes:
    file = BytesIO()
    frame.write_parquet(file)
    return file.getvalue()


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except FileNotFoundError as fault:
        raise InvalidInput(f"{path} does not exist; a city folder needs one") from fault
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise InvalidInput(f"{path}: not valid TOML: {fault}") from fault


def _table_files(folder: Path) -> list[Path]:
    files = sorted(p for p in (folder / "tables").glob("*") if p.suffix in {".csv", ".parquet"})
    stems = [p.stem for p in files]
    for path in files:
        if stems.count(path.stem) > 1:
            raise InvalidInput(f"{path}: there is both a CSV and a Parquet file; keep one")
    return files


def _columns(path: Path) -> Raw:
    """The columns of a file; CSV cells stay text, so that faults are named by row and field."""
    try:
        frame = (
            pl.read_csv(path, infer_schema=False)
            if path.suffix == ".csv"
            else pl.read_parquet(path)
        )
    except (pl.exceptions.PolarsError, OSError) as fault:
        reason = str(fault).splitlines()[0]
        raise InvalidInput(f"{path}: cannot be read as {path.suffix[1:]}: {reason}") from fault
    return {name: frame[name].to_list() for name in frame.columns}


def _kind(name: str, path: Path) -> Kind:
    known = kinds()
    if name not in known:
        raise InvalidInput(f"{path}: no sector knows kind {name!r}; known: {', '.join(known)}")
    return known[name]


def _table(kind: Kind, path: Path, raw: Raw, connections: Sequence[str]) -> Table:
    for needed in ("id", "connection") if kind.sited else ("id",):
        if needed not in raw:
            raise InvalidInput(f"{path}: field {needed!r} is missing")
    ids = tuple(str(value) for value in raw["id"])
    _check_ids(ids, path)
    place = {name: number for number, name in enumerate(connections)}
    hosts = [str(value) for value in raw["connection"]] if kind.sited else []
    for row, host in enumerate(hosts):
        if host not in place:
            raise InvalidInput(
                f"{path}: row {row + 1}, field 'connection': there is no connection {host!r}"
            )
    rows = np.arange(len(ids), dtype=np.int64)
    hosted = np.array([place[h] for h in hosts], np.int64) if kind.sited else np.full(len(ids), -1)
    declared = {f.name: raw[f.name] for f in kind.fields if f.name in raw}
    extra = {name: column for name, column in raw.items() if name not in {"id", "connection"}}
    return Table(kind, ids, rows, hosted, checked(kind, {**extra, **declared}, str(path)))


def _check_ids(ids: Sequence[str], path: Path) -> None:
    seen: set[str] = set()
    for row, name in enumerate(ids):
        try:
            checked_id(name)
        except InvalidInput as fault:
            raise InvalidInput(f"{path}: row {row + 1}, field 'id': {fault}") from fault
        if name in seen:
            raise InvalidInput(f"{path}: row {row + 1}, field 'id': {name!r} stands there twice")
        seen.add(name)


def _check_references(folder: Path, connections: Table, tables: Mapping[str, Table]) -> None:
    buses = len(tables["bus"]) if "bus" in tables else 0
    beyond = connections.i("bus") >= buses
    if beyond.any():
        row = int(np.argmax(beyond))
        raise InvalidInput(
            f"{folder}/tables/connection: row {row + 1}, field 'bus': "
            f"{connections.i('bus')[row]} is beyond the {buses} buses of the bus table"
        )


def _series(folder: Path) -> Series:
    path = next((p for p in (folder / "series.parquet", folder / "series.csv") if p.exists()), None)
    if path is None:
        return Series(0, {})
    raw = _columns(path)
    if "time" not in raw:
        raise InvalidInput(f"{path}: field 'time' is missing")
    times = _times(raw["time"], path)
    values = {}
    for name in raw:
        if name != "time":
            column = pl.Series(raw[name]).cast(pl.Float64, strict=False).to_numpy()
            wrong = ~np.isfinite(column)
            if wrong.any():
                row = int(np.argmax(wrong))
                bad = raw[name][row]
                raise InvalidInput(
                    f"{path}: row {row + 1}, field {name!r}: {bad!r} is not a finite number"
                )
            values[name] = column
    return Series(int(times[0]) if times.size else 0, values)


def _times(raw: Sequence[object], path: Path) -> I:
    try:
        times = np.array([_second(value) for value in raw], dtype=np.int64)
    except (TypeError, ValueError) as fault:
        raise InvalidInput(f"{path}: field 'time': {fault}") from fault
    step = np.diff(times) != SLOT_S
    if step.any():
        row = int(np.argmax(step)) + 2
        raise InvalidInput(f"{path}: row {row}, field 'time': not 15 min after the row before")
    return times


def _second(value: object) -> int:
    """Epoch seconds of a cell: a number, or ISO 8601 text (UTC where it names no zone)."""
    text = str(value)
    if text.lstrip("-").isdigit():
        return int(text)
    moment = np.datetime64(text.removesuffix("Z").removesuffix("+00:00"), "s")
    return int(moment.astype(np.int64))


def _frame(table: Table, connections: Sequence[str]) -> pl.DataFrame:
    columns: dict[str, object] = {"id": list(table.ids)}
    if table.kind.sited:
        columns["connection"] = [connections[c] for c in table.connection]
    for spec in table.kind.fields:
        columns[spec.name] = (
            table.text(spec.name) if spec.dtype is Dtype.TEXT else table.columns[spec.name]
        )
    return pl.DataFrame(columns)


def _record(made: type[T], given: object, folder: Path) -> T:
    """A frozen record of numbers and names from a TOML table."""
    table = given if isinstance(given, dict) else {}
    known = {spec.name for spec in fields(made)}
    unknown = sorted(set(table) - known)
    where = f"{folder}/city.toml, table {made.__name__.lower()!r}"
    if unknown:
        raise InvalidInput(f"{where}: {unknown[0]!r} is not one of {', '.join(sorted(known))}")
    try:
        return made(**table)
    except TypeError as fault:
        raise InvalidInput(f"{where}: {fault}") from fault
