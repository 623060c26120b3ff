from __future__ import annotations

import copy
import hashlib
import json
import re
import unicodedata

import botocore.session
import pytest
from botocore.validate import ParamValidator
from rules.model_card import model_card
from rules.model_package import Evidence, Registration, create_request, legal_value
from rules.validation import InvalidPayload, validated

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
    call("register_model", asked(Execution=of_execution("tuesday-run")))
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


def test_versions_older_than_the_execution_are_not_looked_through(call, sagemaker):
    first = call("register_model", asked())
    later = ASKED["Execution"] | {"StartTime": "2999-01-01T00:00:00.000Z"}
    # a version of this very execution, were it older than its start, would not be found: the search ended before it
    assert call("register_model", asked(Execution=later))["ModelPackageArn"] != first["ModelPackageArn"]
    sooner = ASKED["Execution"] | {"StartTime": "2000-01-01T00:00:00.000Z"}
    assert call("register_model", asked(Execution=sooner))["ModelPackageVersion"] in (1, 2)
    assert len(versions(sagemaker)) == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
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
]


@pytest.mark.parametrize("document", HOSTILE)
def test_the_request_is_one_that_sagemaker_takes(document):
    request = requested(document)
    model = botocore.session.get_session().get_service_model("sagemaker")
    shape = model.operation_model("CreateModelPackage").input_shape
    report = ParamValidator().validate(request, shape)
    assert not report.has_errors(), report.generate_report()
    inference = request["InferenceSpecification"]
    members = shape.members["InferenceSpecification"].members
    for name in ("SupportedRealtimeInferenceInstanceTypes", "SupportedTransformInstanceTypes"):
        assert set(inference[name]) <= set(members[name].member.enum)
    assert request["ModelApprovalStatus"] in shape.members["ModelApprovalStatus"].enum
    assert re.fullmatch(r"[a-zA-Z0-9-]{1,36}", request["ClientToken"])
    assert len(request["ModelPackageDescription"]) <= 1024
    assert 1 <= len(request["CustomerMetadataProperties"]) <= 50
    for key, value in request["CustomerMetadataProperties"].items():
        assert 1 <= len(key) <= 128
        assert 1 <= len(value) <= 256
        # SageMaker's pattern, [\p{L}\p{Z}\p{N}_.:\/=+\-@]*, which Python's re cannot say
        assert all(unicodedata.category(char)[0] in "LZN" or char in "_.:/=+-@" for char in key + value)


def test_values_that_must_be_changed_stay_apart():
    assert legal_value("a(b") != legal_value("a)b")
    assert legal_value("x" * 300) != legal_value("x" * 301)
    assert legal_value("plain value-1.0") == "plain value-1.0"


def test_the_client_token_is_the_executions_and_the_models():
    def token(**changes):
        return requested(asked(**changes))["ClientToken"]

    assert token() == token(Metrics={"accuracy": 0.1})
    assert len({token(), token(Model="ranking"), token(Execution=of_execution("tuesday-run"))}) == 3
