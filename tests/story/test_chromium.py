"""Where no browser can be had, that is a failure which names its cure."""

import chromium
import pytest


def test_the_cure_is_named(monkeypatch):
    monkeypatch.setattr(chromium, "_on_path", lambda: None)
    monkeypatch.setattr(chromium, "_from_apt", lambda: None)
    monkeypatch.setattr(chromium, "_from_playwright", lambda _: False)
    with pytest.raises(chromium.NoBrowserError, match="apt-get install chromium"):
        chromium._launched(playwright=None)
