"""docs/parameters.md is what the code says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from docs import parameters

PROJECT = Path(__file__).resolve().parents[2]
EVERY = list(parameters.rows_of(parameters.execution_input.ExecutionInput))
ROWS = {row[0].strip("`"): row[1:] for row in EVERY}


def test_the_page_is_what_the_code_says():
    assert parameters.PAGE.read_text() == parameters.written(), "run `make render`"


def test_make_render_writes_it():
    told = subprocess.run(["make", "--dry-run", "render"], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert "docs/parameters.py" in told.stdout


@pytest.mark.parametrize("name", [name for name in ROWS if "." not in name])
def test_every_parameter_has_a_meaning_of_its_own(name):
    *_, allowed, meaning = ROWS[name]
    assert allowed
    assert meaning.endswith(".")
    others = [row[-1] for other, row in ROWS.items() if "." not in other and other != name]
    assert meaning not in others, f"{name} needs a text below its field in functions/rules/execution_input.py"
    assert meaning != parameters.execution_input.ExecutionInput.__doc__


def test_every_field_and_every_parameter_of_the_stack_is_there():
    fields = parameters.execution_input.ExecutionInput.model_fields.values()
    assert [name for name in ROWS if "." not in name] == [field.alias for field in fields]
    template = yaml.load((PROJECT / "template.yaml").read_text(), parameters._Template)
    assert [row[0].strip("`") for row in parameters.stack_rows()] == list(template["Parameters"])


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("TrainingEpochs", ("integer", "`20`", "a whole number from 1 to 1000")),
        ("RankingRmseThreshold", ("number", "none", "a number above 0")),
        ("SplitStrategy", ("text", '`"random"`', '"random" or "temporal"')),
        ("Force", ("boolean", "`false`", "true, to run although nothing is new, or false")),
        ("SliceRules", ("object", "`{}`", 'an object such as {"items_tail.recall_at_100": 0.1}')),
        ("Columns.User", ("text", '`"username"`', "a column's name")),
        ("Columns.Style", ("text", "none", "a column's name")),
        ("CacheConfig.ExpireAfter", ("text", '`"P30D"`', "an ISO 8601 duration such as P30D or PT12H")),
    ],
)
def test_type_default_and_limits_are_those_of_the_field(name, told):
    assert ROWS[name][:3] == told


def test_what_an_object_is_for_is_said_by_its_class():
    assert ROWS["MaxRuntimeInSeconds"][-1] == "After how many seconds SageMaker stops a job."
    assert ROWS["MaxRuntimeInSeconds.Train"][-1] == "After how many seconds SageMaker stops a job."


def test_a_cell_can_hold_any_sign():
    assert parameters._line(("a|b", "ml.<family>")) == "| a\\|b | ml.&lt;family> |\n"
