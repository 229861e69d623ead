"""Names of things: stable, readable, unique within a city, independent of their dense index."""

from __future__ import annotations

import re

from commonwatt.kernel.errors import InvalidInput

_ALLOWED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")


def asset_id(kind: str, name: str) -> str:
    """The stable id of an asset, for instance `pv/LV1.101-SGen-1`.

    >>> asset_id("pv", "LV1.101 SGen 1")
    'pv/LV1.101-SGen-1'
    """
    candidate = f"{kind}/{re.sub(r'[^A-Za-z0-9._-]+', '-', name.strip())}"
    return checked_id(candidate)


def checked_id(candidate: str) -> str:
    """`candidate`, if it is a well-formed id.

    Raises:
        InvalidInput: it holds blanks or signs that would break a URL or a file name.
    """
    if not _ALLOWED.fullmatch(candidate):
        msg = f"{candidate!r} is no valid id: use letters, digits, dot, dash, underscore and slash"
        raise InvalidInput(msg)
    return candidate
