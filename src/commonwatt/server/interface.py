"""The interface as an OpenAPI document, without a city: `python -m commonwatt.server.interface`."""

from __future__ import annotations

import json
import sys
from typing import Any, cast

from commonwatt.server.live import Live
from commonwatt.server.site import live_app


def document() -> dict[str, Any]:
    """The OpenAPI document of a running city; the page's types are made from it."""
    # Routes are described, not answered: no city is asked anything.
    return live_app(cast("Live", None)).openapi()


if __name__ == "__main__":
    json.dump(document(), sys.stdout, indent=1)
