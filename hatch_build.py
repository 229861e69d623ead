"""Lets `pip install` build the web page: it travels in the wheel and is never committed."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SKIP = "CW_SKIP_WEB"
"""Set to install without the page, where neither it nor npm can be had."""


class PageHook(BuildHookInterface):  # type: ignore[type-arg] - hatchling leaves it open
    """Builds the page before a wheel, an editable install or an sdist is put together."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the hook's signature
        """Build if the sources have changed since."""
        if os.environ.get(SKIP):
            return
        path = Path(self.root) / "web" / "build.py"
        spec = importlib.util.spec_from_file_location("commonwatt_web_build", path)
        if spec is None or spec.loader is None:
            raise FileNotFoundError(path)
        page = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(page)
        page.build()
