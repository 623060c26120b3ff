"""Executions written by hand: histories in GetExecutionHistory's form, one event a second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

BEGIN = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
LAMBDA = "arn:aws:states:::lambda:invoke"
TRAINING = "arn:aws:states:::sagemaker:createTrainingJob.sync"
ENTERED, EXITED = "stateEnteredEventDetails", "stateExitedEventDetails"


class History:
    """Appends events, each a second after the one before. ``last`` is the id to go on from."""

    def __init__(self):
        self.events, self.last = [], 0

    def event(self, kind, after=None, **fields):
        number = len(self.events) + 1
        previous = self.last if after is None else after
        at = BEGIN + timedelta(seconds=number)
        self.events.append({"id": number, "previousEventId": previous, "type": kind, "timestamp": at, **fields})
        self.last = number
        return number

    def enter(self, name, kind="Task", after=None, document="{}"):
        return self.event(f"{kind}StateEntered", after, **{ENTERED: {"name": name, "input": document}})

    def leave(self, name, kind="Task", after=None):
        return self.event(f"{kind}StateExited", after, **{EXITED: {"name": name, "output": "{}"}})

    def visit(self, name, kind="Task"):
        self.enter(name, kind)
        return self.leave(name, kind)

    def attempt(self, error=None):
        """A task's job is started, and ends two seconds later."""
        self.event("TaskScheduled", taskScheduledEventDetails={"parameters": '{"TrainingJobName": "job"}'})
        self.event("TaskStarted")
        if error:
            return self.event("TaskFailed", taskFailedEventDetails={"error": error, "cause": "no room"})
        return self.event("TaskSucceeded")

    @property
    def now(self):
        return self.events[-1]["timestamp"]


def task(resource, following, *catches):
    catch = {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": one} for one in catches]} if catches else {}
    return {"Type": "Task", "Resource": resource, "Next": following, **catch}


# One job with all that belongs to it, as statemachine/ names it.
JOB = {
    "StartAt": "LookUpTrain",
    "States": {
        "LookUpTrain": task(LAMBDA, "TrainCached?", "Train"),
        "TrainCached?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.LookUpTrain.Hit", "BooleanEquals": True, "Next": "TrainHit"}],
            "Default": "Train",
        },
        "TrainHit": {"Type": "Pass", "Next": "Done"},
        "Train": task(TRAINING, "TrainCompleted?", "TriageTrain"),
        "TrainCompleted?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.Train.Status", "StringEquals": "Stopped", "Next": "TrainStopped"}],
            "Default": "TrainMade",
        },
        "TrainStopped": {"Type": "Pass", "Next": "TriageTrain"},
        "TrainMade": {"Type": "Pass", "Next": "RecordTrain"},
        "RecordTrain": task(LAMBDA, "Done", "Done"),
        "TriageTrain": task(LAMBDA, "RetryTrain?"),
        "RetryTrain?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.TriageTrain.Retry", "BooleanEquals": True, "Next": "WaitTrain"}],
            "Default": "TrainFailed",
        },
        "WaitTrain": {"Type": "Wait", "Seconds": 5, "Next": "Train"},
        "TrainFailed": {"Type": "Fail"},
        "Done": {"Type": "Succeed"},
    },
}
