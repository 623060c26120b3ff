"""Invocations that nobody waits for are tried three times in all, a minute and two minutes apart on the clock."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest

from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from taproom.local.lambda_async import AsyncInvocations
from taproom.local.lambda_process import Outcome
from taproom.local.settle import Background
from tests.local.small_stacks import eventually, make_function

# appends the id of each attempt, and fails until there were as many as the event says
FLAKY = """
import pathlib
def handler(event, context):
    tries = pathlib.Path(event["tries"])
    with tries.open("a") as file:
        file.write(context.aws_request_id + "\\n")
    if len(tries.read_text().split()) < event["needs"]:
        raise OSError("not yet")
"""


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("async")) as running:
        make_function(running, "flaky", FLAKY)
        yield running


@pytest.fixture
def attempts(aws, tmp_path):
    """Invokes the function; returns a reading of the attempts so far."""

    def invoke(needs):
        tries = tmp_path / "tries"
        payload = f'{{"tries": "{tries}", "needs": {needs}}}'.encode()
        aws.client("lambda").invoke(FunctionName="flaky", InvocationType="Event", Payload=payload)
        return lambda: tries.read_text().split() if tries.exists() else []

    return invoke


def rests(aws):
    """The attempt is over and the next one is waited for, or there is none."""
    assert aws.background.settle(10)


def test_a_failure_is_tried_again_after_a_minute_and_after_two_more(aws, attempts, caplog):
    with caplog.at_level(logging.WARNING, "taproom.local.lambda_async"):
        made = attempts(4)
        eventually(made)
        rests(aws)
        for seconds, so_far in ((61, 2), (121, 3)):
            aws.clock.advance(seconds)
            eventually(lambda so_far=so_far: len(made()) == so_far)
            rests(aws)
        eventually(lambda: "dropped" in caplog.records[-1].getMessage())
        aws.clock.advance(3_600)
        rests(aws)
    assert len(made()) == 3
    assert len(set(made())) == 1  # one request, one id
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING", "ERROR"]
    assert "not yet" in caplog.records[-1].getMessage()


class MovedClock(Clock):
    """Moves itself to every moment that is waited for."""

    def wait_for(self, moment, until):
        self.advance((moment() - self.now()).total_seconds())


def test_a_minute_and_two_minutes_pass_between_the_attempts():
    clock, moments = MovedClock(), []

    def fail(function, event, request_id):
        moments.append(clock.now())
        return Outcome("{}", failed=True, ended=False)

    background = Background()
    AsyncInvocations(SimpleNamespace(clock=clock, background=background), fail).start(
        SimpleNamespace(function_name="fails"), {}
    )
    assert background.settle(10)
    first, second, third = moments
    assert (second - first).total_seconds() == pytest.approx(60, abs=1)
    assert (third - second).total_seconds() == pytest.approx(120, abs=1)


def test_what_succeeds_the_second_time_is_not_tried_again(aws, attempts):
    made = attempts(2)
    eventually(made)
    rests(aws)
    aws.clock.advance(61)
    eventually(lambda: len(made()) == 2)
    rests(aws)
    aws.clock.advance(3_600)
    rests(aws)
    assert len(made()) == 2
