from __future__ import annotations

import importlib

import pytest

from tests.functions.world import TAPROOM, THROTTLED, World, arn_of, at, uploaded


@pytest.fixture
def world(runs_table, call):
    return World(runs_table, call)


def test_the_end_of_the_holder_ends_the_lease(world):
    world.ask("one")
    assert world.end("one") == {"Released": True, "Started": None, "Reason": "nothing waits"}
    assert world.table() == []


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"])
def test_any_end_does(world, status):
    world.ask("one")
    assert world.end("one", status=status)["Released"] is True


@pytest.mark.parametrize("status", ["RUNNING", "PENDING_REDRIVE"])
def test_what_is_no_end_does_not(world, status):
    world.ask("one")
    world.stop("one")
    before = world.table()
    assert world.told("one", status=status)["Released"] is False
    assert world.table() == before


def test_the_end_of_another_one_does_not(world):
    world.ask("one")
    world.ask("two")
    before = world.table()
    assert world.end("two") == {"Released": False, "Started": None, "Reason": f"{arn_of('one')} has the lease"}
    assert world.table() == before


def test_one_execution_follows_for_all_uploads_with_the_parameters_of_the_newest(world):
    world.ask("one", {"TrainingEpochs": 7})
    world.ask("two", uploaded("reviews/a/1.csv", TrainingEpochs=2))
    world.ask("three", uploaded("reviews/b/ü.csv", TrainingEpochs=3))
    answer = world.end("one")
    name = answer["Started"].rpartition(":")[2]
    assert name.startswith("uploads-")
    assert answer["Released"] is True
    assert world.input_of(name) == {"DefaultInput": {"TrainingEpochs": 3}, "Trigger": {"Coalesced": arn_of("one")}}
    lease = world.rows("lease")["run"]
    assert lease["Holder"] == arn_of(name)
    assert lease["Reserved"] is True
    assert len(world.rows("pending")) == 2  # its Prepare claims them
    assert world.ask(name)["Taken"] is True


def test_a_start_follows_with_its_very_input_and_waits_no_more(world):
    given = {"DefaultInput": {"LearningRate": 1e-05, "Columns": {"User": "ü"}}, "RerunOf": arn_of("old")}
    world.ask("one")
    world.ask("two", given)
    name = world.end("one")["Started"].rpartition(":")[2]
    # the first twelve digits of sha256("arn:aws:states:eu-west-1:123456789012:execution:taproom:two")
    assert name == "again-cedf2226dca2"
    assert world.input_of(name) == given
    assert world.rows("pending") == {}
    assert world.ask(name)["Taken"] is True


def test_the_oldest_is_first_and_the_others_follow_one_by_one(world):
    world.ask("one")
    world.ask("a-start", {"TrainingEpochs": 2}, now=at(hours=1))
    world.ask("an-upload", uploaded(), now=at(hours=2))
    world.ask("b-start", {"TrainingEpochs": 3}, now=at(hours=3))
    kinds, holder = [], "one"
    for _ in range(3):
        holder = world.end(holder)["Started"].rpartition(":")[2]
        kinds.append(world.input_of(holder).get("TrainingEpochs", "uploads"))
        assert world.ask(holder)["Taken"] is True
        if kinds[-1] == "uploads":
            claim_uploads(world)
    assert kinds == [2, "uploads", 3]
    assert world.end(holder) == {"Released": True, "Started": None, "Reason": "nothing waits"}


def claim_uploads(world):
    """As Prepare does."""
    table = importlib.import_module("runs_table")
    for name in world.rows("pending"):
        if name.startswith("upload#"):
            assert table.remove_row(table.read_row("pending", name))


def test_an_event_that_comes_twice_changes_nothing_the_second_time(world):
    world.ask("one")
    world.ask("two", uploaded())
    started = world.end("one")["Started"]
    before = world.table(), world.names()
    assert world.told("one")["Started"] is None
    world.ask(started.rpartition(":")[2])
    after = world.table(), world.names()
    assert world.told("one") == {"Released": False, "Started": None, "Reason": f"{started} has the lease"}
    assert (world.table(), world.names()) == after
    assert before[1] == after[1]


def test_a_late_event_of_one_that_was_redriven_ends_no_lease(world):
    world.ask("one")  # moto does not tell how often; that it runs after its end says that it was redriven
    answer = world.told("one", "execution_failed")
    assert answer == {"Released": False, "Started": None, "Reason": "the execution was redriven since"}
    assert world.holder() == "one"


