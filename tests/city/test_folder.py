# ruff: noqa: E501 - one broken folder a line
import errno
import os
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonwatt.city import folder
from commonwatt.kernel.errors import InvalidInput, StorageFailed
from commonwatt.kernel.prices import PriceList

PLACE = "[place]\nlatitude = 1.0\nlongitude = 1.0\naltitude_m = 0.0\nzone = 'UTC'\n"


def test_a_city_comes_back_as_it_was_saved(tmp_path, hamlet):
    city = replace(hamlet(2), prices=PriceList(carbon_eur_per_t=55.0))
    folder.save(city, tmp_path)
    back = folder.load(tmp_path)
    assert (back.name, back.place, back.prices) == (city.name, city.place, city.prices)
    assert back.connections.ids == city.connections.ids
    for name, table in city.tables.items():
        assert back.table(name).ids == table.ids
        np.testing.assert_array_equal(back.table(name).ix, table.ix)
        np.testing.assert_array_equal(back.table(name).connection, table.connection)
        for field, column in table.columns.items():
            np.testing.assert_array_equal(back.table(name).columns[field], column)
    for name, values in city.series.values.items():
        np.testing.assert_array_equal(back.series.values[name], values)


def spoiled(city, tmp_path, file, text):
    folder.save(city, tmp_path)
    path = tmp_path / file
    path.with_suffix(".parquet").unlink(missing_ok=True)
    path.write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "text", "sentence"),
    [
        ("city.toml", "name = ", r"city.toml: not valid TOML"),
        ("city.toml", "[place]\nlatitude = 1.0", r"city.toml, table 'place'.*longitude"),
        ("city.toml", PLACE + "[prices]\ncarbon = 1", r"'carbon' is not one of"),
        ("tables/pv.csv", "id,connection,rated_kw\npv/1,c/1,lots\n", r"pv.csv: row 1, field 'rated_kw': 'lots'"),
        ("tables/pv.csv", "id,connection,rated_kw\npv/1,c/9,3\n", r"row 1, field 'connection': there is no connection 'c/9'"),
        ("tables/pv.csv", "id,connection,rated_kw\npv/1,c/1,3\npv/1,c/1,3\n", r"row 2, field 'id': 'pv/1' stands there twice"),
        ("tables/pv.csv", "id,connection,rated_kw\npv 1,c/1,3\n", r"row 1, field 'id': 'pv 1' is no valid id"),
        ("tables/pv.csv", "id,rated_kw\npv/1,3\n", r"field 'connection' is missing"),
        ("tables/pv.csv", "id,connection,rated_kw,colour\npv/1,c/1,3,red\n", r"field 'colour' is not one of kind 'pv'"),
        ("tables/ufo.csv", "id\n1\n", r"no sector knows kind 'ufo'"),
        ("tables/connection.csv", "id,bus\nc/1,7\nc/2,1\nc/3,1\n", r"row 1, field 'bus': 7 is beyond the 3 buses"),
        ("series.csv", "time,h0.p\n0,1\n901,2\n", r"series.csv: row 2, field 'time': not 15 min after"),
        ("series.csv", "time,h0.p\n0,1\n900,NaN\n", r"series.csv: row 2, field 'h0.p': 'NaN' is not a finite"),
        ("series.csv", "time,h0.p\nnoon,1\n", r"series.csv: field 'time'"),
    ],
)  # fmt: skip
def test_a_broken_folder_is_told_by_file_row_and_field(tmp_path, hamlet, file, text, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        folder.load(spoiled(hamlet(1), tmp_path, file, text))


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(InvalidInput, match=r"city.toml does not exist"):
        folder.load(tmp_path)
    (tmp_path / "city.toml").write_text("")
    with pytest.raises(InvalidInput, match="no connection table"):
        folder.load(tmp_path)


def test_a_disk_that_refuses_is_named(tmp_path, hamlet):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageFailed, match="could not be written"):
        folder.save(hamlet(1), tmp_path / "file")


def test_a_disk_that_fills_up_leaves_the_city_that_stood_there(tmp_path, hamlet, monkeypatch):
    folder.save(hamlet(1), tmp_path)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    real, calls = os.fsync, iter(range(9))

    def full(file):
        if next(calls) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(file)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFailed, match="No space left on device"):
        folder.save(hamlet(2), tmp_path)
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(data=st.binary(max_size=200), suffix=st.sampled_from([".csv", ".parquet"]))
def test_rubbish_never_ends_in_anything_but_a_clear_sentence(tmp_path, hamlet, data, suffix):
    folder.save(hamlet(1), tmp_path)
    (tmp_path / "tables" / "pv.parquet").unlink(missing_ok=True)
    (tmp_path / "tables" / "pv.csv").unlink(missing_ok=True)
    (tmp_path / "tables" / f"pv{suffix}").write_bytes(data)
    said = complaint(tmp_path)
    assert said is None or "pv" in said
    (tmp_path / "tables" / f"pv{suffix}").unlink()


def complaint(path):
    try:
        folder.load(path)
    except InvalidInput as fault:
        return str(fault)
    return None
