"""Schedules fire when they are created and when the local AWS's clock says so."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from taproom.local.schedule_expression import BadScheduleExpression, timetable
from tests.local.small_stacks import eventually, inputs, make_machine, make_role

DAY = 24 * 3600.0
WEEK = 7 * DAY
CONTEXT = json.dumps(
    {
        "Schedule": "<aws.scheduler.schedule-arn>",
        "Time": "<aws.scheduler.scheduled-time>",
        "Id": "<aws.scheduler.execution-id>",
        "Attempt": "<aws.scheduler.attempt-number>",
    }
)


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("aws"), Clock()) as running:
        yield running


def schedule(aws, machine, name, expression="rate(7 days)", text='{"a": 1}', **more):
    arguments = {
        "Name": name,
        "ScheduleExpression": expression,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": machine, "RoleArn": make_role(aws), **({"Input": text} if text else {})},
        **more,
    }
    return aws.client("scheduler").create_schedule(**arguments)["ScheduleArn"]


def fired(aws, machine, count):
    """Inputs after ``count`` firings; a marker schedule fired later shows that no more are on their way."""
    eventually(lambda: len(inputs(aws, machine)) >= count)
    marker = make_machine(aws, f"marker-{datetime.now(UTC):%H%M%S%f}")
    schedule(aws, marker, marker.rsplit(":", 1)[1])
    eventually(lambda: inputs(aws, marker))
    found = inputs(aws, machine)
    assert len(found) == count
    return found


def test_a_rate_fires_at_creation_and_a_period_later(aws):
    machine = make_machine(aws, "weekly")
    arn = schedule(aws, machine, "weekly", text=CONTEXT)
    (first,) = fired(aws, machine, 1)
    assert first["Schedule"] == arn
    assert first["Attempt"] == "1"
    begin = datetime.strptime(first["Time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert abs((aws.clock.now() - begin).total_seconds()) < 60

    aws.clock.advance(WEEK)
    second = fired(aws, machine, 2)[1]
    then = datetime.strptime(second["Time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert then - begin == timedelta(days=7)
    assert second["Id"] != first["Id"]

    aws.clock.advance(6.9 * DAY)
    fired(aws, machine, 2)
    aws.clock.advance(3 * WEEK)
    assert len({one["Time"] for one in fired(aws, machine, 5)}) == 5


def test_a_disabled_schedule_is_silent_until_it_is_enabled(aws):
    machine = make_machine(aws, "off")
    schedule(aws, machine, "off", "rate(1 day)", State="DISABLED")
    aws.clock.advance(2.5 * DAY)
    assert fired(aws, machine, 0) == []
    scheduler = aws.client("scheduler")
    known = scheduler.get_schedule(Name="off")
    again = {key: known[key] for key in ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")}
    scheduler.update_schedule(**again, State="ENABLED")
    assert scheduler.get_schedule(Name="off")["State"] == "ENABLED"
    assert scheduler.get_schedule(Name="off")["ScheduleExpression"] == "rate(1 day)"
    fired(aws, machine, 0)
    aws.clock.advance(DAY)
    fired(aws, machine, 1)


def test_a_deleted_schedule_is_silent(aws):
    machine = make_machine(aws, "deleted")
    schedule(aws, machine, "deleted", "rate(1 hour)")
    fired(aws, machine, 1)
    aws.client("scheduler").delete_schedule(Name="deleted")
    assert "deleted" not in [one["Name"] for one in aws.client("scheduler").list_schedules()["Schedules"]]
    aws.clock.advance(DAY)
    fired(aws, machine, 1)


def test_a_start_date_is_waited_for(aws):
    machine = make_machine(aws, "later")
    schedule(aws, machine, "later", "rate(1 day)", StartDate=aws.clock.now() + timedelta(days=3))
    fired(aws, machine, 0)
    aws.clock.advance(3 * DAY + 1)
    fired(aws, machine, 1)
    aws.clock.advance(DAY)
    fired(aws, machine, 2)


def test_at_fires_once(aws):
    machine = make_machine(aws, "once")
    moment = aws.clock.now() + timedelta(hours=2)
    schedule(aws, machine, "once", f"at({moment:%Y-%m-%dT%H:%M:%S})")
    fired(aws, machine, 0)
    aws.clock.advance(3 * 3600)
    fired(aws, machine, 1)
    aws.clock.advance(DAY)
    fired(aws, machine, 1)


def test_without_an_input_the_schedulers_own_event_is_sent(aws):
    machine = make_machine(aws, "own-event")
    arn = schedule(aws, machine, "own-event", text=None)
    (event,) = fired(aws, machine, 1)
    assert (event["source"], event["detail-type"]) == ("aws.scheduler", "Scheduled Event")
    assert event["resources"] == [arn]


def test_start_execution_as_a_universal_target(aws):
    machine = make_machine(aws, "universal")
    text = json.dumps({"StateMachineArn": machine, "Input": '{"at": "<aws.scheduler.scheduled-time>"}'})
    schedule(aws, "arn:aws:scheduler:::aws-sdk:sfn:startExecution", "universal", text=text)
    (given_input,) = fired(aws, machine, 1)
    assert given_input["at"].endswith("Z")


@pytest.mark.parametrize(
    ("expression", "target", "words"),
    [
        ("cron(0 12 * * ? *)", None, "does not run cron"),
        ("rate(0 days)", None, "Invalid Schedule Expression"),
        ("rate(1 days)", None, "Invalid Schedule Expression"),
        ("every week", None, "Invalid Schedule Expression"),
        ("rate(1 day)", "arn:aws:kinesis:us-east-1:123456789012:stream/x", "kinesis"),
    ],
)
def test_what_cannot_be_run_is_refused(aws, expression, target, words):
    with pytest.raises(ClientError, match=words):
        schedule(aws, target or make_machine(aws, "refused"), "refused", expression)
    with pytest.raises(ClientError, match="not exist"):
        aws.client("scheduler").get_schedule(Name="refused")


def test_waits_that_are_skipped_do_not_run_through_the_weeks(tmp_path, aws):
    """A clock whose sleeps move it must not be moved by a schedule that waits."""
    clock = Clock(skip_waits=True)
    before = clock.now()
    clock.wait_for(lambda: before, lambda: False)
    assert clock.now() - before < timedelta(seconds=60)


@given(
    number=st.integers(2, 400),
    unit=st.sampled_from(["minutes", "hours", "days"]),
    passed=st.floats(0, 1e8),
)
def test_the_next_moment_is_the_first_one_later(number, unit, passed):
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    table = timetable(f"rate({number} {unit})", begin)
    now = begin + timedelta(seconds=passed)
    following = table.after(now)
    assert now < following <= now + table.period
    assert (following - begin) % table.period == timedelta(0)


def test_at_is_read_in_its_time_zone():
    table = timetable("at(2026-07-01T12:00:00)", datetime(2026, 1, 1, tzinfo=UTC), "Europe/Berlin")
    assert table.first == datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert table.after(table.first) is None
    with pytest.raises(BadScheduleExpression, match="Nowhere"):
        timetable("at(2026-07-01T12:00:00)", table.first, "Nowhere/Nothing")
