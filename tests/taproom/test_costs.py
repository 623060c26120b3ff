"""What jobs cost, from descriptions as SageMaker gives them and prices as Prepare planned them."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from taproom.costs import billed_seconds, costs_of
from taproom.follow import Snapshot
from taproom.report import write_report
from taproom.summary import print_costs

BEGIN = datetime(2026, 1, 5, 12, tzinfo=UTC)
BUDGET = {
    "PricesOf": "us-east-1, 2026-01",
    "AtMost": 7.25,
    "Steps": {"Preprocess": {"UsdPerHour": 0.25}, "TrainRetrieval": {"UsdPerHour": 2.0}},
}


class SageMaker:
    """Describes the jobs that it is given, by name; others were never accepted."""

    def __init__(self, **described):
        self.described = described

    def describe_training_job(self, *, TrainingJobName):
        return self._of(TrainingJobName, "ValidationException")

    def describe_processing_job(self, *, ProcessingJobName):
        return self._of(ProcessingJobName, "ResourceNotFound")

    def _of(self, name, error):
        if name not in self.described:
            raise ClientError({"Error": {"Code": error, "Message": name}}, "Describe")
        return self.described[name]


def processing(seconds=None, status="Completed", count=1):
    machine = {"ClusterConfig": {"InstanceType": "ml.small.xlarge", "InstanceCount": count}}
    times = {} if seconds is None else times_of("Processing", seconds)
    return {"ProcessingJobStatus": status, "ProcessingResources": machine, **times}


def training(seconds=None, status="Completed", count=1, **more):
    machine = {"InstanceType": "ml.big.xlarge", "InstanceCount": count}
    times = {} if seconds is None else times_of("Training", seconds)
    return {"TrainingJobStatus": status, "ResourceConfig": machine, **times, **more}


def times_of(kind, seconds):
    return {f"{kind}StartTime": BEGIN, f"{kind}EndTime": BEGIN + timedelta(seconds=seconds)}


def asked(step, kind, name):
    request = {f"{kind}JobName": name, "Tags": [{"Key": "taproom:step", "Value": step}]}
    return {"type": "TaskScheduled", "taskScheduledEventDetails": {"parameters": json.dumps(request)}}


def snapshot(*events, budget=BUDGET):
    output = json.dumps({"Prepare": {"Budget": budget} if budget else {}})
    prepared = {"type": "TaskStateExited", "stateExitedEventDetails": {"name": "Prepare", "output": output}}
    execution = {"name": "one", "status": "SUCCEEDED", "startDate": BEGIN, "stopDate": BEGIN, "input": "{}"}
    numbered = [{"id": number, "timestamp": BEGIN} | event for number, event in enumerate([prepared, *events], start=1)]
    return Snapshot(execution, numbered, [])


def test_each_job_costs_its_billed_seconds_at_the_planned_price():
    sagemaker = SageMaker(p=processing(90.0), t=training(100, BillableTimeInSeconds=45))
    events = asked("Preprocess", "Processing", "p"), asked("TrainRetrieval", "Training", "t")
    costs = costs_of(sagemaker, snapshot(*events))
    assert costs["Jobs"] == [
        {
            "Step": "Preprocess",
            "JobName": "p",
            "Status": "Completed",
            "InstanceType": "ml.small.xlarge",
            "InstanceCount": 1,
            "Seconds": 90.0,
            "UsdPerHour": 0.25,
            "Usd": 0.0063,  # 90 x 0.25 / 3600 = 0.00625, of which the binary fraction is a hair above
        },
        {
            "Step": "TrainRetrieval",
            "JobName": "t",
            "Status": "Completed",
            "InstanceType": "ml.big.xlarge",
            "InstanceCount": 1,
            "Seconds": 45,
            "UsdPerHour": 2.0,
            "Usd": 0.025,  # 45 x 2 / 3600
        },
    ]
    assert costs["Usd"] == 0.0313
    assert costs["Seconds"] == 135
    assert (costs["AtMost"], costs["PricesOf"]) == (7.25, "us-east-1, 2026-01")


def test_every_instance_is_billed():
    assert billed_seconds("Processing", processing(90, count=3)) == 270
    assert billed_seconds("Training", training(count=2, BillableTimeInSeconds=45)) == 90


def test_a_job_that_never_began_costs_nothing_and_one_that_has_not_ended_is_not_known():
    assert billed_seconds("Training", training(status="Failed")) == 0
    assert billed_seconds("Training", training(status="InProgress")) is None
    running = {"ProcessingStartTime": BEGIN, **processing(status="Stopping")}
    costs = costs_of(SageMaker(p=running), snapshot(asked("Preprocess", "Processing", "p")))
    assert (costs["Seconds"], costs["Usd"]) == (None, None)


def test_further_rounds_cost_too_and_what_was_never_accepted_does_not():
    names = ("t-0-0", "t-0-1", "t-1-0", "t-1-0")  # the last is seen again, as a redrive shows it
    events = [asked("TrainRetrieval", "Training", name) for name in names]
    sagemaker = SageMaker(**{name: training(1800) for name in ("t-0-1", "t-1-0")})
    costs = costs_of(sagemaker, snapshot(*events))
    assert [job["JobName"] for job in costs["Jobs"]] == ["t-0-1", "t-1-0"]
    assert costs["Usd"] == 2.0


def test_an_error_of_the_account_is_not_taken_for_a_job_that_never_ran():
    class Denied(SageMaker):
        def describe_training_job(self, **_):
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, "Describe")

    with pytest.raises(ClientError):
        costs_of(Denied(), snapshot(asked("TrainRetrieval", "Training", "t")))


def printed(tmp_path, costs, local=True):
    (tmp_path / "costs.json").write_text(json.dumps(costs))
    console = Console(file=io.StringIO(), width=500)
    print_costs(console, tmp_path, local=local)
    return console.file.getvalue()


def test_the_terminal_says_what_it_cost_or_would_have(tmp_path):
    costs = costs_of(SageMaker(t=training(1800)), snapshot(asked("TrainRetrieval", "Training", "t")))
    told = "1.0000 USD of at most 7.25, for 1800 billed seconds (prices of us-east-1, 2026-01)\n"
    assert printed(tmp_path, costs) == f"Would have cost on AWS: {told}"
    assert printed(tmp_path, costs, local=False) == f"Cost: {told}"


def test_the_terminal_says_why_it_is_not_known_and_nothing_where_no_job_ran(tmp_path):
    event = asked("TrainRetrieval", "Training", "t")
    unpriced = costs_of(SageMaker(t=training(1800)), snapshot(event, budget=None))
    assert "unknown, as is the price of ml.big.xlarge" in printed(tmp_path, unpriced)
    running = costs_of(SageMaker(t=training(status="Stopping")), snapshot(event))
    assert "not known yet, as a job has not ended" in printed(tmp_path, running)
    assert printed(tmp_path, costs_of(SageMaker(), snapshot())) == ""
    (tmp_path / "costs.json").unlink()
    print_costs(Console(file=io.StringIO()), tmp_path, local=True)


def test_the_report_has_a_table_of_them(tmp_path):
    told = snapshot(asked("TrainRetrieval", "Training", "t"))
    (tmp_path / "costs.json").write_text(json.dumps(costs_of(SageMaker(t=training(1800)), told)))
    page = write_report(told, tmp_path).read_text()
    assert ">ml.big.xlarge<" in page  # one machine: its number goes without saying
    assert '<td class="number">1,800.0<' in page
    assert "at most 7.25 USD" in page


def test_the_report_says_unknown_where_it_is(tmp_path):
    told = snapshot(asked("TrainRetrieval", "Training", "t"), budget=None)
    (tmp_path / "costs.json").write_text(json.dumps(costs_of(SageMaker(t=training(1800)), told)))
    assert "at most unknown USD" in write_report(told, tmp_path).read_text()
