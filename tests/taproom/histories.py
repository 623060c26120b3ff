"""Histories of the retraining state machine, written by hand in GetExecutionHistory's form."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from taproom.follow import Snapshot
from taproom.history import read_states

BEGIN = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
ARN = "arn:aws:states:us-east-1:123456789012:execution:machine:{}"
EARLIER = ARN.format("first")
TASK = {"Type": "Task", "Resource": "x"}
ANY, YES = {"ErrorEquals": ["States.ALL"]}, {"Variable": "$.x", "BooleanEquals": True}


def looked_up(step, then):
    """The states around a step, which go on with ``then``."""
    return {
        f"LookUp{step}": {**TASK, "Catch": [{**ANY, "Next": step}], "Next": f"{step}Cached?"},
        f"{step}Cached?": {"Type": "Choice", "Choices": [{**YES, "Next": f"{step}Hit"}], "Default": step},
        f"{step}Hit": {"Type": "Pass", "Next": then},
        step: {**TASK, "Catch": [{**ANY, "Next": f"Triage{step}"}], "Next": f"{step}Made"},
        f"Triage{step}": {**TASK, "Next": step},
        f"{step}Made": {"Type": "Pass", "Next": f"Record{step}"},
        f"Record{step}": {**TASK, "Catch": [{**ANY, "Next": then}], "Next": then},
    }


BRANCH = {
    **looked_up("TrainRetrieval", "FindChampionRetrieval"),
    "FindChampionRetrieval": {**TASK, "Next": "LookUpEvaluateRetrieval"},
    **looked_up("EvaluateRetrieval", "RetrievalRegistered"),
    "RetrievalRegistered": {"Type": "Pass", "End": True},
}
DEFINITION = {
    "StartAt": "TakeLease",
    "States": {
        "TakeLease": {**TASK, "Next": "LeaseTaken?"},
        "LeaseTaken?": {"Type": "Choice", "Choices": [{**YES, "Next": "Coalesced"}], "Default": "Debounce"},
        "Coalesced": {"Type": "Succeed"},
        "Debounce": {"Type": "Wait", "SecondsPath": "$.TakeLease.WaitSeconds", "Next": "Prepare"},
        "Prepare": {**TASK, "Next": "AnythingToDo?"},
        "AnythingToDo?": {"Type": "Choice", "Choices": [{**YES, "Next": "NoNewData"}], "Default": "LookUpPreprocess"},
        "NoNewData": {"Type": "Succeed"},
        **looked_up("Preprocess", "Models"),
        "Models": {
            "Type": "Parallel",
            "Branches": [{"StartAt": "LookUpTrainRetrieval", "States": BRANCH}],
            "Next": "RecordRun",
        },
        "RecordRun": {**TASK, "Next": "Finished"},
        "Finished": {"Type": "Succeed"},
    },
}


class History:
    """Events one after another; ``second`` is when the next one happens."""

    def __init__(self):
        self.events, self.document, self.second = [], {}, 0.0

    def add(self, kind, seconds=0.0, **details):
        """An event, and ``seconds`` after it."""
        number = len(self.events) + 1
        key = next(
            (f"state{end}EventDetails" for end in ("Entered", "Exited") if kind.endswith(end)),
            f"{kind[0].lower()}{kind[1:]}EventDetails",
        )
        at = BEGIN + timedelta(seconds=self.second)
        event = {"id": number, "previousEventId": number - 1, "type": kind, "timestamp": at}
        self.events.append({**event, key: details} if details else event)
        self.second += seconds
        return self

    def passed(self, name, *, seconds=0.0, kind="Task", **result):
        """A state that is entered and left, whose result is put into the document."""
        self.add(f"{kind}StateEntered", seconds, name=name, input=json.dumps(self.document))
        self.document = self.document | result
        return self.add(f"{kind}StateExited", name=name, output=json.dumps(self.document))

    def hit(self, step, output, execution=EARLIER):
        """A step that was found in the cache."""
        found = {"Hit": True, "From": execution, "Output": output, "Reason": "", "Key": "0"}
        self.passed(f"LookUp{step}", **{f"LookUp{step}": found})
        return self.passed(f"{step}Hit", kind="Pass", **{f"{step}Output": output})

    def missed(self, step):
        found = {"Hit": False, "From": "", "Output": {}, "Reason": "no earlier run", "Key": "0"}
        return self.passed(f"LookUp{step}", **{f"LookUp{step}": found})

    def ended(self, name="Finished"):
        return self.add("SucceedStateEntered", name=name, input=json.dumps(self.document))

    def snapshot(self, status="SUCCEEDED", name="second", **more):
        end = BEGIN + timedelta(seconds=self.second)
        execution = {"name": name, "executionArn": ARN.format(name), "status": status, "startDate": BEGIN, **more}
        if status != "RUNNING":
            execution["stopDate"] = end
        return Snapshot({"input": "{}", **execution}, self.events, read_states(DEFINITION, self.events), DEFINITION)


def taken():
    """A run that has the lease, and whose Prepare is to come."""
    lease = {"Taken": True, "WaitSeconds": 0, "Holder": ARN.format("second"), "Reason": "free"}
    return History().passed("TakeLease", TakeLease=lease).passed("Debounce", kind="Wait")


def coalesced():
    lease = {"Taken": False, "WaitSeconds": 0, "Holder": ARN.format("other"), "Reason": "other is running"}
    return History().passed("TakeLease", TakeLease=lease).ended("Coalesced")


def nothing_new(last_run):
    return taken().passed("Prepare", Prepare={"Outcome": "NothingNew", "LastRun": last_run}).ended("NoNewData")


LAST_RUN = {"ExecutionArn": EARLIER, "FinishedAt": "2026-01-04T09:30:59.123+00:00"}


def cached(bucket="data"):
    """A run that took preprocessing and training from an earlier one, and evaluated for 40 seconds itself."""
    place = f"s3://{bucket}/runs/{{}}/"
    prepare = {"Outcome": "Run", "RunPrefix": place.format("second-1"), "Parameters": {}, "Reason": ""}
    history = taken().passed("Prepare", Prepare=prepare)
    history.hit("Preprocess", {"Prefix": place.format("first-1") + "data/"})
    archive = place.format("first-1") + "models/retrieval/job-1/output/model.tar.gz"
    history.hit("TrainRetrieval", {"ModelDataUrl": archive})
    history.passed("FindChampionRetrieval").missed("EvaluateRetrieval")
    history.add("TaskStateEntered", name="EvaluateRetrieval", input="{}")
    history.add("TaskScheduled", 40.0, parameters=json.dumps({"ProcessingJobName": "evaluate-1"}))
    history.add("TaskStateExited", name="EvaluateRetrieval", output="{}")
    return history.passed("RecordEvaluateRetrieval").passed("RecordRun").ended()
