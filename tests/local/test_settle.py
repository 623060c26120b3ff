"""An orderly end lets events and functions finish that are under way; after an exception nothing waits."""

from __future__ import annotations

import json
import threading
import time

import pytest

from taproom.local.aws import LocalAws
from taproom.local.settle import Background
from tests.local.small_stacks import eventually, make_function, make_machine, make_role

# tells when it began and when it ended
SLOW = """
import pathlib, time
def handler(event, context):
    pathlib.Path({begun!r}).write_text("")
    time.sleep({seconds})
    pathlib.Path({done!r}).write_text("")
"""


@pytest.fixture
def watched(tmp_path):
    """Has an execution end whose end is told to a function; returns the files that its start and its end make."""

    def start(aws, seconds):
        begun, done = tmp_path / "begun", tmp_path / "done"
        make_function(aws, "told", SLOW.format(begun=str(begun), done=str(done), seconds=seconds))
        machine = make_machine(aws, "ends")
        pattern = {"detail": {"stateMachineArn": [machine], "status": ["SUCCEEDED"]}}
        aws.client("events").put_rule(Name="ended", EventPattern=json.dumps(pattern))
        function = aws.client("lambda").get_function(FunctionName="told")["Configuration"]["FunctionArn"]
        aws.client("events").put_targets(
            Rule="ended", Targets=[{"Id": "told", "Arn": function, "RoleArn": make_role(aws)}]
        )
        stepfunctions = aws.client("stepfunctions")
        arn = stepfunctions.start_execution(stateMachineArn=machine, input="{}")["executionArn"]
        eventually(lambda: stepfunctions.describe_execution(executionArn=arn)["status"] == "SUCCEEDED")
        return begun, done

    return start


def test_an_orderly_end_lets_the_told_function_finish(tmp_path, watched):
    with LocalAws(tmp_path / "aws") as aws:
        _, done = watched(aws, 0.5)
    assert done.exists()


def test_an_exception_waits_for_nothing(tmp_path, watched):
    aws = LocalAws(tmp_path / "aws").__enter__()
    begun, done = watched(aws, 30)
    eventually(begun.exists)
    ending = time.monotonic()
    aws.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert time.monotonic() - ending < 3
    assert not done.exists()


def test_nothing_waits_for_a_retry_that_is_due_later(tmp_path):
    tried = tmp_path / "tried"
    source = f"import pathlib\ndef handler(e, c):\n    pathlib.Path({str(tried)!r}).write_text('')\n    raise OSError"
    with LocalAws(tmp_path / "aws") as aws:
        make_function(aws, "fails", source)
        aws.client("lambda").invoke(FunctionName="fails", InvocationType="Event", Payload=b"{}")
        eventually(tried.exists)
        ending = time.monotonic()
    assert time.monotonic() - ending < 3


def test_settling_ends_when_its_time_is_up():
    background, release = Background(), threading.Event()
    background.start(release.wait, 10, name="long")
    assert not background.settle(0.05)
    release.set()
    assert background.settle(5)


def test_what_started_work_starts_is_waited_for_too():
    background, done = Background(), threading.Event()
    background.start(lambda: background.start(done.set, name="second"), name="first")
    assert background.settle(5)
    assert done.is_set()


def test_rest_is_not_waited_for():
    background, resting, woken = Background(), threading.Event(), threading.Event()

    def work():
        with background.resting():
            resting.set()
            woken.wait(10)

    background.start(work, name="rests")
    assert resting.wait(5)
    assert background.settle(5)
    woken.set()


def test_nothing_begins_once_it_is_closed():
    background, begun = Background(), threading.Event()
    background.close()
    background.start(begun.set, name="late")
    assert background.settle(1)
    assert not begun.is_set()
