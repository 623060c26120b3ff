"""Rules that hold for every state of the rendered definition."""

from __future__ import annotations

import json
import re

import pytest

TOO_WIDE = {"States.ALL", "States.TaskFailed", "States.Timeout", "States.Runtime"}
FUNCTIONS = {
    *("TakeLease", "Prepare", "LookUpStep", "RecordStep", "RecordRun", "FindChampion", "ParseEvaluation", "Gate"),
    *("RegisterModel", "TriageFailure"),
}
FORGONE = re.compile(r"LookUp|Record")  # the functions without which a run is only slower


def following(state):
    """Where a state may lead."""
    yield from (state[key] for key in ("Next", "Default") if key in state)
    yield from (choice["Next"] for choice in state.get("Choices", ()))
    yield from (catcher["Next"] for catcher in state.get("Catch", ()))


def graphs_in(definition):
    """The state machine and every branch in it, each a graph of its own."""
    yield definition
    for state in definition["States"].values():
        for branch in state.get("Branches", ()):
            yield from graphs_in(branch)


def reachable(graph, start, closed=frozenset()):
    """The states that can follow ``start``, itself included, with no way through states of the ``closed`` types."""
    found, ahead = set(), [start]
    while ahead:
        name = ahead.pop()
        if name not in found and graph["States"][name]["Type"] not in closed:
            found.add(name)
            ahead.extend(following(graph["States"][name]))
    return found


def test_every_task_has_a_timeout_and_a_bounded_retry_of_named_transient_errors(states):
    for name, state in states.items():
        if state["Type"] != "Task":
            continue
        if ":sagemaker:" in state["Resource"]:  # planned by Prepare, beside the job's own limit
            limit = state["Parameters"]["StoppingCondition.$"]
            assert state["TimeoutSecondsPath"] == limit.replace("StoppingCondition", "TimeoutSeconds"), name
        else:
            assert state["TimeoutSeconds"] > 0, name
        assert state["Retry"], name
        for retry in state["Retry"]:
            assert not set(retry["ErrorEquals"]) & TOO_WIDE, name
            assert 1 <= retry["MaxAttempts"] <= 6, name
            assert retry["BackoffRate"] > 1, name
            assert retry["IntervalSeconds"] <= retry["MaxDelaySeconds"] <= 600, name
            assert retry["JitterStrategy"] == "FULL", name


def test_every_state_has_a_comment_and_no_two_share_a_name(definition, interpreter):
    named = list(interpreter.states_in(definition))
    assert len({name for name, _ in named}) == len(named)
    for name, state in named:
        assert len(name) <= 80
        assert state["Comment"].endswith("."), name


def test_every_state_is_reached_and_every_path_can_end(definition):
    for graph in graphs_in(definition):
        everything = set(graph["States"])
        assert reachable(graph, graph["StartAt"]) == everything
        ends = {
            name for name, state in graph["States"].items() if state.get("End") or state["Type"] in ("Succeed", "Fail")
        }
        for name in everything:
            assert reachable(graph, name) & ends, f"{name} leads nowhere"


def test_the_state_machine_ends_in_succeed_or_fail_only(definition):
    ends = {name: state["Type"] for name, state in definition["States"].items() if not list(following(state))}
    assert set(ends.values()) == {"Succeed", "Fail"}
    succeeding = {name for name, kind in ends.items() if kind == "Succeed"}
    assert succeeding == {"Coalesced", "NoData", "NoNewData", "Finished"}


def branches(definition):
    """Every state of every branch, with its name."""
    found = [list(branch["States"].items()) for branch in definition["States"]["Models"]["Branches"]]
    assert len(found) == 2
    return found


def test_every_branch_ends_in_a_result_document(definition):
    for branch in branches(definition):
        ends = [state for _, state in branch if state.get("End")]
        assert {end["Parameters"]["Status"] for end in ends} == {"Registered", "Rejected", "Failed"}
        for end in ends:
            assert end["Type"] == "Pass"
            assert {"Model", "Status", "Reason.$"} <= set(end["Parameters"])
            if end["Parameters"]["Status"] == "Failed":
                assert {"Step", "Error.$", "Cause.$"} <= set(end["Parameters"])


