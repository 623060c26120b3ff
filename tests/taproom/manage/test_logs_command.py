"""`taproom logs` on a local AWS: a job's lines, a function's lines of one execution, and what has none."""

from __future__ import annotations

import json

import pytest

from taproom.local.aws import LocalAws
from tests.local.small_jobs import bucket, processing_request
from tests.local.small_stacks import EVERYTHING, TRUST, deploy_text, eventually
from tests.taproom.conftest import Command

SCRIPT = """
import pathlib
print("one\\x1b[2J")
print()
print("two\\tcolumns")
pathlib.Path("/opt/ml/processing/output/result")
"""
FUNCTION = """
import json

def handler(event, context):
    def say(message, level="INFO", **more):
        asked = {"function_name": context.function_name, "function_request_id": context.aws_request_id}
        print(json.dumps({"level": level, "message": message, "correlation_id": event["Id"], **asked, **more}))
    say("asked", model=event["Model"], count=3)
    if event["Model"] == "Ranking":
        raise ValueError("no such model")
    return {}
"""


def asking(model):
    payload = {"Id.$": "$$.Execution.Id", "Model": model}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "${AskArn}", "Payload": payload},
        "ResultPath": None,
    }


def definition(aws):
    job = processing_request(aws, "said", SCRIPT.replace("/opt/ml/processing/output/result", "."))
    job["ProcessingJobName.$"] = "$$.Execution.Name"
    del job["ProcessingJobName"]
    work = {"Type": "Task", "Resource": "arn:aws:states:::sagemaker:createProcessingJob.sync", "Parameters": job}
    caught = {"ErrorEquals": ["ValueError"], "Next": "Done"}
    return {
        "StartAt": "Preprocess",
        "States": {
            "Preprocess": {**work, "ResultPath": None, "Next": "GateRetrieval"},
            "GateRetrieval": {**asking("Retrieval"), "Next": "GateRanking"},
            "GateRanking": {**asking("Ranking"), "Catch": [caught], "Next": "Never"},
            "Never": {**asking("Never"), "Next": "Done"},
            "Done": {"Type": "Succeed"},
        },
    }


def template(aws):
    return f"""
Transform: AWS::Serverless-2016-10-31
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {json.dumps(TRUST)}
      Policies: [{{PolicyName: Everything, PolicyDocument: {json.dumps(EVERYTHING)}}}]
  Logs:
    Type: AWS::Logs::LogGroup
    Properties:
      LogGroupName: /aws/lambda/taproom
  Ask:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      Role: !GetAtt Role.Arn
      LoggingConfig: {{LogGroup: !Ref Logs, LogFormat: JSON}}
      InlineCode: {json.dumps(FUNCTION)}
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Role: !GetAtt Role.Arn
      Definition: {json.dumps(definition(aws))}
      DefinitionSubstitutions:
        AskArn: !GetAtt Ask.Arn
Outputs:
  StateMachineArn:
    Value: !Ref Machine
"""


def status_of(stepfunctions, arn):
    """None while it runs."""
    status = stepfunctions.describe_execution(executionArn=arn)["status"]
    return None if status == "RUNNING" else status


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The command on a local AWS on which two executions, one and other, have ended."""
    with LocalAws(tmp_path_factory.mktemp("work") / "aws") as aws:
        bucket(aws)
        aws.client("s3").create_bucket(Bucket="artifacts")
        machine = deploy_text(aws, tmp_path_factory.mktemp("stack"), template(aws), "taproom")["StateMachineArn"]
        stepfunctions = aws.client("stepfunctions")
        for name in ("other", "one"):
            arn = stepfunctions.start_execution(stateMachineArn=machine, name=name, input="{}")["executionArn"]
            assert eventually(lambda arn=arn: status_of(stepfunctions, arn), within=60) == "SUCCEEDED"
        yield Command(aws)


def lines(ran, *arguments):
    return [json.loads(line) for line in ran.succeeds("logs", "--json", *arguments).splitlines()]


def test_a_job_s_lines_are_those_of_its_stream_in_order(ran):
    assert [(one["source"], one["message"]) for one in lines(ran, "Preprocess")] == [
        ("one", "one\x1b[2J"),
        ("one", "two\tcolumns"),
    ]
    assert {one["source"] for one in lines(ran, "Preprocess", "other")} == {"other"}


def test_a_terminal_obeys_no_sign_of_a_job(ran):
    shown = ran.succeeds("logs", "Preprocess").splitlines()
    assert shown[0] == "one:"
    assert shown[1].endswith("  one\\x1b[2J")
    assert shown[2].endswith("  two     columns")


def test_a_function_s_lines_are_those_of_the_execution_and_the_step(ran):
    [said] = lines(ran, "GateRetrieval")
    document = json.loads(said["message"])
    assert document["correlation_id"].endswith(":one")
    assert (document["message"], document["model"]) == ("asked", "Retrieval")
    shown = ran.succeeds("logs", "GateRetrieval").splitlines()
    assert shown[1].endswith("  INFO  asked  model=Retrieval  count=3")


def test_the_trace_of_an_error_is_shown_though_it_names_no_execution(ran):
    shown = ran.succeeds("logs", "GateRanking", "other")
    assert "asked  model=Ranking" in shown
    assert "model=Retrieval" not in shown
    assert "ERROR  ValueError: no such model" in shown
    assert "RequestId:" not in shown


def test_following_ends_when_the_step_is_over(ran):
    assert ran.succeeds("logs", "Preprocess", "--follow") == ran.succeeds("logs", "Preprocess")


@pytest.mark.parametrize("follow", [[], ["--follow"]])
def test_what_did_not_run_and_what_has_no_logs_is_said(ran, follow):
    assert "Never of one has not run" in ran.fails("logs", "Never", *follow)
    said = ran.fails("logs", "Preproces", *follow)
    assert (
        "no step Preproces has logs: did you mean Preprocess? These have: GateRanking, GateRetrieval, Never, Prep"
        in said
    )
    assert "no execution" in ran.fails("logs", "Preprocess", "nobody", *follow)
