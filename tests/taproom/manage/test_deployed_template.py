"""The commands on template.yaml itself, whose real functions run: a run without reviews, from start to logs."""

from __future__ import annotations

from pathlib import Path

import pytest

from taproom.deploy import deploy

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def deployed(local_aws):
    parameters = {"ScheduleState": "DISABLED", "NotificationState": "DISABLED", "UploadDebounceSeconds": "0"}
    parameters["BucketName"] = "manage-data"
    return deploy(local_aws.client, PROJECT / "template.yaml", "taproom", parameters, artifact_bucket="artifacts")


def test_a_run_is_started_followed_listed_and_its_functions_are_heard(deployed, command):
    as_scheduled = '{"Trigger": {"Schedule": "arn:aws:scheduler:x", "Time": "2026-01-05T12:00:00Z"}}'
    told = command.json("start", "--name", "night", "--input", as_scheduled, "--watch")
    assert told["status"] == "SUCCEEDED"
    [run] = command.json("runs")["runs"]
    assert (run["name"], run["outcome"], run["trigger"]) == ("night", "no reviews", "schedule")
    shown = command.succeeds("logs", "TakeLease").splitlines()
    assert shown[0].startswith("taproom-TakeLease-")
    assert "  INFO  lease taken  holder=arn:aws:states:" in shown[1]
    assert "Preprocess of night has not run: Nothing to do: the execution found" in command.fails("logs", "Preprocess")


def test_a_parameter_that_is_none_is_refused_by_the_first_state_and_its_error_is_in_the_logs(deployed, command):
    result = command("start", "--name", "misspelt", "--set", "TrainingEpoch=3", "--watch")
    assert result.exit_code == 1
    assert "TakeLease failed: InvalidInput" in result.stdout
    assert command.json("runs", "--status", "failed")["runs"][0]["outcome"] == "failed at TakeLease"
    assert "ERROR  InvalidInput: " in command.succeeds("logs", "TakeLease", "misspelt")
    said = command.fails("logs", "Preprocess", "misspelt")
    assert "Preprocess of misspelt has not run: the execution has ended without it (FAILED)" in said
