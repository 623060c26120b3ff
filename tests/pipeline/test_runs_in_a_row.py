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
    """``run(content)`` runs on a reviews file of its own; returns the execution."""
    handler = signal.getsignal(signal.SIGTERM)
    template = project_with(TINY_TRAINING, tmp_path / "project") / "template.yaml"

    def run(content, **more):
        reviews = tmp_path / "reviews.csv"
        reviews.write_text(content)
        console = Console(file=io.StringIO(), width=500)
        request = RunRequest(reviews=reviews, work=tmp_path / "work", runs=tmp_path / "runs", template=template, **more)
        assert run_locally(request, console) == 0, console.file.getvalue()
        told = [path for path in (tmp_path / "runs").glob("*/execution.json") if path.parent.name != "latest"]
        return json.loads(max(told, key=lambda path: path.stat().st_mtime_ns).read_text())

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


def test_each_run_adds_one_version_and_one_of_nothing_new_adds_none(run, tmp_path):
    contents = [script(evaluation=evaluation(accuracy)) for accuracy in (0.75, 0.755)]
    first, second = (run(content) for content in contents)
    told = [json.loads(one["output"])["Prepare"] for one in (first, second)]
    assert [one["Reviews"]["Count"] for one in told] == [1, 1]
    assert len({one["Parameters"]["InputData"] for one in told}) == 2  # a folder belongs to a content
    quiet = json.loads(run(contents[1])["output"])["Prepare"]
    assert (quiet["Outcome"], quiet["LastRun"]["ExecutionArn"]) == ("NothingNew", second["executionArn"])
    forced = json.loads(run(contents[1], force=True)["output"])
    assert forced["Prepare"]["Parameters"]["InputData"] == told[1]["Parameters"]["InputData"]
    assert forced["LookUpPreprocess"]["From"] == second["executionArn"]
    versions = [one for one in registered(tmp_path / "work") if one["ModelPackageGroupName"] == "taproom-retrieval"]
    # no other execution than these two has trained anything: not the schedule's either, which would find all files
    assert [one["ModelPackageVersion"] for one in versions] == [1, 2]
    trained = [one["CustomerMetadataProperties"]["ExecutionArn"] for one in versions]
    assert trained == [first["executionArn"], second["executionArn"]]
