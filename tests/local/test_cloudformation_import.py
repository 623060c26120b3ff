"""Change sets of type IMPORT, and a stack that is deployed again over what its predecessor left behind."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from taproom.deploy import DeployFailed, deploy, take_over
from taproom.local.aws import LocalAws
from taproom.package import load_template
from tests.local.small_stacks import eventually

TEMPLATE = """
Parameters:
  Bucket: {Type: String, Default: ""}
Conditions:
  IsNamed: !Not [!Equals [!Ref Bucket, ""]]
Resources:
  Data:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    Properties:
      BucketName: !If [IsNamed, !Ref Bucket, !Ref AWS::NoValue]
      VersioningConfiguration: {Status: Enabled}
  Group:
    Type: AWS::SageMaker::ModelPackageGroup
    DeletionPolicy: RetainExceptOnCreate
    Properties: {ModelPackageGroupName: !Sub "${AWS::StackName}-models", ModelPackageGroupDescription: of a test}
  Logs:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: !Sub "/test/${AWS::StackName}"}
Outputs:
  Bucket: {Value: !Ref Data}
  Group: {Value: !Ref Group}
"""


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("aws")) as running:
        yield running


@pytest.fixture
def template(tmp_path):
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE)
    return path


def deployed(aws, template, stack, **options):
    return deploy(aws.client, template, stack, {"Bucket": f"{stack}-data"}, "artifacts", **options)


def deleted(aws, stack):
    cloudformation = aws.client("cloudformation")
    cloudformation.delete_stack(StackName=stack)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 0})


def events(aws, stack, logical_id):
    """Statuses of one resource's events, the oldest first."""
    told = aws.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
    return [one["ResourceStatus"] for one in reversed(told) if one["LogicalResourceId"] == logical_id]


def test_what_a_deleted_stack_left_behind_is_taken_over(aws, template):
    first = deployed(aws, template, "again")
    aws.client("s3").put_object(Bucket=first["Bucket"], Key="a", Body=b"lager")
    package = aws.client("sagemaker").create_model_package(ModelPackageGroupName="again-models")["ModelPackageArn"]
    deleted(aws, "again")

    second = deployed(aws, template, "again", import_existing=True)
    assert second == first
    assert aws.client("s3").get_object(Bucket=second["Bucket"], Key="a")["Body"].read() == b"lager"
    held = aws.client("sagemaker").list_model_packages(ModelPackageGroupName="again-models")["ModelPackageSummaryList"]
    assert [one["ModelPackageArn"] for one in held] == [package]
    assert events(aws, "again", "Data") == [
        "IMPORT_IN_PROGRESS",
        "IMPORT_COMPLETE",
        "UPDATE_IN_PROGRESS",
        "UPDATE_COMPLETE",
    ]
    assert events(aws, "again", "Group") == ["IMPORT_IN_PROGRESS", "IMPORT_COMPLETE"]
    assert events(aws, "again", "Logs") == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]


def test_a_bucket_that_is_taken_over_gets_the_templates_configuration(aws, template):
    aws.client("s3").create_bucket(Bucket="plain-data")
    deployed(aws, template, "plain", import_existing=True)
    assert aws.client("s3").get_bucket_versioning(Bucket="plain-data")["Status"] == "Enabled"


def test_what_is_left_is_taken_over_for_a_deploy_by_other_means(aws, template):
    document, parameters = load_template(template), {"Bucket": "by-hand-data"}
    assert take_over(aws.client, document, "by-hand", parameters) == []  # nothing is left yet
    aws.client("s3").create_bucket(Bucket="by-hand-data")
    aws.client("sagemaker").create_model_package_group(ModelPackageGroupName="by-hand-models")
    assert sorted(take_over(aws.client, document, "by-hand", parameters)) == ["Data", "Group"]
    taken = aws.client("cloudformation").get_template(StackName="by-hand")["TemplateBody"]["Resources"]
    assert {one["DeletionPolicy"] for one in taken.values()} == {"Retain"}
    (stack,) = aws.client("cloudformation").describe_stacks(StackName="by-hand")["Stacks"]
    assert stack["StackStatus"] == "IMPORT_COMPLETE"
    assert take_over(aws.client, document, "by-hand", parameters) == []  # there is a stack


def test_a_new_stack_has_nothing_to_take_over(aws, template):
    deployed(aws, template, "fresh", import_existing=True)
    assert events(aws, "fresh", "Data") == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]


