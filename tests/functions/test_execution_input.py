from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rules.execution_input import ExecutionInput, InvalidInput, read_execution_input
from rules.gate_parameters import gate_document
from rules.scripts import MODELS, preprocess_arguments

BUCKET = "taproom-data"
EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:taproom:week-46"
NAMES = [field.alias for field in ExecutionInput.model_fields.values()]


def refusal(document):
    with pytest.raises(InvalidInput) as caught:
        preprocess_arguments(read_execution_input(document, BUCKET).parameters)
    message = str(caught.value)
    assert len(message) <= 1000
    return message


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"AccuracyTop500Treshold": 0.6}, ["AccuracyTop500Treshold", "did you mean AccuracyTop500Threshold?"]),
        ({"trainingepochs": 3}, ["trainingepochs", "did you mean TrainingEpochs?"]),
        ({"Beer": 3}, ["unknown key Beer", "TrainingEpochs"]),
        ({"TrainingEpochs": "20"}, ["TrainingEpochs", 'received "20"', "1 to 1000"]),
        ({"TrainingEpochs": True}, ["TrainingEpochs", "received true"]),
        ({"TrainingEpochs": 20.5}, ["TrainingEpochs", "20.5"]),
        ({"TrainingEpochs": None}, ["TrainingEpochs", "null"]),
        ({"TrainingEpochs": 0}, ["TrainingEpochs", "received 0"]),
        ({"TrainingEpochs": 1001}, ["TrainingEpochs", "1001"]),
        ({"LearningRate": 0}, ["LearningRate", "above 0"]),
        ({"LearningRate": True}, ["LearningRate", "true"]),
        ({"LearningRate": float("nan")}, ["LearningRate", "NaN"]),
        ({"LearningRate": float("inf")}, ["LearningRate", "Infinity"]),
        ({"AccuracyTop500Threshold": 1.5}, ["AccuracyTop500Threshold", "1.5", "from 0 to 1"]),
        ({"AccuracyTop500Threshold": -0.1}, ["AccuracyTop500Threshold", "-0.1"]),
        ({"RetrievalMetric": "recall_at_10"}, ["RetrievalMetric", '"recall_at_10"', "retrieval_metrics.recall_at_10"]),
        ({"RetrievalMetric": "regression_metrics.rmse"}, ["RetrievalMetric", "retrieval_metrics.mrr"]),
        ({"RankingMetric": "regression_metrics.r2"}, ["RankingMetric", "regression_metrics.mae"]),
        ({"RankingRmseThreshold": 0}, ["RankingRmseThreshold", "received 0", "above 0"]),
        ({"RankingRmseThreshold": float("nan")}, ["RankingRmseThreshold", "NaN"]),
        ({"ThresholdRule": "off"}, ["ThresholdRule", '"off"', '"value" or "interval"']),
        ({"BaselineRule": "Off"}, ["BaselineRule", '"Off"', '"value", "interval" or "off"']),
        ({"ChampionRule": True}, ["ChampionRule", "true", '"off"']),
        ({"ChampionTolerance": 1.01}, ["ChampionTolerance", "1.01", "from 0 to 1"]),
        ({"ChampionNotComparable": "fail"}, ["ChampionNotComparable", '"fail"', '"pass" or "reject"']),
        ({"TrivialRule": False}, ["TrivialRule", "false", '"on" or "off"']),
        ({"ClosedForm": "false"}, ["ClosedForm", '"false"', "true or false"]),
        ({"SliceRules": ["items_tail.accuracy"]}, ["SliceRules", "items_tail.accuracy", "an object such as"]),
        ({"SliceRules": {"items_tial.accuracy": 0.1}}, ["SliceRules", "did you mean items_tail.accuracy?"]),
        (
            {"SliceRules": {"items_tail.mrr": 0.1}},
            ["SliceRules", '"items_tail.mrr"', "items_tail has accuracy, recall"],
        ),
        ({"SliceRules": {"accuracy": 0.1}}, ["SliceRules", '"accuracy"', "<slice>.<metric>", "users_few_reviews"]),
        ({"SliceRules": {"items_unknown.accuracy": 0.1}}, ["SliceRules", "items_unknown"]),
        ({"SliceRules": {"items_tail.rmse": 1.5}}, ["SliceRules", "items_tail.rmse", "1.5", "from 0 to 1"]),
        ({"SliceRules": {"items_tail.rmse": True}}, ["SliceRules.items_tail.rmse", "true", "an object such as"]),
        ({"DefaultInput": {"SliceRules": {"x.y": 0}}}, ["DefaultInput.SliceRules", '"x.y"']),
        ({"TestFraction": 1}, ["TestFraction", "from 0.001 to 0.9", "received 1"]),
        ({"TestFraction": 1e-300}, ["TestFraction", "from 0.001 to 0.9"]),
        ({"LearningRate": 1e308}, ["LearningRate", "at most 10"]),
        ({"SplitStrategy": "time"}, ["SplitStrategy", 'received "time"', '"random" or "temporal"']),
        ({"MaxReviewsPerUser": 0}, ["MaxReviewsPerUser", "received 0", "1 or more"]),
        ({"MaxReviewsPerItem": "9"}, ["MaxReviewsPerItem", 'received "9"', "1 or more"]),
        ({"MaxReviewsPerUser": 4}, ["MaxReviewsPerUser 4", "MinReviewsPerUser 5"]),
        ({"MaxReviewsPerItem": 2, "MinReviewsPerItem": 3}, ["MaxReviewsPerItem 2", "MinReviewsPerItem 3"]),
        ({"DefaultInput": {"MaxReviewsPerUser": 4}}, ["DefaultInput", "MaxReviewsPerUser 4", "MinReviewsPerUser 5"]),
        ({"ProcessingInstanceCount": 2}, ["ProcessingInstanceCount", "2", "not distributed"]),
        ({"TrainingInstanceType": "m5.xlarge"}, ["TrainingInstanceType", "m5.xlarge", "ml.<family>.<size>"]),
        ({"TrainingInstanceType": "ml.m5.xlarge\n"}, ["TrainingInstanceType"]),
        ({"MaxRuntimeInSeconds": 3600}, ["MaxRuntimeInSeconds", "3600", "an object such as"]),
        ({"MaxRuntimeInSeconds": {"Train": 0}}, ["MaxRuntimeInSeconds.Train", "received 0", "from 1 to 432000"]),
        ({"MaxRuntimeInSeconds": {"Evaluate": 432_001}}, ["MaxRuntimeInSeconds.Evaluate", "432001"]),
        ({"MaxRuntimeInSeconds": {"train": 60}}, ["MaxRuntimeInSeconds.train", "did you mean Train?"]),
        ({"VolumeSizeInGB": {"Train": 0}}, ["VolumeSizeInGB.Train", "received 0", "from 1 to 16384"]),
        ({"VolumeSizeInGB": {"Evaluate": 16_385}}, ["VolumeSizeInGB.Evaluate", "16385"]),
        ({"VolumeSizeInGB": 30}, ["VolumeSizeInGB", "30", "an object such as"]),
        ({"UseSpot": 1}, ["UseSpot", "received 1", "true, to train on spot instances"]),
        ({"UseSpot": True, "MaxWaitInSeconds": 43_199}, ["MaxWaitInSeconds 43199", "MaxRuntimeInSeconds.Train 43200"]),
        ({"UseSpot": True, "MaxWaitInSeconds": 518_401}, ["MaxWaitInSeconds", "518401", "from 1 to 518400"]),
        ({"MaxWaitInSeconds": 50_000}, ["MaxWaitInSeconds", "UseSpot is false"]),
        ({"MaxUsd": 0}, ["MaxUsd", "received 0", "above 0"]),
        ({"MaxUsd": "10"}, ["MaxUsd", '"10"']),
        ({"MaxUsd": float("inf")}, ["MaxUsd", "Infinity"]),
        ({"UsdPerHour": {"m5.xlarge": 1}}, ["UsdPerHour", "m5.xlarge", "an object of instance types"]),
        ({"UsdPerHour": {"ml.m5.xlarge": 0}}, ["UsdPerHour.ml.m5.xlarge", "received 0", "USD up to 10000"]),
        ({"UsdPerHour": {"ml.m5.xlarge": 10_001}}, ["UsdPerHour.ml.m5.xlarge", "10001"]),
        ({"ModelApprovalStatus": "approved"}, ["ModelApprovalStatus", "approved", "PendingManualApproval"]),
        ({"Columns": ["a"]}, ["Columns", '["a"]']),
        ({"Columns": {"Beer": "x"}}, ["Columns.Beer", "User"]),
        ({"Columns": {"item": "x"}}, ["Columns.item", "did you mean Item?"]),
        ({"Columns": {"User": ""}}, ["Columns.User"]),
        ({"Columns": {"User": "a\nb"}}, ["Columns.User", "control"]),
        ({"Columns": {"User": "\ud800"}}, ["Columns.User"]),
        ({"Columns": {"User": "x" * 257}}, ["Columns.User", "257", "256"]),
        ({"Columns": {"User": "who", "Item": "who"}}, ["Columns", "User and Item", "who"]),
        ({"Columns": {"Item": "username"}}, ["Columns", "User and Item", "username"]),
        ({"InputData": "s3://another-bucket/reviews/"}, ["InputData", "another-bucket", BUCKET]),
        ({"InputData": f"s3://{BUCKET}/elsewhere/"}, ["InputData", "elsewhere", "reviews/"]),
        ({"InputData": "reviews/"}, ["InputData", "s3://"]),
        ({"InputData": f"s3://{BUCKET}"}, ["InputData", "reviews/"]),
        ({"InputData": f"s3://{BUCKET}/reviews/a\tb/"}, ["InputData"]),
        ({"InputData": f"s3://{BUCKET}/reviews/{'x' * 1100}/"}, ["InputData", "1024"]),
        ({"InputData": 3}, ["InputData", "3"]),
        ([1, 2], ["JSON object", "[1, 2]"]),
        (None, ["JSON object", "null"]),
        ("{}", ["JSON object"]),
        ({"DefaultInput": "{}", "Trigger": None}, ["DefaultInput", "object"]),
        ({"DefaultInput": {"Epochs": 3}}, ["DefaultInput.Epochs"]),
        ({"DefaultInput": {}, "TrainingEpochs": 3}, ["TrainingEpochs", "beside"]),
        ({"DefaultInput": {}, "Trigger": []}, ["Trigger", "object"]),
        ({"DefaultInput": {}, "Trigger": {}}, ["Trigger.Bucket is missing"]),
        ({"Trigger": {"Bucket": "other", "Key": "reviews/a.csv", "ETag": "e"}}, ["Trigger.Bucket", "other", BUCKET]),
        ({"Trigger": {"Bucket": BUCKET, "Key": "other/a.csv", "ETag": "e"}}, ["Trigger.Key", "other/a.csv"]),
        ({"Trigger": {"Bucket": BUCKET, "Key": "reviews/a.csv", "Etag": "e"}}, ["Trigger.Etag", "ETag"]),
        ({"Trigger": {"Schedule": "arn"}}, ["Trigger.Time is missing"]),
        ({"Trigger": {"Coalesced": "week-46"}}, ["Trigger.Coalesced", '"week-46"', "ARN"]),
        ({"Trigger": {"Coalesced": EXECUTION, "Key": "reviews/a.csv"}}, ["Trigger.Key"]),
        ({"RerunOf": "week-46"}, ["RerunOf", '"week-46"', "an execution's ARN"]),
        ({"RerunOf": EXECUTION + "\n"}, ["RerunOf", "an execution's ARN"]),
        ({"RerunOf": EXECUTION.replace("execution", "stateMachine")}, ["RerunOf"]),
        ({"RerunOf": {"Arn": EXECUTION}}, ["RerunOf"]),
        ({"RerunOf": EXECUTION, "TrainingEpochs": 3}, ["TrainingEpochs", "beside", "RerunOf"]),
        ({"RerunOf": EXECUTION, "DefaultInput": {"Epochs": 3}}, ["DefaultInput.Epochs"]),
        ({"Force": "true"}, ["Force", '"true"', "true, to run although nothing is new"]),
        ({"Force": 1}, ["Force", "received 1"]),
        ({"CacheConfig": True}, ["CacheConfig", "true", "ExpireAfter"]),
        ({"CacheConfig": {"Enabled": "yes"}}, ["CacheConfig.Enabled", '"yes"', "true or false"]),
        ({"CacheConfig": {"ExpireAfter": "30d"}}, ["CacheConfig.ExpireAfter", '"30d"', "P30D"]),
        ({"CacheConfig": {"ExpireAfter": "PT0S"}}, ["CacheConfig.ExpireAfter", "PT0S"]),
        ({"CacheConfig": {"ExpireAfter": 30}}, ["CacheConfig.ExpireAfter", "30", "ISO 8601"]),
        ({"CacheConfig": {"Expires": "P1D"}}, ["CacheConfig.Expires"]),
    ],
)
def test_what_is_not_allowed_is_named_with_what_was_received(document, words):
    message = refusal(document)
    for word in words:
        assert word in message


