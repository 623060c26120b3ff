"""TakeLease, CloseRun and RetakeLease of several executions at once, their requests in any order, dying anywhere."""

from __future__ import annotations

import importlib
import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.backends import get_backend

from tests.functions.conftest import VARIABLES
from tests.functions.interleaved import Call, stop_before_requests
from tests.functions.world import World, uploaded

MOST_DEATHS = 3
FOLLOW_UPS = ("uploads-", "again-")


@pytest.fixture
def fresh(runs_table, call):
    """An empty world for each example, by clients that are made once."""
    describe = runs_table("dynamodb").describe_table(TableName=VARIABLES["RUNS_TABLE"])["Table"]
    table = {key: describe[key] for key in ("TableName", "KeySchema", "AttributeDefinitions")}
    made = {service: runs_table(service) for service in ("dynamodb", "stepfunctions")}
    for service in made:
        stop_before_requests(importlib.import_module("aws").client(service))
    redrives = tell_redrives(importlib.import_module("aws").client("stepfunctions"))

    def world():
        redrives.clear()
        for service in made:
            get_backend(service).reset()
        made["dynamodb"].create_table(**table, BillingMode="PAY_PER_REQUEST")
        return World(made.__getitem__, call), redrives

    return world


def tell_redrives(client):
    """Have DescribeExecution tell how often an execution was redriven, which moto does not; returns what it tells."""
    counts = {}

    def tell(parsed, **_):
        if "name" in parsed:
            parsed["redriveCount"] = counts.get(parsed["name"], 0)

    client.meta.events.register("after-call.sfn.DescribeExecution", tell)
    return counts


def executions():
    """All executions that there are by name, as moto keeps them."""
    (machine,) = get_backend("stepfunctions")["123456789012"]["eu-west-1"].state_machines
    return {execution.name: execution for execution in machine.executions}


class Story:
    """Executions from their start to what CloseRun made of their end. ``draw`` chooses all that is left open.

    Of those that run, as many as ``may_fail`` may fail before they have claimed anything; they may be redriven.
    """

    def __init__(self, fresh, draw, may_fail=0):
        (self.world, self.redrives), self.draw, self.may_fail = fresh, draw, may_fail
        self.calls = []
        self.known = set()
        self.active = set()  # executions between their lease and their end
        self.ran, self.claimed = [], set()
        self.deaths, self.failed = 0, set()
        self.pending = importlib.import_module("pending")

    def begin(self, name, document):
        self.world.start(name, document)
        self.known.add(name)
        self.ask(name)

    def ask(self, name):
        self.calls.append(Call(lambda: self.world.ask(name), lambda call: self.asked(name, call)))

    def asked(self, name, call):
        if call.died:
            self.ask(name)  # as the state machine's Retry does
        elif call.answer["Taken"]:
            self.runs(name)
            self.ran.append(name)
            if len(self.failed) < self.may_fail and self.draw(st.booleans()):
                self.failed.add(name)
                self.calls.append(Call(lambda: None, lambda _: self.end(name, "execution_failed")))
            else:
                self.prepare(name)
        else:
            self.end(name)

    def runs(self, name):
        self.active.add(name)
        assert self.active == {name}, "two that run at once"

    def prepare(self, name):
        self.calls.append(Call(lambda: self.claim(name), lambda call: self.prepared(name, call)))

    def claim(self, name):
        """What Prepare does with the uploads that wait, as far as the lease is concerned."""
        trigger = self.world.input_of(name).get("Trigger", {})
        self.claimed |= {trigger["Key"]} if "Key" in trigger else set()
        for one in self.pending.read_pending() if trigger else []:
            if one.is_upload:
                self.claimed.add(one.document["Trigger"]["Key"])
                self.pending.remove_pending(one)

    def prepared(self, name, call):
        if call.died:
            self.prepare(name)
        else:
            self.end(name)

    def end(self, name, kind="execution_succeeded"):
        self.world.stop(name)
        self.active.discard(name)
        if name in self.failed and kind == "execution_failed" and self.draw(st.booleans()):
            self.calls.append(Call(lambda: None, lambda _: self.redrive(name)))
        for _ in range(self.draw(st.integers(1, 2))):  # EventBridge tells at least once
            self.close(name, kind, self.redrives.get(name, 0))

    def close(self, name, kind, count):
        def closed(call):
            if call.died:
                self.close(name, kind, count)  # as Lambda does with an event that failed

        self.calls.append(Call(lambda: self.world.told(name, kind, redriveCount=count), closed))

    def redrive(self, name):
        executions()[name].status = "RUNNING"
        self.failed.discard(name)
        count = self.redrives[name] = self.redrives.get(name, 0) + 1
        for is_duplicate in [False, True][: self.draw(st.integers(1, 2))]:
            self.retake(name, count, is_duplicate)

    def retake(self, name, count, is_duplicate):
        def retaken(call):
            if call.died:
                self.retake(name, count, is_duplicate)
            elif is_duplicate:
                pass
            elif call.answer["Taken"]:
                self.runs(name)
                self.prepare(name)
            else:
                self.world.stop(name)
                self.end(name, "execution_failed")

        self.calls.append(Call(lambda: self.world.redrive_seen(name, count), retaken))

    def play(self):
        """Until nothing happens any more."""
        for step in itertools.count():
            assert step < 3000, "it does not come to an end"
            for name in sorted(executions().keys() - self.known):
                assert name.startswith(FOLLOW_UPS)
                self.known.add(name)
                self.ask(name)
            if not self.calls:
                return
            call = self.draw(st.sampled_from(self.calls)) if len(self.calls) > 1 else self.calls[0]
            dies = self.deaths < MOST_DEATHS and self.draw(st.integers(0, 19)) == 19
            self.deaths += dies
            call.step(dies)
            if call.over:
                self.calls.remove(call)


