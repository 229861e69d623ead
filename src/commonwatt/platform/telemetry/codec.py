"""Readings as Arrow bytes and back."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from commonwatt.kernel.readings import Readings


def encoded(batches: list[Readings], revision: int) -> bytes:
    """One Arrow IPC stream with all of `batches`, in order."""
    names = pa.array([b.quantity for b in batches])
    part = np.repeat(np.arange(len(batches), dtype=np.int32), [len(b) for b in batches])
    table = pa.record_batch(
        {
            "quantity": pa.DictionaryArray.from_arrays(part, names),
            "series": np.concatenate([b.series for b in batches]),
            "time": np.concatenate([b.time for b in batches]),
            "revision": np.full(part.size, revision, dtype=np.int32),
            "value": np.concatenate([b.value for b in batches]),
            "quality": np.concatenate([b.quality for b in batches]).astype(np.int8),
        }
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_batch(table)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def decoded(payload: bytes) -> tuple[list[Readings], int]:
    """The batches of `encoded`, and their revision."""
    with pa.ipc.open_stream(payload) as reader:
        table = reader.read_next_batch()
    column = {name: table.column(name) for name in table.schema.names}
    part = column["quantity"].indices.to_numpy()
    names = column["quantity"].dictionary.to_pylist()
    cuts = np.searchsorted(part, np.arange(len(names) + 1))
    batches = [
        Readings(
            quantity=names[k],
            series=column["series"].to_numpy()[cuts[k] : cuts[k + 1]],
            time=column["time"].to_numpy()[cuts[k] : cuts[k + 1]],
            value=column["value"].to_numpy()[cuts[k] : cuts[k + 1]],
            quality=column["quality"].to_numpy()[cuts[k] : cuts[k + 1]].astype(np.int64),
        )
        for k in range(len(names))
    ]
    return batches, int(column["revision"][0].as_py())