def test_every_mistake_is_named_at_once():
    message = refusal({"TrainingEpochs": 0, "BatchSize": "x", "Epoch": 1})
    assert all(word in message for word in ("TrainingEpochs", "BatchSize", "Epoch"))


def test_the_limits_themselves_are_allowed():
    given = {"AccuracyTop500Threshold": 1, "TrainingEpochs": 1000, "LearningRate": 1e-300}
    parameters = read_execution_input(given, BUCKET).parameters
    assert parameters.accuracy_top500_threshold == 1
    assert read_execution_input({"AccuracyTop500Threshold": 0}, BUCKET).parameters.accuracy_top500_threshold == 0


def test_an_uploads_folder_wins_over_the_default_input():
    request = read_execution_input(
        {
            "DefaultInput": {"InputData": f"s3://{BUCKET}/reviews/old/"},
            "Trigger": {"Bucket": BUCKET, "Key": "reviews/new+1/ü %20.csv", "ETag": "e"},
        },
        BUCKET,
    )
    assert request.parameters.input_data == f"s3://{BUCKET}/reviews/new+1/"
    assert request.scheduled is False


def test_a_step_is_taken_from_a_run_of_the_last_thirty_days_unless_it_is_said_otherwise():
    assert read_execution_input({}, BUCKET).parameters.document()["CacheConfig"] == {
        "Enabled": True,
        "ExpireAfter": "P30D",
    }
    given = {"CacheConfig": {"Enabled": False, "ExpireAfter": "pt12h"}, "Force": True}
    assert given.items() <= read_execution_input(given, BUCKET).parameters.document().items()
    assert read_execution_input({}, BUCKET).parameters.document()["Force"] is False


