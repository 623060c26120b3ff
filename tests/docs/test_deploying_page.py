"""What docs/deploying.md says of costs, alarms, queues and parameters is what code and template say."""

from __future__ import annotations

import json
import re
import sys

import pytest

from taproom.package import load_template
from tests.docs.written import PROJECT

sys.path.append(str(PROJECT / "functions"))  # as Lambda has it

PAGE = (PROJECT / "docs" / "deploying.md").read_text(encoding="utf-8")
README = (PROJECT / "README.md").read_text(encoding="utf-8")
TEMPLATE = load_template(PROJECT / "template.yaml")
HOUR = 3600  # seconds


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    part = PAGE.split(f"\n{heading}\n")[1]
    table = re.search(r"(?:^ *\|.*\n)+", part, re.MULTILINE)[0]
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in table.splitlines()[2:]]


def resources(kind: str) -> set[str]:
    return {name for name, one in TEMPLATE["Resources"].items() if one["Type"] == kind}


def test_costs_are_those_of_the_price_list_and_the_defaults():
    from rules.execution_input import ExecutionInput
    from rules.prices import listed_prices

    given, prices = ExecutionInput(), json.loads((PROJECT / "functions/rules/prices.json").read_text())
    assert prices["region"] in PAGE
    *jobs, (_, _, _, _, total) = rows("## What a run costs")
    assert [job[0] for job in jobs] == [
        *("Preprocess", "TrainRetrieval", "EvaluateRetrieval", "TrainRanking", "EvaluateRanking")
    ]
    told = 0.0
    for name, machine, price, longest, at_most in jobs:
        kind = re.match("Preprocess|Train|Evaluate", name)[0]
        assert machine == (given.training_instance_type if kind == "Train" else given.processing_instance_type)
        assert float(price) == float(listed_prices().of(machine).usd_per_hour)
        seconds = getattr(given.max_runtime_in_seconds, kind.lower())
        assert longest == f"{seconds // HOUR} h"
        assert float(at_most) == pytest.approx(float(price) * seconds / HOUR)
        told += float(at_most)
    assert float(total) == pytest.approx(told)
    ten_minutes = sum(float(job[2]) for job in jobs) / 6
    assert f"= {ten_minutes:.3f} USD" in PAGE


def test_every_alarm_and_queue_is_told():
    told = {name for row in rows("## Told, and what to do") for name in re.findall(r"`(\w+Alarm)`", row[0])}
    assert told == resources("AWS::CloudWatch::Alarm")
    assert {row[0].strip("`") for row in rows("### Dead letters")} == resources("AWS::SQS::Queue")


def test_parameters_and_outputs_are_named_as_they_are_called():
    named = {name for row in rows("## The parameters that matter") for name in re.findall(r"`(\w+)`", row[0])}
    assert named <= TEMPLATE["Parameters"].keys()
    for output in re.findall(r"output `(\w+)`", PAGE):
        assert output in TEMPLATE["Outputs"]


def test_what_is_said_to_stay_is_what_the_template_retains():
    policies = {one["Type"]: one["DeletionPolicy"] for one in TEMPLATE["Resources"].values() if "DeletionPolicy" in one}
    assert policies == {
        "AWS::S3::Bucket": "Retain",  # also where the first deploy failed, as the page says
        "AWS::DynamoDB::Table": "RetainExceptOnCreate",
        "AWS::SageMaker::ModelPackageGroup": "RetainExceptOnCreate",
    }
    assert "The bucket, the table of runs and both model package groups stay" in PAGE


def test_the_readme_s_parameters_are_ten_with_their_defaults():
    from rules.execution_input import ExecutionInput

    table = README.split("\n## Parameters\n")[1].split("\n## ")[0]
    lines = [line.split("|") for line in table.splitlines() if line.startswith("| `")]
    fields = {field.alias: field for field in ExecutionInput.model_fields.values()}
    assert len(lines) == 10
    for _, name, default, *_ in lines:
        name, default = name.strip(" `"), default.strip(" `")
        value = fields[name].get_default(call_default_factory=True)
        if value is None:
            assert default == "no limit"
        elif name != "Columns":
            assert default == str(value).lower() if isinstance(value, bool) else str(value) == default
