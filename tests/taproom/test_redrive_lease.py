"""A redrive that may not go on: beside another run, or after every model's branch has ended."""

from __future__ import annotations

import pytest

from taproom.executions import ExecutionError
from taproom.redrive import redrive
from tests.taproom.histories import ARN

CAUSE = f"{ARN.format('other')} is running: redrive one again when it has ended"


class StepFunctions:
    """Answers DescribeExecution with ``described``, one after another; notes whether it was asked to redrive."""

    def __init__(self, *described):
        self.described, self.redriven = list(described), False

    def describe_execution(self, *, executionArn):
        return {"name": "one", "executionArn": executionArn, "redriveCount": 0, **self.described.pop(0)}

    def redrive_execution(self, *, executionArn):
        self.redriven = True


def test_a_redrive_that_was_ended_because_another_run_has_the_lease_says_so():
    ended = {"status": "ABORTED", "error": "LeaseHeld", "cause": CAUSE, "redriveCount": 1}
    stepfunctions = StepFunctions({"status": "FAILED"}, ended)
    with pytest.raises(ExecutionError, match=f"one may not go on beside another run: {CAUSE}"):
        redrive(stepfunctions, ARN.format("one"))


def test_a_redrive_that_was_stopped_otherwise_is_answered():
    ended = {"status": "ABORTED", "error": "Stopped", "redriveCount": 1}
    assert redrive(StepFunctions({"status": "FAILED"}, ended), ARN.format("one"))["error"] == "Stopped"


def test_after_the_branches_a_rerun_is_named_and_nothing_is_redriven():
    stepfunctions = StepFunctions({"status": "FAILED", "error": "ModelsFailed"})
    with pytest.raises(ExecutionError, match=r"a redrive would run nothing\. `taproom rerun one` starts it anew"):
        redrive(stepfunctions, ARN.format("one"))
    assert not stepfunctions.redriven
