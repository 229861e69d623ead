"""The page under load: 5,000 assets, 500 of them changing five times a second.

A stand-in server speaks the real interface with made-up values, so that only the page is measured,
in a headless Chromium that draws the map without a GPU. Latency runs from the moment a message is
heard in the page until the frame that shows it was painted; `wire` is the way before that.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import statistics
import sys
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from fastapi import FastAPI
from fastapi.responses import FileResponse, JSONResponse, StreamingResponse

from commonwatt.server.loopback import listening
from commonwatt.server.site import STATIC

sys.path.insert(0, str(Path(__file__).parents[1] / "web" / "browser"))
from chromium import chromium

ASSETS, CHANGING, HERTZ = 5_000, 500, 5
LINES = 1_000
WATCH = """
window.marks = []; window.arrivals = [];
addEventListener("commonwatt:painted", (e) => marks.push(e.detail));
window.EventSource = class extends EventSource {
  constructor(...given) {
    super(...given);
    const now = () => performance.timeOrigin + performance.now();
    this.addEventListener("delta", (e) => arrivals.push([Number(e.lastEventId), now()]));
  }
};
"""
SECTORS = ("charging", "grid", "homes", "metering", "renewables", "lighting", "buildings")
ids = np.array([f"asset/{n}" for n in range(ASSETS)])
places = np.array([f"connection/{n}" for n in range(ASSETS)])
wires = np.array([f"line/{n}" for n in range(LINES)])
sent: dict[int, float] = {}


def town_map() -> dict[str, Any]:
    """A square of lines and as many connections as there are assets."""
    dice = np.random.default_rng(7)
    at = 10 + 0.02 * dice.random((ASSETS, 2))
    row = np.linspace(10, 10.02, LINES)
    points = [
        _feature("Point", [float(x), float(y)], layer="connection", id=str(i), use="home")
        for (x, y), i in zip(at, places, strict=True)
    ]
    lines = [
        _feature("LineString", [[10, y], [10.02, y]], layer="line", id=str(i), level="lv")
        for y, i in zip(row.tolist(), wires, strict=True)
    ]
    return {"type": "FeatureCollection", "features": lines + points}


def _feature(kind: str, where: list[Any], **properties: str) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": where}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def columns(which: np.ndarray, dice: np.random.Generator) -> dict[str, Any]:
    """New values of the assets in `which`, of their connections and of some lines."""
    kw = dice.normal(0, 3, len(which)).round(3).tolist()
    some = which[which < LINES]
    return {
        "assets": {"ids": ids[which].tolist(), "kw": kw},
        "connections": {
            "ids": places[which].tolist(),
            "kw": kw,
            "volts_pu": dice.normal(1, 0.02, len(which)).round(4).tolist(),
        },
        "branches": {
            "ids": wires[some].tolist(),
            "loading": dice.random(len(some)).round(3).tolist(),
        },
    }


def snapshot(dice: np.random.Generator) -> dict[str, Any]:
    """The whole town."""
    sector = {"up_kw": 9.0, "down_kw": 4.0, "state": "normal", "note": "", "assets": 700}
    band = {"forecast_low_kw": 1.0, "forecast_kw": 2.0, "forecast_high_kw": 3.0}
    rows = [{"name": n, "title": n.title(), "kw": 1.0, **sector, **band} for n in SECTORS]
    head = {"event": 0, "time": "2016-06-13T10:00:00Z", "mode": "twin", "plan_status": "optimal"}
    clock = {"speed": 60, "speed_now": 60, "lag_s": 0, "behind": False, "plan_cause": ""}
    grid = {"source_kw": 1, "losses_kw": 1, "voltage_low_pu": 0.97, "voltage_high_pu": 1.02}
    lists = {"sectors": rows, "limits": [], "alarms": []}
    return {**head, **clock, **grid, **lists, **columns(np.arange(ASSETS), dice)}


async def stream() -> AsyncIterator[str]:
    """A snapshot, then deltas on the beat."""
    dice = np.random.default_rng(8)
    yield f"event: snapshot\nid: 0\ndata: {json.dumps(snapshot(dice))}\n\n"
    start = time.time()
    for n in range(1, 100_000):
        await asyncio.sleep(max(0.0, start + n / HERTZ - time.time()))
        which = np.sort(dice.choice(ASSETS, CHANGING, replace=False))
        change = {"event": n, "source_kw": float(n), **columns(which, dice)}
        text = f"event: delta\nid: {n}\ndata: {json.dumps(change)}\n\n"
        sent[n] = 1000 * time.time()
        yield text


def stand_in() -> FastAPI:
    """The interface, as far as the overview asks for it."""
    app = FastAPI()
    names = [{"name": n, "title": n.title()} for n in SECTORS]
    city = {"name": "5,000 assets", "zone": "UTC", "lat": 10, "lon": 10, "homes": ASSETS}
    answers: dict[str, Any] = {
        "me": {"role": "operator", "id": "bench", "connection": None},
        "city": {**city, "sectors": names, "limits": []},
        "map": town_map(),
    }

    @app.get("/api/stream")
    def live() -> StreamingResponse:
        return StreamingResponse(stream(), media_type="text/event-stream")

    @app.get("/api/{name:path}")
    def answer(name: str) -> JSONResponse:
        unknown = {"times": [], "kw": [], "forecast": None}
        return JSONResponse(answers.get(name, unknown))

    @app.get("/{path:path}")
    def page(path: str) -> FileResponse:
        file = STATIC / path
        return FileResponse(file if path and file.is_file() else STATIC / "index.html")

    return app


def measured(address: str, seconds: float) -> dict[str, float]:
    """Open the overview and watch it for a while."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.add_init_script(WATCH)
        page.goto(f"{address}/overview")
        page.locator("header time").wait_for()
        first_values = page.evaluate("performance.now()")
        page.wait_for_function("!document.querySelector('.wait')", timeout=120_000)
        page.evaluate("marks.length = arrivals.length = 0")
        page.wait_for_timeout(1000 * seconds)
        marks, arrivals = page.evaluate("[marks, arrivals]")
        paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    latency = [mark["painted"] - mark["heard"] for mark in marks]
    wire = [at - sent[n] for n, at in arrivals]
    return {
        "first_paint_ms": paint,
        "first_values_ms": first_values,
        "messages": len(arrivals),
        "frames": len(marks),
        "paint_p50_ms": statistics.median(latency),
        "paint_p95_ms": float(np.percentile(latency, 95)),
        "wire_p50_ms": statistics.median(wire),
        "wire_p95_ms": float(np.percentile(wire, 95)),
    }


def sizes() -> dict[str, float]:
    """What travels, gzipped, in kB: to the first paint of any page, with the map, everything."""
    packed = {
        p.name: len(gzip.compress(p.read_bytes(), 9)) / 1000 for p in (STATIC / "assets").iterdir()
    }
    code = {name: kb for name, kb in packed.items() if name.endswith((".js", ".css", ".mjs"))}
    drawn = sum(kb for name, kb in code.items() if name.startswith(("TownMap", "maplibre")))
    return {"code_kb": sum(code.values()), "map_kb": drawn, "rest_kb": sum(code.values()) - drawn}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="ten seconds instead of sixty")
    parser.add_argument("--json", action="store_true", help="machine-readable")
    options = parser.parse_args()
    with listening(0) as listener:
        server = uvicorn.Server(
            uvicorn.Config(stand_in(), log_level="warning", timeout_graceful_shutdown=1)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        found = measured(address, 10 if options.quick else 60) | sizes()
        server.should_exit = True
        thread.join(timeout=10)
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:>16} {value:10.1f}")


if __name__ == "__main__":
    main()