def test_without_importing_a_name_that_is_taken_fails_the_stack(aws, template):
    aws.client("s3").create_bucket(Bucket="taken-data")
    with pytest.raises(DeployFailed, match=r"Data .*taken-data already exists"):
        deployed(aws, template, "taken")
    assert "taken-data" in [bucket["Name"] for bucket in aws.client("s3").list_buckets()["Buckets"]]
    aws.client("sagemaker").create_model_package_group(ModelPackageGroupName="grouped-models")
    with pytest.raises(DeployFailed, match=r"Group .*already exists"):
        deployed(aws, template, "grouped")


def ended(stack):
    return None if stack["StackStatus"].endswith("_IN_PROGRESS") else stack


BUCKET = {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "Properties": {"BucketName": "to-import"}}


def change_set(aws, resources, imports, stack="importing", **more):
    return aws.client("cloudformation").create_change_set(
        StackName=stack,
        ChangeSetName="import",
        ChangeSetType="IMPORT",
        TemplateBody=json.dumps({"Resources": resources, **more}),
        ResourcesToImport=[
            {"LogicalResourceId": name, "ResourceType": kind, "ResourceIdentifier": identifier}
            for name, kind, identifier in imports
        ],
    )


DATA = ("Data", "AWS::S3::Bucket", {"BucketName": "to-import"})


def test_a_change_set_shows_what_it_imports(aws):
    aws.client("s3").create_bucket(Bucket="to-import")
    made = change_set(aws, {"Data": BUCKET}, [DATA], stack="shown")
    described = aws.client("cloudformation").describe_change_set(ChangeSetName=made["Id"])
    (change,) = described["Changes"]
    assert change["ResourceChange"]["Action"] == "Import"
    assert change["ResourceChange"]["LogicalResourceId"] == "Data"


@pytest.mark.parametrize(
    ("resources", "imports", "more", "words"),
    [
        ({"Data": BUCKET}, [], {}, "ResourcesToImport must be given"),
        ({"Data": BUCKET}, [("Other", *DATA[1:])], {}, "Other.*not in the template"),
        ({"Data": {**BUCKET, "DeletionPolicy": None}}, [DATA], {}, "must have a DeletionPolicy"),
        ({"Data": BUCKET, "New": BUCKET}, [DATA], {}, "New.*missing from the ResourcesToImport"),
        ({"Data": BUCKET}, [DATA], {"Outputs": {"A": {"Value": "b"}}}, "cannot modify or add .Outputs"),
    ],
)
def test_what_cloudformation_would_not_import_is_refused(aws, resources, imports, more, words):
    resources = {
        name: {key: value for key, value in one.items() if value is not None} for name, one in resources.items()
    }
    with pytest.raises(ClientError, match=words):
        change_set(aws, resources, imports, **more)


def test_a_resource_of_another_stack_is_refused(aws, template):
    deployed(aws, template, "owner")
    owned = {**BUCKET, "Properties": {"BucketName": "owner-data"}}
    with pytest.raises(ClientError, match="owner-data, belongs to stack owner"):
        change_set(aws, {"Data": owned}, [(*DATA[:2], {"BucketName": "owner-data"})])


@pytest.mark.parametrize(
    ("identifier", "words"),
    [
        ({"BucketName": "nowhere"}, "the bucket nowhere does not exist"),
        ({"BucketName": "existing"}, "the template names the bucket to-import, not existing"),
        ({"Name": "existing"}, "the identifier of this type is BucketName, got Name"),
    ],
)
def test_an_import_that_fails_leaves_everything_as_it_was(aws, identifier, words):
    cloudformation = aws.client("cloudformation")
    aws.client("s3").create_bucket(Bucket="existing")  # again and again: of one's own bucket that is no error
    made = change_set(aws, {"Data": BUCKET}, [(*DATA[:2], identifier)], stack="rolled-back")
    cloudformation.execute_change_set(ChangeSetName=made["Id"])
    stack = eventually(lambda: ended(cloudformation.describe_stacks(StackName="rolled-back")["Stacks"][0]))
    assert stack["StackStatus"] == "IMPORT_ROLLBACK_COMPLETE"
    assert words in stack["StackStatusReason"]
    assert events(aws, "rolled-back", "Data") == ["IMPORT_IN_PROGRESS", "IMPORT_FAILED"]
    assert "existing" in [bucket["Name"] for bucket in aws.client("s3").list_buckets()["Buckets"]]
    deleted(aws, "rolled-back")
