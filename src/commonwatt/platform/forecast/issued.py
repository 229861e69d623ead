"""A forecast as it was said, with what it could see when it was said; and how it is kept."""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict, dataclass

import numpy as np

from commonwatt.kernel.errors import InvalidInput, StorageFailed
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import Forecast

_STEPS = 65_535
"""Values are kept to this part of their series' range."""
_LEVEL = 1
"""Of zlib: beyond it a tenth is saved for three times the time."""


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What a forecast could see.

    Attributes:
        measured_until: readings of slots before this moment could be in.
        fitted_at: the model was fitted on what was measured before; None where nothing is fitted.
        history_from: since when.
        weather_issued_at: which weather forecast it was given, None where none.
        basis: what else it was made from, in words.
    """

    measured_until: int
    fitted_at: int | None = None
    history_from: int | None = None
    weather_issued_at: int | None = None
    basis: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Issued:
    """A forecast and its inputs.

    Raises:
        InvalidInput: an input is later than the forecast, or a value is not finite.
    """

    forecast: Forecast
    inputs: Inputs

    def __post_init__(self) -> None:
        """Refuse whatever saw the future."""
        said, seen = self.forecast, self.inputs
        for name in ("measured_until", "fitted_at", "history_from", "weather_issued_at"):
            moment = getattr(seen, name)
            if moment is not None and moment > said.issued_at:
                raise InvalidInput(
                    f"the forecast of {said.quantity!r} issued at {said.issued_at} names "
                    f"{name} {moment}: nothing may see the future"
                )
        if not np.isfinite(said.value).all():
            raise InvalidInput(f"the forecast of {said.quantity!r} holds values that are none")


def encoded(said: Forecast) -> bytes:
    """What `decoded` reads: values as 16-bit steps of each series' range, their changes packed."""
    low = said.value.min(axis=(0, 2), initial=np.inf)
    step = (said.value.max(axis=(0, 2), initial=-np.inf) - low) / _STEPS
    unit = np.where(step > 0, step, 1.0)[:, None]
    steps = np.round((said.value - low[:, None]) / unit).astype(np.uint16)
    head = {
        "models": sorted(set(said.model)),
        "shape": said.value.shape,
        "edges": said.window.edges.tolist(),
        "levels": said.levels.tolist(),
    }
    order = {name: k for k, name in enumerate(head["models"])}
    parts = (
        np.asarray(said.series, "<i8"),
        np.array([order[name] for name in said.model], "<u2"),
        np.asarray(low, "<f8"),
        np.asarray(step, "<f8"),
        np.diff(steps, axis=2, prepend=np.uint16(0)).astype("<u2"),
    )
    body = b"".join(np.ascontiguousarray(part).tobytes() for part in parts)
    return zlib.compress(json.dumps(head).encode() + b"\n" + body, _LEVEL)


def decoded(quantity: str, issued_at: int, body: bytes) -> Forecast:
    """The forecast that `encoded` put down, to a 65,535th of each series' range.

    Raises:
        StorageFailed: `body` is something else.
    """
    try:
        head, _, rest = zlib.decompress(body).partition(b"\n")
        told = json.loads(head)
        levels, series, slots = told["shape"]
        kinds = (("<i8", series), ("<u2", series), ("<f8", series), ("<f8", series))
        columns, at = [], 0
        for kind, count in (*kinds, ("<u2", levels * series * slots)):
            columns.append(np.frombuffer(rest, kind, count, at))
            at += columns[-1].nbytes
    except (zlib.error, ValueError, KeyError) as error:
        msg = f"the forecast of {quantity!r} of {issued_at} cannot be read: {error}"
        raise StorageFailed(msg) from error
    number, model, low, step, changes = columns
    steps = np.cumsum(changes.reshape(levels, series, slots), axis=2, dtype=np.uint16)
    return Forecast(
        quantity=quantity,
        series=number.astype(np.int64),
        window=Window(np.array(told["edges"], dtype=np.int64)),
        levels=np.array(told["levels"]),
        value=low[:, None] + step[:, None] * steps,
        issued_at=issued_at,
        model=tuple(told["models"][k] for k in model.tolist()),
    )


def inputs_text(inputs: Inputs) -> str:
    """Inputs as JSON."""
    return json.dumps(asdict(inputs), separators=(",", ":"))


def inputs_from(text: str) -> Inputs:
    """What `inputs_text` wrote."""
    return Inputs(**json.loads(text))
