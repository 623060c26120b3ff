"""The field's scanners, cfn-lint and checkov, find nothing; what they pass over says why, beside it in the template."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from cfnlint.api import lint, lint_file

PROJECT = Path(__file__).resolve().parents[2]
TEMPLATE = PROJECT / "template.yaml"
CHECKOV = PROJECT / ".venv-scan" / "bin" / "checkov"
MISSING = not CHECKOV.exists() and not os.environ.get("CI")  # in CI it has to be there
REASON = "the scanner is not installed: run requirements/install.sh scan"


def definition():
    """The rendered definition, with something of the right form where the template puts its values."""
    text = (PROJECT / "statemachine" / "retraining.asl.json").read_text()
    text = text.replace("${Partition}", "aws").replace("${TrainingNetwork}", "VpcConfig")
    text = re.sub(r"\$\{(\w+)Arn\}", r"arn:aws:lambda:us-east-1:123456789012:function:\1", text)
    return json.loads(re.sub(r"\$\{(\w+)\}", r"\1", text))


def complaints_about(machine):
    properties = {"RoleArn": "arn:aws:iam::123456789012:role/states", "Definition": machine}
    resource = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
    return [match.message for match in lint(json.dumps({"Resources": {"Machine": resource}}))]


def checked(*templates):
    """What checkov tells of templates, without asking anybody."""
    files = [argument for template in templates for argument in ("--file", template)]
    command = [CHECKOV, *files, "--framework", "cloudformation", "--output", "json", "--skip-download"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def test_cfn_lint_finds_nothing_in_the_template():
    assert [str(match) for match in lint_file(TEMPLATE)] == []


def test_cfn_lint_finds_nothing_in_the_definition_and_would_find_a_fault():
    machine = definition()
    assert complaints_about(machine) == []
    del machine["States"]["Preprocess"]["Type"]
    assert any("'Type' is a required property" in message for message in complaints_about(machine))


@pytest.mark.slow
@pytest.mark.skipif(MISSING, reason=REASON)
def test_checkov_finds_nothing_in_the_template_and_the_fault_in_a_worse_one(tmp_path):
    worse = tmp_path / "worse.yaml"  # both are read by one process: it takes seconds to start
    worse.write_text(TEMPLATE.read_text().replace("BlockPublicAcls: true", "BlockPublicAcls: false"))
    told = checked(TEMPLATE, worse)
    found = [(Path(one["file_path"]).name, one["check_id"]) for one in told["results"]["failed_checks"]]
    assert found == [("worse.yaml", "CKV_AWS_53")]
    assert told["summary"]["parsing_errors"] == 0
    assert told["summary"]["passed"] > 200  # it has read the resources of both
    for skipped in told["results"]["skipped_checks"]:
        assert len(skipped["check_result"]["suppress_comment"].split()) > 3, skipped["check_id"]


def test_a_suppression_tells_its_reason_where_it_stands():
    lines = TEMPLATE.read_text().splitlines()
    skipped = [line for line in lines if "checkov:skip" in line]
    assert skipped
    for line in skipped:
        assert re.fullmatch(r" +# checkov:skip=CKV_AWS_\d+:\w.{20,}", line), line
    start = lines.index("      ignore_checks:")
    ignored = lines[start + 1 : lines.index("", start)]
    assert all(re.fullmatch(r" +- [WE]\d{4} # \w.{20,}", line) for line in ignored), ignored