UPLOAD = {"Bucket": BUCKET, "Key": "reviews/a/1.csv", "ETag": "e"}
SCHEDULE = {"Schedule": "arn:aws:scheduler:eu-west-1:123456789012:schedule/default/weekly", "Time": "2026-11-12"}


@pytest.mark.parametrize(
    ("document", "kinds", "rerun_of"),
    [
        ({}, (False, False, False), None),
        ({"DefaultInput": {}, "Trigger": UPLOAD}, (True, False, False), None),
        ({"DefaultInput": {}, "Trigger": SCHEDULE}, (False, True, False), None),
        ({"DefaultInput": {}, "Trigger": {"Coalesced": EXECUTION}}, (False, False, True), None),
        ({"DefaultInput": {}, "RerunOf": EXECUTION}, (False, False, False), EXECUTION),
        ({"RerunOf": EXECUTION}, (False, False, False), EXECUTION),
        ({"DefaultInput": {}, "RerunOf": None, "Trigger": None}, (False, False, False), None),
    ],
)
def test_what_started_the_execution_is_known(document, kinds, rerun_of):
    request = read_execution_input(document, BUCKET)
    assert (request.uploaded, request.scheduled, request.coalesced) == kinds
    assert request.rerun_of == rerun_of


def test_what_follows_a_run_trains_on_what_its_default_input_names():
    given = {"DefaultInput": {"InputData": f"s3://{BUCKET}/reviews/x"}, "Trigger": {"Coalesced": EXECUTION}}
    request = read_execution_input(given, BUCKET)
    assert request.parameters.input_data == f"s3://{BUCKET}/reviews/x/"
    assert request.trigger == {"Coalesced": EXECUTION}


