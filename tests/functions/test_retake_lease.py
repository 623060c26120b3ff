from __future__ import annotations

import importlib

import pytest

from tests.functions.world import THROTTLED, World, arn_of, at


@pytest.fixture
def world(runs_table, call):
    return World(runs_table, call)


def test_a_redriven_execution_has_the_lease_again_for_as_long_as_an_execution_may_take(world):
    world.start("one")
    assert world.redrive_seen("one") == {"Taken": True, "Holder": arn_of("one")}
    assert world.rows("lease")["run"] == {
        "Holder": arn_of("one"),
        "TakenAt": at(seconds=1),
        "ExpiresAt": at(days=7, hours=1, seconds=1),
        "Reserved": False,
        "RedriveCount": 1,
    }


def test_one_whose_lease_is_its_own_still_has_it_for_longer(world):
    world.ask("one")
    assert world.redrive_seen("one", count=2)["Taken"] is True
    lease = world.rows("lease")["run"]
    assert lease["RedriveCount"] == 2
    assert lease["TakenAt"] == at(seconds=2)


def test_an_event_that_comes_twice_changes_nothing(world):
    world.start("one")
    world.redrive_seen("one")
    before = world.table()
    assert world.redrive_seen("one") == {"Taken": True, "Holder": arn_of("one")}
    assert world.table() == before


def test_where_another_one_runs_the_redriven_one_is_stopped_and_the_cause_says_why(world):
    world.start("one")
    world.ask("two")
    asked = []
    meta = importlib.import_module("aws").client("stepfunctions").meta
    meta.events.register("provide-client-params.sfn.StopExecution", lambda params, **_: asked.append(params))
    assert world.redrive_seen("one") == {"Taken": False, "Holder": arn_of("two")}
    assert world.status("one") == "ABORTED"
    assert world.running() == {"two"}
    assert asked == [
        {
            "executionArn": arn_of("one"),
            "error": "LeaseHeld",
            "cause": f"{arn_of('two')} is running: redrive one again when it has ended",
        }
    ]
    assert world.end("one")["Released"] is False
    assert world.holder() == "two"


def test_where_the_other_one_is_over_the_lease_is_taken(world):
    world.start("one")
    world.ask("two")
    world.stop("two")
    assert world.redrive_seen("one")["Taken"] is True
    assert world.told("two")["Released"] is False


def test_a_reservation_stands(world):
    world.start("one")
    world.put_lease("uploads-0123456789ab", Reserved=True)
    assert world.redrive_seen("one")["Taken"] is False
    assert world.status("one") == "ABORTED"


def test_one_that_has_ended_again_takes_nothing(world):
    world.start("one")
    world.stop("one")
    assert world.redrive_seen("one") == {"Taken": False, "Holder": None}
    assert world.table() == []


def test_a_start_that_is_no_redrive_takes_nothing(world):
    world.start("one")
    assert world.redrive_seen("one", count=0) == {"Taken": False, "Holder": None}
    assert world.table() == []
    assert world.status("one") == "RUNNING"


def test_that_the_execution_is_over_is_not_believed_where_it_is_from_before_the_redrive(world):
    world.start("one")
    told = {"status": "FAILED", "redriveCount": 0}
    world.answered("DescribeExecution", told)
    assert world.redrive_seen("one")["Taken"] is True
    told["redriveCount"] = 1
    assert world.redrive_seen("one", count=1)["Taken"] is True  # its own still; CloseRun gives it back


def test_where_aws_cannot_say_nothing_is_stopped(world):
    world.start("one")
    world.ask("two")
    world.answered("DescribeExecution", THROTTLED, 400)
    with pytest.raises(importlib.import_module("aws").AwsUnavailable):
        world.redrive_seen("one")
    assert world.status("two") == "RUNNING"
    assert world.holder() == "two"


def test_an_end_from_before_the_redrive_that_comes_after_it_ends_no_lease(world):
    world.start("one")
    world.redrive_seen("one")
    assert world.told("one", "execution_failed")["Released"] is False
    assert world.end("one", "execution_failed", redriveCount=1)["Released"] is True