def test_nor_does_it_where_the_lease_itself_tells_of_the_redrive(world):
    world.put_lease("one", RedriveCount=1, ExpiresAt=at(days=7))
    world.answered("DescribeExecution", {"status": "FAILED", "redriveCount": 0})  # which is out of date
    assert world.told("one", "execution_failed")["Released"] is False
    assert world.told("one", "execution_failed", redriveCount=1)["Released"] is True


@pytest.mark.parametrize(
    ("told", "status"), [(THROTTLED, 400), ({"status": "RUNNING", "redriveCount": 0}, 200)], ids=["throttled", "stale"]
)
def test_where_aws_does_not_know_of_the_end_it_is_asked_again(world, told, status):
    world.ask("one")
    world.stop("one")
    world.answered("DescribeExecution", told, status)
    with pytest.raises(importlib.import_module("aws").AwsUnavailable):
        world.told("one")
    assert world.holder() == "one"


def test_any_end_starts_what_waits_where_the_lease_is_free(world):
    world.ask("one")
    world.ask("two", uploaded())
    world.stop("one")  # and its event is lost
    assert world.end("two")["Started"] is not None
    assert world.end("one") == {
        "Released": False,
        "Started": None,
        "Reason": f"{world.rows('lease')['run']['Holder']} has the lease",
    }


def died():
    raise RuntimeError("the function's time is up")


@pytest.mark.parametrize("given", [{}, uploaded()], ids=["start", "upload"])
def test_a_follow_up_that_was_reserved_and_never_started_is_started_by_the_next_try(world, given):
    world.ask("one")
    world.ask("two", given)
    world.before_next("StartExecution", died, "stepfunctions")
    with pytest.raises(RuntimeError):
        world.end("one")
    assert world.names() == {"one", "two"}
    assert world.rows("lease")["run"]["Reserved"] is True
    promised = world.holder()
    world.ask("three", uploaded("reviews/c/3.csv"))  # what waits is other than it was
    answer = world.end("three")  # and so is the event
    assert answer["Started"] == arn_of(promised)
    assert world.running() == {"two", promised}
    assert world.ask(promised)["Taken"] is True


def test_a_start_that_was_started_and_still_waits_is_not_started_again(world):
    world.ask("one")
    world.ask("two")
    world.before_next("DeleteItem", died)
    with pytest.raises(RuntimeError):
        world.end("one")
    follow_up = world.holder()
    world.ask(follow_up)
    assert set(world.rows("pending")) == {"start#two"}
    assert world.end(follow_up)["Started"] is None
    assert world.table() == []


def test_a_start_that_ran_after_all_is_not_started_again_although_its_row_is_still_there(world):
    world.ask("one")
    world.before_next("PutItem", lambda: (world.end("one"), world.before_next("DeleteItem", died)))
    with pytest.raises(RuntimeError):
        world.ask("two")
    assert world.holder() == "two"
    assert set(world.rows("pending")) == {"start#two"}
    assert world.end("two", "execution_failed") == {"Released": True, "Started": None, "Reason": "nothing waits"}
    assert world.table() == []


def test_a_start_that_only_had_a_reservation_is_started_again(world):
    world.put_lease("one", ExpiresAt=at(days=7))
    world.start("one")
    world.ask("again-0123456789ab", {"TrainingEpochs": 3})  # its reservation's time was up
    world.put_lease("again-0123456789ab", Reserved=True)
    again = world.end("again-0123456789ab")["Started"].rpartition(":")[2]
    assert world.input_of(again) == {"TrainingEpochs": 3}


def test_where_aws_cannot_say_whether_the_follow_up_is_over_it_is_asked_again(world):
    world.ask("one")
    world.ask("two", uploaded())
    follow_up = world.end("one")["Started"].rpartition(":")[2]
    world.stop(follow_up)
    world.put_lease("nobody", TakenAt=at(days=-1))
    world.start("three")
    world.stop("three")
    answers = world.answered_in_turn("DescribeExecution", [None, (THROTTLED, 400)])
    with pytest.raises(importlib.import_module("aws").AwsUnavailable):
        world.told("three")
    assert answers == []
    assert "wait for the next execution" in world.told("three")["Reason"]
    assert world.rows("lease") == {}


