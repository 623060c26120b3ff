"""Every way through the rendered definition: what fails ends red, and none outlasts the lease that it holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from statemachine.definition import TIMEOUT_SECONDS

PROJECT = Path(__file__).resolve().parents[2]
ROUNDS = 4  # of a job, before somebody has to redrive the execution
FORGIVEN = re.compile(r"LookUp|Record")  # what the cache cannot tell or keep is forgone


def steps_of(name: str, state: dict) -> Iterator[tuple[str | None, bool]]:
    """Where a state can lead, and whether it failed: its next state, None for an end of the graph."""
    kind = state["Type"]
    if kind == "Fail":
        yield None, True
        return
    if kind == "Succeed" or state.get("End"):
        yield None, False
    if kind == "Choice":
        yield from ((choice["Next"], False) for choice in state["Choices"])
        yield state["Default"], False
    elif "Next" in state:
        yield state["Next"], False
    for catcher in state.get("Catch", ()):
        yield catcher["Next"], not (FORGIVEN.match(name) and catcher["ErrorEquals"] == ["States.ALL"])
    if kind == "Task" and "States.ALL" not in [error for one in state.get("Catch", ()) for error in one["ErrorEquals"]]:
        yield None, True  # an error that nothing catches ends the execution


def walk(graph: dict) -> Iterator[tuple[list[str], bool]]:
    """Every path from the start to an end, each state at most twice, and whether something on it failed for good."""

    def onward(name: str, path: list[str], failed: bool) -> Iterator[tuple[list[str], bool]]:
        state = graph["States"][name]
        path = [*path, name]
        for following, fails in steps_of(name, state):
            if following is None:
                yield path, failed or fails
            elif path.count(following) < 2:
                mended = state["Type"] == "Wait" and name.startswith("Wait")
                yield from onward(following, path, (failed or fails) and not mended)

    yield from onward(graph["StartAt"], [], False)


def branches(definition: dict) -> list[dict]:
    return definition["States"]["Models"]["Branches"]


def test_on_every_path_of_the_state_machine_a_failure_ends_red(definition):
    paths = list(walk(definition))
    assert len(paths) > 20
    for path, failed in paths:
        end = definition["States"][path[-1]]
        if failed:
            assert end["Type"] in ("Fail", "Task"), path
        else:
            assert end["Type"] in ("Succeed", "Fail"), path
            if end["Type"] == "Fail":  # that a model failed is told by the branches' results
                assert path[-1] in ("ModelsFailed", "PreprocessFailed"), path


def test_on_every_path_of_a_branch_a_failure_is_its_result_and_nothing_escapes(definition):
    for branch in branches(definition):
        paths = list(walk(branch))
        assert len(paths) > 50
        for path, failed in paths:
            end = branch["States"][path[-1]]
            assert end["Type"] == "Pass", path  # a Task that ends a path would stop the other branch
            if failed:
                assert end["Parameters"]["Status"] == "Failed", path


def test_every_path_begins_with_the_lease(definition):
    for path, _ in walk(definition):
        assert path[0] == "TakeLease"
        assert path[1:2] in ([], ["LeaseTaken?"])
        if "Coalesced" in path:
            assert path == ["TakeLease", "LeaseTaken?", "Coalesced"]


def test_no_job_is_started_before_its_look_up(definition):
    for graph in (definition, *branches(definition)):
        for path, _ in walk(graph):
            for at, name in enumerate(path):
                if ":sagemaker:" in graph["States"][name].get("Resource", ""):
                    assert f"LookUp{name}" in path[:at]


def test_an_execution_ends_before_its_lease_does(definition):
    """However long its waits and jobs: Step Functions ends it, which releases the lease as any other end does."""
    assert definition["TimeoutSeconds"] == TIMEOUT_SECONDS == 604_800
    source = (PROJECT / "functions" / "rules" / "lease_row.py").read_text()
    ((days, hours),) = re.findall(r"^LENGTH = timedelta\(days=(\d+), hours=(\d+)\)", source, re.MULTILINE)
    assert int(days) * 86_400 + int(hours) * 3_600 == TIMEOUT_SECONDS + 3_600


def test_a_history_stays_below_the_limit_of_its_events_however_much_is_tried_again(definition):
    """Entered and left, and for each try scheduled, started, submitted and ended; every state in each round."""
    most = 0
    for graph in (definition, *branches(definition)):
        for state in graph["States"].values():
            tries = 1 + sum(retry["MaxAttempts"] for retry in state.get("Retry", ()))
            most += ROUNDS * (2 + (4 * tries if state["Type"] == "Task" else 0))
    assert most < 25_000 / 2


def test_every_end_of_an_execution_is_told_to_whoever_releases_the_lease(rule_of_ends):
    assert set(rule_of_ends) == {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}