def test_optional_columns_become_arguments_only_when_they_are_set():
    parameters = read_execution_input({"Columns": {"User": "userId", "Abv": "strength"}}, BUCKET).parameters
    arguments = preprocess_arguments(parameters)
    assert arguments[arguments.index("--user-column") + 1] == "userId"
    assert arguments[arguments.index("--abv-column") + 1] == "strength"
    assert "--style-column" not in arguments
    assert parameters.document()["Columns"]["Abv"] == "strength"


def test_the_split_and_the_bounds_become_arguments_and_a_limit_that_is_not_set_does_not():
    given = {"SplitStrategy": "temporal", "MaxReviewsPerUser": 5, "MinReviewsPerItem": 3, "MaxReviewsPerItem": 900}
    parameters = read_execution_input(given, BUCKET).parameters
    arguments = preprocess_arguments(parameters)
    flags = dict(zip(arguments[1::2], arguments[2::2], strict=True))
    assert flags["--split-strategy"] == "temporal"
    assert flags["--min-reviews-per-user"] == flags["--max-reviews-per-user"] == "5"
    assert flags["--min-reviews-per-item"] == "3"
    assert flags["--max-reviews-per-item"] == "900"
    assert given.items() <= parameters.document().items()
    unset = read_execution_input({}, BUCKET).parameters
    assert not [argument for argument in preprocess_arguments(unset) if argument.startswith("--max")]
    assert "MaxReviewsPerUser" not in unset.document()


