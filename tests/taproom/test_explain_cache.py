"""`taproom explain-cache`, from a collected run and from the bucket of a stack."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from taproom.cache_explained import explained
from taproom.cli import taproom
from tests.local.small_stacks import PASS_THROUGH, deploy_text
from tests.taproom.histories import EARLIER

HIT = {"schema_version": 1, "Step": "Preprocess", "Key": "0", "Hit": True, "Reason": "", "From": EARLIER}
MISS = {
    "schema_version": 1,
    "Step": "TrainRetrieval",
    "Key": "1",
    "Hit": False,
    "Reason": "no run of this step had these inputs",
    "From": "",
    "Differences": ["HyperParameters.epochs is 20, was 10", "train: train.parquet \x1b[31mhas changed"],
}
LATER = MISS | {"Step": "EvaluateRanking", "Reason": "CacheConfig is off", "Differences": []}
DOCUMENTS = {"EvaluateRanking": LATER, "TrainRetrieval": MISS, "Preprocess": HIT}
TOLD = """Preprocess: cached, from run first
TrainRetrieval: ran, no run of this step had these inputs
    HyperParameters.epochs is 20, was 10
    train: train.parquet \\x1b[31mhas changed
EvaluateRanking: ran, CacheConfig is off
"""
TEMPLATE = f"""
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {{"Version": "2012-10-17", "Statement": []}}
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Role: !GetAtt Role.Arn
      Definition: {PASS_THROUGH}
Transform: AWS::Serverless-2016-10-31
Outputs:
  StateMachineArn:
    Value: !Ref Machine
  DataBucketName:
    Value: explained-data
"""


@pytest.fixture
def runs(tmp_path):
    cache = tmp_path / "runs" / "second" / "cache"
    cache.mkdir(parents=True)
    for step, document in DOCUMENTS.items():
        (cache / f"{step}.json").write_text(json.dumps(document))
    (tmp_path / "runs" / "latest").symlink_to("second")
    return tmp_path / "runs"


@pytest.fixture
def collected(runs):
    """``collected(*arguments)`` is click's result of the command on the collected runs."""

    def call(*arguments):
        return CliRunner().invoke(taproom, ["explain-cache", "--runs", str(runs), *arguments])

    return call


@pytest.fixture(scope="module")
def machine(local_aws, tmp_path_factory):
    for bucket in ("artifacts", "explained-data"):
        local_aws.client("s3").create_bucket(Bucket=bucket)
    return deploy_text(local_aws, tmp_path_factory.mktemp("stack"), TEMPLATE, "taproom")["StateMachineArn"]


def store(aws, machine, name):
    """What an execution of that name leaves in the bucket."""
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
    slug = f"{name}-{hashlib.sha256(arn.encode()).hexdigest()[:12]}"
    for step, document in DOCUMENTS.items():
        key = f"runs/{slug}/cache/{step}.json"
        aws.client("s3").put_object(Bucket="explained-data", Key=key, Body=json.dumps(document).encode())
    return arn


@pytest.mark.parametrize("execution", [(), ("latest",), ("second",), (EARLIER.replace("first", "second"),)])
def test_a_collected_run_is_explained_step_by_step_in_the_order_of_the_flow(collected, execution):
    result = collected(*execution)
    assert (result.output, result.exit_code) == (TOLD, 0)


def test_json_is_the_documents_themselves(collected):
    told = json.loads(collected("--json").output)
    assert told == {"schema_version": 1, "steps": [HIT, MISS, LATER]}


def test_when_the_output_was_made_is_told_where_it_is_known():
    hit = HIT | {"RecordedAt": "2026-01-04T09:30:00Z"}
    assert list(explained([hit])) == ["Preprocess: cached, from run first, made 2026-01-04 09:30 UTC"]


def test_a_run_that_is_not_there_or_looked_for_nothing_is_named(collected, runs):
    result = collected("nobody")
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"no run nobody in {runs}: `make run` leaves one" in result.stderr
    (runs / "empty").mkdir()
    assert "empty looked for no step in the cache" in collected("empty").stderr


@pytest.mark.parametrize("written", ["[1]", "no JSON", "{}"])
def test_a_document_of_another_form_is_named(collected, runs, written):
    (runs / "second" / "cache" / "Preprocess.json").write_text(written)
    result = collected()
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "cache" in result.stderr


def test_the_bucket_of_a_stack_is_read_where_an_account_is_named(local_aws, machine, command):
    arn = store(local_aws, machine, "stored")
    assert command.succeeds("explain-cache", "stored") == TOLD
    assert command.succeeds("explain-cache", arn) == TOLD
    assert command.json("explain-cache", "stored")["steps"] == [HIT, MISS, LATER]
    assert "nobody left nothing in s3://explained-data/runs/" in command.fails("explain-cache", "nobody")


def test_latest_is_the_stacks_newest_execution(local_aws, machine, command):
    store(local_aws, machine, "newest")
    local_aws.client("stepfunctions").start_execution(stateMachineArn=machine, name="newest", input="{}")
    assert command.succeeds("explain-cache") == TOLD


def test_the_local_aws_that_runs_in_the_work_folder_is_read(local_aws, machine):
    store(local_aws, machine, "running")
    command = [sys.executable, "-m", "taproom", "explain-cache", "running", "--work", str(local_aws.root.parent)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == TOLD


def test_a_folder_where_no_local_aws_runs_is_not_made(tmp_path):
    work = tmp_path / "work"
    result = CliRunner().invoke(taproom, ["explain-cache", "no-such-run", "--work", str(work)])
    assert "no run no-such-run" in result.stderr
    assert not work.exists()
