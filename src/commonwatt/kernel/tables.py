"""The city as column tables: one table per asset kind, checked against a declared schema.

A sector declares its `Kind`s in `model.py`; the city stores one `Table` per kind. Every asset has a
dense index `ix`, fixed for a city version, and hangs on a connection (the metered point), through
which it has a bus, a phase and a neighbourhood.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.units import F, I

Column = NDArray[np.float64] | NDArray[np.int64] | NDArray[np.str_]


class Dtype(StrEnum):
    """What a column may hold."""

    FLOAT = "float"
    INT = "int"
    TEXT = "text"


@dataclass(frozen=True, kw_only=True)
class Field:
    """One declared column: its name carries its unit, its bounds catch nonsense at the door.

    `uncertain` is the spread σ of truth around the nameplate in studies:
    truth = plate·exp(σ·N(0,1)).
    """

    name: str
    doc: str
    dtype: Dtype = Dtype.FLOAT
    low: float | None = None
    high: float | None = None
    default: float | int | str | None = None
    uncertain: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Kind:
    """The schema of one table.

    Attributes:
        name: singular noun, also the table's file name: "pv", "heat_pump", "line".
        doc: one sentence for the documentation.
        fields: the declared columns, beside `id` and, where `sited`, `connection`.
        sited: whether each row hangs on a connection (assets do, wires do not).
    """

    name: str
    doc: str
    fields: tuple[Field, ...]
    sited: bool = True


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of one kind, as columns of equal length N.

    Attributes:
        kind: the schema.
        ids: (N,) stable ids.
        ix: (N,) dense index among all assets of the city; for unsited kinds simply 0…N-1.
        connection: (N,) connection index; -1 for unsited kinds.
        columns: the declared columns by name.
    """

    kind: Kind
    ids: tuple[str, ...]
    ix: I
    connection: I
    columns: Mapping[str, Column] = field(default_factory=dict)

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.ids)

    def f(self, name: str) -> F:
        """(N,) a float column."""
        return np.asarray(self._column(name), dtype=np.float64)

    def i(self, name: str) -> I:
        """(N,) an integer column."""
        return np.asarray(self._column(name), dtype=np.int64)

    def text(self, name: str) -> list[str]:
        """A text column as a list of N strings."""
        return [str(value) for value in self._column(name)]

    def _column(self, name: str) -> Column:
        if not self.ids:
            return np.empty(0)
        if name not in self.columns:
            known = ", ".join(sorted(self.columns))
            msg = f"table {self.kind.name!r} has no column {name!r}; it has {known}"
            raise InvalidInput(msg)
        return self.columns[name]


def checked(
    kind: Kind, columns: Mapping[str, Sequence[object] | Column], where: str
) -> dict[str, Column]:
    """Columns of `kind`, typed, filled with defaults and within bounds.

    Args:
        kind: the schema.
        columns: raw columns by name; missing ones take their default.
        where: file or importer, for the error sentence.

    Raises:
        InvalidInput: names file, row and field of the first fault.
    """
    rows = max((len(c) for c in columns.values()), default=0)
    unknown = set(columns) - {f.name for f in kind.fields} - {"id", "connection"}
    if unknown:
        msg = f"{where}: field {min(unknown)!r} is not one of kind {kind.name!r}"
        raise InvalidInput(msg)
    return {f.name: _checked_column(f, columns.get(f.name), rows, where) for f in kind.fields}


def _checked_column(
    spec: Field, raw: Sequence[object] | Column | None, rows: int, where: str
) -> Column:
    if raw is None:
        if spec.default is None:
            msg = f"{where}: field {spec.name!r} is missing and has no default"
            raise InvalidInput(msg)
        raw = [spec.default] * rows
    if spec.dtype is Dtype.TEXT:
        return np.array([str(value) for value in raw], dtype=np.str_)
    numbers = _numbers(spec, raw, where)
    _check_bounds(spec, numbers, where)
    return numbers.astype(np.int64) if spec.dtype is Dtype.INT else numbers


def _numbers(spec: Field, raw: Sequence[object] | Column, where: str) -> F:
    """A raw column as finite numbers; arrays of them are taken whole."""
    if isinstance(raw, np.ndarray) and raw.dtype.kind in "iuf" and np.isfinite(raw).all():
        return raw.astype(np.float64)
    return np.array([_number(spec, v, row, where) for row, v in enumerate(raw)], np.float64)


def _number(spec: Field, value: object, row: int, where: str) -> float:
    if value is None and spec.default is not None:
        value = spec.default
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = float("nan")
    if not np.isfinite(number):
        msg = f"{where}: row {row + 1}, field {spec.name!r}: {value!r} is not a finite number"
        raise InvalidInput(msg)
    return number


def _check_bounds(spec: Field, numbers: F, where: str) -> None:
    for bound, bad in (
        (spec.low, numbers < (spec.low or 0)),
        (spec.high, numbers > (spec.high or 0)),
    ):
        if bound is not None and bad.any():
            row = int(np.argmax(bad))
            side = "below" if bound == spec.low else "above"
            msg = (
                f"{where}: row {row + 1}, field {spec.name!r}: "
                f"{numbers[row]:g} is {side} the allowed {bound:g}"
            )
            raise InvalidInput(msg)


CONNECTION = Kind(
    name="connection",
    doc="A metered point of the grid: a home, a shop, a charge point with a meter of its own.",
    sited=False,
    fields=(
        Field(name="bus", doc="Index of its bus.", dtype=Dtype.INT, low=0),
        Field(
            name="phase",
            doc="0 three-phase, else 1, 2 or 3.",
            dtype=Dtype.INT,
            low=0,
            high=3,
            default=0,
        ),
        Field(name="neighbourhood", doc="Where it lies.", dtype=Dtype.TEXT, default="all"),
        Field(
            name="use",
            doc="home, farm, business, school, charge_point or lighting.",
            dtype=Dtype.TEXT,
            default="home",
        ),
        Field(name="fuse_kw", doc="What its main fuse carries.", low=0.1, default=43.6),
    ),
)
"""The one table every sector shares."""

NEIGHBOURHOOD = Kind(
    name="neighbourhood",
    doc="A neighbourhood and who lives there; connections name it in `neighbourhood`.",
    sited=False,
    fields=(
        Field(name="name", doc="As connections name it.", dtype=Dtype.TEXT),
        Field(name="homes", doc="How many homes.", dtype=Dtype.INT, low=0),
        Field(name="people", doc="How many people.", dtype=Dtype.INT, low=0),
        Field(name="income_eur", doc="Median equivalised net income a year.", low=0),
        Field(name="owned_share", doc="Homes lived in by their owners.", low=0, high=1),
        Field(name="young_share", doc="People under 18.", low=0, high=1),
        Field(name="old_share", doc="People of 65 and older.", low=0, high=1),
    ),
)
"""Who lives where, as far as fairness between neighbourhoods needs it."""
