"""WatchFreshness: how long ago a run succeeded, told every day that it is too long."""

from __future__ import annotations

import importlib
import json
from datetime import datetime

import pytest
from rules.freshness import Freshness
from rules.validation import InvalidPayload

from tests.functions.world import World, arn_of, at


@pytest.fixture
def world(runs_table, call):
    return World(runs_table, call)


@pytest.fixture
def ask(world, topic, call):
    """Ask so long after the start of the world."""
    return lambda **after: call("watch_freshness", {"Time": at(**after)})


def finished(**after):
    """RecordRun took note of a run."""
    document = {"ExecutionArn": arn_of("week-46"), "Fingerprint": "0" * 64, "FinishedAt": at(**after)}
    importlib.import_module("runs_table").put_row("finished", "run", document)


def test_days_are_counted_from_the_last_success(ask, topic):
    finished(days=1)
    assert ask(days=1) == {"Days": 0.0, "Told": False}
    assert ask(days=9) == {"Days": 8.0, "Told": False}
    assert topic() == []


def test_beyond_the_limit_people_are_told_once_a_day(ask, topic):
    finished()
    assert ask(days=8, minutes=15) == {"Days": 8.01, "Told": True}
    assert ask(days=8, minutes=15) == {"Days": 8.01, "Told": False}
    assert ask(days=9, minutes=15)["Told"] is True
    first, second = topic()
    assert first["Subject"] == "taproom: Stale: no success for 8 days"
    assert second["Subject"] == "taproom: Stale: no success for 9 days"
    assert first["MessageAttributes"]["Outcome"]["Value"] == '["Stale"]'
    assert first["Message"].splitlines()[:2] == [
        "No run has made new models for 8 days: the last success was 2026-11-12 06:00 UTC.",
        "More than 8 days are told every day (the stack's parameter StaleAfterDays).",
    ]
    assert "  none: neither the schedule nor an upload has started one" in first["Message"]
    assert "taproom doctor --region eu-west-1 --stack taproom" in first["Message"]


def test_a_success_ends_it(ask, topic):
    finished()
    ask(days=9)
    finished(days=9, hours=1)
    assert ask(days=10)["Told"] is False


def test_without_any_success_days_are_counted_from_the_first_look(ask, topic):
    assert ask() == {"Days": 0.0, "Told": False}
    assert ask(days=9) == {"Days": 9.0, "Told": True}
    (message,) = topic()
    assert message["Message"].startswith("No run has made new models for 9 days: no run has succeeded yet.\n")


def test_the_newest_executions_are_named_with_what_came_of_them(world, ask, topic):
    finished()
    started = datetime.fromisoformat(at(days=8))
    one = {"executionArn": arn_of("x"), "stateMachineArn": "arn:x", "startDate": started}
    executions = [one | {"name": "week-48", "status": "SUCCEEDED"}, one | {"name": "week-47", "status": "FAILED"}]
    world.answered("ListExecutions", {"executions": executions})
    ask(days=9)
    (message,) = topic()
    assert (
        "  week-48  SUCCEEDED, started 2026-11-20 06:00 UTC: "
        "it found nothing new, no reviews, or another run under way\n"
        "  week-47  FAILED, started 2026-11-20 06:00 UTC\n"
    ) in message["Message"]


def test_the_days_are_a_metric_of_the_stack(ask, capsys):
    finished()
    ask(days=2)
    (told,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    (metric,) = told["_aws"]["CloudWatchMetrics"]
    assert (metric["Namespace"], sorted(metric["Dimensions"][0])) == ("Taproom", ["service", "stack"])
    assert (told["service"], told["stack"], told["DaysSinceSuccess"]) == ("taproom", "taproom", [2.0])


def test_a_clock_that_is_behind_makes_no_negative_days():
    moment = datetime.fromisoformat(at())
    assert Freshness(datetime.fromisoformat(at(days=1)), moment, moment, 8).days == 0.0


@pytest.mark.parametrize("event", [{}, {"Time": "yesterday"}, {"Time": "2026-11-12T06:00:00"}])
def test_what_tells_no_time_is_refused(call, topic, runs_table, event):
    with pytest.raises(InvalidPayload, match="Time"):
        call("watch_freshness", event)
