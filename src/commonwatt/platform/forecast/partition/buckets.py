"""Fleet folders: Parquet files grouped so that every bucket holds whole series."""

from __future__ import annotations

from pathlib import Path
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from commonwatt.kernel.errors import InvalidInput, NotFound
from commonwatt.kernel.units import I

BATCH = 1 << 20
"""Rows held at a time while regrouping."""
NAMES = ("series", "class")
"""Columns of few different words: a number each is read, a tenth of the memory."""


def buckets_of(folder: Path) -> dict[str, list[Path]]:
    """The files of each bucket of a fleet folder, by its name; empty where it is none."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("bucket=*/*.parquet")):
        found.setdefault(path.parent.name, []).append(path)
    return found


def whole(files: list[Path], columns: list[str]) -> pa.Table:
    """One bucket's table, those of `columns` that it has; names as dictionaries, not as text."""
    there = set(pq.read_schema(files[0]).names)
    wanted = [name for name in columns if name in there]
    named = [name for name in wanted if name in NAMES]
    parts = [pq.ParquetFile(path, read_dictionary=named).read(columns=wanted) for path in files]
    return pa.concat_tables(parts).unify_dictionaries()


def regrouped(source: Path, folder: Path, buckets: int) -> Path:
    """A fleet folder made of any Parquet files under `source`, a batch at a time.

    Args:
        source: a file or folder with columns `series`, `time`, `value` and any others.
        folder: where the buckets go; files of an earlier run are replaced.
        buckets: how many; about 2,000 series each is a good size.

    Raises:
        NotFound: there is no Parquet file.
        InvalidInput: a file has no column `series`.
    """
    files = [source] if source.is_file() else sorted(source.rglob("*.parquet"))
    if not files:
        msg = f"{source} holds no Parquet file; give a folder of meter readings"
        raise NotFound(msg)
    data = ds.dataset(files, format="parquet")
    if "series" not in data.schema.names:
        msg = f"{files[0]} has no column 'series'; it has {', '.join(data.schema.names)}"
        raise InvalidInput(msg)
    writers: dict[int, pq.ParquetWriter] = {}
    try:
        for batch in data.to_batches(batch_size=BATCH):
            _spread(pa.Table.from_batches([batch]), folder, buckets, writers)
    finally:
        for writer in writers.values():
            writer.close()
    return folder


def bucket(series: pa.ChunkedArray, buckets: int) -> I:
    """(K,) bucket of each row: the CRC-32 of its series, which is the same on every machine."""
    coded = series.combine_chunks().dictionary_encode()
    names = coded.dictionary.to_pylist()
    of_name = np.array([crc32(str(name).encode()) % buckets for name in names], np.int64)
    rows: I = of_name[coded.indices.to_numpy(zero_copy_only=False)]
    return rows


def _spread(
    table: pa.Table, folder: Path, buckets: int, writers: dict[int, pq.ParquetWriter]
) -> None:
    if not table.num_rows:
        return
    of_row = bucket(table["series"], buckets)
    order = np.argsort(of_row, kind="stable")
    dealt = table.take(pa.array(order))
    numbers, starts = np.unique(of_row[order], return_index=True)
    ends = np.append(starts[1:], order.size)
    for number, start, end in zip(numbers.tolist(), starts.tolist(), ends.tolist(), strict=True):
        if number not in writers:
            path = folder / f"bucket={number:05d}" / "part-0.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            writers[number] = pq.ParquetWriter(path, table.schema, compression="zstd")
        writers[number].write_table(dealt.slice(start, end - start))
