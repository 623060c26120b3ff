from __future__ import annotations

import copy
import hashlib
import importlib
import json
import re
import unicodedata
from functools import cache

import botocore.session
import pytest
from botocore.validate import ParamValidator
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from moto.backends import get_backend
from rules.json_document import DocumentMissing, DocumentUnreadable
from rules.model_card import model_card
from rules.model_package import Evidence, NotPassed, Registration, create_request, legal_value
from rules.naming import execution_slug
from rules.validation import InvalidPayload, validated

from tests.functions.gate_cases import ranking
from tests.functions.model_card_schema import MODEL_CARD

ARN = "arn:aws:states:eu-west-1:123456789012:execution:Retraining:monday-run"
ASKED = {
    "Model": "retrieval",
    "ModelPackageGroupName": "taproom-retrieval",
    "ModelDataUrl": "s3://taproom-data/runs/monday-run/models/retrieval/train-1/output/model.tar.gz",
    "EvaluationUri": "s3://taproom-data/runs/monday-run/evaluation/retrieval/evaluation.json",
    "GateUri": "s3://taproom-data/runs/monday-run/gate/retrieval/gate.json",
    "ManifestUri": "s3://taproom-data/runs/monday-run/data/manifest.json",
    "Parameters": {"ReturnRecommendationsNumber": 500, "LearningRate": 0.005, "Columns": {"User": "username"}},
    "ParentVersion": None,
    "Metrics": {"accuracy": 0.75, "popularity_accuracy": 0.5, "recall_at_10": 1e-07},
    "Execution": {"Id": ARN, "Name": "monday-run"},
    "Reviews": {"Count": 2, "Bytes": 16, "ManifestUri": "s3://taproom-data/runs/x/m.json", "Digest": "ab" * 32},
    "Code": {"Digest": "cd" * 16, "SourcePrefix": "s3://b/code/x/src/", "SubmitUri": "s3://b/code/x/sourcedir.tar.gz"},
    "ModelApprovalStatus": "PendingManualApproval",
}

TUESDAYS = "s3://taproom-data/runs/tuesday-run/models/retrieval/train-1/output/model.tar.gz"


def interval(value):
    return {"value": value, "lower": value - 0.0625, "upper": value + 0.0625}


def asked(**changes):
    return copy.deepcopy(ASKED) | changes


def of_execution(name):
    return {"Id": f"arn:aws:states:eu-west-1:123456789012:execution:Retraining:{name}", "Name": name}


EVALUATION = {
    "schema_version": 1,
    "k": 500,
    "multiclass_classification_metrics": {"accuracy": interval(0.75) | {"standard_deviation": "NaN"}},
    "retrieval_metrics": {"recall_at_10": interval(0.25), "mrr": {"value": 1e999}},
    "baselines": {"popularity": {"accuracy": interval(0.5)}, "random": {"accuracy": interval(0.125)}},
    "slices": {"items_tail": {"held_out": 9, "recall_at_10": interval(0.0625)}, "items_head": {"held_out": 0}},
    "champion": {"status": "scored", "version": 1, "metrics": {"accuracy": interval(0.625)}, "slices": {}},
}
GATE = {
    "schema_version": 1,
    "model": "retrieval",
    "passed": True,
    "reason": "top-500 accuracy 0.7500 reaches AccuracyTop500Threshold 0.5",
    "rules": [
        {
            "rule": "threshold",
            "verdict": "passed",
            "value": 0.75,
            "limit": 0.5,
            "reason": "top-500 accuracy 0.7500 reaches AccuracyTop500Threshold 0.5",
        }
    ],
    "parameters": {"metric": "multiclass_classification_metrics.accuracy"},
}
DATA = {
    "schema_version": 1,
    "train": 1700,
    "test": 300,
    "users": 80,
    "items": 40,
    "split": {"strategy": "random", "rule": "hash of seed, user and item, 1", "seed": 42, "test_fraction": 0.15},
    "dropped": {"duplicate": 3},
}
DOCUMENTS = {"EvaluationUri": EVALUATION, "GateUri": GATE, "ManifestUri": DATA}


def body(document):
    """As JSON, in which a number can be too large for a float, but not infinite."""
    return json.dumps(document).replace("Infinity", "1e999").encode()


@pytest.fixture
def documents(put):
    """The run's documents, as the steps before have written them; a function puts another in place of one."""

    def write(key, document):
        put(ASKED[key].removeprefix("s3://taproom-data/"), body(document))

    for key, document in DOCUMENTS.items():
        write(key, document)
    return write


