"""The unmodified SAM CLI and AWS CLI against the local AWS: the way to AWS, walked step by step in this order.

Settings that lead to a real account lie all around them as traps.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from taproom import deploy_local
from taproom.account import opened
from taproom.aws_server import start, stop
from taproom.follow import follow
from taproom.report.run_uri import run_uri
from taproom.sam_cli import VENV, Tools, tools, why_missing
from tests.local.trap import Trap, trapped
from tests.pipeline import planted
from tests.pipeline.deployed import PROJECT, TINY_TRAINING, project_with, script

MISSING = "" if os.environ.get("CI") else why_missing()  # in CI they have to be there
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(MISSING), reason=MISSING)]


@dataclass
class World:
    """A project folder, a server, and the CLIs there."""

    folder: Path
    account: object
    cli: Tools
    traps: dict[str, str]
    bait: Path  # made by the trapped profile's credential process, if anybody asks it
    work: Path  # of the server

    parameters = deploy_local.parameters_of("123456789012")

    def aws(self, command: str, *more: str):
        """What ``aws`` answers to a command that is written as in a shell."""
        return self.cli.aws(*command.split(), *more)

    def sam(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(VENV / "bin" / "sam"), *arguments],
            cwd=self.folder,
            env=dict(self.cli.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def deploy(self, *more: str, **changed: str) -> subprocess.CompletedProcess[str]:
        overrides = [deploy_local.override(name, value) for name, value in (self.parameters | changed).items()]
        return self.sam("deploy", "--no-confirm-changeset", *more, "--parameter-overrides", *overrides)

    def outputs(self) -> dict[str, str]:
        (stack,) = self.aws("cloudformation describe-stacks --stack-name taproom")["Stacks"]
        return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}

    def schedule(self) -> dict[str, str]:
        return self.aws("scheduler get-schedule --name", deploy_local.schedule_of(self.cli))

    def functions(self) -> dict[str, str]:
        """The digest of each function's code, by logical name."""
        told = self.aws("cloudformation list-stack-resources --stack-name taproom")["StackResourceSummaries"]
        names = {
            one["PhysicalResourceId"]: one["LogicalResourceId"]
            for one in told
            if one["ResourceType"] == "AWS::Lambda::Function"
        }
        listed = self.aws("lambda list-functions")["Functions"]
        return {names[one["FunctionName"]]: one["CodeSha256"] for one in listed if one["FunctionName"] in names}

    def layers(self) -> list[str]:
        """ARNs of the layers' newest versions."""
        return [one["LatestMatchingVersion"]["LayerVersionArn"] for one in self.aws("lambda list-layers")["Layers"]]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    home = tmp_path_factory.mktemp("sam")
    folder = project_with(TINY_TRAINING, home)
    shutil.copy(PROJECT / "samconfig.toml", folder)
    bait = home / "bait"
    with trapped() as trap, pytest.MonkeyPatch.context() as patch:
        (home / "config").write_text(
            f"[default]\nregion = eu-west-3\nendpoint_url = {trap}\ncredential_process = touch {bait}\n"
            f"[profile real]\nregion = eu-west-3\nendpoint_url = {trap}\ncredential_process = touch {bait}\n"
        )
        traps = {
            "AWS_PROFILE": "real",
            "AWS_DEFAULT_PROFILE": "real",
            "AWS_CONFIG_FILE": str(home / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(home / "config"),
            "AWS_ENDPOINT_URL": trap,
            "AWS_ENDPOINT_URL_S3": trap,
            "AWS_ENDPOINT_URL_SFN": trap,
            "AWS_ENDPOINT_URL_CLOUDFORMATION": trap,
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
            "AWS_ACCESS_KEY_ID": "AKIAREALREALREALREAL",
            "AWS_SECRET_ACCESS_KEY": "real/SECRET+key",
            "AWS_REGION": "eu-west-3",
            "AWS_DEFAULT_REGION": "eu-west-3",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{trap}/credentials",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": trap,
        }
        for name, value in traps.items():
            patch.setenv(name, value)
        server = start(home / "work", port=0)
        try:
            cli = tools(folder, server.endpoint_url, home / "work" / "aws")
            with opened(home / "work") as account:
                yield World(folder, account, cli, traps, bait, home / "work")
        finally:
            stop(home / "work" / "aws")
        assert Trap.visits == []
        assert not bait.exists()


@pytest.fixture(scope="module")
def built(world):
    done = world.sam("build")
    assert done.returncode == 0, done.stdout
    return world


@pytest.fixture(scope="module")
def deployed(built):
    done = built.deploy()
    assert done.returncode == 0, done.stdout
    assert "Managed S3 bucket: aws-sam-cli-managed-default-samclisourcebucket-" in done.stdout  # --resolve-s3
    return built


def test_the_template_is_valid(world):
    done = world.sam("validate", "--lint")
    assert (done.returncode, "is a valid SAM Template" in done.stdout) == (0, True), done.stdout


def test_an_artifact_is_code_alone_and_the_layers_hold_the_packages(built):
    build = built.folder / ".aws-sam" / "build"
    artifacts = {one.name: one for one in build.iterdir() if one.is_dir()}
    layers = {name: artifacts.pop(name) / "python" for name in ("FunctionsLayer", "ReportLayer")}
    assert {file.name for file in artifacts["Gate"].iterdir()} == {
        file.name for file in (built.folder / "functions").iterdir()
    }
    published = artifacts["PublishTraining"]
    assert (published / "training" / "train.py").read_text() == (TINY_TRAINING / "train.py").read_text()
    assert [path for path in published.rglob("*") if path.is_symlink()] == []
    assert {name: size(folder) < 2**21 for name, folder in artifacts.items()} == dict.fromkeys(artifacts, True)
    packages = {
        "FunctionsLayer": ("aws_lambda_powertools", "boto3", "pydantic"),
        "ReportLayer": ("jinja2", "vl_convert"),
    }
    for name, expected in packages.items():
        assert {one.name for one in layers[name].iterdir()} >= {*expected}
    # Lambda's limit is for all that the function has; of the others none has more
    assert sum(size(folder) for folder in (*layers.values(), artifacts["WriteReport"])) < 250 * 2**20


def size(folder: Path) -> int:
    """Bytes in all files of a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def test_an_upload_starts_an_execution_that_registers_models(deployed, tmp_path):
    reviews = tmp_path / "reviews.csv"
    reviews.write_text(script(note=planted.SAID))
    outputs = deployed.outputs()
    told = deploy_local.Deployed(outputs["StateMachineArn"], outputs["DataBucketName"])
    arn = deploy_local.upload(deployed.cli, deployed.account, told, reviews, lambda line: None)
    *_, last = follow(deployed.account.client("stepfunctions"), arn, every=0.2)

    execution = deployed.aws("stepfunctions describe-execution --execution-arn", arn)
    assert execution["status"] == "SUCCEEDED", last.events[-1]
    assert json.loads(execution["input"])["Trigger"]["Key"].endswith("/reviews.csv")
    events = deployed.aws("stepfunctions get-execution-history --execution-arn", arn)["events"]
    assert (events[0]["type"], events[-1]["type"]) == ("ExecutionStarted", "ExecutionSucceeded")
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    for group in ("taproom-retrieval", "taproom-ranking"):
        listed = deployed.aws("sagemaker list-model-packages --model-package-group-name", group)
        (version,) = listed["ModelPackageSummaryList"]
        assert version["ModelPackageArn"] == f"arn:aws:sagemaker:us-east-1:123456789012:model-package/{group}/1"
        assert (version["ModelPackageVersion"], version["ModelApprovalStatus"]) == (1, "PendingManualApproval")


def test_the_execution_is_told_of_by_its_report(deployed):
    """Written by what `sam build` packed, the program that draws the states included."""
    outputs, s3 = deployed.outputs(), deployed.account.client("s3")
    listed = deployed.aws("stepfunctions list-executions --state-machine-arn", outputs["StateMachineArn"])
    (execution,) = listed["executions"]
    uri = f"{run_uri(outputs['DataBucketName'], execution['executionArn'])}report.html"
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    s3.get_waiter("object_exists").wait(Bucket=bucket, Key=key, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    page = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    assert "Retrieval version 1" in page
    assert "The states, coloured by outcome" in page


def test_no_log_of_the_server_and_no_log_group_holds_credentials_or_what_the_reviews_say(deployed):
    groups = planted.log_groups(deployed.account.client("logs"))
    kinds = ("lambda/taproom", "vendedlogs/states/taproom", "sagemaker/ProcessingJobs", "sagemaker/TrainingJobs")
    assert {name.split()[0] for name, text in groups.items() if text} == {f"/aws/{kind}" for kind in kinds}
    server = (deployed.folder / "work" / "aws-server.log").read_text()
    assert "Job train-ranking-" in server
    texts = {**groups, "server": server}
    assert planted.found_in(texts) == []
    credentials = deployed.traps["AWS_ACCESS_KEY_ID"], deployed.traps["AWS_SECRET_ACCESS_KEY"]
    assert [name for name, text in texts.items() for value in credentials if value in text] == []


def test_the_schedule_is_told(deployed):
    schedule = deployed.schedule()
    assert (schedule["ScheduleExpression"], schedule["State"]) == ("rate(7 days)", "DISABLED")
    assert schedule["Target"]["Arn"] == deployed.outputs()["StateMachineArn"]
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}


def test_deploying_again_changes_nothing(deployed):
    before = deployed.outputs(), deployed.functions()
    done = deployed.deploy("--no-fail-on-empty-changeset")
    assert (done.returncode, "No changes to deploy. Stack taproom is up to date" in done.stdout) == (0, True), (
        done.stdout
    )
    assert (deployed.outputs(), deployed.functions()) == before


def test_a_parameter_and_code_are_changed(deployed):
    """In one deploy; the layers stay what they are."""
    outputs, functions, layers = deployed.outputs(), deployed.functions(), deployed.layers()
    with (deployed.folder / "functions" / "gate.py").open("a") as source:
        source.write("\nCHANGED = True\n")
    with (deployed.folder / "training" / "act.py").open("a") as source:
        source.write("\nCHANGED = True\n")
    assert deployed.sam("build").returncode == 0
    done = deployed.deploy(ScheduleExpression="rate(14 days)", DefaultInput='{"LearningRate": 0.01}')
    assert done.returncode == 0, done.stdout
    assert "UPDATE_COMPLETE" in done.stdout

    schedule = deployed.schedule()
    assert schedule["ScheduleExpression"] == "rate(14 days)"
    assert json.loads(schedule["Target"]["Input"])["DefaultInput"] == {"LearningRate": 0.01}
    changed = deployed.functions()
    assert changed.keys() == functions.keys()
    alike = {name for name in functions if changed[name] == functions[name]}
    assert alike == {"WriteReport"}  # all others share one folder, or its modules
    assert deployed.layers() == layers
    after = deployed.outputs()
    assert after["TrainingCodeDigest"] != outputs["TrainingCodeDigest"]
    assert after["StateMachineArn"] == outputs["StateMachineArn"]
    source = deployed.aws("s3 cp", f"s3://{after['DataBucketName']}/code/{after['TrainingCodeDigest']}/src/act.py", "-")
    assert source.endswith("\nCHANGED = True\n")


def test_deleting_leaves_what_is_retained(deployed):
    bucket = deployed.outputs()["DataBucketName"]
    done = deployed.sam("delete", "--stack-name", "taproom", "--no-prompts", "--region", "us-east-1")
    assert (done.returncode, "Deleted successfully" in done.stdout) == (0, True), done.stdout
    statuses = {
        one["StackName"]: one["StackStatus"] for one in deployed.aws("cloudformation list-stacks")["StackSummaries"]
    }
    assert statuses == {"aws-sam-cli-managed-default": "CREATE_COMPLETE", "taproom": "DELETE_COMPLETE"}
    assert (deployed.aws("lambda list-functions")["Functions"], deployed.layers()) == ([], [])
    assert deployed.aws("stepfunctions list-state-machines")["stateMachines"] == []
    assert deployed.aws("scheduler list-schedules")["Schedules"] == []
    assert "reviews/" in deployed.aws("s3 ls", f"s3://{bucket}")
    groups = deployed.aws("sagemaker list-model-package-groups")["ModelPackageGroupSummaryList"]
    assert len(groups) == 2


def test_no_trap_was_touched_though_they_work(deployed):
    assert (Trap.visits, deployed.bait.exists()) == ([], False)
    # a client that is not kept from them falls in
    environment = {**deployed.cli.environment, **deployed.traps, "AWS_MAX_ATTEMPTS": "1"}
    environment.pop("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
    subprocess.run(
        [str(VENV / "bin" / "aws"), "s3", "ls"], env=environment, capture_output=True, check=False, timeout=60
    )
    assert Trap.visits
    Trap.visits.clear()
    deployed.bait.unlink(missing_ok=True)
