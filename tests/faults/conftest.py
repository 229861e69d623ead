"""Faults as a person meets them: through the command line, in one sentence."""

import sys

import pytest

from commonwatt.cli.app import main


@pytest.fixture
def refused(monkeypatch, capsys):
    """Runs a command that must be refused; its one sentence."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["commonwatt", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        assert left.value.code == 2
        assert said.out == ""
        (line,) = said.err.splitlines()
        assert line.startswith("commonwatt: ")
        assert len(line) < 400
        return line.removeprefix("commonwatt: ")

    return run


@pytest.fixture
def study(refused, tmp_path):
    """Asks for a study of a city that must be refused; its one sentence. Nothing may be written."""

    def run(city, start="2017-04-09"):
        words = ("--start", start, "--days", "1", "--seeds", "1", "--jobs", "1")
        sentence = refused("study", city, *words, "--out", tmp_path / "out")
        assert not (tmp_path / "out").exists()
        return sentence

    return run
