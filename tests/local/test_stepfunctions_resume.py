"""Where a stopped execution goes on, on histories written by hand: the moments that no real stop hits by chance."""

from __future__ import annotations

import json

from taproom.local.stepfunctions_resume import Finished, Resumed, continuation

BRANCHES = [
    {"StartAt": "A", "States": {"A": {"Type": "Task", "Next": "B"}, "B": {"Type": "Task", "End": True}}},
    {"StartAt": "C", "States": {"C": {"Type": "Task", "End": True}}},
]
DEFINITION = {
    "StartAt": "Begin",
    "States": {
        "Begin": {"Type": "Choice"},
        "Both": {"Type": "Parallel", "Branches": BRANCHES, "Next": "Done"},
        "Done": {"Type": "Succeed"},
    },
}


def entered(number, previous, name, given):
    details = {"name": name, "input": json.dumps(given)}
    return {
        "id": number,
        "previousEventId": previous,
        "type": "TaskStateEntered",
        "stateEnteredEventDetails": details,
    }


def left(number, previous, name, output):
    details = {"name": name, "output": json.dumps(output)}
    return {"id": number, "previousEventId": previous, "type": "TaskStateExited", "stateExitedEventDetails": details}


STARTED = {"id": 1, "previousEventId": 0, "type": "ExecutionStarted"}
BEGUN = [
    STARTED,
    entered(2, 0, "Begin", {"x": 1}),
    left(3, 2, "Begin", {"x": 1}),
    entered(4, 3, "Both", {"x": 2}),
    {"id": 5, "previousEventId": 4, "type": "ParallelStateStarted"},
]


def test_what_never_began_begins_at_the_start():
    assert continuation(DEFINITION, [STARTED], {}) is None


def test_a_stop_between_two_states_goes_on_with_the_one_that_was_chosen():
    found = continuation(DEFINITION, BEGUN[:3], {"Begin": "Done"})
    assert found == Resumed("Done", {"x": 1}, event=3, entered=False)


def test_each_branch_of_a_parallel_has_its_own_place():
    events = [
        *BEGUN,
        entered(6, 5, "A", {"x": 2}),
        left(7, 6, "A", "a"),
        entered(8, 5, "C", {"x": 2}),
        left(9, 8, "C", 3),
    ]
    found = continuation(DEFINITION, events, {"Begin": "Both", "A": "B", "C": None})
    branches = (Resumed("B", "a", event=7, entered=False), Finished(3))
    assert found == Resumed("Both", {"x": 2}, event=4, entered=True, branches=branches, started=5)


def test_a_parallel_that_had_not_started_its_branches_starts_them_all():
    found = continuation(DEFINITION, BEGUN[:4], {"Begin": "Both"})
    assert found == Resumed("Both", {"x": 2}, event=4, entered=True, branches=(None, None))


def test_an_earlier_visit_of_a_parallel_does_not_count():
    first = [*BEGUN, entered(6, 5, "A", 1), left(7, 6, "A", "old"), left(8, 7, "Both", {})]
    again = [*first, entered(9, 8, "Both", {"x": 3}), {"id": 10, "previousEventId": 9, "type": "ParallelStateStarted"}]
    found = continuation(DEFINITION, [*again, entered(11, 10, "C", 5)], {"A": "B"})
    resumed = Resumed("C", 5, event=11, entered=True)
    assert found == Resumed("Both", {"x": 3}, event=9, entered=True, branches=(None, resumed), started=10)
