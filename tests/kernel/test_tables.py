import numpy as np
import pytest

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.tables import Dtype, Field, Kind, Table, checked

LAMP = Kind(
    name="lamp",
    doc="A street lamp.",
    fields=(
        Field(name="rated_kw", doc="Power.", low=0.0, high=2.0),
        Field(name="poles", doc="Count.", dtype=Dtype.INT, default=1),
        Field(name="colour", doc="Light.", dtype=Dtype.TEXT, default="white"),
    ),
)


def test_columns_are_typed_and_defaults_filled():
    columns = checked(LAMP, {"rated_kw": ["0.1", 0.2]}, "lamp.csv")
    assert columns["rated_kw"].dtype == np.float64
    assert columns["poles"].tolist() == [1, 1]
    assert columns["colour"].tolist() == ["white", "white"]


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ({"rated_kw": [0.1, "much"]}, r"lamp.csv: row 2, field 'rated_kw': 'much' is not a finite"),
        ({"rated_kw": [0.1, float("nan")]}, r"row 2, field 'rated_kw': nan is not a finite"),
        ({"rated_kw": [3.0]}, r"row 1, field 'rated_kw': 3 is above the allowed 2"),
        ({"rated_kw": [-1.0]}, r"row 1, field 'rated_kw': -1 is below the allowed 0"),
        ({"poles": [1]}, r"field 'rated_kw' is missing"),
        ({"rated_kw": [1], "watt": [1]}, r"field 'watt' is not one of kind 'lamp'"),
    ],
)
def test_faults_are_named_by_file_row_and_field(raw, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        checked(LAMP, raw, "lamp.csv")


def test_asking_for_an_unknown_column_names_what_there_is():
    table = Table(LAMP, ("lamp/1",), np.array([0]), np.array([0]), {"rated_kw": np.array([0.1])})
    assert table.f("rated_kw").tolist() == [0.1]
    with pytest.raises(InvalidInput, match=r"'watt'; it has rated_kw"):
        table.f("watt")


def test_a_column_that_is_an_array_is_checked_like_any_other():
    kind = Kind(name="thing", doc="", fields=(Field(name="size", doc="", low=0.0),))
    assert checked(kind, {"size": np.array([1, 2])}, "here")["size"].tolist() == [1.0, 2.0]
    with pytest.raises(InvalidInput, match=r"row 2, field 'size': .*nan.* is not a finite number"):
        checked(kind, {"size": np.array([1.0, np.nan])}, "here")
    with pytest.raises(InvalidInput, match="row 1, field 'size': -1 is below"):
        checked(kind, {"size": np.array([-1.0])}, "here")
