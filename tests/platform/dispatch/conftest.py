from __future__ import annotations

from collections.abc import Iterator

import pytest

from commonwatt.platform.dispatch import Worker


@pytest.fixture(scope="session")
def worker() -> Iterator[Worker]:
    """One solver child for all tests of a process."""
    shared = Worker()
    yield shared
    shared.close()
