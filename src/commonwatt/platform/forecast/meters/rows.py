"""The long table that meters come in as, in numbers: which meter, which class, which moment."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.units import F, I

US = 1_000_000


def coded(table: pa.Table) -> tuple[NDArray[np.int32], list[str], list[str]]:
    """(K,) series number of each row, ids in order, and the class of each.

    Plain strings and dictionaries (as `whole` reads them) say the same.

    Raises:
        InvalidInput: a column is missing, or rows without a series.
    """
    missing = {"series", "time", "value"} - set(table.column_names)
    if missing:
        msg = f"readings lack column {min(missing)!r}; they have {', '.join(table.column_names)}"
        raise InvalidInput(msg)
    if table["series"].null_count:
        msg = f"{table['series'].null_count} readings tell no series; leave them out"
        raise InvalidInput(msg)
    where, names = _dictionary(table["series"])
    used = np.flatnonzero(np.bincount(where, minlength=names.size))
    order = used[np.argsort(names[used], kind="stable")]
    rank = np.zeros(names.size, dtype=np.int32)
    rank[order] = np.arange(order.size)
    codes = rank[where]
    return codes, names[order].tolist(), _kinds(table, codes, order.size)


def microseconds(times: pa.ChunkedArray) -> I:
    """(K,) microseconds since 1970.

    Raises:
        InvalidInput: they are no timestamps.
    """
    if not pa.types.is_timestamp(times.type):
        msg = f"column 'time' is {times.type}; give timestamps with a time zone"
        raise InvalidInput(msg)
    found: I = pc.cast(pc.cast(times, pa.timestamp("us", times.type.tz)), pa.int64()).to_numpy()
    return found


def values(column: pa.ChunkedArray) -> F:
    """(K,) numbers, NaN where there is none."""
    plain = pc.cast(column, pa.float64())
    if plain.null_count:
        plain = pc.fill_null(plain, float("nan"))
    found: F = plain.to_numpy()
    return found


def _dictionary(column: pa.ChunkedArray) -> tuple[I, NDArray[np.str_]]:
    """(K,) index of each row into the names beside."""
    if not pa.types.is_dictionary(column.type):
        column = pc.cast(column, pa.string()).dictionary_encode()
    one = column.unify_dictionaries().combine_chunks()
    if isinstance(one, pa.ChunkedArray):  # of an empty table
        one = pa.concat_arrays(one.chunks) if one.num_chunks else _none()
    names = np.array(pc.cast(one.dictionary, pa.string()).to_pylist(), dtype=object).astype(str)
    return one.indices.to_numpy(zero_copy_only=False), names


def _none() -> pa.DictionaryArray:
    return pa.array([], pa.string()).dictionary_encode()


def _kinds(table: pa.Table, codes: NDArray[np.int32], count: int) -> list[str]:
    """Class of each series, by its first row."""
    kind = [""] * count
    if "class" in table.column_names:
        # few, where meters stand in order
        begins = np.flatnonzero(np.append(True, codes[1:] != codes[:-1])[: codes.size])
        found, first = np.unique(codes[begins], return_index=True)
        classes = table["class"].take(pa.array(begins[first])).to_pylist()
        for number, name in zip(found.tolist(), classes, strict=True):
            kind[number] = name or ""
    return kind
