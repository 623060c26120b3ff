"""Ends and histories of executions as AWS tells of them, for what people are told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

ARN = "arn:aws:states:eu-west-1:123456789012:execution:taproom:week-46"
BEGIN = datetime(2026, 11, 12, 6, 0, tzinfo=UTC)
MINUTE = 60_000  # milliseconds
BUDGET = {
    "Currency": "USD",
    "PricesOf": "us-east-1, 2024-05",
    "AtMost": 5.5,
    "Steps": {"Preprocess": {"UsdPerHour": 0.5}, "TrainRetrieval": {"UsdPerHour": 1.2}},
}
RETRIEVAL = {
    "Model": "Retrieval",
    "Status": "Registered",
    "Reason": "top-500 accuracy 0.7500 reaches AccuracyTop500Threshold 0.5",
    "Gate": [],
    "Metrics": {"accuracy": 0.75, "popularity_accuracy": 0.25, "champion_accuracy": 0.74996},
    "ModelPackageArn": "arn:aws:sagemaker:eu-west-1:123456789012:model-package/taproom-retrieval/3",
    "ModelPackageVersion": 3,
    "ModelApprovalStatus": "PendingManualApproval",
}
RANKING = {
    "Model": "Ranking",
    "Status": "Rejected",
    "Reason": "RMSE 0.7000 does not beat the bias baseline's 0.6000",
    "Gate": [
        {"Rule": "threshold", "Verdict": "passed", "Reason": "RMSE keeps within it"},
        {"Rule": "baseline", "Verdict": "failed", "Reason": "RMSE 0.7000 does not beat the bias baseline's 0.6000"},
    ],
    "Metrics": {"rmse": 0.7, "bias_rmse": 0.6},
}
# A branch that failed: what its script said names a user.
FAILED_BRANCH = {
    "Model": "Ranking",
    "Status": "Failed",
    "Step": "TrainRanking",
    "Error": "JobFailed",
    "Cause": "TrainRanking: job train-ranking-1 failed: AlgorithmError: line 7: alice wrote 'too bitter'",
    "JobName": "train-ranking-1",
}


def ended(status="SUCCEEDED", output=None, error=None, cause=None, redrives=0, arn=ARN):
    """EventBridge's event of an end, two hours and a quarter after the start."""
    detail = {
        "executionArn": arn,
        "stateMachineArn": "arn:aws:states:eu-west-1:123456789012:stateMachine:taproom",
        "name": arn.rpartition(":")[2],
        "status": status,
        "startDate": 1794463200000,  # 2026-11-12T06:00:00Z
        "stopDate": 1794463200000 + 135 * MINUTE,
        "output": None if output is None else json.dumps(output),
        "error": error,
        "cause": cause,
        "redriveCount": redrives,
    }
    return {"time": "2026-11-12T08:15:01Z", "detail": detail}


class Events:
    """GetExecutionHistory's events, one after another."""

    def __init__(self):
        self.events, self.at = [], BEGIN

    def add(self, kind, key=None, after=None, minutes=0, **details):
        """An event that follows from ``after`` (an id; the one before it where none is given), ``minutes`` later."""
        self.at += timedelta(minutes=minutes)
        number = len(self.events) + 1
        event = {"id": number, "type": kind, "timestamp": self.at}
        event["previousEventId"] = number - 1 if after is None else after
        key = key or f"{kind[0].lower()}{kind[1:]}EventDetails"
        self.events.append(event | ({key: details} if details else {}))
        return number

    def enter(self, name, kind="Task", minutes=0):
        return self.add(f"{kind}StateEntered", "stateEnteredEventDetails", minutes=minutes, name=name)

    def leave(self, name, kind="Task", minutes=0, after=None, **output):
        return self.add(
            f"{kind}StateExited", "stateExitedEventDetails", after, minutes, name=name, output=json.dumps(output)
        )

    def prepared(self, budget=BUDGET):
        self.enter("Prepare")
        return self.leave("Prepare", Prepare={"Budget": budget})

    def job(self, step, name, kind, after=None):
        """A job that is asked for and taken."""
        request = {f"{kind}JobName": name, "Tags": [{"Key": "taproom:step", "Value": step}]}
        asked = self.add("TaskScheduled", after=after, parameters=json.dumps(request))
        self.add("TaskStarted", after=asked, resource="create")
        return self.add("TaskSubmitted", output="{}")


def processing(name, minutes, count=1, status="Completed"):
    """DescribeProcessingJob's answer as Step Functions hands it on."""
    return {
        "ProcessingJobName": name,
        "ProcessingJobStatus": status,
        "ProcessingStartTime": 1794463200000,
        "ProcessingEndTime": 1794463200000 + minutes * MINUTE,
        "ProcessingResources": {"ClusterConfig": {"InstanceCount": count, "InstanceType": "ml.m5.xlarge"}},
    }


def training(name, billable, status="Completed", count=1):
    return {
        "TrainingJobName": name,
        "TrainingJobStatus": status,
        "BillableTimeInSeconds": billable,
        "ResourceConfig": {"InstanceCount": count, "InstanceType": "ml.m5.2xlarge"},
    }