def test_a_reservation_for_what_waits_no_more_is_given_up(world):
    world.put_lease("uploads-0123456789ab", Reserved=True)
    world.start("two")
    assert world.end("two") == {"Released": False, "Started": None, "Reason": "nothing waits"}
    assert world.table() == []


def test_uploads_whose_follow_up_failed_before_it_claimed_them_wait_for_the_next_execution(world):
    world.ask("one")
    world.ask("two", uploaded())
    follow_up = world.end("one")["Started"].rpartition(":")[2]
    world.ask(follow_up)
    answer = world.end(follow_up, "execution_failed")
    assert answer["Released"] is True
    assert answer["Started"] is None
    assert "wait for the next execution" in answer["Reason"]
    assert len(world.rows("pending")) == 1
    assert world.told(follow_up, "execution_failed")["Started"] is None
    world.ask("three")
    world.ask("four", uploaded("reviews/b/2.csv"))
    assert world.end("three")["Started"] not in (None, arn_of(follow_up))


def test_uploads_that_failed_do_not_hold_up_a_start(world):
    world.ask("one")
    world.ask("two", uploaded())
    follow_up = world.end("one")["Started"].rpartition(":")[2]
    world.ask(follow_up)
    world.ask("three", {"TrainingEpochs": 5})
    again = world.end(follow_up, "execution_failed")["Started"].rpartition(":")[2]
    assert world.input_of(again) == {"TrainingEpochs": 5}


def test_what_comes_between_the_look_and_the_removal_is_seen(world):
    pending, rules = importlib.import_module("pending"), importlib.import_module("rules.execution")
    world.ask("one")
    execution = rules.Execution(Id=arn_of("two"), Name="two", Now=world.now())
    # as by one that was told that the holder runs still
    world.before_next("DeleteItem", lambda: pending.record_upload(uploaded()["Trigger"], {}, execution))
    answer = world.end("one")
    assert answer["Released"] is True
    assert answer["Started"] is not None


def test_one_that_takes_the_lease_meanwhile_keeps_it(world):
    world.ask("one")
    world.ask("two", uploaded())
    world.stop("one")
    world.before_next("PutItem", lambda: world.ask("three"))
    answer = world.told("one")
    assert answer == {"Released": False, "Started": None, "Reason": f"{arn_of('three')} has the lease"}
    assert world.running() == {"two", "three"}
    assert world.end("three")["Started"] is not None


def test_of_two_events_at_once_one_starts_what_waits(world):
    world.ask("one")
    world.ask("two", uploaded())
    world.stop("one")
    inner = []
    world.before_next("PutItem", lambda: inner.append(world.told("one")))
    outer = world.told("one")
    assert [outer["Started"], inner[0]["Started"]].count(None) == 1
    assert len(world.names()) == 3


def test_both_may_start_it_and_it_is_one_execution(world):
    world.ask("one")
    world.ask("two", uploaded())
    world.stop("one")
    inner = []
    world.before_next("StartExecution", lambda: inner.append(world.told("one")), "stepfunctions")
    assert world.told("one")["Started"] == inner[0]["Started"] == arn_of(world.holder())
    assert len(world.names()) == 3


def test_the_answer_and_the_log_tell_no_uploads_key(world, logged):
    lines = logged("close_run")
    world.ask("one")
    world.ask("two", uploaded("reviews/private/anna.csv"))
    told = f"{world.end('one')} {lines()}"
    assert "uploads-" in told
    assert "anna" not in told


@pytest.mark.parametrize(
    "wrong", [{}, {"detail": {}}, {"detail": None, "time": at()}, {"detail": [], "time": at()}], ids=str
)
def test_an_event_of_another_kind_is_refused(world, call, wrong):
    with pytest.raises(importlib.import_module("rules.validation").InvalidPayload):
        call("close_run", wrong)


def test_an_execution_of_a_version_of_the_state_machine_is_told_by_the_machines_name():
    rule = importlib.import_module("rules.follow_up")
    assert rule.execution_arn(TAPROOM, "x") == rule.execution_arn(TAPROOM + ":3", "x") == arn_of("x")


def test_what_waits_is_started_though_an_execution_of_a_replaced_state_machine_has_the_lease(world):
    world.ask("one")
    assert world.ask("two", uploaded())["Taken"] is False
    world.put_lease("before", Holder=world.start_in_replaced_machine("before"))
    assert world.end("one")["Started"] is not None
