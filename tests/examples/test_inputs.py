"""The example inputs, by the rules that the pipeline checks an execution input with."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pyarrow.csv
import pytest
from rules.execution_input import ExecutionInput, read_execution_input

from tests.examples.movies import movielens_like, year_of

PROJECT = Path(__file__).resolve().parents[2]
EXAMPLES = PROJECT / "examples"
INPUTS = sorted(EXAMPLES.glob("*.json"))


@pytest.mark.parametrize("file", INPUTS, ids=lambda file: file.name)
def test_it_is_short_and_the_pipeline_takes_it(file):
    document = json.loads(file.read_text())
    taken = read_execution_input(document, "bucket").parameters.document()
    assert {key: taken[key] for key in document if key != "Columns"} == {
        key: value for key, value in document.items() if key != "Columns"
    }
    assert document.get("Columns", {}).items() <= taken["Columns"].items()
    assert len(file.read_text().splitlines()) <= 15


def test_beers_json_spells_out_defaults():
    document = json.loads((EXAMPLES / "beers.json").read_text())
    assert ExecutionInput.model_validate(document) == ExecutionInput()


def test_the_readme_names_every_file_and_no_other():
    text = (EXAMPLES / "README.md").read_text()
    there = {file.name for file in EXAMPLES.iterdir() if file.suffix in (".json", ".ipynb", ".py")}
    assert set(re.findall(r"^\| `([^`]+)`", text, re.MULTILINE)) == there
    assert set(re.findall(r"examples/([\w.]+)", text)) <= {file.name for file in EXAMPLES.iterdir()}


def test_movies_are_joined_with_their_features(tmp_path):
    folder = movielens_like(tmp_path / "it's here", 300)
    (folder / "movies.csv").write_text((folder / "movies.csv").read_text() + '"999999","No year","Drama"\n')
    target = folder / "movies-joined.csv"
    subprocess.run([sys.executable, EXAMPLES / "join_movies.py", folder, target], check=True, cwd=PROJECT)
    joined, ratings = (pyarrow.csv.read_csv(file).to_pydict() for file in (target, folder / "ratings.csv"))
    columns = json.loads((EXAMPLES / "features.json").read_text())["Columns"]
    assert set(joined) == set(columns.values())
    assert sorted(zip(joined["userId"], joined["timestamp"], strict=True)) == sorted(
        zip(ratings["userId"], ratings["timestamp"], strict=True)
    )
    assert joined["year"] == [year_of(title.partition(" (1950)")[0]) for title in joined["title"]]
