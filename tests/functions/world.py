"""A world for the lease: executions with real statuses in moto, and the functions called as AWS calls them."""

from __future__ import annotations

import copy
import importlib
import json
from datetime import datetime, timedelta
from pathlib import Path

from botocore.awsrequest import AWSResponse

EVENTS = Path(__file__).parent / "events"
STARTED = datetime.fromisoformat("2026-11-12T06:00:00+00:00")
TAPROOM = "arn:aws:states:eu-west-1:123456789012:stateMachine:taproom"
WAIT = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}}
UPLOAD = {"Bucket": "taproom-data", "Key": "reviews/week 46/beers & more.csv", "ETag": "b1946ac92492d2347c6235b4"}
THROTTLED = {"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}


def at(**after):
    """A moment so long after the start."""
    return (STARTED + timedelta(**after)).isoformat()


def arn_of(name):
    return f"arn:aws:states:eu-west-1:123456789012:execution:taproom:{name}"


def uploaded(key="reviews/a/1.csv", **parameters):
    return {"DefaultInput": parameters, "Trigger": UPLOAD | {"Key": key}}


class World:
    """One state machine, the table of runs, and a clock that goes on a second with every call."""

    def __init__(self, aws, call):
        self.aws, self._call = aws, call
        self.states = aws("stepfunctions")
        self.seconds = 0
        self.inputs = {}
        machine = self.states.create_state_machine(
            name="taproom", definition=json.dumps(WAIT), roleArn="arn:aws:iam::123456789012:role/taproom"
        )
        assert machine["stateMachineArn"] == TAPROOM

    def now(self):
        self.seconds += 1
        return at(seconds=self.seconds)

    def start(self, name, given=None):
        self.states.start_execution(stateMachineArn=TAPROOM, name=name, input=json.dumps(given or {}))
        return arn_of(name)

    def stop(self, name):
        self.states.stop_execution(executionArn=arn_of(name))

    def status(self, name):
        return self.states.describe_execution(executionArn=arn_of(name))["status"]

    def start_in_replaced_machine(self, name):
        """An execution that runs in the state machine of an earlier stack; its ARN."""
        machine = self.states.create_state_machine(
            name="taproom-before", definition=json.dumps(WAIT), roleArn="arn:aws:iam::123456789012:role/taproom"
        )
        return self.states.start_execution(stateMachineArn=machine["stateMachineArn"], name=name)["executionArn"]

    def input_of(self, name):
        return json.loads(self.states.describe_execution(executionArn=arn_of(name))["input"])

    def names(self):
        """Of all executions that there are."""
        listed = self.states.list_executions(stateMachineArn=TAPROOM)["executions"]
        return {one["name"] for one in listed}

    def running(self):
        return {name for name in self.names() if self.status(name) == "RUNNING"}

    def ask(self, name, given=None, now=None):
        """TakeLease, as the state machine asks it for an execution that there is or that is started now."""
        if name not in self.names():
            self.start(name, given)
        execution = {"Id": arn_of(name), "Name": name, "StartTime": STARTED.isoformat(), "Now": now or self.now()}
        return self._call("take_lease", {"Input": self.input_of(name), "Execution": execution})

    def event(self, kind, name, **detail):
        """A real event, told of the execution of that name."""
        event = copy.deepcopy(json.loads((EVENTS / f"{kind}.json").read_text()))
        event["time"] = self.now()
        event["resources"] = [arn_of(name)]
        event["detail"] |= {"executionArn": arn_of(name), "name": name} | detail
        return event

    def end(self, name, kind="execution_succeeded", **detail):
        """The execution ends, and CloseRun is told."""
        if self.status(name) == "RUNNING":
            self.stop(name)
        return self._call("close_run", self.event(kind, name, **detail))

    def told(self, name, kind="execution_succeeded", **detail):
        """CloseRun is told of an end, whether or not there was one."""
        return self._call("close_run", self.event(kind, name, **detail))

    def redrive_seen(self, name, count=1):
        return self._call("retake_lease", self.event("execution_redriven", name, redriveCount=count))

    def rows(self, kind):
        """The rows of a kind: their documents by name."""
        items = self.aws("dynamodb").scan(TableName="taproom-runs")["Items"]
        return {item["Id"]["S"]: json.loads(item["Document"]["S"]) for item in items if item["Kind"]["S"] == kind}

    def table(self):
        items = self.aws("dynamodb").scan(TableName="taproom-runs")["Items"]
        return sorted(json.dumps(item, sort_keys=True) for item in items)

    def holder(self):
        lease = self.rows("lease").get("run")
        return lease and lease["Holder"].rpartition(":")[2]

    def put_lease(self, holder, **more):
        """A lease of fifteen minutes from the start, or another one."""
        lease = {"Holder": arn_of(holder), "TakenAt": at(), "ExpiresAt": at(minutes=15), "Reserved": False}
        importlib.import_module("runs_table").put_row("lease", "run", lease | {"RedriveCount": 0} | more)

    def before_next(self, operation, do, service="dynamodb"):
        """Do something just before the functions' next request of this operation."""
        events, name = self._requests(service, operation)

        def once(**_):
            events.unregister(name, once)
            do()

        events.register(name, once)

    def answered(self, operation, parsed, status=200, service="stepfunctions"):
        """Have the functions' requests of this operation answered so from now on."""
        events, name = self._requests(service, operation)
        events.register(name, lambda **_: (AWSResponse("https://aws", status, {}, None), parsed))

    def answered_in_turn(self, operation, answers, service="stepfunctions"):
        """Have the next requests answered so, where None is as AWS answers; returns those that are still to come."""
        events, name = self._requests(service, operation)

        def answer(**_):
            told = answers.pop(0) if answers else None
            return told and (AWSResponse("https://aws", told[1], {}, None), told[0])

        events.register(name, answer)
        return answers

    @staticmethod
    def _requests(service, operation):
        meta = importlib.import_module("aws").client(service).meta
        return meta.events, f"before-call.{meta.service_model.service_id.hyphenize()}.{operation}"