@pytest.fixture
def sagemaker(aws, documents):
    client = aws("sagemaker")
    client.create_model_package_group(ModelPackageGroupName="taproom-retrieval", ModelPackageGroupDescription="x")
    return client


def versions(sagemaker):
    return sagemaker.list_model_packages(ModelPackageGroupName="taproom-retrieval")["ModelPackageSummaryList"]


def test_a_version_is_registered_with_all_that_a_reviewer_asks_for(call, sagemaker):
    answer = call("register_model", asked())
    assert answer["ModelPackageVersion"] == 1
    assert answer["ModelApprovalStatus"] == "PendingManualApproval"
    version = sagemaker.describe_model_package(ModelPackageName=answer["ModelPackageArn"])
    assert version["CustomerMetadataProperties"] == {
        "ExecutionArn": ARN,
        "Model": "retrieval",
        "ManifestUri": ASKED["ManifestUri"],
        "ManifestDigest": hashlib.sha256(body(DATA)).hexdigest(),
        "GateUri": ASKED["GateUri"],
        "ReportUri": f"s3://taproom-data/runs/{execution_slug('monday-run', ARN)}/report.html",
        "ParentVersion": "none",
        "ReviewsDigest": "ab" * 32,
        "ReviewsCount": "2",
        "CodeDigest": "cd" * 16,
        "Metric.accuracy": "0.75",
        "Metric.popularity_accuracy": "0.5",
        "Metric.recall_at_10": "1e-07",
    }
    assert version["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"] == ASKED["EvaluationUri"]
    (container,) = version["InferenceSpecification"]["Containers"]
    assert container["Image"].endswith("tensorflow-inference:2.19-cpu")
    assert container["ModelDataUrl"] == ASKED["ModelDataUrl"]
    assert "0.7500" in version["ModelPackageDescription"]
    assert "monday-run" in version["ModelPackageDescription"]


def test_asked_again_the_same_execution_gets_the_version_it_has(call, sagemaker):
    first = call("register_model", asked())
    call("register_model", asked(Execution=of_execution("tuesday-run"), ModelDataUrl=TUESDAYS))
    metadata = sagemaker.describe_model_package(ModelPackageName=first["ModelPackageArn"])["CustomerMetadataProperties"]
    sagemaker.update_model_package(
        ModelPackageArn=first["ModelPackageArn"],
        ModelApprovalStatus="Approved",
        CustomerMetadataProperties=metadata,  # AWS keeps them; moto drops what an update does not repeat
    )
    again = call("register_model", asked())
    assert again["ModelPackageArn"] == first["ModelPackageArn"]
    assert again["ModelApprovalStatus"] == "Approved"
    assert len(versions(sagemaker)) == 2


def test_another_model_of_the_execution_is_another_version(call, sagemaker):
    first = call("register_model", asked())
    second = call("register_model", asked(Model="ranking"))
    assert first["ModelPackageArn"] != second["ModelPackageArn"]


def test_a_model_that_an_earlier_run_registered_keeps_its_version_however_old(call, sagemaker):
    first = call("register_model", asked())
    call("register_model", asked(Execution=of_execution("tuesday-run"), ModelDataUrl=TUESDAYS))
    wednesday = of_execution("wednesday-run") | {"StartTime": "2999-01-01T00:00:00.000Z"}
    assert call("register_model", asked(Execution=wednesday)) == first
    assert len(versions(sagemaker)) == 2
    other = asked(Execution=wednesday, Model="ranking")  # the other model's artifact is never this one's
    assert call("register_model", other)["ModelPackageArn"] != first["ModelPackageArn"]


def test_a_version_that_sagemaker_failed_to_make_is_made_again(call, sagemaker):
    first = call("register_model", asked())["ModelPackageArn"]
    get_backend("sagemaker")["123456789012"]["eu-west-1"].model_packages[first].model_package_status = "Failed"
    assert call("register_model", asked(Execution=of_execution("tuesday-run")))["ModelPackageArn"] != first


