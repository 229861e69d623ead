"""The coordinator's page: time, memory and gap against the number of assets, a line a way."""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template
from typing import Any

from plotly import graph_objects
from plotly.offline import get_plotlyjs

CHARTS = {
    "wall_s": ("Time", "wall seconds"),
    "memory_gb": ("Memory", "peak, GB"),
    "gap": ("Gap", "cost over the best bound"),
}
COLOURS = ("#3b82f6", "#e08a00", "#d9542b", "#12a37a", "#c86ba0", "#8b7bd8", "#8a8f98")
MARKS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross", "x")
EXACT = 1e-8
"""Gaps below this are drawn here: a solver's tolerance, on an axis that knows no nought."""
PAGE = Template("""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Coordination against the number of assets</title>
<style>
:root { color-scheme: light dark; --text: #1c1f23; --soft: #5c636d; --line: #d8dce2; --back: #fff }
@media (prefers-color-scheme: dark) {
  :root { --text: #e8eaed; --soft: #a3abb6; --line: #363c45; --back: #14171b }
}
body { margin: 0 auto; padding: 1rem; max-width: 90rem; background: var(--back); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif }
p, caption { color: var(--soft) }
main { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)) }
section { min-width: 0 }
h1 { font-size: 1.4rem } h2 { font-size: 1rem; margin: 0 }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100% }
caption { text-align: left; padding: .5rem 0 }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: right;
  white-space: nowrap }
th:nth-child(2), td:nth-child(2), [colspan] { text-align: left }
.ours { font-weight: 600 }
</style>
<script>$plotly</script>
<h1>Coordination against the number of assets</h1>
<p>One town of cars, batteries, heat and washing cycles, 96 slots, 100 buses; every figure from a
process of its own. A way that ran out of its time is not asked for more.</p>
<main>$charts</main>
<div class="wide"><table><caption>The same figures</caption>
<tr><th>assets<th>way<th>wall s<th>CPU s<th>GB<th>gap</tr>
$table
</table></div>
<script>
const dark = matchMedia("(prefers-color-scheme: dark)");
function paint() {
  const of = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const grid = { gridcolor: of("--line"), linecolor: of("--line"), zerolinecolor: of("--line") };
  const change = { "font.color": of("--text") };
  for (const axis of ["xaxis", "yaxis"])
    for (const [key, value] of Object.entries(grid)) change[axis + "." + key] = value;
  for (const chart of document.querySelectorAll(".js-plotly-plot"))
    Plotly.relayout(chart, change).then(() => Plotly.Plots.resize(chart));
}
dark.addEventListener("change", paint);
paint();
</script>
</html>
""")


def drawn(rows: list[dict[str, Any]], page: Path) -> None:
    """Write the page."""
    page.parent.mkdir(parents=True, exist_ok=True)
    charts = "".join(chart(rows, name) for name in CHARTS)
    table = "\n".join(map(line, rows))
    page.write_text(PAGE.substitute(plotly=get_plotlyjs(), charts=charts, table=table))


def chart(rows: list[dict[str, Any]], value: str) -> str:
    """One figure, both axes logarithmic."""
    figure = graph_objects.Figure()
    for n, name in enumerate(dict.fromkeys(row["name"] for row in rows)):
        seen = [row for row in rows if row["name"] == name and value in row and "failed" not in row]
        if seen:
            figure.add_scatter(
                x=[row["assets"] for row in seen],
                y=[max(row[value], EXACT) if value == "gap" else row[value] for row in seen],
                name=name, line={"color": COLOURS[n], "width": 2 if n else 4},
                marker={"symbol": MARKS[n], "size": 9},
            )  # fmt: skip
    title, unit = CHARTS[value]
    figure.update_xaxes(type="log", title="assets", dtick=1, exponentformat="SI")
    figure.update_yaxes(type="log", title=unit, dtick=1, exponentformat="power")
    figure.update_layout(
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)", height=420,
        margin={"l": 60, "r": 10, "t": 10, "b": 40}, legend={"orientation": "h", "y": -0.22},
    )  # fmt: skip
    body = figure.to_html(full_html=False, include_plotlyjs=False, config={"responsive": True})
    return f"<section><h2>{title}</h2>{body}</section>"


def line(row: dict[str, Any]) -> str:
    """One row of the table."""
    first = "" if row["name"] != "commonwatt" else " class=ours"
    head = f"<tr{first}><td>{row['assets']:,}<td>{escape(row['name'])}"
    if "failed" in row:
        return f"{head}<td colspan=4>{escape(row['failed'])}</tr>"
    gap = "another problem" if "gap" not in row else f"{row['gap']:.1e}"
    gap = "exact" if row.get("gap", 1.0) < EXACT else gap
    figures = f"<td>{row['wall_s']:.2f}<td>{row['cpu_s']:.2f}<td>{row['memory_gb']:.2f}"
    return f"{head}{figures}<td>{gap}</tr>"
