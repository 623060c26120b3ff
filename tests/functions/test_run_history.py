"""What is read from a history: the jobs' time and cost, and where the execution was when it ended."""

from __future__ import annotations

import json

import pytest
from rules.run_cost import cost_of
from rules.run_history import Job, read_history

from tests.functions.histories_told import BUDGET, Events, processing, training


def two_jobs():
    """Preprocess on two instances for 6 minutes in a state of 10; TrainRetrieval billed 1,800 seconds."""
    told = Events()
    told.prepared()
    told.enter("Preprocess")
    told.job("Preprocess", "preprocess-1", "Processing")
    told.add("TaskSucceeded", minutes=9, output=json.dumps(processing("preprocess-1", 6, count=2)))
    told.leave("Preprocess", minutes=1)
    told.enter("TrainRetrieval")
    told.job("TrainRetrieval", "train-1", "Training")
    told.add("TaskSucceeded", minutes=40, output=json.dumps(training("train-1", 1800)))
    told.leave("TrainRetrieval", minutes=2)
    return told


def test_steps_take_from_entering_to_leaving_and_cost_by_their_billed_seconds():
    told = two_jobs()
    told.add("ExecutionSucceeded", output='{"Models": []}')
    read = read_history(told.events)
    assert read.step_seconds == {"Preprocess": 600.0, "TrainRetrieval": 2520.0}
    assert list(read.jobs.values()) == [
        Job("Preprocess", 720.0),  # 6 minutes of 2 instances
        Job("TrainRetrieval", 1800),
    ]
    assert (read.at, read.output) == ((), {"Models": []})
    cost = cost_of(read)
    assert (cost.seconds, cost.usd, cost.is_known) == (2520.0, 0.7, True)  # 0.2 h x 0.5 USD + 0.5 h x 1.2 USD
    assert cost.sentence() == "0.7000 USD of at most 5.50 USD, for 2520 billed seconds (prices of us-east-1, 2024-05)"


def test_the_events_of_two_branches_are_kept_apart():
    told = Events()
    one, other = told.enter("TrainRetrieval"), told.enter("TrainRanking")
    first = told.job("TrainRetrieval", "train-1", "Training", after=one)
    second = told.job("TrainRanking", "train-2", "Training", after=other)
    told.add("TaskSucceeded", after=second, minutes=5, output=json.dumps(training("train-2", 100, count=2)))
    told.leave("TrainRanking")
    told.add("TaskSucceeded", after=first, minutes=5, output=json.dumps(training("train-1", 500)))
    told.leave("TrainRetrieval")
    read = read_history(told.events)
    assert {name: job.seconds for name, job in read.jobs.items()} == {"train-1": 500, "train-2": 200}
    assert read.step_seconds == {"TrainRetrieval": 600.0, "TrainRanking": 300.0}


def test_rounds_of_a_step_are_added_and_a_failed_job_costs_too():
    told = two_jobs()
    told.enter("TrainRetrieval")
    told.job("TrainRetrieval", "train-2", "Training")
    told.add("TaskFailed", minutes=1, error="States.TaskFailed", cause=json.dumps(training("train-2", 3600, "Failed")))
    told.leave("TrainRetrieval")
    read = read_history(told.events)
    assert read.step_seconds["TrainRetrieval"] == 2580.0
    assert cost_of(read).usd == 1.9  # an hour of 1.2 USD more


def test_a_job_that_sagemaker_refused_costs_nothing():
    told = Events()
    told.prepared()
    told.enter("TrainRetrieval")
    request = {"TrainingJobName": "train-1", "Tags": [{"Key": "taproom:step", "Value": "TrainRetrieval"}]}
    told.add("TaskScheduled", parameters=json.dumps(request))
    told.add("TaskStarted", resource="create")
    told.add("TaskFailed", error="SageMaker.ResourceLimitExceededException", cause="The account-level service limit")
    cost = cost_of(read_history(told.events))
    assert (cost.seconds, cost.usd, cost.open_jobs) == (0.0, 0.0, 0)


def test_a_job_that_was_stopped_with_its_run_is_not_counted_and_said_so():
    told = two_jobs()
    told.enter("EvaluateRetrieval")
    told.job("TrainRetrieval", "train-9", "Training")
    told.add("ExecutionAborted", minutes=3, cause="by hand")
    read = read_history(told.events)
    assert read.at == ("EvaluateRetrieval",)
    cost = cost_of(read)
    assert not cost.is_known
    assert cost.sentence().startswith("at least 0.7000 USD")
    assert cost.sentence().endswith("without one job that was stopped with the run")


@pytest.mark.parametrize("budget", [{}, BUDGET | {"Steps": {"Preprocess": {"UsdPerHour": None}}}])
def test_without_a_price_there_is_no_sum(budget):
    told = Events()
    told.prepared(budget)
    told.enter("Preprocess")
    told.job("Preprocess", "preprocess-1", "Processing")
    told.add("TaskSucceeded", minutes=9, output=json.dumps(processing("preprocess-1", 6)))
    cost = cost_of(read_history(told.events))
    assert cost.usd is None
    assert cost.sentence() == "unknown, as a price is, for 360 billed seconds"


def test_without_jobs_a_run_costs_nothing():
    assert cost_of(read_history([])).sentence() == "0 USD: no job ran"


def test_an_execution_fails_where_it_was_or_at_the_step_whose_fail_state_it_entered():
    told = Events()
    told.enter("Prepare")
    told.add("LambdaFunctionFailed", error="InvalidInput", cause="{}")
    told.add("ExecutionFailed", error="InvalidInput", cause="{}")
    assert read_history(told.events).at == ("Prepare",)
    told = Events()
    told.enter("RecordPreprocess")
    told.leave("RecordPreprocess")
    told.enter("RecordPreprocessFailed", kind="Fail")
    told.add("ExecutionFailed", error="OutputBroken", cause="x")
    assert read_history(told.events).at == ("RecordPreprocess",)
