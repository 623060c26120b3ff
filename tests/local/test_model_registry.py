"""The model registry as SageMaker has it: numbers, tokens, updates, deletions, lists, limits."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from taproom.local.aws import LocalAws

INFERENCE = {
    "Containers": [{"Image": "image", "ModelDataUrl": "s3://bucket/model.tar.gz"}],
    "SupportedContentTypes": ["application/json"],
    "SupportedResponseMIMETypes": ["application/json"],
}
CARD = {"ModelCardContent": '{"intended_uses": {"intended_uses": "beer"}}', "ModelCardStatus": "PendingReview"}


@pytest.fixture(scope="module")
def sagemaker(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("aws")) as aws:
        yield aws.client("sagemaker")


@pytest.fixture
def group(sagemaker, request):
    """A new group of the test's own."""
    name = request.node.name.replace("_", "-").replace("[", "-").replace("]", "")[:60].strip("-")
    sagemaker.create_model_package_group(ModelPackageGroupName=name)
    return name


def create(sagemaker, group, **more):
    return sagemaker.create_model_package(ModelPackageGroupName=group, **more)["ModelPackageArn"]


def describe(sagemaker, arn):
    return sagemaker.describe_model_package(ModelPackageName=arn)


def numbers(sagemaker, group, **more):
    found = sagemaker.list_model_packages(ModelPackageGroupName=group, **more)["ModelPackageSummaryList"]
    return [one["ModelPackageVersion"] for one in found]


def test_a_version_has_all_that_it_was_given(sagemaker, group):
    given = {
        "ModelPackageDescription": "A lager",
        "ModelApprovalStatus": "PendingManualApproval",
        "CustomerMetadataProperties": {"ExecutionArn": "arn:aws:states:x", "Metric.accuracy": "0.5"},
        "InferenceSpecification": INFERENCE,
        "ModelMetrics": {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://b/e"}}},
        "ModelCard": CARD,
        "SkipModelValidation": "All",
    }
    described = describe(sagemaker, create(sagemaker, group, **given))
    assert {key: described[key] for key in given} == given
    assert described["ModelPackageGroupName"] == group
    assert described["ModelPackageVersion"] == 1
    assert described["ModelPackageStatus"] == "Completed"
    assert "ModelPackageName" not in described


def test_a_version_waits_for_approval_where_nothing_else_is_said(sagemaker, group):
    assert describe(sagemaker, create(sagemaker, group))["ModelApprovalStatus"] == "PendingManualApproval"


def test_a_number_is_never_given_twice(sagemaker, group):
    arns = [create(sagemaker, group) for _ in range(3)]
    sagemaker.delete_model_package(ModelPackageName=arns[1])
    assert numbers(sagemaker, group) == [1, 3]
    sagemaker.delete_model_package(ModelPackageName=arns[2])
    assert create(sagemaker, group).endswith("/4")
    assert numbers(sagemaker, group) == [1, 4]


def test_a_token_makes_one_version(sagemaker, group):
    first = create(sagemaker, group, ClientToken="of-one-execution", ModelPackageDescription="one")
    assert create(sagemaker, group, ClientToken="of-one-execution", ModelPackageDescription="one") == first
    assert numbers(sagemaker, group) == [1]
    with pytest.raises(ClientError, match=r"ConflictException.*of-one-execution was used for another"):
        create(sagemaker, group, ClientToken="of-one-execution", ModelPackageDescription="other")
    create(sagemaker, group, ClientToken="of-another-execution", ModelPackageDescription="one")
    assert numbers(sagemaker, group) == [1, 2]


def test_an_update_changes_what_it_names_and_nothing_else(sagemaker, group):
    given = {"A": "1", "B": "2"}
    arn = create(sagemaker, group, CustomerMetadataProperties=given, ModelCard=CARD, InferenceSpecification=INFERENCE)
    before = describe(sagemaker, arn)
    answer = sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    assert answer["ModelPackageArn"] == arn
    after = describe(sagemaker, arn)
    changed = {"ModelApprovalStatus", "LastModifiedTime", "LastModifiedBy", "ResponseMetadata"}
    assert after["ModelApprovalStatus"] == "Approved"
    assert after["LastModifiedTime"] >= after["CreationTime"]
    assert {key: after[key] for key in after if key not in changed} == {
        key: before[key] for key in before if key not in changed
    }

    sagemaker.update_model_package(
        ModelPackageArn=arn,
        ApprovalDescription="tastes",
        CustomerMetadataProperties={"B": "3", "C": "4"},
        CustomerMetadataPropertiesToRemove=["A"],
    )
    last = describe(sagemaker, arn)
    assert last["CustomerMetadataProperties"] == {"B": "3", "C": "4"}
    assert (last["ApprovalDescription"], last["ModelApprovalStatus"]) == ("tastes", "Approved")


def test_lists_are_sorted_filtered_and_paged(sagemaker, group):
    arns = [create(sagemaker, group) for _ in range(5)]
    for arn in arns[1:3]:
        sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    newest_first = {"SortBy": "CreationTime", "SortOrder": "Descending"}
    assert numbers(sagemaker, group) == [1, 2, 3, 4, 5]
    assert numbers(sagemaker, group, **newest_first) == [5, 4, 3, 2, 1]
    assert numbers(sagemaker, group, ModelApprovalStatus="Approved", **newest_first) == [3, 2]
    assert numbers(sagemaker, group, ModelApprovalStatus="Rejected") == []
    pages = sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group, PaginationConfig={"PageSize": 2}, **newest_first
    )
    assert [[one["ModelPackageVersion"] for one in page["ModelPackageSummaryList"]] for page in pages] == [
        [5, 4],
        [3, 2],
        [1],
    ]