KINDS = st.lists(st.sampled_from(["upload", "same upload", "start"]), min_size=2, max_size=4)
EXAMPLES = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def begin(story, kinds):
    """Start an execution of each kind; returns the uploads' keys and the starts' inputs."""
    keys, starts = set(), []
    for number, kind in enumerate(kinds):
        if kind == "start":
            starts.append({"TrainingEpochs": 10 + number})
            story.begin(f"first-{number}", starts[-1])
        else:
            key = "reviews/same.csv" if kind == "same upload" else f"reviews/{number}/a.csv"
            keys.add(key)
            story.begin(f"first-{number}", uploaded(key))
    return keys, starts


@EXAMPLES
@given(kinds=KINDS, data=st.data())
def test_one_runs_at_a_time_and_whatever_came_is_served(fresh, kinds, data):
    story = Story(fresh(), data.draw)
    keys, starts = begin(story, kinds)
    story.play()
    assert story.world.table() == [], "something waits, or somebody has the lease"
    assert story.claimed == keys
    assert len(set(story.ran)) == len(story.ran)
    trained = [story.world.input_of(name) for name in story.ran]
    for given_input in starts:
        times = trained.count(given_input)
        # asked again after it died, a start may find that what it recorded has run already, and run as well
        assert times == 1 or (times == 2 and story.deaths)


@EXAMPLES
@given(kinds=KINDS, data=st.data())
def test_whatever_failed_or_was_redriven_the_next_upload_finds_what_waits(fresh, kinds, data):
    story = Story(fresh(), data.draw, may_fail=3)
    keys, _ = begin(story, kinds)
    story.play()
    assert story.world.rows("lease") == {}
    left = {row["Trigger"]["Key"] for row in story.world.rows("pending").values()}
    # what failed for good, or was stopped when it was redriven, has failed before a person's eyes
    lost = story.failed | story.redrives.keys()
    own = {story.world.input_of(name).get("Trigger", {}).get("Key") for name in lost}
    assert keys <= story.claimed | left | own, "an upload that nobody knows of"
    story.may_fail = 0
    story.begin("next", uploaded("reviews/next.csv"))
    story.play()
    assert story.world.table() == []
    assert keys - own <= story.claimed
