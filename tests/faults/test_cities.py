"""Cities that cannot be studied: the sentence names the culprit, and nothing is written."""

import subprocess
import sys
from dataclasses import replace

import pytest
import simbench

from commonwatt.city import folder
from commonwatt.city.model import indexed


@pytest.fixture
def town(village, tmp_path):
    """Saves the village as a folder, without some of its tables."""

    def save(without=()):
        city = village()
        kept = {name: table for name, table in city.tables.items() if name not in without}
        folder.save(replace(city, tables=indexed(kept)), tmp_path / "town")
        return tmp_path / "town"

    return save


@pytest.mark.parametrize(
    ("file", "text", "culprit"),
    [
        ("city.toml", "name = ", "city.toml: not valid TOML"),
        ("tables/pv.parquet", "PAR?", "pv.parquet: cannot be read as parquet"),
        ("tables/ufo.csv", "id\n1\n", "no sector knows kind 'ufo'"),
        ("tables/connection.parquet", None, "no connection table"),
        ("series.parquet", "", "series.parquet: cannot be read as parquet"),
    ],
)
def test_a_broken_folder(study, town, file, text, culprit):
    path = town()
    if text is None:
        (path / file).unlink()
    else:
        (path / file).write_text(text)
    assert culprit in study(path)


@pytest.mark.parametrize(
    ("without", "culprit"),
    [
        (["source"], "table 'source' is empty"),
        (["transformer"], "'connection/1' hangs on bus '2', which no closed line or transformer"),
        (["line"], "'connection/3' hangs on bus '3', which no closed line or transformer"),
        (["transformer", "line"], "'connection/1' hangs on bus '2'"),
    ],
)
def test_a_feeder_without(study, town, without, culprit):
    assert culprit in study(town(without))


def test_an_unknown_simbench_code(study, monkeypatch):
    monkeypatch.setattr(
        simbench, "collect_all_simbench_codes", lambda: ["1-LV-rural1--2-sw", "1-MV-urban--0-sw"]
    )
    sentence = study("simbench:1-LV-rurral1--2-sw")
    assert "no code '1-LV-rurral1--2-sw'" in sentence
    assert "did you mean 1-LV-rural1--2-sw" in sentence


def test_a_process_of_its_own_says_the_same(town):
    path = town()
    (path / "city.toml").write_text("[place]\nlatitude = 'north'")
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "commonwatt", "city", "show", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"commonwatt: {path}/city.toml, table 'place'")
    assert done.stderr.count("\n") == 1
