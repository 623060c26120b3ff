"""Reading states from an execution's history, on histories written by hand in GetExecutionHistory's form."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from taproom.history import planned, read_states, state_outputs

BEGIN = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
JOB = "arn:aws:states:::sagemaker:createTrainingJob.sync"
DEFINITION = {
    "StartAt": "Prepare",
    "States": {
        "Prepare": {"Type": "Task", "Resource": "x", "Next": "Both"},
        "Both": {
            "Type": "Parallel",
            "Branches": [
                {
                    "StartAt": "TrainA",
                    "States": {
                        "TrainA": {"Type": "Task", "Resource": JOB, "Catch": [{"Next": "TriageA"}], "End": True},
                        "TriageA": {"Type": "Task", "Resource": "x", "End": True},
                    },
                },
                {"StartAt": "TrainB", "States": {"TrainB": {"Type": "Task", "Resource": JOB, "End": True}}},
            ],
            "Next": "Finished",
        },
        "Finished": {"Type": "Succeed"},
    },
}


def event(number: int, previous: int, kind: str, **details):
    key = {"Entered": "stateEnteredEventDetails", "Exited": "stateExitedEventDetails"}
    name = next(
        (value for suffix, value in key.items() if kind.endswith(suffix)), kind[0].lower() + kind[1:] + "EventDetails"
    )
    entry = {"id": number, "previousEventId": previous, "type": kind, "timestamp": BEGIN + timedelta(seconds=number)}
    return {**entry, name: details} if details else entry


INTERLEAVED = [
    event(1, 0, "ExecutionStarted", input="{}"),
    event(2, 0, "TaskStateEntered", name="Prepare", input="{}"),
    event(3, 2, "TaskScheduled", parameters="{}"),
    event(4, 3, "TaskSucceeded", output="{}"),
    event(5, 4, "TaskStateExited", name="Prepare", output='{"Prepare": 1}'),
    event(6, 5, "ParallelStateEntered", name="Both", input="{}"),
    event(7, 6, "ParallelStateStarted"),
    event(8, 7, "TaskStateEntered", name="TrainA", input="{}"),
    event(9, 7, "TaskStateEntered", name="TrainB", input="{}"),
    event(10, 8, "TaskScheduled", parameters=json.dumps({"TrainingJobName": "job-a"})),
    event(11, 9, "TaskScheduled", parameters=json.dumps({"TrainingJobName": "job-b"})),
    event(12, 10, "TaskFailed", error="States.TaskFailed", cause="no disk"),
]


def rows(events):
    return {row.name: row for row in read_states(DEFINITION, events)}


def test_states_that_only_a_failure_leads_to_are_not_announced():
    assert planned(DEFINITION) == ["Prepare", "TrainA", "TrainB"]


def test_before_anything_happened_every_planned_state_waits():
    assert {name: row.status for name, row in rows([]).items()} == dict.fromkeys(
        ("Prepare", "TrainA", "TrainB"), "waiting"
    )


def test_interleaved_branches_keep_their_own_jobs_and_failures():
    found = rows(INTERLEAVED)
    assert found["Prepare"].status == "succeeded"
    assert found["Prepare"].seconds(BEGIN) == 3.0
    assert (found["TrainA"].job_name, found["TrainA"].error, found["TrainA"].cause) == (
        "job-a",
        "States.TaskFailed",
        "no disk",
    )
    assert (found["TrainB"].job_name, found["TrainB"].error, found["TrainB"].status) == ("job-b", "", "running")
    assert found["TrainB"].seconds(BEGIN + timedelta(seconds=29)) == 20.0


def test_a_caught_failure_shows_as_failed_and_its_handler_appears():
    found = rows(
        [
            *INTERLEAVED,
            event(13, 12, "TaskStateExited", name="TrainA", output="{}"),
            event(14, 13, "TaskStateEntered", name="TriageA", input="{}"),
        ]
    )
    assert found["TrainA"].status == "failed"
    assert found["TriageA"].status == "running"


def test_a_second_visit_is_counted_and_forgets_the_first_failure():
    found = rows(
        [
            *INTERLEAVED,
            event(13, 12, "TaskStateExited", name="TrainA", output="{}"),
            event(14, 13, "TaskStateEntered", name="TrainA", input="{}"),
            event(15, 14, "TaskScheduled", parameters=json.dumps({"TrainingJobName": "job-a-2"})),
            event(16, 15, "TaskStateExited", name="TrainA", output="{}"),
        ]
    )
    assert (found["TrainA"].visits, found["TrainA"].status, found["TrainA"].job_name) == (2, "succeeded", "job-a-2")


def test_an_aborted_execution_aborts_what_was_running():
    found = rows([*INTERLEAVED, event(13, 9, "ExecutionAborted", error="Interrupted", cause="Ctrl-C")])
    assert found["TrainB"].status == "aborted"
    assert found["Prepare"].status == "succeeded"


def test_outputs_are_read_by_state():
    assert state_outputs(INTERLEAVED) == {"Prepare": {"Prepare": 1}}


ABORTED = [*INTERLEAVED, event(13, 12, "TaskStateExited", name="TrainA", output="{}"), event(14, 0, "ExecutionAborted")]
REDRIVEN = [*ABORTED, event(20, 14, "ExecutionRedriven", redriveCount=1)]


def test_a_redrive_resumes_what_was_not_finished_as_a_new_visit():
    found = rows(REDRIVEN)
    assert (found["TrainA"].status, found["TrainA"].visits) == ("failed", 1)  # caught: it was left
    assert (found["TrainB"].status, found["TrainB"].visits, found["TrainB"].job_name) == ("running", 2, "")
    assert found["TrainB"].seconds(BEGIN + timedelta(seconds=25)) == 5.0
    # the new attempt descends from the first entry: the state is not entered again
    scheduled = event(21, 9, "TaskScheduled", parameters=json.dumps({"TrainingJobName": "job-b-1"}))
    found = rows([*REDRIVEN, scheduled, event(22, 21, "TaskStateExited", name="TrainB", output="{}")])
    assert found["TrainB"].status == "succeeded"
    assert (found["TrainB"].visits, found["TrainB"].job_name) == (2, "job-b-1")


def test_a_redriven_state_that_is_told_to_be_entered_again_is_one_visit():
    found = rows([*REDRIVEN, event(21, 20, "TaskStateEntered", name="TrainB", input="{}")])
    assert (found["TrainB"].status, found["TrainB"].visits) == ("running", 2)
    later = [
        event(22, 21, "TaskStateExited", name="TrainB", output="{}"),
        event(23, 22, "TaskStateEntered", name="TrainB"),
    ]
    assert rows([*REDRIVEN, event(21, 20, "TaskStateEntered", name="TrainB"), *later])["TrainB"].visits == 3


def test_a_redriven_failure_forgets_the_first_one():
    failed = [*INTERLEAVED, event(13, 12, "ExecutionFailed", error="States.TaskFailed", cause="no disk")]
    found = rows([*failed, event(14, 13, "ExecutionRedriven", redriveCount=1)])
    assert (found["TrainA"].status, found["TrainA"].error, found["TrainA"].cause) == ("running", "", "")
    assert found["Prepare"].visits == 1
