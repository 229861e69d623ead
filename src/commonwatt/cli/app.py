"""The `commonwatt` command: its sub-commands, and how it fails."""

from __future__ import annotations

import sys

import typer

from commonwatt.cli import city, doctor, fleet, forecast, generate, serve, study, up, why
from commonwatt.cli.console import complain
from commonwatt.kernel.errors import CommonwattError

REFUSED = 2
"""Exit code of what commonwatt refuses or cannot do; the sentence on stderr says why."""

EPILOG = """
[bold]Try it[/bold]

commonwatt up --demo

commonwatt study simbench:1-LV-rural1--2-sw --days 1 --seeds 1 --out out/rural

commonwatt serve out/rural

commonwatt generate --homes 300 --seed 7 --out out/town

[bold]Exit codes[/bold]  0 done · 1 our fault · 2 refused, and why · 3 found wanting · 130 stopped
"""

app = typer.Typer(
    name="commonwatt",
    rich_markup_mode="rich",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.command("study", rich_help_panel="Ask")(study.study)
app.command("serve", rich_help_panel="Ask")(serve.serve)
app.command("why", rich_help_panel="Ask")(why.why)
app.command("up", rich_help_panel="Run")(up.up)
app.command("home-link", rich_help_panel="Run")(up.home_link)
app.command("doctor", rich_help_panel="Run")(doctor.doctor)
app.command("generate", rich_help_panel="Prepare")(generate.generate)
forecast.app.command("fleet")(fleet.fleet)
app.add_typer(forecast.app, name="forecast", rich_help_panel="Ask")
app.add_typer(city.app, name="city", rich_help_panel="Prepare")


@app.callback()
def about() -> None:
    """Run a city's electricity grid, and all that hangs off it, as [bold]one[/bold] system.

    Run a district before your eyes, or study a real grid: what is coordination worth, and why?
    """


def main() -> None:
    """Run the command line; what commonwatt refuses becomes one sentence and exit code 2."""
    try:
        app()
    except CommonwattError as refusal:
        complain(str(refusal))
        sys.exit(REFUSED)
