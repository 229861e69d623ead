"""Files put on disk all together, or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def put(contents: Mapping[Path, bytes]) -> None:
    """Write every file, then let each take the place of what stood there.

    A disk that fills up meanwhile leaves the old files as they were.

    Raises:
        OSError: the disk refused; nothing has changed.
    """
    parts = {path: path.with_name(f"{path.name}.part") for path in contents}
    try:
        for path, content in contents.items():
            with parts[path].open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
    except OSError:
        for part in parts.values():
            part.unlink(missing_ok=True)
        raise
    for path, part in parts.items():
        part.replace(path)