def test_a_column_that_looks_like_a_flag_reaches_the_script_as_a_value():
    parameters = read_execution_input({"Columns": {"User": "--output"}}, BUCKET).parameters
    assert "--user-column=--output" in preprocess_arguments(parameters)


def test_each_model_gets_the_rules_that_are_its_own():
    given = {
        "RetrievalMetric": "retrieval_metrics.recall_at_10",
        "AccuracyTop500Threshold": 0.25,
        "RankingMetric": "regression_metrics.mae",
        "RankingRmseThreshold": 0.75,
        "ThresholdRule": "interval",
        "ChampionTolerance": 0,
        "ChampionNotComparable": "reject",
        "SliceRules": {"items_tail.recall_at_100": 0.1, "users_few_reviews.rmse": 0, "users_few_reviews.mrr": 1},
    }
    parameters = read_execution_input(given, BUCKET).parameters
    assert given.items() <= parameters.document().items()
    shared = {
        "ThresholdRule": "interval",
        "BaselineRule": "value",
        "ChampionRule": "value",
        "ChampionTolerance": 0,
        "ChampionNotComparable": "reject",
        "TrivialRule": "on",
    }
    assert gate_document(parameters, "Retrieval") == shared | {
        "Metric": "retrieval_metrics.recall_at_10",
        "Threshold": 0.25,
        "SliceRules": {"items_tail.recall_at_100": 0.1, "users_few_reviews.mrr": 1},
    }
    assert gate_document(parameters, "Ranking") == shared | {
        "Metric": "regression_metrics.mae",
        "Threshold": 0.75,
        "SliceRules": {"users_few_reviews.rmse": 0},
    }


def test_ranking_has_no_threshold_unless_it_is_given_one():
    parameters = read_execution_input({}, BUCKET).parameters
    assert gate_document(parameters, "Ranking")["Threshold"] is None
    assert "RankingRmseThreshold" not in parameters.document()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300) | st.characters(categories=["Cs"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from([*NAMES, "DefaultInput", "Trigger", "RerunOf", "Bucket", "Key", "User", "Item"])
NEAR_MISSES = st.recursive(JSON, lambda inner: st.dictionaries(KEYS, inner | JSON, max_size=4), max_leaves=6)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(NEAR_MISSES)
def test_any_document_is_taken_or_refused_by_the_one_error(document):
    message = ""
    try:
        request = read_execution_input(document, BUCKET)
        preprocess_arguments(request.parameters)
        told = [request.parameters.document(), *(gate_document(request.parameters, name) for name in MODELS)]
        json.dumps(told, allow_nan=False).encode()
    except InvalidInput as error:
        message = str(error)
    assert len(message.encode()) <= 4000
    assert len(message) <= 1000


VALID = st.fixed_dictionaries(
    {},
    optional={
        "TrainingEpochs": st.integers(1, 1000),
        "LearningRate": st.floats(0, 10, exclude_min=True),
        "AccuracyTop500Threshold": st.floats(0, 1) | st.sampled_from([0, 1]),
        "BatchSize": st.integers(1, 2**20),
        "TestFraction": st.floats(0.001, 0.9),
        "SplitSeed": st.integers(0, 2**31 - 1),
    },
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(VALID)
def test_what_is_allowed_arrives_unchanged_in_texts_that_sagemaker_takes(document):
    parameters = read_execution_input(document, BUCKET).parameters
    assert document.items() <= parameters.document().items()
    for scripts in MODELS.values():
        texts = scripts.hyperparameters(parameters)
        assert all(isinstance(value, str) and len(value) <= 2500 for value in texts.values())
        assert json.loads(texts["learning-rate"]) == parameters.learning_rate
    evaluate_arguments = [text for scripts in MODELS.values() for text in scripts.evaluate_arguments(parameters)]
    for argument in preprocess_arguments(parameters) + evaluate_arguments:
        assert isinstance(argument, str)
        assert 0 < len(argument) <= 256