def test_versions_older_than_the_execution_are_not_looked_through_for_a_model_that_it_trained(call, sagemaker):
    ours = {"ModelDataUrl": f"s3://taproom-data/runs/{execution_slug('monday-run', ARN)}/models/1/model.tar.gz"}
    first = call("register_model", asked(**ours))
    later = ASKED["Execution"] | {"StartTime": "2999-01-01T00:00:00.000Z"}
    # a version of this very execution, were it older than its start, would not be found: the search ended before it
    assert call("register_model", asked(**ours, Execution=later))["ModelPackageArn"] != first["ModelPackageArn"]
    sooner = ASKED["Execution"] | {"StartTime": "2000-01-01T00:00:00.000Z"}
    assert call("register_model", asked(**ours, Execution=sooner))["ModelPackageVersion"] in (1, 2)
    assert len(versions(sagemaker)) == 2


@pytest.fixture
def requests(aws):
    """The CreateModelPackage requests that the function sends, in order."""
    sent = []
    events = importlib.import_module("aws").client("sagemaker").meta.events
    events.register("provide-client-params.sagemaker.CreateModelPackage", lambda params, **_: sent.append(params))
    return sent


def test_the_card_tells_data_parameters_metrics_verdicts_and_use(call, sagemaker, requests):
    call("register_model", asked(ParentVersion="arn:aws:sagemaker:eu-west-1:123456789012:model-package/x/1"))
    (request,) = requests
    assert request["ModelCard"]["ModelCardStatus"] == "PendingReview"
    card = json.loads(request["ModelCard"]["ModelCardContent"])
    assert card["model_overview"]["model_artifact"] == [ASKED["ModelDataUrl"]]
    assert "monday-run" in card["model_overview"]["model_creator"]
    assert "unknown user" in card["intended_uses"]["intended_uses"]
    assert "train 1700, test 300, users 80, items 40" in card["training_details"]["training_observations"]
    job = card["training_details"]["training_job_details"]
    assert job["training_datasets"][0] == "s3://taproom-data/runs/monday-run/data/train.parquet"
    assert job["user_provided_hyper_parameters"] == [
        {"name": "ReturnRecommendationsNumber", "value": "500"},
        {"name": "LearningRate", "value": "0.005"},
        {"name": "Columns", "value": '{"User": "username"}'},
    ]
    (evaluation,) = card["evaluation_details"]
    assert evaluation["evaluation_observation"] == GATE["reason"]
    assert evaluation["metadata"] == {"evaluation": ASKED["EvaluationUri"], "gate": ASKED["GateUri"]}
    assert {group["name"]: group["metric_data"] for group in evaluation["metric_groups"]} == {
        "retrieval": [  # mrr is too large for a number, so it is not shown
            {"name": "accuracy", "type": "number", "value": 0.75, "notes": "95 % interval 0.6875 to 0.8125"},
            {"name": "recall_at_10", "type": "number", "value": 0.25, "notes": "95 % interval 0.1875 to 0.3125"},
        ],
        "baseline popularity": [
            {"name": "accuracy", "type": "number", "value": 0.5, "notes": "95 % interval 0.4375 to 0.5625"}
        ],
        "baseline random": [
            {"name": "accuracy", "type": "number", "value": 0.125, "notes": "95 % interval 0.0625 to 0.1875"}
        ],
        "champion on the same held-out reviews": [
            {"name": "accuracy", "type": "number", "value": 0.625, "notes": "95 % interval 0.5625 to 0.6875"}
        ],
        "slice items_tail": [
            {"name": "recall_at_10", "type": "number", "value": 0.0625, "notes": "95 % interval 0.0 to 0.125"}
        ],
        "gate": [{"name": "threshold", "type": "string", "value": "passed", "notes": GATE["rules"][0]["reason"]}],
    }
    details = card["additional_information"]["custom_details"]
    assert details["execution"] == ARN
    assert details["parent version"].endswith("model-package/x/1")
    assert json.loads(details["split"]) == DATA["split"]
    assert json.loads(details["dropped reviews"]) == {"duplicate": 3}


def test_a_ranking_version_is_described_by_its_errors(call, sagemaker, documents, requests):
    documents("EvaluationUri", ranking(0.75, bias=1.0))
    metrics = {"rmse": 0.75, "bias_rmse": 1.0}
    parent = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/taproom-ranking/7"
    call("register_model", asked(Model="ranking", Metrics=metrics, ParentVersion=parent))
    (request,) = requests
    assert request["ModelPackageDescription"].startswith("Ranking model with RMSE 0.7500 (bias alone: 1.0000)")
    assert request["CustomerMetadataProperties"]["ParentVersion"] == parent
    assert request["CustomerMetadataProperties"]["Metric.rmse"] == "0.75"
    card = json.loads(request["ModelCard"]["ModelCardContent"])
    groups = {group["name"]: group["metric_data"] for group in card["evaluation_details"][0]["metric_groups"]}
    assert groups["ranking"][0]["name"] == "rmse"
    assert groups["baseline global_mean"][0]["value"] == 1.5


