"""Runs that are killed at any moment, with all that they started: no version is lost, and the next run runs."""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from taproom.account import opened
from tests.local.small_stacks import eventually
from tests.pipeline.deployed import PROJECT, TINY_TRAINING, evaluation, project_with, script

pytestmark = pytest.mark.slow

MOST_LINES = 14  # of output before the kill; a run writes about as many
LONGEST = 0.5  # seconds that the kill comes after its line, at most
GROUP = "taproom-retrieval"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return project_with(TINY_TRAINING, tmp_path_factory.mktemp("project"))


def tiny_run(project, folder):
    """The command of a run whose jobs take no time."""
    reviews = folder / "reviews.csv"
    program = Path(__file__).with_name("run_project.py")
    return [sys.executable, program, project / "template.yaml", folder / "work", folder / "runs", reviews]


def start(command):
    command[-1].write_text(script(evaluation=evaluation(0.75)))  # unlike the last ones, or there would be nothing to do
    return subprocess.Popen(
        command,
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def killed(command, lines, seconds):
    """Start a run and kill it after a number of lines and a while; returns whether it was still running then."""
    process = start(command)
    for _ in range(lines):
        if not process.stdout.readline():
            break
    select.select([process.stdout], [], [], seconds)
    was_running = process.poll() is None
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return was_running


def processes_in(folder):
    """Command lines of living processes that name ``folder``: jobs and functions, whose sessions are their own."""
    listing = subprocess.run(["ps", "-A", "-ww", "-o", "stat=,args="], capture_output=True, text=True, check=True)
    return [line for line in listing.stdout.splitlines() if str(folder) in line and not line.startswith("Z")]


def registered(work):
    """Approval status of each version by its number, and that each one's artifact is there."""
    with opened(work) as account:
        sagemaker, s3 = account.client("sagemaker"), account.client("s3")
        found = {}
        for listed in sagemaker.list_model_packages(ModelPackageGroupName=GROUP)["ModelPackageSummaryList"]:
            version = sagemaker.describe_model_package(ModelPackageName=listed["ModelPackageArn"])
            place = version["InferenceSpecification"]["Containers"][0]["ModelDataUrl"].removeprefix("s3://")
            bucket, _, key = place.partition("/")
            assert s3.head_object(Bucket=bucket, Key=key)["ContentLength"] > 0
            found[version["ModelPackageVersion"]] = version["ModelApprovalStatus"]
        return found


def approve(work, number):
    with opened(work) as account:
        arn = f"arn:aws:sagemaker:{account.region}:123456789012:model-package/{GROUP}/{number}"
        account.client("sagemaker").update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")


def kill_again_and_again(command, folder, kills, chance, most_lines=MOST_LINES, longest=LONGEST):
    """Run, approve, and be killed ``kills`` times; then a last run shows that all is well. Returns what came of it."""
    work = folder / "work"
    start(command).communicate()
    assert registered(work) == {1: "PendingManualApproval"}
    approve(work, 1)
    known, running = {1: "Approved"}, 0
    for _ in range(kills):
        running += killed(command, chance.randrange(most_lines), chance.uniform(0, longest))
        eventually(lambda: not processes_in(folder), within=30)
        now = registered(work)
        assert known.items() <= now.items()
        assert len(now) <= len(known) + 1
        known = now
    last = start(command)
    output, _ = last.communicate()
    assert last.returncode == 0, output
    now = registered(work)
    assert known.items() <= now.items()
    assert len(now) == len(known) + 1
    assert max(now) > max(known)
    return {"killed while running": running, "registered": now, "last output": output}


@pytest.mark.parametrize("kills", [1, pytest.param(5, marks=pytest.mark.long)])
def test_killed_runs_lose_no_version_and_leave_no_process(project, tmp_path, kills):
    came = kill_again_and_again(tiny_run(project, tmp_path), tmp_path, kills, random.Random(2))
    assert came["killed while running"] > 0
