"""What an execution did in each box, from histories written by hand: one event a second."""

from __future__ import annotations

import json

import pytest

from taproom.graph.folding import folded
from taproom.graph.model import graph_of
from taproom.graph.outcomes import course_of, edge_taken
from tests.taproom.graph.histories import BEGIN, JOB, History

ALL = graph_of(JOB)
FOLDED = folded(ALL)


def missed():
    """A look-up that is a miss: events 1 to 4."""
    history = History()
    history.visit("LookUpTrain")
    history.visit("TrainCached?", "Choice")
    return history


def course(graph, history, status="SUCCEEDED"):
    return course_of(graph, JOB, history.events, status, history.now)


def recorded(history):
    history.leave("Train")
    history.visit("TrainCompleted?", "Choice")
    history.visit("TrainMade", "Pass")
    history.visit("RecordTrain")
    history.visit("Done", "Succeed")
    return history


def ran():
    history = missed()
    history.enter("Train")
    history.attempt()
    return recorded(history)


def test_before_anything_happened_nothing_is_reached():
    found = course_of(FOLDED, JOB, [], "RUNNING", BEGIN)
    assert {outcome.status for outcome in found.outcomes.values()} == {"not reached"}
    assert found.taken == frozenset()


def test_a_job_that_ran():
    found = course(FOLDED, ran())
    assert (found.outcomes["Train"].status, found.outcomes["Train"].seconds) == ("succeeded", 4.0)
    assert found.outcomes["Done"].status == "succeeded"
    assert found.taken == {("Train", "Done")}


def test_in_the_whole_picture_the_way_is_told_state_by_state():
    found = course(ALL, ran())
    reached = {name for name, outcome in found.outcomes.items() if outcome.status != "not reached"}
    assert reached == {
        *("LookUpTrain", "TrainCached?", "Train", "TrainCompleted?", "TrainMade", "RecordTrain", "Done"),
    }
    assert ("TrainCached?", "Train") in found.taken
    assert ("TrainCached?", "TrainHit") not in found.taken
    assert found.outcomes["TrainCached?"].seconds is None


def test_a_hit_is_cached_and_says_from_where():
    history = missed()
    lookup = {"LookUpTrain": {"From": "arn:aws:states:us-east-1:1:execution:m:earlier", "Output": {}}}
    history.enter("TrainHit", "Pass", document=json.dumps(lookup))
    history.leave("TrainHit", "Pass")
    history.visit("Done", "Succeed")
    for graph, box in ((FOLDED, "Train"), (ALL, "TrainHit")):
        outcome = course(graph, history).outcomes[box]
        assert (outcome.status, outcome.seconds, outcome.cached_from) == ("cached", None, "earlier")


def test_a_job_that_waits_for_its_next_round_is_running():
    history = missed()
    history.enter("Train")
    history.attempt("States.TaskFailed")
    history.leave("Train")
    history.visit("TriageTrain")
    history.visit("RetryTrain?", "Choice")
    history.enter("WaitTrain", "Wait")
    found = course(FOLDED, history, "RUNNING")
    assert (found.outcomes["Train"].status, found.outcomes["Train"].visits) == ("running", 1)


def test_a_second_round_that_succeeds_is_a_success_of_two_visits():
    history = missed()
    history.enter("Train")
    history.attempt("States.TaskFailed")
    history.leave("Train")
    history.visit("TriageTrain")
    history.visit("RetryTrain?", "Choice")
    history.visit("WaitTrain", "Wait")
    history.enter("Train")
    history.attempt()
    found = course(FOLDED, recorded(history))
    assert (found.outcomes["Train"].status, found.outcomes["Train"].visits) == ("succeeded", 2)


def test_a_job_that_ends_in_its_state_for_failures_has_failed():
    history = missed()
    history.enter("Train")
    history.attempt("States.TaskFailed")
    history.leave("Train")
    history.visit("TriageTrain")
    history.visit("RetryTrain?", "Choice")
    history.enter("TrainFailed", "Fail")
    history.event("ExecutionFailed")
    found = course(FOLDED, history, "FAILED")
    assert (found.outcomes["Train"].status, found.outcomes["Train"].error) == ("failed", "States.TaskFailed")
    assert found.outcomes["Done"].status == "not reached"


def test_a_job_that_was_stopped_has_failed_although_its_task_succeeded():
    history = missed()
    history.enter("Train")
    history.attempt()
    history.leave("Train")
    history.visit("TrainCompleted?", "Choice")
    history.visit("TrainStopped", "Pass")
    history.visit("TriageTrain")
    history.visit("RetryTrain?", "Choice")
    history.enter("TrainFailed", "Fail")
    history.event("ExecutionFailed")
    assert course(FOLDED, history, "FAILED").outcomes["Train"].status == "failed"
    whole = course(ALL, history, "FAILED").outcomes
    assert (whole["Train"].status, whole["TrainFailed"].status) == ("succeeded", "failed")


def test_a_look_up_that_fails_is_a_miss_and_no_failure_of_the_job():
    history = History()
    history.enter("LookUpTrain")
    history.attempt("Lambda.Unknown")
    history.leave("LookUpTrain")
    history.enter("Train")
    history.attempt()
    found = course(FOLDED, recorded(history))
    assert found.outcomes["Train"].status == "succeeded"


def test_of_two_ways_to_the_same_state_the_one_for_errors_is_taken_after_one():
    for error, kind in ((None, "next"), ("States.Timeout", "catch")):
        history = History()
        history.enter("RecordTrain")
        history.attempt(error)
        history.leave("RecordTrain")
        history.visit("Done", "Succeed")
        found = course(ALL, history)
        ways = [edge for edge in ALL.edges if (edge.source, edge.target) == ("RecordTrain", "Done")]
        assert len(ways) == 2
        assert [edge.kind for edge in ways if edge_taken(found, edge)] == [kind]


@pytest.mark.parametrize(("status", "told"), [("RUNNING", "running"), ("ABORTED", "aborted"), ("TIMED_OUT", "failed")])
def test_branches_that_have_not_ended_are_as_the_execution_is(status, told):
    branch = {"StartAt": "Train", "States": {"Train": {"Type": "Pass", "End": True}}}
    definition = {
        "StartAt": "Models",
        "States": {"Models": {"Type": "Parallel", "Branches": [branch], "Next": "Done"}, "Done": {"Type": "Succeed"}},
    }
    history = History()
    history.enter("Models", "Parallel")
    history.event("ParallelStateStarted")
    found = course_of(graph_of(definition), definition, history.events, status, history.now)
    assert (found.outcomes["Models"].status, found.outcomes["Models"].seconds) == (told, 1.0)
    history.visit("Train", "Pass")
    history.leave("Models", "Parallel")
    found = course_of(graph_of(definition), definition, history.events, status, history.now)
    assert (found.outcomes["Models"].status, found.outcomes["Models"].seconds) == ("succeeded", 4.0)
    assert ("Models", "Train") in found.taken


def test_an_aborted_execution_leaves_its_job_aborted():
    history = missed()
    history.enter("Train")
    history.event("ExecutionAborted", after=0)
    found = course(FOLDED, history, "ABORTED")
    assert (found.outcomes["Train"].status, found.outcomes["Train"].seconds) == ("aborted", 1.0)
