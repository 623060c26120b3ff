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


def test_each_run_adds_one_version_trained_on_its_own_file_alone(run, tmp_path):
    first, second, third = (script(evaluation=evaluation(accuracy)) for accuracy in (0.75, 0.755, 0.75))
    executions = [run(first), run(second), run(third)]
    prepared = [json.loads(one["output"])["Prepare"] for one in executions]
    assert [one["Reviews"]["Count"] for one in prepared] == [1, 1, 1]
    places = [one["Parameters"]["InputData"] for one in prepared]
    assert len(set(places)) == 3  # a folder belongs to a content
    versions = [one for one in registered(tmp_path / "work") if one["ModelPackageGroupName"] == "taproom-retrieval"]
    # no other execution than these three has trained anything: not the schedule's either, which would find all files
    assert [one["ModelPackageVersion"] for one in versions] == [1, 2, 3]
    told = [one["CustomerMetadataProperties"] for one in versions]
    assert [one["ExecutionArn"] for one in told] == [one["executionArn"] for one in executions]
    assert len({one["executionArn"] for one in executions}) == 3


def test_a_run_on_the_same_file_finds_nothing_new_and_is_forced_to_take_all_from_the_cache(run, tmp_path):
    content = script()
    first, second = run(content), run(content)
    told = [json.loads(one["output"])["Prepare"] for one in (first, second)]
    assert [one["Outcome"] for one in told] == ["Run", "NothingNew"]
    assert told[1]["LastRun"]["ExecutionArn"] == first["executionArn"]
    forced = json.loads(run(content, force=True)["output"])
    assert forced["Prepare"]["Parameters"]["InputData"] == told[0]["Parameters"]["InputData"]
    assert forced["LookUpPreprocess"]["From"] == first["executionArn"]
    versions = registered(tmp_path / "work")
    assert {one["CustomerMetadataProperties"]["ExecutionArn"] for one in versions} == {first["executionArn"]}