def test_no_caught_failure_ends_green_unless_another_round_mends_it(definition):
    """Without the Wait states, which send a job round again, a catcher leads to red or Failed ends only.

    Only what the cache cannot tell or keep, and what a run cannot be remembered by, is forgone.
    """
    for graph in graphs_in(definition):
        states = graph["States"]
        caught = [
            (name, catcher["Next"])
            for name, state in states.items()
            for catcher in state.get("Catch", ())
            if not (FORGONE.match(name) and catcher["ErrorEquals"] == ["States.ALL"])
        ]
        for name, catcher in caught:
            for end in reachable(graph, catcher, closed={"Wait"}):
                assert states[end]["Type"] != "Succeed", (name, end)
                if states[end].get("End"):
                    assert states[end]["Parameters"]["Status"] == "Failed", (name, end)


def test_in_a_branch_every_task_catches_everything(definition):
    for name, state in [one for branch in branches(definition) for one in branch]:
        if state["Type"] == "Task":
            caught = [catcher["ErrorEquals"] for catcher in state["Catch"]]
            assert caught == [["OutputBroken"]] * name.startswith("Record") + [["States.ALL"]], name


def test_outside_the_branches_only_the_job_and_what_may_be_forgone_are_caught(definition):
    catching = {name: state["Catch"] for name, state in definition["States"].items() if "Catch" in state}
    assert {name: [(*one["ErrorEquals"], one["Next"]) for one in caught] for name, caught in catching.items()} == {
        "LookUpPreprocess": [("States.ALL", "Preprocess")],
        "Preprocess": [("States.ALL", "TriagePreprocess")],
        "RecordPreprocess": [("OutputBroken", "RecordPreprocessFailed"), ("States.ALL", "Models")],
        "RecordRun": [("States.ALL", "Finished")],
    }


def test_what_is_forgone_goes_on_where_it_would_have_gone(definition):
    """A look-up's failure leads to the job, as a miss does; a recording's to what follows the recording."""
    for graph in graphs_in(definition):
        for name, state in graph["States"].items():
            if state["Type"] == "Task" and FORGONE.match(name):
                following = graph["States"][state["Next"]]
                expected = following["Default"] if following["Type"] == "Choice" else state["Next"]
                assert state["Catch"][-1]["Next"] == expected, name


def test_each_result_has_a_key_of_its_own_and_only_rounds_are_written_again(states):
    places = {}
    for name, state in states.items():
        if state["Type"] in ("Task", "Pass", "Parallel") and not state.get("End"):
            places.setdefault(state["ResultPath"], []).append(name)
        for catcher in state.get("Catch", ()):
            places.setdefault(catcher["ResultPath"], []).append(f"{name} (caught)")
    shared = {path: names for path, names in places.items() if len(names) > 1}
    for (
        path,
        names,
    ) in shared.items():  # a failure comes from a catcher or a stopped job, an output from either run
        job = re.sub(r"(Error|Output)$", "", path.removeprefix("$."))
        assert sorted(names) in ([f"{job} (caught)", f"{job}Stopped"], [f"{job}Hit", f"{job}Made"])
    for path, (name, *_) in places.items():
        own = re.sub(r"(Error|Broken|Output)$", "", path.removeprefix("$."))
        assert name.startswith(own) or path == f"$.Rounds.{name.removeprefix('Triage')}", path


def test_substitutions_stand_inside_strings_only(definition):
    text = json.dumps(definition)
    assert re.findall(r"\$\{", text)
    for found in re.finditer(r"\$\{[A-Za-z]+\}", text):
        before = text[: found.start()]
        assert (before.count('"') - before.count('\\"')) % 2 == 1, found.group()


def function_asked_by(state):
    """The substitution that names the function of a state: in its parameters, or as its resource."""
    return state.get("Parameters", {}).get("FunctionName") or state.get("Resource", "")


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_state_that_asks_a_function_bears_its_name(states, function):
    asking = [name for name, state in states.items() if function_asked_by(state) == f"${{{function}Arn}}"]
    assert asking
    for name in asking:
        assert name.startswith(re.sub("Failure$|Step$", "", function)), name


def test_every_task_asks_a_known_function_or_sagemaker(states):
    tasks = {name: state for name, state in states.items() if state["Type"] == "Task"}
    jobs = {
        name for name, state in tasks.items() if state["Resource"].startswith("arn:${Partition}:states:::sagemaker:")
    }
    asked = {function_asked_by(state) for name, state in tasks.items() if name not in jobs}
    assert asked == {f"${{{function}Arn}}" for function in FUNCTIONS}
