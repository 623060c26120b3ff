"""`taproom start` and `taproom watch` on a local AWS."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

from click.testing import CliRunner

from taproom.cli import taproom
from tests.local.other_process import PROJECT


def test_the_execution_is_started_with_the_parameters_and_its_arn_is_said(machine, command):
    said = command.succeeds("start", "--name", "by-hand", "--input", '{"Say": {"a": 1}}', "--set", "TrainingEpochs=3")
    assert said == f"{machine.execution('by-hand')}\n"  # no console shows a local AWS
    assert json.loads(machine.described("by-hand")["input"]) == {"Say": {"a": 1}, "TrainingEpochs": 3}
    machine.ended("by-hand")


def test_scripts_get_json_and_the_exit_code_of_what_they_wait_for(machine, command):
    told = command.json("start", "--name", "waited-for", "--watch", "--set", "Say={}")
    assert told == {
        "schema_version": 1,
        "execution_arn": machine.execution("waited-for"),
        "console_url": None,
        "status": "SUCCEEDED",
    }
    result = command("start", "--name", "that-fails", "--watch", "--json")
    assert (result.exit_code, json.loads(result.stdout)["status"]) == (1, "FAILED")


def test_the_live_view_shows_where_it_failed(machine, command):
    result = command("start", "--name", "seen-to-fail", "--watch")
    assert result.exit_code == 1
    assert "✗ List failed" in result.stdout
    assert result.stdout.endswith("What now: taproom redrive seen-to-fail\nExecution FAILED\n")


def test_a_name_that_is_taken_is_refused(machine, command):
    machine.run("taken", Say={})
    said = command.fails("start", "--name", "taken", "--set", "Say=1")
    assert "no execution can be named taken" in said
    assert "Choose another --name" in said


def test_what_is_no_json_starts_nothing(machine, command):
    before = len(machine.stepfunctions.list_executions(stateMachineArn=machine.arn)["executions"])
    assert "is not JSON" in command.fails("start", "--input", "{")
    assert len(machine.stepfunctions.list_executions(stateMachineArn=machine.arn)["executions"]) == before


def test_watch_shows_what_has_ended_and_has_its_exit_code(machine, command):
    machine.run("fine", Say={})
    assert command.succeeds("watch", "fine").endswith("✓ Done succeeded\nExecution SUCCEEDED\n")
    assert command.json("watch")["execution_arn"] == machine.execution("fine")
    machine.run("not-fine")
    result = command("watch", machine.execution("not-fine"))
    assert result.exit_code == 1
    assert "List failed: S3.NoSuchBucketException".lower() in result.stdout.lower()


def test_watch_names_an_execution_that_is_not_there(machine, command):
    assert f"no execution {machine.execution('nobody')}" in command.fails("watch", "nobody")


def test_ctrl_c_ends_the_view_and_tells_that_the_execution_goes_on(machine, local_aws):
    machine.start("looked-at", Wait=True)
    place = ["--endpoint-url", local_aws.endpoint_url, "--region", local_aws.region]
    watch = [sys.executable, "-m", "taproom", "watch", "looked-at", *place]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(watch, cwd=PROJECT, env=local_aws.environment(), **options) as process:
        assert "Debounce running" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said.endswith(
        "The execution goes on. `taproom watch looked-at` shows it, `taproom stop looked-at` ends it.\n"
    )
    assert machine.described("looked-at")["status"] == "RUNNING"
    machine.stepfunctions.stop_execution(executionArn=machine.execution("looked-at"))


def test_names_of_executions_are_completed(machine, command, local_aws):
    machine.run("completed-one", Say={})
    place = ["--endpoint-url", local_aws.endpoint_url, "--region", local_aws.region]
    environment = {
        "_TAPROOM_COMPLETE": "bash_complete",
        "COMP_WORDS": f"taproom watch {' '.join(place)} comp",
        "COMP_CWORD": str(2 + len(place)),
    }
    result = CliRunner(env=environment).invoke(taproom, prog_name="taproom")
    assert result.stdout == "plain,completed-one\n"


def test_without_a_stack_a_key_press_says_nothing_of_it(tmp_path):
    environment = {
        "_TAPROOM_COMPLETE": "bash_complete",
        "COMP_WORDS": f"taproom watch --work {tmp_path} ",
        "COMP_CWORD": "4",
    }
    result = CliRunner(env=environment).invoke(taproom, prog_name="taproom")
    assert result.output == "plain,latest\n"
    assert list(tmp_path.iterdir()) == []  # no local AWS was started for it
