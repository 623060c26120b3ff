"""The documentation's commands and programs, typed and run as they stand there, on one deployed stack.

In the order of the table; whatever is typed alone does the same.
"""

from __future__ import annotations

import json
import os

import pytest

from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from taproom.sam_cli import why_missing
from taproom.shell_environment import child
from tests.docs.commands import COMMANDS, Here
from tests.docs.site import Site
from tests.docs.written import python_blocks
from tests.pipeline.deployed import TINY_TRAINING, deployed, project_with
from tests.taproom.registered import BUCKET

pytestmark = pytest.mark.slow
TYPED = {command: told for command, told in COMMANDS.items() if isinstance(told, Here)}
MISSING = "" if os.environ.get("CI") else why_missing()  # of the AWS CLI: in CI it has to be there
LETTER = {"ERROR_CODE": {"DataType": "String", "StringValue": "NO_PERMISSIONS"}}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = project_with(TINY_TRAINING, tmp_path_factory.mktemp("project"))
    parameters = {"BucketName": BUCKET, "ScheduleState": "DISABLED", "UploadDebounceSeconds": "0"}
    with LocalAws(tmp_path_factory.mktemp("work") / "aws", Clock(skip_waits=True)) as aws:
        site = Site(deployed(aws, folder / "template.yaml", **parameters), folder)
        aws.client("sqs").send_message(QueueUrl=site.queue, MessageBody="{}", MessageAttributes=LETTER)
        yield site


@pytest.fixture
def as_environment(site, monkeypatch):
    """This process's boto3 finds the local AWS by itself, as a user's finds an account."""
    made = child(site.pipeline.aws.endpoint_url, site.pipeline.aws.root, os.environ)
    for name in os.environ.keys() - made.keys():
        monkeypatch.delenv(name)
    for name, value in made.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)


@pytest.mark.parametrize("command", TYPED)
def test_it_does_what_the_page_says(site, command, tmp_path, monkeypatch):
    if command.startswith("aws ") and MISSING:
        pytest.skip(MISSING)
    monkeypatch.chdir(tmp_path)
    site.undecided()
    told = TYPED[command]
    for one in told.before:
        assert site.types(one).code == 0
    for name, value in told.for_names:
        command = command.replace(name, value)
    typed = site.types(command)
    for one in told.after:
        assert site.types(one).code == 0
    assert typed.code == told.code, typed.output
    assert told.says in typed.output
    assert not told.makes or (tmp_path / told.makes).stat().st_size > 0


def test_an_approved_version_becomes_an_endpoint(site, as_environment):
    make, _asks = python_blocks("docs/deploying.md")[:2]
    exec(make, {})
    sagemaker = site.pipeline.aws.client("sagemaker")
    model = sagemaker.describe_model(ModelName="beers-1")
    assert model["Containers"] == [{"ModelPackageName": site.versions["retrieval"][0]}]
    variants = sagemaker.describe_endpoint_config(EndpointConfigName="beers-1")["ProductionVariants"]
    assert [one["ModelName"] for one in variants] == ["beers-1"]
    assert sagemaker.describe_endpoint(EndpointName="beers")["EndpointConfigName"] == "beers-1"


def test_a_deleted_stack_s_models_are_taken_over(site, as_environment, capsys, monkeypatch):
    taken = python_blocks("docs/deploying.md")[2].replace("DATA-BUCKET", BUCKET)
    cloudformation = site.pipeline.aws.client("cloudformation")
    cloudformation.delete_stack(StackName="taproom")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="taproom", WaiterConfig={"Delay": 1})
    monkeypatch.chdir(site.folder)
    exec(taken, {})
    named = capsys.readouterr().out
    for resource in ("DataBucket", "RetrievalModelPackageGroup", "RankingModelPackageGroup", "RunsTable"):
        assert resource in named
    assert cloudformation.describe_stacks(StackName="taproom")["Stacks"][0]["StackStatus"] == "IMPORT_COMPLETE"
    assert json.dumps(site.pipeline.registered("Retrieval"), default=str).count("/taproom-retrieval/") == 3
