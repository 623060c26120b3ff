"""What an execution is started with: a file, standard input or JSON itself, and single settings on top."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taproom.manage.parameters import NotParameters, read_parameters


def test_a_file_standard_input_and_json_itself_say_the_same(tmp_path, monkeypatch):
    text = '{"TrainingEpochs": 3, "Force": true}'
    file = tmp_path / "input.json"
    file.write_text(text)
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    for one in (str(file), "-", f"  {text}"):
        assert read_parameters(one) == {"TrainingEpochs": 3, "Force": True}
    assert read_parameters(None) == {}


def test_a_setting_is_json_where_it_is_json_and_else_a_text():
    settings = [
        "TrainingEpochs=3",
        "Force=true",
        "MaxUsd=null",
        "InputData=s3://b/reviews/a=b/",
        'Quoted="3"',
        "Empty=",
    ]
    assert read_parameters(None, settings) == {
        "TrainingEpochs": 3,
        "Force": True,
        "MaxUsd": None,
        "InputData": "s3://b/reviews/a=b/",
        "Quoted": "3",
        "Empty": "",
    }


def test_a_setting_wins_and_leaves_its_neighbours():
    given = '{"Columns": {"User": "u", "Item": "i"}, "TrainingEpochs": 20}'
    settings = ["Columns.User=userId", "TrainingEpochs=1", "TrainingEpochs=2", "CacheConfig.Enabled=false"]
    assert read_parameters(given, settings) == {
        "Columns": {"User": "userId", "Item": "i"},
        "TrainingEpochs": 2,
        "CacheConfig": {"Enabled": False},
    }


@pytest.mark.parametrize(
    ("given", "settings", "said"),
    [
        ("[1]", (), "[1] cannot be read: No such file"),
        ("{1}", (), "the input is not JSON"),
        ('{"LearningRate": NaN}', (), "NaN is no number of JSON"),
        (None, ["Force"], "'Force' is no NAME=VALUE"),
        (None, ["=3"], "'=3' is no NAME=VALUE"),
        (None, ["Columns..User=x"], "is no NAME=VALUE"),
        ('{"Force": true}', ["Force.Much=1"], "'Force.Much=1': Force is no object"),
    ],
)
def test_anything_else_is_refused_and_named(given, settings, said):
    with pytest.raises(NotParameters) as refused:
        read_parameters(given, settings)
    assert said in str(refused.value)


@pytest.mark.parametrize("text", ["[]", "3", '"x"', "null"])
def test_a_file_of_something_else_than_an_object_is_refused(tmp_path, text):
    file = tmp_path / "input.json"
    file.write_text(text)
    with pytest.raises(NotParameters, match="must be a JSON object of parameters, but is a"):
        read_parameters(str(file))


def test_a_file_that_is_no_text_is_refused(tmp_path):
    file = tmp_path / "input.json"
    file.write_bytes(b"\xff\xfe{")
    with pytest.raises(NotParameters, match="cannot be read"):
        read_parameters(str(file))


@given(st.dictionaries(st.text(), st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists)))
def test_any_object_comes_back_as_it_is(document):
    assert read_parameters(json.dumps(document)) == document