def test_the_statistics_are_told_with_their_digest(call, sagemaker, requests):
    call("register_model", asked())
    statistics = requests[0]["ModelMetrics"]["ModelQuality"]["Statistics"]
    assert statistics["ContentDigest"] == f"sha256:{hashlib.sha256(body(EVALUATION)).hexdigest()}"


def test_a_model_that_the_gate_refused_is_not_registered(call, sagemaker, documents):
    for passed in (False, None, "true", 1):
        documents("GateUri", GATE | {"passed": passed})
        with pytest.raises(NotPassed, match=r"gate\.json"):
            call("register_model", asked())
    assert versions(sagemaker) == []


@pytest.mark.parametrize(
    ("key", "who"), [("EvaluationUri", "evaluation job"), ("GateUri", "gate"), ("ManifestUri", "preprocessing")]
)
def test_a_document_of_the_run_that_is_missing_or_broken_is_named(call, sagemaker, documents, put, aws, key, who):
    place = ASKED[key].removeprefix("s3://taproom-data/")
    put(place, b"[]")
    with pytest.raises(DocumentUnreadable, match=place):
        call("register_model", asked())
    aws("s3").delete_object(Bucket="taproom-data", Key=place)
    with pytest.raises(DocumentMissing, match=f"{place} is missing: (the )?{who} did not write it"):
        call("register_model", asked())
    assert versions(sagemaker) == []


def test_a_version_that_is_there_is_found_though_the_runs_documents_are_gone(call, sagemaker, aws):
    first = call("register_model", asked())
    for key in DOCUMENTS:
        aws("s3").delete_object(Bucket="taproom-data", Key=ASKED[key].removeprefix("s3://taproom-data/"))
    assert call("register_model", asked()) == first


def test_an_endpoint_can_be_made_of_a_registered_version(call, sagemaker):
    arn = call("register_model", asked())["ModelPackageArn"]
    version = sagemaker.describe_model_package(ModelPackageName=arn)
    model = {
        "ModelName": "taproom-retrieval-1",
        "ExecutionRoleArn": "arn:aws:iam::123456789012:role/serving",
        "PrimaryContainer": {"ModelPackageName": arn},
    }
    variant = {
        "VariantName": "all",
        "ModelName": "taproom-retrieval-1",
        "InitialInstanceCount": 1,
        "InstanceType": version["InferenceSpecification"]["SupportedRealtimeInferenceInstanceTypes"][0],
    }
    endpoint = {"EndpointConfigName": "taproom-retrieval-1", "ProductionVariants": [variant]}
    assert_valid("CreateModel", model)
    shape = assert_valid("CreateEndpointConfig", endpoint)
    assert variant["InstanceType"] in shape.members["ProductionVariants"].member.members["InstanceType"].enum
    sagemaker.create_model(**model)
    assert sagemaker.create_endpoint_config(**endpoint)["EndpointConfigArn"].endswith("taproom-retrieval-1")


def test_of_many_metrics_the_models_own_are_kept():
    many = {f"popularity_{number}": 0.5 for number in range(60)} | {"recall_at_10": 0.25, "accuracy": 0.75}
    told = requested(asked(Metrics=many))["CustomerMetadataProperties"]
    metrics = [name for name in told if name.startswith("Metric.")]
    assert len(metrics) == 30
    assert metrics[:2] == ["Metric.recall_at_10", "Metric.accuracy"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Model": "beer"}, ["Model", '"beer"', '"retrieval" or "ranking"']),
        ({"ParentVersion": 3}, ["ParentVersion", "3", "the champion's ARN, or null"]),
        ({"ModelApprovalStatus": "Yes"}, ["ModelApprovalStatus", "Yes"]),
        ({"ModelDataUrl": "model.tar.gz"}, ["ModelDataUrl", "model.tar.gz"]),
        ({"Metrics": {"accuracy": "high"}}, ["Metrics.accuracy", "high"]),
        ({"Execution": {"Id": ARN}}, ["Execution.Name is missing"]),
    ],
)
def test_a_payload_that_does_not_fit_is_named(call, changes, words):
    with pytest.raises(InvalidPayload) as caught:  # before anything is asked of AWS, which there is none of here
        call("register_model", asked(**changes))
    assert all(word in str(caught.value) for word in words)


