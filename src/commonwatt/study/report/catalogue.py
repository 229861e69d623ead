"""What the report shows of the long table: names, words, digits, and which direction is better."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from commonwatt.study.result import BESIDE, RUNS, UNFAIR

COST = "system_cost"
COST_BARE = "system_cost_without_breaches"
OVERLOAD = "overload_energy"


class Better(StrEnum):
    """Which direction of a measure is the better one."""

    LESS = "less"
    MORE = "more"
    NEITHER = "neither"


@dataclass(frozen=True)
class Headline:
    """One measure as people read it.

    Attributes:
        name: its name in the long table.
        words: what it is called.
        digits: after the decimal point.
        better: which direction is better.
        note: what it counts, one line.
    """

    name: str
    words: str
    digits: int
    better: Better
    note: str


@dataclass(frozen=True)
class Group:
    """Measures that answer one question."""

    words: str
    headlines: tuple[Headline, ...]


GROUPS = (
    Group(
        "Wires",
        (
            Headline(
                "transformer_peak",
                "Peak at the transformer",
                1,
                Better.LESS,
                "Highest 15-minute apparent power, of the rating.",
            ),
            Headline(
                "line_peak",
                "Peak on the worst line",
                1,
                Better.LESS,
                "Highest 15-minute current, of the rating.",
            ),
            Headline(
                OVERLOAD,
                "Overload energy",
                2,
                Better.LESS,
                "AC power flow: what flowed above the rating of transformers and lines.",
            ),
            Headline(
                "overload_hours",
                "Hours above 101 %",
                2,
                Better.LESS,
                "Time in which any transformer or line carries more than 101 % of its rating.",
            ),
            Headline("voltage_lowest", "Lowest voltage", 4, Better.MORE, "Any bus, any slot."),
            Headline("voltage_highest", "Highest voltage", 4, Better.LESS, "Any bus, any slot."),
            Headline(
                "voltage_hours",
                "Hours outside the voltage band",
                2,
                Better.LESS,
                "Time in which any bus is outside its band.",
            ),
            Headline("losses", "Losses in the wires", 1, Better.LESS, "AC power flow."),
        ),
    ),
    Group(
        "Money and carbon",
        (
            Headline(
                COST,
                "System cost",
                2,
                Better.LESS,
                "Everything at the published price list, breaches of limits included.",
            ),
            Headline(
                COST_BARE,
                "System cost without breach prices",
                2,
                Better.LESS,
                "The same with overloads and voltage violations left out.",
            ),
            Headline("bill_mean", "Bill, mean home", 2, Better.LESS, "After the guarantee."),
            Headline("bill_worst", "Bill, worst-off home", 2, Better.LESS, "After the guarantee."),
            Headline(
                "bill_rise_worst",
                "Largest rise of a bill",
                2,
                Better.LESS,
                "Over today's, after the guarantee.",
            ),
            Headline("energy", "Energy drawn, net", 0, Better.NEITHER, "At the substation."),
            Headline("co2", "CO₂", 1, Better.LESS, "Of the net energy drawn, hour by hour."),
        ),
    ),
    Group(
        "People",
        (
            Headline(
                "ev_served",
                "Car energy by departure",
                1,
                Better.MORE,
                "Share of what was asked for and feasible.",
            ),
            Headline(
                "comfort_lost",
                "Comfort lost",
                2,
                Better.LESS,
                "Kelvin below the wanted temperature, times hours, all homes.",
            ),
            Headline(
                "building_comfort_lost",
                "Comfort lost in schools and offices",
                2,
                Better.LESS,
                "Kelvin below what people accept while open, times hours, all buildings.",
            ),
            Headline(
                "light_taken",
                "Street light taken away",
                2,
                Better.LESS,
                "Share of what lamps would draw if all burned fully from dusk to dawn.",
            ),
            Headline(
                "self_consumption",
                "Own sun used",
                1,
                Better.MORE,
                "Share of the solar yield used behind the same meter.",
            ),
            Headline(
                "curtailment", "Sun curtailed", 2, Better.LESS, "Share of what the sun offered."
            ),
        ),
    ),
)
"""The headline table, in reading order."""

PARTS = {
    "cost_energy": "Energy",
    "cost_peak": "Network peak",
    "cost_carbon": "Carbon",
    "cost_wear": "Battery wear",
    "cost_curtailment": "Curtailed sun",
    "cost_discomfort": "Cold rooms",
    "cost_missing": "Missing car energy",
    "cost_left in stores": "Left in stores",
    "cost_overload": "Overload",
    "cost_voltage": "Voltage",
    "cost_dimming": "Street light taken away",
    "cost_losses": "Losses in the wires",
}
"""What system cost is made of."""

KINDS = {
    "consumer": "Households",
    "heat_pump": "Heat pumps",
    "hot_water": "Hot water",
    "charger": "Cars",
    "battery": "Batteries",
    "building": "Schools and offices",
    "lamp": "Street lamps",
    "pv": "Sun",
}
"""Asset kinds in the order they are stacked."""

RUN_WORDS = {
    "today": "Today",
    "tuned": "Tuned",
    "coordinated": "Coordinated",
    "bound": "Bound",
    "no margin": "Without a safety margin",
    "one slot later": "Measurements one slot later",
    "naive forecast": "Naive forecaster",
    "perfect forecast": "Perfect forecaster",
    UNFAIR: "Without fairness",
}
"""What the runs are called."""

RUN_NOTES = {
    "today": "Cars charge on arrival, thermostats switch, batteries keep the home's own sun.",
    "tuned": "Every device follows a competent local rule, with the live limiter a network "
    "operator can buy today.",
    "coordinated": "commonwatt, from forecasts, re-planned every quarter of an hour.",
    "bound": "The same planner knowing the future: nothing can do better.",
}
"""What the four runs are."""


def headlines() -> list[Headline]:
    """All headline measures, in reading order."""
    return [h for g in GROUPS for h in g.headlines]


def run_order(run: str) -> int:
    """Where a run stands in tables: the four first, then the variants, then anything else."""
    order = [*RUNS, UNFAIR, *BESIDE]
    return order.index(run) if run in order else len(order)
