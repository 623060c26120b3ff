"""TellOutcome: one message for each end, and metrics that a dashboard can draw."""

from __future__ import annotations

import json

import pytest

from tests.functions.histories_told import RANKING, RETRIEVAL
from tests.functions.test_run_history import two_jobs
from tests.functions.world import World, arn_of

QUIET = json.dumps({"TakeLease": {"Taken": False}})
MADE = json.dumps({"Models": [RETRIEVAL, RANKING]})


@pytest.fixture
def world(runs_table, call):
    return World(runs_table, call)


@pytest.fixture
def tell(world, topic, call):
    """Tell of an end whose history is that of two jobs."""
    world.start("week-46")
    world.answered("GetExecutionHistory", {"events": two_jobs().events})
    return lambda kind="execution_succeeded", **detail: call("tell_outcome", world.event(kind, "week-46", **detail))


def test_an_end_is_told_once_however_often_its_event_comes(tell, topic):
    assert tell(output=MADE) == {"Told": True, "Outcome": ["Registered", "Rejected"]}
    (message,) = topic()
    assert message["Subject"] == "taproom: Registered retrieval version 3; Rejected ranking (week-46)"
    assert message["MessageAttributes"]["Outcome"]["Value"] == '["Registered", "Rejected"]'
    assert tell(output=MADE) == {"Told": False, "Outcome": None}
    assert topic() == []


def test_the_end_of_a_redrive_is_another_one(tell, topic):
    assert tell("execution_failed")["Outcome"] == ["Failed"]
    assert tell(output=MADE, redriveCount=1)["Told"] is True
    assert [one["Subject"].split()[1] for one in topic()] == ["Failed", "Registered"]


@pytest.mark.parametrize("kind", ["execution_succeeded", "execution_redriven"])
def test_of_what_made_nothing_and_of_what_goes_on_nothing_is_told(tell, topic, capsys, kind):
    assert tell(kind, output=QUIET) == {"Told": False, "Outcome": None}
    assert topic() == []
    assert "_aws" not in capsys.readouterr().out


def test_a_message_that_could_not_be_sent_is_sent_when_the_event_comes_again(tell, world, topic):
    error = {"Error": {"Code": "InternalError", "Message": "oh"}}
    left = world.answered_in_turn("Publish", [(error, 500)] * 5, service="sns")
    with pytest.raises(Exception, match="InternalError"):
        tell(output=MADE)
    left.clear()
    assert topic() == []
    assert tell(output=MADE)["Told"] is True
    assert len(topic()) == 1


def test_what_is_told_is_noted_for_a_month(tell, world):
    tell(output=MADE)
    (item,) = world.aws("dynamodb").scan(TableName="taproom-runs")["Items"]
    assert (item["Kind"]["S"], item["Id"]["S"]) == ("told", f"{arn_of('week-46')}#0")
    told = json.loads(item["Document"]["S"])["ToldAt"]
    assert told == "2026-11-12T06:00:01+00:00"
    assert int(item["ForgetAt"]["N"]) == 1794463201 + 30 * 86_400


def test_metrics_have_the_stack_and_few_other_dimensions(tell, topic, capsys):
    tell(output=MADE)
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    dimensions = [one["_aws"]["CloudWatchMetrics"][0]["Dimensions"] for one in told]
    assert {one["stack"] for one in told} == {"taproom"}
    assert sorted(map(sorted, dimensions[0] + dimensions[2] + dimensions[4])) == [
        ["Model", "Status", "service", "stack"],
        ["Step", "service", "stack"],
        ["service", "stack"],
    ]
    assert [one["CostUsd"] for one in told if "CostUsd" in one] == [[0.7]]


def test_the_log_holds_neither_causes_nor_names(tell, topic, logged):
    lines = logged("tell_outcome")
    tell("execution_failed", error="JobFailed", cause="Preprocess: job p failed: alice")
    assert lines()
    assert "alice" not in json.dumps(lines())