def test_a_group_that_holds_versions_is_not_deleted(sagemaker, group):
    arn = create(sagemaker, group)
    with pytest.raises(ClientError, match="still holds 1 model package"):
        sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    sagemaker.delete_model_package(ModelPackageName=arn)
    sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    with pytest.raises(ClientError, match="does not exist"):
        sagemaker.describe_model_package_group(ModelPackageGroupName=group)


def test_a_group_is_made_once(sagemaker, group):
    with pytest.raises(ClientError, match="already exists"):
        sagemaker.create_model_package_group(ModelPackageGroupName=group)


@pytest.mark.parametrize("call", ["describe_model_package", "delete_model_package"])
def test_a_version_that_is_not_there_is_named(sagemaker, call):
    arn = "arn:aws:sagemaker:us-east-1:123456789012:model-package/nowhere/7"
    with pytest.raises(ClientError, match=r"ValidationException.*nowhere/7 does not exist"):
        getattr(sagemaker, call)(ModelPackageName=arn)


def test_a_version_needs_its_group(sagemaker):
    with pytest.raises(ClientError, match="nowhere does not exist"):
        create(sagemaker, "nowhere")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"CustomerMetadataProperties": {"A": "x" * 257}}, "length 257 is above the maximum of 256"),
        ({"CustomerMetadataProperties": {"A": '{"json": 1}'}}, "does not match"),
        ({"CustomerMetadataProperties": {f"K{n}": "v" for n in range(51)}}, "size 51 is above the maximum of 50"),
        ({"ModelApprovalStatus": "Maybe"}, "not one of the values"),
        ({"ClientToken": "a token"}, "does not match"),
        ({"ModelPackageDescription": "x" * 1025}, "length 1025 is above the maximum"),
    ],
)
def test_what_sagemaker_would_refuse_is_refused(sagemaker, group, more, words):
    with pytest.raises(ClientError, match=f"ValidationException.*{words}"):
        create(sagemaker, group, **more)
    assert numbers(sagemaker, group) == []


def test_a_model_is_made_from_a_version_that_exists(sagemaker, group):
    arn = create(sagemaker, group, InferenceSpecification=INFERENCE)
    role = "arn:aws:iam::123456789012:role/job"
    sagemaker.create_model(ModelName="from-it", PrimaryContainer={"ModelPackageName": arn}, ExecutionRoleArn=role)
    variant = {"VariantName": "all", "ModelName": "from-it", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(EndpointConfigName="from-it", ProductionVariants=[variant])
    described = sagemaker.describe_model(ModelName="from-it")
    assert described["PrimaryContainer"]["ModelPackageName"] == arn
    with pytest.raises(ClientError, match="/99 does not exist"):
        sagemaker.create_model(
            ModelName="from-nothing", Containers=[{"ModelPackageName": f"{arn[:-1]}99"}], ExecutionRoleArn=role
        )
