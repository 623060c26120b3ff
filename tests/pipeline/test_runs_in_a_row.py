"""`taproom run` again and again in one work folder: one registry, and reviews that never mix."""

from __future__ import annotations

import io
import json
import signal

import pytest
from rich.console import Console

from taproom.account import opened
from taproom.run import RunRequest, run_locally
from tests.pipeline.deployed import TINY_TRAINING, evaluation, project_with, script

pytestmark = pytest.mark.slow


@pytest.fixture
def run(tmp_path):
    """``run(accuracy)`` runs on a reviews file of its own; returns the execution and what was said."""
    handler = signal.getsignal(signal.SIGTERM)
    template = project_with(TINY_TRAINING, tmp_path / "project") / "template.yaml"

    def run(accuracy):
        reviews = tmp_path / "reviews.csv"
        reviews.write_text(script(evaluation=evaluation(accuracy)))
        console = Console(file=io.StringIO(), width=500)
        request = RunRequest(reviews=reviews, work=tmp_path / "work", runs=tmp_path / "runs", template=template)
        assert run_locally(request, console) == 0, console.file.getvalue()
        return json.loads((tmp_path / "runs" / "latest" / "execution.json").read_text())

    yield run
    signal.signal(signal.SIGTERM, handler)


def registered(work):
    """Every version of every group, newest last."""
    with opened(work) as account:
        sagemaker = account.client("sagemaker")
        found = []
        for group in sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]:
            listed = sagemaker.list_model_packages(ModelPackageGroupName=group["ModelPackageGroupName"])
            arns = [one["ModelPackageArn"] for one in listed["ModelPackageSummaryList"]]
            found += [sagemaker.describe_model_package(ModelPackageName=arn) for arn in arns]
        return found


def test_each_run_adds_one_version_trained_on_its_own_file_alone(run, tmp_path):
    executions = [run(0.75), run(0.755), run(0.75)]
    prepared = [json.loads(one["output"])["Prepare"] for one in executions]
    assert [one["Reviews"]["Count"] for one in prepared] == [1, 1, 1]
    places = [one["Parameters"]["InputData"] for one in prepared]
    assert places[0] == places[2] != places[1]  # a folder belongs to a content
    versions = [one for one in registered(tmp_path / "work") if one["ModelPackageGroupName"] == "taproom-retrieval"]
    # no other execution than these three has trained anything: not the schedule's either, which would find all files
    assert [one["ModelPackageVersion"] for one in versions] == [1, 2, 3]
    told = [one["CustomerMetadataProperties"] for one in versions]
    assert [one["ExecutionArn"] for one in told] == [one["executionArn"] for one in executions]
    assert len({one["executionArn"] for one in executions}) == 3
