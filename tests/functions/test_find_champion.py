from __future__ import annotations

import importlib
import json

import pytest
from botocore.exceptions import ClientError
from moto.backends import get_backend
from rules.data_manifest import unfair
from rules.json_document import DocumentMissing, DocumentUnreadable
from rules.model_package import legal_value
from rules.validation import InvalidPayload

BUCKET = "taproom-data"
GROUP = "taproom-retrieval"
RUN = "runs/tuesday-run"
OWN_MANIFEST = f"{RUN}/data/manifest.json"
CHAMPIONS_MANIFEST = "runs/monday-run/data/manifest.json"
ARTIFACT = "runs/monday-run/models/retrieval/train-1/output/model.tar.gz"
RANDOM = {"strategy": "random", "rule": "user and item, 1", "seed": 42, "test_fraction": 0.15}
TEMPORAL = {"strategy": "temporal", "cut": 1_700_000_000.0, "seed": 42, "test_fraction": 0.15}
MONDAY, TUESDAY = (f"arn:aws:states:eu-west-1:123456789012:execution:Retraining:{day}-run" for day in ("mon", "tue"))
ASKED = {
    "Model": "retrieval",
    "ModelPackageGroupName": GROUP,
    "ModelDataUrl": f"s3://{BUCKET}/{RUN}/models/retrieval/train-1/output/model.tar.gz",
    "ManifestUri": f"s3://{BUCKET}/{OWN_MANIFEST}",
    "OutputPrefix": f"s3://{BUCKET}/{RUN}/champion/retrieval/",
    "Execution": {"Id": TUESDAY, "Name": "tuesday-run", "StartTime": "2026-11-24T06:00:00.000Z"},
}


@pytest.fixture
def group(aws):
    """The group of retrieval versions; a function registers one and gives its ARN."""
    sagemaker = aws("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName=GROUP, ModelPackageGroupDescription="x")

    def register(status="PendingManualApproval", *, artifact=f"s3://{BUCKET}/{ARTIFACT}", execution=MONDAY, **metadata):
        told = {"ExecutionArn": legal_value(execution), "ManifestUri": f"s3://{BUCKET}/{CHAMPIONS_MANIFEST}"}
        return sagemaker.create_model_package(
            ModelPackageGroupName=GROUP,
            InferenceSpecification={
                "Containers": [{"Image": "1.dkr.ecr.eu-west-1.amazonaws.com/tf:2", "ModelDataUrl": artifact}],
                "SupportedContentTypes": ["application/json"],
                "SupportedResponseMIMETypes": ["application/json"],
            },
            ModelApprovalStatus=status,
            CustomerMetadataProperties=told | metadata,
        )["ModelPackageArn"]

    return register


@pytest.fixture
def put_json(put):
    return lambda key, document: put(key, json.dumps(document).encode())


@pytest.fixture
def data(put, put_json):
    """Both runs' data, split alike, and the champion's artifact."""
    put(ARTIFACT, b"an archive")
    for key in (OWN_MANIFEST, CHAMPIONS_MANIFEST):
        put_json(key, {"split": RANDOM})


@pytest.fixture
def find(call):
    return lambda **changes: call("find_champion", ASKED | changes)


@pytest.fixture
def written(aws):
    """champion.json and manifest.json, as the evaluation job gets them."""

    def read(name):
        found = aws("s3").get_object(Bucket=BUCKET, Key=f"{RUN}/champion/retrieval/{name}.json")
        return json.loads(found["Body"].read())

    return read


def test_the_newest_approved_version_is_handed_over_with_its_artifact(find, group, data, written):
    group("Approved")
    approved = group("Approved")
    group("PendingManualApproval")
    group("Rejected")
    assert find() == {
        "Status": "found",
        "Reason": "version 2, Approved",
        "ModelPackageArn": approved,
        "Version": 2,
        "ManifestUri": f"s3://{BUCKET}/{RUN}/champion/retrieval/manifest.json",
    }
    assert written("champion") == {
        "schema_version": 1,
        "status": "found",
        "reason": "version 2, Approved",
        "model_package_arn": approved,
        "version": 2,
        "approval_status": "Approved",
        "artifact": ARTIFACT,
    }
    assert written("manifest") == [
        {"prefix": f"s3://{BUCKET}/"},
        f"{RUN}/champion/retrieval/champion.json",
        ARTIFACT,
    ]


def test_without_an_approved_version_the_newest_that_waits_for_approval_is_the_champion(find, group, data):
    group()
    group()
    group("Rejected")
    assert find()["Version"] == 2


def test_a_group_without_versions_has_no_champion(find, group, data, written):
    answer = find()
    assert (answer["Status"], answer["ModelPackageArn"], answer["Version"]) == ("none", None, None)
    assert GROUP in answer["Reason"]
    assert written("champion")["artifact"] is None
    assert written("manifest") == [{"prefix": f"s3://{BUCKET}/"}, f"{RUN}/champion/retrieval/champion.json"]


def test_rejected_and_failed_versions_are_no_champions(find, group, data, aws):
    group("Rejected")
    failed = group("Approved")
    get_backend("sagemaker")["123456789012"]["eu-west-1"].model_packages[failed].model_package_status = "Failed"
    assert find()["Status"] == "none"


def test_what_this_very_execution_registered_is_not_its_own_champion(find, group, data):
    group()
    group("Approved", execution=TUESDAY)
    assert find()["Version"] == 1


def test_a_model_that_this_run_only_found_again_is_not_held_against_itself(find, group, data, put):
    older = "runs/sunday-run/models/retrieval/train-1/output/model.tar.gz"
    put(older, b"an archive")
    group("Approved", artifact=f"s3://{BUCKET}/{older}")
    group("Approved")
    assert find()["Version"] == 2
    assert find(ModelDataUrl=f"s3://{BUCKET}/{ARTIFACT}")["Version"] == 1
    group("Approved", execution=TUESDAY)
    assert find(ModelDataUrl=f"s3://{BUCKET}/{ARTIFACT}")["Version"] == 1


def test_a_champion_of_many_versions_is_found_beyond_the_first_page(find, group, data):
    group("Approved")
    for _ in range(110):
        group()
    assert find()["Version"] == 1


@pytest.mark.parametrize(
    ("artifact", "word"),
    [
        ("s3://another-bucket/runs/x/model.tar.gz", "another-bucket"),
        (f"s3://{BUCKET}/elsewhere/model.tar.gz", "elsewhere"),
        ("https://example.com/model.tar.gz", "example.com"),
        (f"s3://{BUCKET}/runs/gone/model.tar.gz", "runs/gone/model.tar.gz is missing"),
    ],
)
def test_a_champion_without_an_artifact_is_unusable(find, group, data, written, artifact, word):
    group("Approved", artifact=artifact)
    answer = find()
    assert (answer["Status"], answer["Version"]) == ("unusable", 1)
    assert word in answer["Reason"]
    assert written("champion")["artifact"] is None
    assert len(written("manifest")) == 2


@pytest.mark.parametrize(
    ("manifest", "word"),
    [
        (None, "is missing"),
        (b"{", "not JSON"),
        (b"[]", "must be a JSON object"),
        (b'{"split": "random"}', "$.split"),
        (json.dumps({"split": RANDOM | {"seed": 7}}).encode(), "seed 7, this run's has 42"),
    ],
)
def test_a_champion_whose_data_does_not_show_that_it_is_fair_is_not_comparable(
    find, group, data, put, aws, written, manifest, word
):
    aws("s3").delete_object(Bucket=BUCKET, Key=CHAMPIONS_MANIFEST)
    if manifest is not None:
        put(CHAMPIONS_MANIFEST, manifest)
    group("Approved")
    answer = find()
    assert (answer["Status"], answer["Version"]) == ("not comparable", 1)
    assert word in answer["Reason"]
    assert len(written("manifest")) == 2


@pytest.mark.parametrize("uri", ["s3://another-bucket/runs/x/data/manifest.json", "none"])
def test_a_data_manifest_elsewhere_is_not_read(find, group, data, uri):
    group("Approved", ManifestUri=uri)
    answer = find()
    assert answer["Status"] == "not comparable"
    assert uri in answer["Reason"]


def test_this_runs_own_data_manifest_must_be_there(find, group, data, aws, put):
    group("Approved")
    put(OWN_MANIFEST, b'{"split": null}')
    with pytest.raises(DocumentUnreadable, match="tuesday-run"):
        find()
    aws("s3").delete_object(Bucket=BUCKET, Key=OWN_MANIFEST)
    with pytest.raises(DocumentMissing, match="preprocessing did not write it"):
        find()


def test_what_s3_refuses_is_no_missing_champion(find, group, data, aws):
    group("Approved")
    s3 = importlib.import_module("aws").client("s3")

    def denied(**_):
        raise ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, "HeadObject")

    s3.meta.events.register("provide-client-params.s3.HeadObject", denied)
    with pytest.raises(ClientError, match="Forbidden"):
        find()


