"""A run that would make what the last finished one made costs no job."""

from __future__ import annotations

import pytest
from rules.validation import InvalidPayload

BUCKET = "taproom-data"
MONDAY, TUESDAY = (f"arn:aws:states:eu-west-1:123456789012:execution:Retraining:{day}-run" for day in ("mon", "tue"))


def execution(arn):
    return {
        "Id": arn,
        "Name": arn.rpartition(":")[2],
        "StartTime": "2026-11-12T06:00:00.000Z",
        "Now": "2026-11-12T07:00:00.000Z",
    }


@pytest.fixture
def prepare(call, runs_table):
    return lambda given, arn=TUESDAY: call("prepare", {"Input": given, "Execution": execution(arn)})


@pytest.fixture
def finish(call, runs_table):
    """Have the run that was prepared finish."""
    return lambda answer, arn=MONDAY: call(
        "record_run", {"Fingerprint": answer["Fingerprint"], "Execution": execution(arn)}
    )


@pytest.fixture
def monday(prepare, finish, put):
    """Monday's run has finished."""
    put("reviews/a.csv", b"a beer")
    put("reviews/b.csv", b"two beers")
    assert finish(prepare({}, MONDAY)) == {"Recorded": True}


def test_the_same_again_is_nothing_new_and_names_the_run_that_made_it(prepare, monday, aws):
    answer = prepare({})
    assert answer["Outcome"] == "NothingNew"
    assert answer["LastRun"] == {"ExecutionArn": MONDAY, "FinishedAt": "2026-11-12T07:00:00+00:00"}
    assert MONDAY in answer["Reason"]
    assert len(answer["Fingerprint"]) == 64
    assert answer.keys() == {
        *("schema_version", "Parameters", "Gate", "Trigger", "RerunOf"),
        *("Outcome", "Reason", "LastRun", "Fingerprint", "Triggers"),
    }
    listed = aws("s3").list_objects_v2(Bucket=BUCKET, Prefix="runs/tue-run-")["Contents"]
    assert [one["Key"].rpartition("/")[2] for one in listed] == ["request.json"]


def test_a_run_is_told_which_one_finished_last(prepare, monday, put):
    put("reviews/c.csv", b"three beers")
    answer = prepare({})
    assert (answer["Outcome"], answer["LastRun"]["ExecutionArn"]) == ("Run", MONDAY)


def test_the_first_run_follows_no_other(prepare, put):
    put("reviews/a.csv")
    assert prepare({}, MONDAY)["LastRun"] is None


def test_a_run_that_did_not_finish_is_no_reason_to_do_nothing(prepare, put):
    put("reviews/a.csv")
    assert prepare({}, MONDAY)["Outcome"] == "Run"
    assert prepare({})["Outcome"] == "Run"


@pytest.mark.parametrize(
    "parameters",
    [
        {"MaxUsd": 100, "UsdPerHour": {"ml.m5.xlarge": 0.3}},
        {"ProcessingInstanceType": "ml.m5.4xlarge", "TrainingInstanceType": "ml.c5.xlarge"},
        {"MaxRuntimeInSeconds": {"Train": 3600}},
        {"UseSpot": True, "MaxWaitInSeconds": 90_000, "VolumeSizeInGB": {"Train": 100}},
        {"CacheConfig": {"Enabled": False}},
    ],
)
def test_what_only_decides_the_costs_makes_nothing_new(prepare, monday, parameters):
    assert prepare(parameters)["Outcome"] == "NothingNew"


@pytest.mark.parametrize(
    "parameters",
    [
        {"TrainingEpochs": 3},
        {"AccuracyTop500Threshold": 0.6},
        {"ModelApprovalStatus": "Approved"},
        {"Columns": {"User": "name"}},
        {"TrainingInstanceType": "ml.g5.xlarge"},  # another image
        {"Force": True},
    ],
)
def test_another_parameter_or_image_or_force_is_run(prepare, monday, parameters):
    assert prepare(parameters)["Outcome"] == "Run"


def test_a_rerun_is_run_and_written_down_as_one(prepare, monday):
    answer = prepare({"DefaultInput": {}, "RerunOf": MONDAY})
    assert (answer["Outcome"], answer["RerunOf"]) == ("Run", MONDAY)


def test_reviews_that_were_only_renamed_or_moved_are_nothing_new(prepare, monday, put):
    put("reviews/moved/one.csv", b"two beers")
    put("reviews/moved/two.csv", b"a beer")
    assert prepare({"InputData": f"s3://{BUCKET}/reviews/moved/"})["Outcome"] == "NothingNew"


def test_reviews_that_came_or_changed_are_run(prepare, monday, put):
    put("reviews/b.csv", b"TWO beers")
    assert prepare({})["Outcome"] == "Run"
    put("reviews/b.csv", b"two beers")
    assert prepare({})["Outcome"] == "NothingNew"
    put("reviews/c.csv", b"a beer")  # the same once more: its reviews count twice
    assert prepare({})["Outcome"] == "Run"


def test_another_code_is_run(prepare, monday, environment):
    environment.setenv("CODE_DIGEST", "fedcba9876543210")
    assert prepare({})["Outcome"] == "Run"


def test_a_fingerprint_that_is_none_is_named(call, runs_table):
    with pytest.raises(InvalidPayload, match='Fingerprint: received ""; allowed is 64 hexadecimal digits'):
        call("record_run", {"Fingerprint": "", "Execution": execution(MONDAY)})