@cache
def sagemakers_model():
    return botocore.session.get_session().get_service_model("sagemaker")


def assert_valid(operation, request):
    """Whether SageMaker's client would send the request; gives the shape of its input."""
    shape = sagemakers_model().operation_model(operation).input_shape
    report = ParamValidator().validate(request, shape)
    assert not report.has_errors(), report.generate_report()
    return shape


def requested(document):
    registration = validated(Registration, document)
    evidence = Evidence("ab" * 32, "cd" * 32, model_card(registration, EVALUATION, GATE, DATA))
    return create_request(registration, evidence, "1.dkr.ecr.eu-west-1.amazonaws.com/tf:2.19-cpu")


HOSTILE = [
    asked(),
    asked(Execution=of_execution("(mon)day!'ü漢́" + "x" * 65)),
    asked(Metrics={f"metric_{number}": 0.5 for number in range(60)}),
    asked(Metrics={}),
    asked(Reviews={"Count": 1, "Digest": "x" * 400}),
    asked(Parameters={"": "", "x": None} | {f"key {number}\n": "ü\u2028" * 300 for number in range(200)}),
    asked(Model="ranking", ParentVersion="arn:(x)" * 60),
]


@pytest.mark.parametrize("document", HOSTILE)
def test_the_request_is_one_that_sagemaker_takes(document):
    request = requested(document)
    shape = assert_valid("CreateModelPackage", request)
    inference = request["InferenceSpecification"]
    members = shape.members["InferenceSpecification"].members
    for name in ("SupportedRealtimeInferenceInstanceTypes", "SupportedTransformInstanceTypes"):
        assert set(inference[name]) <= set(members[name].member.enum)
    assert request["ModelApprovalStatus"] in shape.members["ModelApprovalStatus"].enum
    assert re.fullmatch(r"[a-zA-Z0-9-]{1,36}", request["ClientToken"])
    assert len(request["ModelPackageDescription"]) <= 1024
    content = request["ModelCard"]["ModelCardContent"]
    assert len(content) <= 100_000
    assert re.fullmatch(".*", content), "no line breaks"
    Draft202012Validator(MODEL_CARD).validate(json.loads(content))
    assert request["ModelCard"]["ModelCardStatus"] in shape.members["ModelCard"].members["ModelCardStatus"].enum
    assert 1 <= len(request["CustomerMetadataProperties"]) <= 50
    for key, value in request["CustomerMetadataProperties"].items():
        assert 1 <= len(key) <= 128
        assert 1 <= len(value) <= 256
        # SageMaker's pattern, [\p{L}\p{Z}\p{N}_.:\/=+\-@]*, which Python's re cannot say
        assert all(unicodedata.category(char)[0] in "LZN" or char in "_.:/=+-@" for char in key + value)


METRIC = st.fixed_dictionaries(
    {}, optional={"value": st.floats() | st.text(), "lower": st.floats(), "upper": st.none()}
)
DOCUMENT = st.recursive(
    st.none() | st.integers() | st.text(max_size=70) | METRIC,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["rule", "rules", "rmse", "regression_metrics", "champion", "split"]), inner)
    ),
    max_leaves=10,
)
DOCUMENTS_OF_ANY_FORM = st.dictionaries(st.sampled_from(["rules", "reason", "train", "slices", "baselines"]), DOCUMENT)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(DOCUMENTS_OF_ANY_FORM, DOCUMENTS_OF_ANY_FORM, DOCUMENTS_OF_ANY_FORM, st.sampled_from(["retrieval", "ranking"]))
def test_whatever_the_documents_hold_the_card_is_one_that_sagemaker_takes(evaluation, gate, manifest, model):
    content = model_card(validated(Registration, asked(Model=model)), evaluation, gate, manifest)
    assert len(content) <= 100_000
    Draft202012Validator(MODEL_CARD).validate(json.loads(content, parse_constant=pytest.fail))


def test_values_that_must_be_changed_stay_apart():
    assert legal_value("a(b") != legal_value("a)b")
    assert legal_value("x" * 300) != legal_value("x" * 301)
    assert legal_value("plain value-1.0") == "plain value-1.0"


def test_the_client_token_is_the_executions_and_the_models():
    def token(**changes):
        return requested(asked(**changes))["ClientToken"]

    assert token() == token(Metrics={"accuracy": 0.1})
    assert len({token(), token(Model="ranking"), token(Execution=of_execution("tuesday-run"))}) == 3
