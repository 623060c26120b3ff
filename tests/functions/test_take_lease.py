from __future__ import annotations

import importlib
from datetime import datetime, timedelta

import pytest

from tests.functions.world import STARTED, THROTTLED, UPLOAD, World, arn_of, at, uploaded


@pytest.fixture
def world(runs_table, call):
    return World(runs_table, call)


def test_the_first_has_the_lease_for_as_long_as_an_execution_may_take(world):
    answer = world.ask("one", {"TrainingEpochs": 3}, now="2026-11-12T06:00:05Z")
    assert answer == {
        "schema_version": 1,
        "Taken": True,
        "WaitSeconds": 0,
        "Holder": arn_of("one"),
        "Reason": "this execution runs",
    }
    assert world.rows("lease") == {
        "run": {
            "Holder": arn_of("one"),
            "TakenAt": "2026-11-12T06:00:05+00:00",
            "ExpiresAt": "2026-11-19T07:00:05+00:00",
            "Reserved": False,
            "RedriveCount": 0,
        }
    }
    assert world.rows("pending") == {}


def test_asked_again_it_answers_as_before_and_writes_nothing(world):
    first, before = world.ask("one", uploaded()), world.table()
    assert world.ask("one") == first
    assert first["WaitSeconds"] == 60
    assert world.table() == before


def test_an_upload_waits_for_the_end_of_the_one_that_runs(world):
    world.ask("one")
    given = {"DefaultInput": {"TrainingEpochs": 3}, "Trigger": UPLOAD}
    answer = world.ask("two", given, now="2026-11-12T08:00:00+01:00")
    assert answer["Taken"] is False
    assert answer["WaitSeconds"] == 0
    assert answer["Holder"] == arn_of("one")
    assert answer["Reason"].startswith(f"{arn_of('one')} runs; when it has ended, an execution follows for all uploads")
    assert world.rows("pending") == {
        "upload#reviews/week 46/beers & more.csv": {
            "Trigger": UPLOAD,
            "DefaultInput": {"TrainingEpochs": 3},
            "Execution": arn_of("two"),
            "At": "2026-11-12T07:00:00+00:00",
        }
    }


@pytest.mark.parametrize(
    "given", [{}, {"TrainingEpochs": 3}, {"DefaultInput": {"Force": True}, "RerunOf": arn_of("old")}]
)
def test_a_persons_start_and_a_rerun_wait_with_their_whole_input(world, given):
    world.ask("one")
    answer = world.ask("two", given, now="2026-11-12T07:00:00Z")
    assert answer["Taken"] is False
    assert "this very input" in answer["Reason"]
    row = {"Input": given, "Execution": arn_of("two"), "At": "2026-11-12T07:00:00+00:00"}
    assert world.rows("pending") == {"start#two": row}


def test_of_a_schedule_nothing_waits(world):
    world.ask("one")
    schedule = {"Schedule": "arn:aws:scheduler:eu-west-1:1:schedule/default/weekly", "Time": "2026-11-12T06:00:00Z"}
    answer = world.ask("two", {"DefaultInput": {}, "Trigger": schedule})
    assert answer["Taken"] is False
    assert "serves this schedule" in answer["Reason"]
    assert world.rows("pending") == {}


def test_what_waits_is_not_written_again_when_the_function_is_asked_again(world):
    world.ask("one")
    world.ask("two", uploaded())
    world.ask("three")
    before = world.table()
    assert world.ask("two")["Taken"] is world.ask("three")["Taken"] is False
    assert world.table() == before


def test_of_uploads_with_the_same_key_the_newest_waits_whichever_is_recorded_last(world):
    world.ask("one")
    for name, now in (
        ("two", "2026-11-12T07:00:00Z"),
        ("four", "2026-11-12T09:00:00Z"),
        ("three", "2026-11-12T08:00:00Z"),
    ):
        world.ask(name, uploaded(), now=now)
    (row,) = world.rows("pending").values()
    assert row["Execution"] == arn_of("four")


def test_a_key_as_long_as_s3_allows_waits_too(world):
    world.ask("one")
    long = "reviews/" + "ü" * 508  # 1024 bytes
    world.ask("two", uploaded(long + ""))
    world.ask("three", uploaded(long[:-1] + "xx"))
    rows = world.rows("pending")
    assert {row["Trigger"]["Key"] for row in rows.values()} == {long, long[:-1] + "xx"}
    assert all(name.startswith("upload#reviews/") and len(name.encode()) <= 1024 for name in rows)


@pytest.mark.parametrize(
    "given", [None, [1], "{}", {"Epochs": 3}, {"DefaultInput": {}, "Trigger": UPLOAD | {"Bucket": "x"}}]
)
def test_an_input_that_is_not_allowed_is_refused_before_anything_is_written(world, call, given):
    execution = {"Id": arn_of("one"), "Name": "one", "StartTime": at(), "Now": at()}
    before = world.table()
    with pytest.raises(importlib.import_module("rules.execution_input").InvalidInput):
        call("take_lease", {"Input": given, "Execution": execution})
    assert world.table() == before


