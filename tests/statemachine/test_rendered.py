"""The committed definition is what definition.py says, whatever machine renders it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
RENDERED = PROJECT / "statemachine" / "retraining.asl.json"


def test_the_committed_file_is_the_rendered_definition():
    from statemachine.render import rendered

    assert RENDERED.read_text() == rendered(), "run `python -m statemachine.render`"


def test_the_file_is_json_indented_by_two_with_a_newline_at_its_end():
    text = RENDERED.read_text()
    assert text == json.dumps(json.loads(text), indent=2) + "\n"


def test_check_tells_a_stale_file_from_a_fresh_one(tmp_path, capsys):
    from statemachine.render import main

    file = tmp_path / "rendered.json"
    assert main(["--check"], file) == 1
    assert main([], file) == 0
    assert main(["--check"], file) == 0
    file.write_text(file.read_text().replace('"PYTHONUNBUFFERED": "1"', '"PYTHONUNBUFFERED": "0"'))
    assert main(["--check"], file) == 1
    assert "python -m statemachine.render" in capsys.readouterr().err


@pytest.mark.long
def test_the_region_of_the_machine_that_renders_does_not_show(monkeypatch):
    from statemachine.render import rendered

    monkeypatch.setenv("AWS_DEFAULT_REGION", "cn-north-1")
    assert rendered() == RENDERED.read_text()


def test_a_model_is_one_more_branch(definition):
    retrieval, ranking = (json.dumps(one) for one in definition["States"]["Models"]["Branches"])
    named = retrieval.replace("Retrieval", "Ranking").replace("retrieval", "ranking")
    assert json.loads(ranking) == json.loads(named)


@pytest.mark.parametrize("expression", ["$.a", "$$.Execution.Name", "States.Format('{}', $.a)"])
def test_a_path_is_rendered_as_one_wherever_it_stands(expression):
    from statemachine.states import LambdaStep, Path

    step = LambdaStep("Ask", parameters={"Payload": {"Deep": [{"Key": Path(expression)}]}})
    assert step.to_dict()["Parameters"] == {"Payload": {"Deep": [{"Key.$": expression}]}}


def test_a_quote_in_a_text_is_escaped():
    from statemachine.states import formatted

    assert formatted("it's {}", "$.a").to_jsonpath() == r"States.Format('it\'s {}', $.a)"