def test_a_payload_that_does_not_fit_is_named(find):
    with pytest.raises(InvalidPayload, match=r"OutputPrefix: received .*; allowed is an s3:// URI that ends"):
        find(OutputPrefix=f"s3://{BUCKET}/{RUN}")
    with pytest.raises(InvalidPayload, match=r'Model: received "beer"'):
        find(Model="beer")


def split(**changes):
    return {"split": RANDOM | changes}


def cut(at):
    return {"split": TEMPORAL | {"cut": at}}


@pytest.mark.parametrize(
    ("own", "champions"),
    [
        (split(), split()),
        (split(seed=0), split(seed=0)),
        (cut(5.0), cut(5.0)),
        (cut(5.0), cut(4)),
    ],
)
def test_fair_is_the_same_draw_or_an_earlier_cut(own, champions):
    assert unfair(own, champions) is None


@pytest.mark.parametrize(
    ("own", "champions", "words"),
    [
        (split(), split(seed=43), ["seed 43", "42"]),
        (split(), split(test_fraction=0.2), ["test_fraction 0.2", "0.15"]),
        (split(), split(rule="user and item, 2"), ["rule", "user and item, 2"]),
        (split(), {"split": {"strategy": "random", "seed": 42, "test_fraction": 0.15}}, ["its", "rule"]),
        (split(rule=None), split(rule=None), ["this run's", "rule"]),
        (split(), cut(5.0), ['"temporal"', '"random"']),
        (cut(5.0), split(), ['"random"', '"temporal"']),
        (cut(5.0), cut(6.0), ["6.0", "later", "5.0"]),
        (cut(5.0), cut(None), ["its", "cut"]),
        (cut(5.0), cut(float("nan")), ["its", "cut"]),
        (cut("5"), cut(4.0), ["this run's", "cut"]),
        (cut(True), cut(0), ["this run's", "cut"]),
        ({"split": {}}, {"split": {}}, ["null"]),
        ({"split": {"strategy": "odd"}}, {"split": {"strategy": "odd"}}, ['"odd"']),
    ],
)
def test_what_may_have_seen_the_test_set_is_not_fair(own, champions, words):
    reason = unfair(own, champions)
    assert reason is not None
    assert all(word in reason for word in words)