def test_the_lease_of_one_that_is_over_is_free(world):
    world.ask("one")
    world.stop("one")
    assert world.ask("two")["Taken"] is True
    assert world.holder() == "two"


def test_the_lease_of_one_that_runs_is_free_when_its_time_is_up(world):
    world.ask("one", now="2026-11-12T06:00:00Z")
    assert world.ask("two", now="2026-11-19T06:59:59.999Z")["Taken"] is False
    assert world.ask("three", now="2026-11-19T07:00:00Z")["Taken"] is True


def test_the_lease_of_one_that_never_was_is_free_but_for_the_moment_in_which_aws_may_not_know_it_yet(world):
    world.put_lease("unknown")
    assert world.ask("two", now=at(seconds=1))["Taken"] is False
    assert world.ask("three", now=at(seconds=2))["Taken"] is True


def test_a_reservation_holds_until_its_time_is_up_although_there_is_no_such_execution(world):
    world.put_lease("uploads-0123456789ab", Reserved=True)
    assert world.ask("two", now=at(minutes=14, seconds=59))["Taken"] is False
    assert world.ask("three", now=at(minutes=15))["Taken"] is True


def test_the_one_that_it_is_reserved_for_takes_it(world):
    world.put_lease("uploads-0123456789ab", Reserved=True)
    coalesced = {"DefaultInput": {}, "Trigger": {"Coalesced": arn_of("one")}}
    answer = world.ask("uploads-0123456789ab", coalesced, now=at(seconds=30))
    assert answer["Taken"] is True
    assert answer["WaitSeconds"] == 60
    lease = world.rows("lease")["run"]
    assert lease["Reserved"] is False
    assert datetime.fromisoformat(lease["ExpiresAt"]) == STARTED + timedelta(days=7, hours=1, seconds=30)


def test_a_holder_of_whom_aws_cannot_say_for_now_counts_as_running(world):
    world.ask("one")
    world.stop("one")
    world.answered("DescribeExecution", THROTTLED, 400)
    assert world.ask("two", uploaded())["Taken"] is False
    assert len(world.rows("pending")) == 1


def test_what_aws_tells_of_a_time_before_the_holders_redrive_is_out_of_date(world):
    world.put_lease("one", RedriveCount=2, ExpiresAt=at(days=7))
    world.start("two")
    told = {"status": "FAILED", "redriveCount": 1}
    world.answered("DescribeExecution", told)
    assert world.ask("two")["Taken"] is False
    told["redriveCount"] = 2
    assert world.ask("two")["Taken"] is True


def test_an_end_between_the_look_and_the_record_loses_nothing(world):
    world.ask("one")
    world.before_next("PutItem", lambda: world.end("one"))  # just before the upload's row is written
    assert world.ask("two", uploaded())["Taken"] is True
    assert world.holder() == "two"
    assert len(world.rows("pending")) == 1  # which its Prepare claims


def test_a_start_that_got_the_lease_at_the_second_look_waits_no_more(world):
    world.ask("one")
    world.before_next("PutItem", lambda: world.end("one"))
    assert world.ask("two")["Taken"] is True
    assert world.rows("pending") == {}


def test_its_row_goes_too_if_the_function_died_before_it_was_removed(world):
    def die():
        raise RuntimeError("the function's time is up")

    world.ask("one")
    world.before_next("PutItem", lambda: (world.end("one"), world.before_next("DeleteItem", die)))
    with pytest.raises(RuntimeError):
        world.ask("two")
    assert world.holder() == "two"
    assert len(world.rows("pending")) == 1
    assert world.ask("two")["Taken"] is True
    assert world.rows("pending") == {}


def test_of_two_who_see_a_free_lease_one_takes_it(world):
    world.before_next("PutItem", lambda: world.ask("other"))
    assert world.ask("one", uploaded())["Taken"] is False
    assert world.holder() == "other"
    assert len(world.rows("pending")) == 1


def test_a_follow_up_that_came_too_late_has_its_uploads_followed_up_again(world):
    world.ask("one")
    world.ask("two", uploaded())
    follow_up = world.end("one")["Started"].rpartition(":")[2]
    # the reservation's time is up before the follow-up comes by
    assert world.ask("three", now=at(hours=1))["Taken"] is True
    assert world.ask(follow_up)["Taken"] is False
    world.end(follow_up)
    again = world.end("three")["Started"].rpartition(":")[2]
    assert again != follow_up
    assert world.status(again) == "RUNNING"


def test_the_log_tells_no_uploads_key(world, logged):
    lines = logged("take_lease")
    world.ask("one", uploaded("reviews/private/anna.csv"))
    world.ask("two", uploaded("reviews/private/anna.csv"))
    told = str(lines())
    assert "another execution has the lease" in told
    assert "anna" not in told


def test_an_execution_of_a_replaced_state_machine_does_not_have_the_lease_any_more(world):
    world.put_lease("before", Holder=world.start_in_replaced_machine("before"))
    assert world.ask("one")["Taken"] is True
