import csv
import json
import math
import re
from dataclasses import fields, replace
from html.parser import HTMLParser
from io import StringIO
from itertools import pairwise

import pytest
from rich.console import Console

from commonwatt.kernel.errors import StorageFailed
from commonwatt.kernel.prices import PriceList
from commonwatt.study.report import summary, write
from commonwatt.study.report.charts import (
    bill_chart,
    duration_chart,
    loading_chart,
    moved_chart,
    power_chart,
)
from commonwatt.study.report.page import page, span
from commonwatt.study.report.sheets import (
    PRICE_WORDS,
    area_sheet,
    beside_sheet,
    breaks,
    headline_sheet,
    more_sheet,
    reason_sheet,
    share,
)
from commonwatt.study.report.worth import unevenness, verdict, worth
from commonwatt.study.result import UNFAIR, Row

VOID = {"meta", "line", "br", "link", "input", "img"}


class Outline(HTMLParser):
    """Collects what a page is made of and checks that its tags close in order."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.headings, self.sources = [], [], [], [], []
        self.figures = {}
        self._figure = None

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a":
            self.links.append(given["href"])
        self.sources += [v for k, v in attrs if k in ("src", "srcset", "data") and v]
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "script" and given.get("type") == "application/json":
            self._figure = given["id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, _attrs):
        assert tag in VOID

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        self._figure = None

    def handle_data(self, data):
        if self._figure:
            self.figures[self._figure] = json.loads(data)


def outline(html):
    parser = Outline()
    parser.feed(html)
    assert parser.open == []
    return parser


def test_write_leaves_three_files_and_the_same_bytes_twice(result, tmp_path):
    write(result, tmp_path / "one" / "deep")
    write(result, tmp_path / "two")
    for name in ("report.html", "result.json", "bills.csv"):
        first = (tmp_path / "one" / "deep" / name).read_bytes()
        assert first == (tmp_path / "two" / name).read_bytes()
        assert len(first) > 100


def test_a_folder_that_cannot_be_written_is_a_sentence(result, tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(StorageFailed, match="cannot be written to"):
        write(result, tmp_path / "taken")


def test_json_holds_the_long_table_with_null_for_nan(result, tmp_path):
    write(result, tmp_path)
    data = json.loads((tmp_path / "result.json").read_text())
    assert data["columns"] == ["run", "seed", "area", "measure", "unit", "value", "share_of"]
    assert len(data["rows"]) == len(result.rows)
    for got, row in zip(data["rows"], result.rows, strict=True):
        assert got[:6] == [row.run, row.seed, row.area, row.measure, row.unit, row.value]
        assert got[6] is None if math.isnan(row.share_of) else got[6] == row.share_of


def test_csv_holds_every_bill(result, tmp_path):
    write(result, tmp_path)
    rows = list(csv.DictReader((tmp_path / "bills.csv").read_text().splitlines()))
    assert len(rows) == len(result.bills)
    assert float(rows[0]["pays_eur"]) == pytest.approx(result.bills[0].pays_eur)


def test_the_page_is_whole_and_fetches_nothing(result):
    seen = outline(page(result))
    assert len(seen.ids) == len(set(seen.ids))
    assert seen.sources == []
    local = {link for link in seen.links if not link.startswith("#")}
    assert local == {"result.json", "bills.csv"}
    assert {link[1:] for link in seen.links if link.startswith("#")} <= set(seen.ids)


def test_headings_descend_one_level_at_a_time(result):
    levels = outline(page(result)).headings
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_figure_has_its_table_and_its_traces_share_their_index(result):
    html = page(result)
    figures = outline(html).figures
    assert {"figure-loading", "figure-voltage", "figure-moved", "figure-bills"} <= set(figures)
    for key, figure in figures.items():
        assert f'data-table="{key.removeprefix("figure-")}"' in html
        axis = "y" if figure["data"][0].get("orientation") == "h" else "x"
        assert all(trace[axis] == figure["data"][0][axis] for trace in figure["data"])


def test_every_colour_of_a_figure_is_in_the_style_sheet(result):
    html = page(result)
    style = html[html.index("<style>") : html.index("</style>")]
    figures = json.dumps(outline(html).figures)
    for name in set(re.findall(r'"(--[^"]+)"', figures)):
        assert style.count(f"{name}:") == 2, f"{name} needs a light and a dark colour"


def test_names_from_outside_are_escaped(result):
    nasty = replace(result, city="<script>alert(1)</script>")
    html = page(nasty)
    assert "<script>alert(1)" not in html
    assert "&lt;b&gt;bank" in html


def test_the_limit_is_drawn_and_loading_is_in_per_cent(result):
    chart = loading_chart(result)
    assert chart.layout["shapes"][0]["y0"] == 100
    assert max(chart.data[0]["y"]) == pytest.approx(100 * result.traces[0].loading.max(), abs=0.01)
    assert chart.data[0]["x"][0] == "2016-06-13 00:00"


def test_duration_falls_and_covers_every_hour(result):
    for trace in duration_chart(result).data:
        assert trace["y"] == sorted(trace["y"], reverse=True)
        assert trace["x"][-1] == 24 * result.days


def test_what_moved_is_coordinated_minus_tuned(result):
    traces = {t.run: t for t in result.traces}
    moved = {t["name"]: t["y"] for t in moved_chart(result).data}
    wanted = traces["coordinated"].power_kw["battery"] - traces["tuned"].power_kw["battery"]
    assert moved["Batteries"] == pytest.approx(list(wanted), abs=1e-3)
    assert "Households" not in moved
    assert "Households" in {t["name"] for t in power_chart(result).data}


def test_bills_are_paired_by_connection(result):
    today, *bills = (t["y"] for t in bill_chart(result).data)
    assert today == sorted(today)
    for bill, change in zip(bills[:3], bills[3:], strict=True):
        assert change == pytest.approx([b - a for a, b in zip(today, bill, strict=True)], abs=0.011)


def test_worth_is_a_share_of_what_the_bound_saves(result):
    money = worth(result)
    means = result.measures["system_cost"]
    assert money.gain_eur == pytest.approx(means["tuned"] - means["coordinated"])
    wanted = (means["tuned"] - means["coordinated"]) / (means["tuned"] - means["bound"])
    assert money.share == pytest.approx(wanted)


def test_verdict_says_that_coordination_pays(result):
    said = verdict(result)
    assert said.headline == "A limit binds, and coordination pays."
    assert any("Overload energy" in s for s in said.sentences)
    assert any(s == "Nobody's bill rises by taking part." for s in said.sentences)


def test_verdict_says_plainly_when_nothing_binds(make):
    said = verdict(make(binds=False))
    assert said.headline == "No limit binds here: coordination has nothing to win for the wires."


def test_verdict_admits_a_loss(result):
    dear = tuple(
        replace(r, value=1e6) if (r.run, r.measure) == ("coordinated", "system_cost") else r
        for r in result.rows
    )
    said = verdict(replace(result, rows=dear))
    assert said.headline == "A limit binds, but coordination does not pay."
    assert any("more" in s for s in said.sentences)


def test_verdict_names_a_home_that_pays_more(result):
    dear = tuple(
        replace(b, guarantee_eur=-5.0) if b.run == "coordinated" else b for b in result.bills
    )
    said = verdict(replace(result, bills=dear))
    assert any("pays" in s and "more than today" in s for s in said.sentences)


def with_fairness(result):
    """The same study, coordinated once more without fairness: cheaper, and less even."""
    ours = [r for r in result.rows if r.run == "coordinated"]
    cheap = {"system_cost": -2.5, "system_cost_without_breaches": -1.0}
    rows = [replace(r, run=UNFAIR, value=r.value + cheap.get(r.measure, 0.0)) for r in ours]
    kept = [r for r in rows if r.measure != "curtailment"]
    rest = [r for r in result.rows if r.measure != "curtailment" or r.run != "coordinated"]
    lost = {"coordinated": {"all": 100.0, "A": 55.0, "B": 45.0}}
    lost[UNFAIR] = {"all": 100.0, "A": 70.0, "B": 30.0}
    sun = {"all": 1000.0, "A": 500.0, "B": 500.0}
    for run, by_area in lost.items():
        rest += [
            Row(run, seed, area, "curtailment", "kWh", value, sun[area])
            for seed in result.seeds
            for area, value in by_area.items()
        ]
    return replace(result, rows=(*rest, *kept))


def test_the_price_of_fairness_is_told_with_what_it_buys(result, tmp_path):
    fair = with_fairness(result)
    assert unevenness(fair, "coordinated") == pytest.approx(1.1)
    assert unevenness(fair, UNFAIR) == pytest.approx(1.4)
    told = [s for s in verdict(fair).sentences if s.startswith("Fairness")]
    assert len(told) == 1
    words = told[0].replace("\xa0", " ")
    assert "Fairness costs 2.50 € of system cost, and costs 1.00 € without breach" in words
    assert words.endswith("1.10 times the city's share, 1.40 times without it.")
    assert not any("Fairness" in s for s in verdict(result).sentences), "no weight, no word"
    shown = write(fair, tmp_path).read_text()
    assert "Without fairness" in shown
    assert "Fairness costs 2.50" in shown


def test_headlines_show_mean_share_and_spread_and_mark_breaches(result):
    lines = {line.head: line for _, lines in headline_sheet(result).groups for line in lines}
    served = lines["Car energy by departure, kWh"].cells[2]
    assert len(served.small) == 2
    assert "%" in served.small[0]
    assert "…" in served.small[1]
    marks = [cell.alarm for cell in lines["Overload energy, kVAh"].cells]
    assert marks == [True, True, True, False]


@pytest.mark.parametrize(
    ("measure", "value", "broken"),
    [
        ("transformer_peak", 100.9, False),
        ("transformer_peak", 101.1, True),
        ("overload_hours", 0.25, True),
        ("overload_energy", 0.0, False),
        ("system_cost", 1e9, False),
        ("line_peak", math.nan, False),
    ],
)
def test_what_counts_as_a_breach(measure, value, broken):
    assert breaks(measure, value) is broken


def test_share_pools_seeds_and_stays_silent_without_a_whole(result):
    rows = [
        Row("today", 11, "all", "ev_served", "kWh", 1.0, 4.0),
        Row("today", 12, "all", "ev_served", "kWh", 2.0, 4.0),
        Row("today", 11, "all", "losses", "kWh", 2.0),
        Row("today", 11, "all", "curtailment", "kWh", 0.0, 0.0),
    ]
    small = replace(result, rows=tuple(rows), seeds=(11, 12))
    assert share(small, "today", "ev_served").startswith("37.5")
    assert share(small, "today", "losses") == ""
    assert share(small, "today", "curtailment") == "–"


def test_unknown_measures_are_listed_too(result):
    heads = [line.head for _, lines in more_sheet(result).groups for line in lines]
    assert heads == ["forecast error, kW"]


def test_areas_and_variants_vanish_where_there_are_none(make):
    plain = make(area=False, beside=False)
    assert area_sheet(plain).empty
    assert beside_sheet(plain).empty
    html = page(plain)
    assert 'id="areas"' not in html
    assert 'id="beside"' not in html


def test_reasons_are_counted(result):
    (_, lines), *_ = reason_sheet(result).groups
    assert sum(int(line.cells[0].shown) for line in lines) == 280
    assert lines[0].head == "transformer T1 at its limit"
    assert lines[1].head == "Charges, as power is cheap now."


def test_every_price_has_words():
    assert {f.name for f in fields(PriceList)} == set(PRICE_WORDS)


def test_a_single_day_and_seed_is_named_by_its_day(make):
    one = make(days=1, seeds=(7,), area=False, beside=False)
    assert span(one) == "Monday 13 June 2016"
    outline(page(one))


def test_a_study_with_no_traces_and_no_bills_still_makes_a_page(result):
    bare = replace(result, traces=(), bills=())
    assert 'id="figure-loading"' not in page(bare)


def test_the_terminal_table_fits_its_width(result):
    for width in (80, 110):
        console = Console(width=width, record=True, file=StringIO())
        console.print(summary(result, width))
        words = console.export_text()
        assert "A limit binds, and coordination pays." in words
        assert "System cost" in words
        assert ("±" in words) == (width >= 100)
        assert max(len(line) for line in words.splitlines()) <= width
