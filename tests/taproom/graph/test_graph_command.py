"""`taproom graph` as a person calls it."""

from __future__ import annotations

import json
from datetime import datetime
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from taproom.cli import taproom
from taproom.local.aws import LocalAws
from tests.local.small_stacks import deploy_text, eventually
from tests.taproom.graph.histories import History

NAME = "{http://www.w3.org/2000/svg}"
TEMPLATE = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {"Version": "2012-10-17", "Statement": []}
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Role: !GetAtt Role.Arn
      Definition: {"StartAt": "Only", "States": {"Only": {"Type": "Pass", "Next": "Done"}, "Done": {"Type": "Succeed"}}}
Transform: AWS::Serverless-2016-10-31
Outputs:
  StateMachineArn:
    Value: !Ref Machine
"""


def graph(*arguments, code=0):
    result = CliRunner().invoke(taproom, ["graph", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result.stdout if code == 0 else result.stderr


@pytest.fixture
def run(tmp_path):
    """The folder of a run that failed at its first state."""
    history = History()
    history.enter("TakeLease")
    history.attempt("InvalidInput")
    history.event("ExecutionFailed")
    folder = tmp_path / "night"
    folder.mkdir()
    (folder / "execution.json").write_text('{"name": "night", "status": "FAILED"}')
    (folder / "history.json").write_text(json.dumps({"events": history.events}, default=datetime.isoformat))
    return folder


def test_without_options_it_is_mermaid():
    assert graph().startswith('flowchart TB\n    s0("TakeLease<br/>Lambda")\n')
    assert "LookUpPreprocess" not in graph()
    assert "LookUpPreprocess" in graph("--all")


@pytest.mark.parametrize("options", [("-o", "states.svg"), ("--format", "svg", "-o", "states.txt")])
def test_a_file_gets_the_picture(tmp_path, monkeypatch, options):
    monkeypatch.chdir(tmp_path)
    assert graph(*options) == ""
    assert ET.fromstring((tmp_path / options[-1]).read_text())[0].text == "The states of a retraining"


def test_a_collected_run_colours_it(run):
    root = ET.fromstring(graph("--run", run, "--format", "svg"))
    assert root[0].text == "Execution night: failed"
    texts = [one.text for one in root.iter(f"{NAME}text")]
    assert "✗ TakeLease" in texts
    assert "Prepare" in texts
    assert 's0("✗ TakeLease<br/>4.0 s")' in graph("--run", run)


def test_scripts_get_a_document(run):
    document = json.loads(graph("--run", run, "--json"))
    assert (document["schema_version"], document["execution"], document["status"]) == (1, "night", "FAILED")
    first = {
        **{"name": "TakeLease", "kind": "lambda", "parts": ["TakeLease"]},
        **{"status": "failed", "seconds": 4.0, "visits": 1},
    }
    assert document["states"][0] == first
    assert document["transitions"][0] == {"from": "TakeLease", "to": "LeaseTaken?", "kind": "next", "taken": False}


def test_what_cannot_be_done_is_told_in_one_line(tmp_path):
    assert "holds no run" in graph("--run", tmp_path, code=1)
    assert graph("--run", "runs/no-such", code=1) == "Error: no folder runs/no-such\n"
    assert "cannot be written" in graph("-o", tmp_path / "none" / "x.svg", code=1)


def test_an_execution_on_an_account_is_drawn_with_the_definition_that_it_ran_with(tmp_path):
    with LocalAws(tmp_path / "aws") as aws:
        aws.client("s3").create_bucket(Bucket="artifacts")
        machine = deploy_text(aws, tmp_path, TEMPLATE, "taproom")["StateMachineArn"]
        stepfunctions = aws.client("stepfunctions")
        arn = stepfunctions.start_execution(stateMachineArn=machine, name="first")["executionArn"]
        eventually(lambda: stepfunctions.describe_execution(executionArn=arn)["status"] == "SUCCEEDED")
        place = ["--endpoint-url", aws.endpoint_url, "--region", aws.region, "--work", tmp_path]
        for execution in ("first", "latest", arn):
            document = json.loads(graph("--run", execution, "--json", *place))
            assert (document["execution"], document["status"]) == ("first", "SUCCEEDED")
            # the Pass state only leads to the end: one box
            assert [(one["name"], one["status"]) for one in document["states"]] == [("Done", "succeeded")]
        assert [line.strip() for line in graph("--run", "first", "--all", *place).splitlines()][1:3] == [
            's0["✓ Only<br/>pass"]',
            's1(["✓ Done<br/>end"])',
        ]
        assert "no-such" in graph("--run", "no-such", *place, code=1)
