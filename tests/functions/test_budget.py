"""The estimate, worked out by hand, and the refusals that follow from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rules.budget import OverBudget, Step, UnknownPrice, budget_of
from rules.prices import Price, Prices

from taproom.costs import AskedJob, billed_seconds, cost_of

PRICES = Prices(
    {
        "ml.small.xlarge": Price(Decimal("0.25"), "us-east-1", "2026-02"),
        "ml.big.xlarge": Price(Decimal("2"), "us-east-1", "2026-01"),
    }
)


def job(instance_type, seconds, **more):
    return {"InstanceType": instance_type, "MaxRuntimeInSeconds": seconds, **more}


def plan(train="ml.big.xlarge", count=1):
    model = {"Train": job(train, 5400), "Evaluate": job("ml.small.xlarge", 1800)}
    return {
        "Preprocess": job("ml.small.xlarge", 7200, InstanceCount=count),
        "Retrieval": model,
        "Ranking": model,
        "RunPrefix": "s3://bucket/run/",
    }


def test_a_job_costs_instances_times_price_times_limit_at_most():
    # 2 x 0.25 x 2 h = 1; 2 x 1.5 h = 3; 0.25 x 0.5 h = 0.125
    document = budget_of(plan(count=2), PRICES).document()
    assert document["Steps"]["Preprocess"] == {
        "InstanceType": "ml.small.xlarge",
        "InstanceCount": 2,
        "UsdPerHour": 0.25,
        "PriceOf": "us-east-1, 2026-02",
        "MaxRuntimeInSeconds": 7200,
        "AtMost": 1.0,
    }
    assert {name: step["AtMost"] for name, step in document["Steps"].items()} == {
        "Preprocess": 1.0,
        "TrainRetrieval": 3.0,
        "TrainRanking": 3.0,
        "EvaluateRetrieval": 0.125,
        "EvaluateRanking": 0.125,
    }
    assert document["AtMost"] == 7.25
    assert document["Currency"] == "USD"
    assert document["PricesOf"] == "us-east-1, 2026-01"  # the oldest of those that were used


def test_an_amount_is_rounded_up():
    # 0.25 x 1 s / 3600 = 0.0000694...
    assert Step("Preprocess", "ml.small.xlarge", 1, 1, PRICES.of("ml.small.xlarge")).at_most == Decimal("0.0001")


def test_an_unknown_price_makes_the_sum_unknown_and_the_rest_stays():
    document = budget_of(plan(train="ml.new.xlarge"), PRICES).document()
    assert document["AtMost"] is None
    assert document["Steps"]["Preprocess"]["AtMost"] == 0.5
    assert document["Steps"]["TrainRanking"]["AtMost"] is None
    assert document["Steps"]["TrainRanking"]["UsdPerHour"] is None
    assert document["Steps"]["TrainRanking"]["PriceOf"] == "unknown price"


def test_ones_own_price_is_named_beside_the_listed_ones():
    prices = PRICES.with_given({"ml.new.xlarge": 1})
    assert budget_of(plan(train="ml.new.xlarge"), prices).prices_of == (
        "UsdPerHour of the execution input; us-east-1, 2026-02"
    )


@pytest.mark.parametrize("max_usd", [None, 7.25, 7.2501, 8, 1e300])
def test_a_run_that_keeps_to_the_limit_is_let_through(max_usd):
    budget_of(plan(count=2), PRICES).keep_to(max_usd)


@pytest.mark.parametrize("max_usd", [7.2499999, 7, 1e-300])
def test_a_run_that_may_cost_more_is_refused(max_usd):
    with pytest.raises(OverBudget) as refused:
        budget_of(plan(count=2), PRICES).keep_to(max_usd)
    for words in (
        "up to 7.25 USD",
        "us-east-1, 2026-01",
        f"MaxUsd is {max_usd}",
        "TrainRetrieval with 3.00 USD: 1 x ml.big.xlarge at 2 USD an hour for 5400 s",
        "Lower MaxRuntimeInSeconds.Train, choose a cheaper TrainingInstanceType",
    ):
        assert words in str(refused.value)


def test_the_dearest_step_may_be_one_that_processes():
    with pytest.raises(OverBudget, match=r"Lower MaxRuntimeInSeconds\.Preprocess, choose a cheaper Processing"):
        budget_of(plan(count=20), PRICES).keep_to(1)


def test_a_limit_that_cannot_be_kept_to_is_refused_and_the_type_is_named():
    budget = budget_of(plan(train="ml.new.xlarge"), PRICES)
    budget.keep_to(None)
    with pytest.raises(UnknownPrice) as refused:
        budget.keep_to(1000)
    for words in (
        "MaxUsd 1000 ",
        "ml.new.xlarge is unknown",
        "TrainRetrieval, TrainRanking",
        "UsdPerHour",
        "prices.json",
    ):
        assert words in str(refused.value)


BEGIN = datetime(2026, 1, 5, 12, tzinfo=UTC)


@given(
    price=st.decimals("0.0001", 100, places=4),
    count=st.integers(1, 4),
    limit=st.integers(1, 432_000),
    share=st.floats(0, 1),
    kind=st.sampled_from(["Training", "Processing"]),
)
def test_the_estimate_is_never_below_what_a_job_cost_that_ended_within_its_limit(price, count, limit, share, kind):
    step = Step("Step", "ml.small.xlarge", count, limit, Price(price, "us-east-1", "2026"))
    machine = {"InstanceType": "ml.small.xlarge", "InstanceCount": count}
    described = {
        f"{kind}JobStatus": "Completed",
        f"{kind}StartTime": BEGIN,
        f"{kind}EndTime": BEGIN + timedelta(seconds=limit * share),
        "ResourceConfig": machine,
        "ProcessingResources": {"ClusterConfig": machine},
    }
    cost = cost_of(AskedJob("Step", kind, "job"), described, step.document()["UsdPerHour"])
    assert billed_seconds(kind, described) <= limit * count
    assert 0 <= cost["Usd"] <= step.document()["AtMost"]
