import re
import sys
from datetime import date
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from commonwatt.city import sources
from commonwatt.cli.app import app, main
from commonwatt.kernel.errors import InvalidInput
from commonwatt.server import loopback
from commonwatt.study import report, runner

RUNNER = CliRunner(env={"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"})


def run(*words):
    return RUNNER.invoke(app, list(words))


def plain(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.fixture
def asked(monkeypatch):
    """What the CLI asked of the study, which is not run."""
    seen = {}

    def study(city, **options):
        options["progress"]("living", 0.5)
        seen.update(options, city=city)
        return SimpleNamespace()

    monkeypatch.setattr(runner, "study", study)
    monkeypatch.setattr(report, "write", lambda _result, out: out / "report.html")
    monkeypatch.setattr(report, "summary", lambda _result, _width: "the table")
    return seen


def test_help_names_the_commands_and_exit_codes():
    words = plain(run("--help").output)
    for part in ("study", "serve", "city", "Exit codes", "0 done", "2 refused"):
        assert part in words


def test_no_words_at_all_is_a_call_for_help():
    assert "Usage" in plain(run().output)


@pytest.mark.parametrize(
    "command",
    [
        ("study",),
        ("serve",),
        ("generate",),
        ("city",),
        ("city", "show"),
        ("city", "save"),
        ("city", "check"),
        ("city", "export"),
    ],
)
def test_every_command_explains_itself(command):
    done = run(*command, "--help")
    assert done.exit_code == 0
    assert "Usage" in plain(done.output)


def test_study_passes_on_what_was_asked(asked, tmp_path):
    done = run(
        *("study", "simbench:x", "--start", "2016-06-13", "--days", "2", "--seeds", "4"),
        *("--overlay", "ev=0.5, hp=0.4", "--overlay-seed", "9", "--beside", "--jobs", "3"),
        *("--out", str(tmp_path)),
    )
    assert done.exit_code == 0, done.output
    assert "the table" in done.output
    assert str(tmp_path / "report.html") in done.output
    asked.pop("progress")
    assert asked == {
        "confidence": None,
        "city": "simbench:x",
        "start": date(2016, 6, 13),
        "days": 2,
        "seeds": 4,
        "overlay": {"ev": 0.5, "hp": 0.4},
        "overlay_seed": 9,
        "margin": 0.03,
        "beside": True,
        "jobs": 3,
    }


def test_study_without_a_start_lets_the_study_choose(asked, tmp_path):
    assert run("study", "here", "--out", str(tmp_path)).exit_code == 0
    assert asked["start"] is None
    assert (asked["days"], asked["seeds"], asked["beside"]) == (7, 3, False)


@pytest.mark.parametrize(
    "words",
    [
        ("study", "x"),
        ("study", "x", "--out", "y", "--days", "0"),
        ("study", "x", "--out", "y", "--start", "13.6.2016"),
        ("serve", "x", "--port", "70000"),
        ("fly",),
    ],
)
def test_wrong_usage_is_refused(words, asked):
    done = run(*words)
    assert done.exit_code == 2
    assert "Error" in plain(done.output)
    assert asked == {}


def called(monkeypatch, capsys, *words):
    monkeypatch.setattr(sys, "argv", ["commonwatt", *words])
    with pytest.raises(SystemExit) as left:
        main()
    return left.value.code, capsys.readouterr()


@pytest.mark.parametrize(
    ("words", "culprit"),
    [
        (("city", "show", "nowhere"), "nowhere"),
        (("serve", "nowhere"), "nowhere holds no report.html"),
        (("study", "x", "--out", "y", "--overlay", "ev=3"), "ev"),
    ],
)
def test_refusals_are_one_sentence_on_stderr(monkeypatch, capsys, words, culprit):
    code, said = called(monkeypatch, capsys, *words)
    assert code == 2
    assert said.out == ""
    complaints = [line for line in said.err.splitlines() if line.strip()]
    assert len(complaints) == 1
    assert complaints[0].startswith("commonwatt: ")
    assert culprit in complaints[0]
    assert "Traceback" not in said.err


def test_a_refusal_with_brackets_is_shown_as_it_is(monkeypatch, capsys):
    def refuse(_source):
        raise InvalidInput("field [bold] is broken")

    monkeypatch.setattr(sources, "load", refuse)
    _, said = called(monkeypatch, capsys, "city", "show", "x")
    assert "field [bold] is broken" in said.err


def test_serve_announces_its_address(monkeypatch, tmp_path):
    def serve(folder, port, announce):
        assert (folder, port) == (tmp_path, 0)
        announce("http://127.0.0.1:1234/")

    monkeypatch.setattr(loopback, "serve", serve)
    done = run("serve", str(tmp_path))
    assert done.exit_code == 0
    assert "http://127.0.0.1:1234/" in done.output


def test_generate_grows_a_town_and_says_what_came_of_it(tmp_path):
    done = run("generate", "--homes", "60", "--seed", "3", "--ev", "0.5", "--out", str(tmp_path))
    words = plain(done.output)
    assert done.exit_code == 0
    for part in ("60, with", "Buildings", "kVA", "km low", "of the tightest rating", "Saved in"):
        assert part in words
    back = sources.load(tmp_path)
    assert back.connections.text("use").count("home") == 60
    assert len(back.table("charger")) == 30 + back.connections.text("use").count("charge_point")


def test_a_share_that_is_none_is_refused(tmp_path):
    done = run("generate", "--pv", "2", "--out", str(tmp_path))
    assert isinstance(done.exception, InvalidInput)
    assert "pv=2" in str(done.exception)


def test_a_sound_city_passes_its_check_and_is_told_its_years():
    done = run("city", "check", "generate:60:7")
    words = plain(done.output)
    assert done.exit_code == 0
    for part in ("tables are in order", "no limit is broken", "deepest cold", "First overload"):
        assert part in words


def test_a_city_that_is_not_sound_is_told_where_and_exits_with_three():
    done = run("city", "check", "generate:60:7:ev=1,heat_pump=1", "--no-growth")
    words = plain(done.output)
    assert done.exit_code == 3
    assert re.search(r"transformer station-1: 1\d\d% on \d\d \w+ at \d\d:\d\d", words)
    assert "First overload" not in words


def test_export_writes_what_is_named_and_asks_when_nothing_is(tmp_path):
    chart, net = tmp_path / "map.geojson", tmp_path / "net.json"
    done = run("city", "export", "generate:60:7", "--geojson", str(chart), "--pandapower", str(net))
    assert done.exit_code == 0
    assert chart.read_bytes().startswith(b'{"type":"FeatureCollection"')
    assert len(sources.load(net).table("transformer")) == 1
    asked_nothing = run("city", "export", "generate:60:7")
    assert "--geojson" in str(asked_nothing.exception)
