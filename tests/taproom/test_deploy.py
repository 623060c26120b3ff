"""Packaging is reproducible and complete; a deploy says what failed."""

from __future__ import annotations

import io
import json
import os
import time
import zipfile
from contextlib import ExitStack

import boto3
import pytest
from botocore.stub import Stubber

from taproom.deploy import DeployFailed, deploy
from taproom.local.aws import LocalAws
from taproom.package import PackagingFailed, files, load_template, packaged, zipped

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: python3.12, CodeUri: code/, Handler: app.handler}
Parameters:
  Word: {Type: String, Default: first}
Resources:
  One: {Type: AWS::Serverless::Function}
  Two: {Type: AWS::Serverless::Function, Properties: {CodeUri: other}}
  Inline: {Type: AWS::Serverless::Function, Properties: {InlineCode: "x = 1", Handler: index.x}}
  Layer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: packages/}}
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties: {DefinitionUri: machine.json, DefinitionSubstitutions: {Arn: !GetAtt One.Arn}, Policies: []}
  Bucket:
    Type: AWS::S3::Bucket
    Properties: {BucketName: !Sub "${AWS::StackName}-data"}
Outputs:
  Word: {Value: !Ref Word}
  Machine: {Value: !Ref Machine}
"""
MACHINE = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "${Arn}", "End": True}}})


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    for name in ("code", "other", "packages", "training"):
        (folder / name).mkdir(parents=True)
    (folder / "code" / "app.py").write_text("def handler(e, c): return 'one'")
    (folder / "other" / "app.py").write_text("def handler(e, c): return 'two'")
    (folder / "packages" / "requirements.txt").write_text("")
    (folder / "training" / "train.py").write_text("print('training')")
    (folder / "code" / "training").symlink_to("../training")
    (folder / "code" / "__pycache__").mkdir()
    (folder / "code" / "__pycache__" / "app.pyc").write_bytes(b"x")
    (folder / "machine.json").write_text(MACHINE)
    (folder / "template.yaml").write_text(TEMPLATE)
    return folder


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("aws")) as running:
        yield running


def names(content):
    return zipfile.ZipFile(io.BytesIO(content)).namelist()


def test_a_zip_follows_links_and_leaves_caches_out(project):
    assert names(zipped(project / "code")) == ["app.py", "training/train.py"]


def test_a_zip_is_the_same_for_the_same_content(project):
    first = zipped(project / "code")
    later = time.time() + 1000
    for _, file in files(project / "code"):
        os.utime(file, (later, later))
    assert zipped(project / "code") == first
    (project / "training" / "train.py").write_text("print('changed')")
    assert zipped(project / "code") != first


def test_paths_become_uris_under_their_content_hash(project):
    uploads: dict[str, bytes] = {}

    def upload(key, content):
        uploads[key] = content
        return f"s3://artifacts/{key}"

    document = packaged(project / "template.yaml", upload)
    resources = {name: one.get("Properties", {}) for name, one in document["Resources"].items()}
    one, two = resources["One"]["CodeUri"], resources["Two"]["CodeUri"]
    assert one != two
    assert names(uploads[one.removeprefix("s3://artifacts/")]) == ["app.py", "training/train.py"]
    assert uploads[resources["Machine"]["DefinitionUri"].removeprefix("s3://artifacts/")] == MACHINE.encode()
    layer = resources["Layer"]["ContentUri"]
    assert names(uploads[layer.removeprefix("s3://artifacts/")]) == ["requirements.txt"]
    assert "CodeUri" not in resources["Inline"]
    assert resources["Machine"]["DefinitionSubstitutions"] == {"Arn": {"Fn::GetAtt": ["One", "Arn"]}}
    assert packaged(project / "template.yaml", upload) == document


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("Resources: {A: {Type: AWS::Serverless::Function, Properties: {CodeUri: nowhere/}}}", "A: CodeUri.*nowhere"),
        ("Resources: {L: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: no/}}}", "L: ContentUri.*no"),
        ("Resources: {M: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: no.json}}}", "M: .*no.json"),
        ("just: this", "no Resources"),
        ("a: [", "cannot be read"),
    ],
)
def test_what_cannot_be_packed_is_named(tmp_path, template, words):
    (tmp_path / "template.yaml").write_text(template)
    with pytest.raises(PackagingFailed, match=words):
        packaged(tmp_path / "template.yaml", lambda key, content: "")


def test_short_forms_and_dates_are_read_as_cloudformation_reads_them(tmp_path):
    (tmp_path / "t.yaml").write_text(
        "Resources:\n  A: {V: 2012-10-17, B: !GetAtt C.D.E, F: !If [G, !Ref H, !Sub 'x${I}'], J: !Condition K}\n"
    )
    assert load_template(tmp_path / "t.yaml")["Resources"]["A"] == {
        "V": "2012-10-17",
        "B": {"Fn::GetAtt": ["C", "D.E"]},
        "F": {"Fn::If": ["G", {"Ref": "H"}, {"Fn::Sub": "x${I}"}]},
        "J": {"Condition": "K"},
    }


def test_deploy_creates_repeats_and_updates(aws, project):
    template = project / "template.yaml"
    outputs = deploy(aws.client, template, "app", {}, "artifacts-of-app")
    assert outputs["Word"] == "first"
    events = aws.client("cloudformation").describe_stack_events
    count = len(events(StackName="app")["StackEvents"])
    assert deploy(aws.client, template, "app", {}, "artifacts-of-app") == outputs
    assert len(events(StackName="app")["StackEvents"]) == count  # nothing changed: nothing was done
    assert deploy(aws.client, template, "app", {"Word": "second"}, "artifacts-of-app")["Word"] == "second"
    # a parameter that is not given keeps its value
    (project / "machine.json").write_text(MACHINE.replace('"A"', '"B"'))
    again = deploy(aws.client, template, "app", {}, "artifacts-of-app")
    assert again == {**outputs, "Word": "second"}
    machine = aws.client("stepfunctions").describe_state_machine(stateMachineArn=outputs["Machine"])
    assert json.loads(machine["definition"])["StartAt"] == "B"


def test_a_failed_deploy_names_resource_and_reason(aws, project):
    (project / "machine.json").write_text('{"StartAt": "Nowhere"}')
    with pytest.raises(DeployFailed, match=r"broken.*ROLLBACK_COMPLETE: Machine \(AWS::StepFunctions::StateMachine\)"):
        deploy(aws.client, project / "template.yaml", "broken", {}, "artifacts-of-app")


def test_a_template_that_sam_refuses_is_refused_with_its_words(aws, project):
    (project / "template.yaml").write_text(
        "Transform: AWS::Serverless-2016-10-31\n"
        "Resources: {F: {Type: AWS::Serverless::Function, Properties: {CodeUri: code, Handler: a.b, Odd: 1,"
        " Runtime: python3.12, Events: {E: {Type: Nonsense}}}}}\n"
    )
    with pytest.raises(DeployFailed, match=r"refused.*\[F"):
        deploy(aws.client, project / "template.yaml", "sam", {}, "artifacts-of-app")


def test_an_artifact_bucket_is_made_once_and_kept(aws, project):
    s3 = aws.client("s3")
    for _ in range(2):
        deploy(aws.client, project / "template.yaml", "bucket", {}, "made-once")
    assert [one["Name"] for one in s3.list_buckets()["Buckets"]].count("made-once") == 1


def event(number, status, reason="", name="Queue"):
    """As DescribeStackEvents tells it; the numbers grow with time."""
    told = {"StackId": "app/1", "StackName": "app", "EventId": str(number), "Timestamp": "2026-01-05T12:00:00Z"}
    told |= {"LogicalResourceId": name, "ResourceType": "AWS::SQS::Queue", "ResourceStatus": status}
    return told | ({"ResourceStatusReason": reason} if reason else {})


BEFORE, EARLIER = event(2, "UPDATE_COMPLETE", name="app"), event(1, "CREATE_FAILED", "of an earlier deploy", "Old")
ROLLED_BACK = event(9, "UPDATE_ROLLBACK_COMPLETE", name="app")


@pytest.mark.parametrize(
    ("pages", "told"),
    [
        (
            [
                [ROLLED_BACK, event(5, "CREATE_FAILED", "Resource creation cancelled", "Other")],
                [event(4, "UPDATE_FAILED", "because of the third", "Third"), event(3, "CREATE_FAILED", "no room")],
                [BEFORE, EARLIER],
            ],
            r"Queue \(AWS::SQS::Queue\): no room",
        ),
        ([[ROLLED_BACK, BEFORE, EARLIER]], "no resource says why"),
    ],
)
def test_why_it_failed_is_found_on_later_pages_and_older_ones_are_not_asked_for(project, pages, told):
    """By answers in AWS's shapes, the newest event first: the local AWS tells all of them on one page."""
    (project / "template.yaml").write_text("Resources: {Queue: {Type: AWS::SQS::Queue}}")
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "y"}
    clients = {name: boto3.client(name, "eu-west-1", **keys) for name in ("s3", "cloudformation")}
    stack = {"StackName": "app", "CreationTime": "2026-01-05T12:00:00Z"}
    with ExitStack() as stubs:
        s3, cloudformation = (stubs.enter_context(Stubber(client)) for client in clients.values())
        s3.add_response("head_bucket", {})
        s3.add_response("put_object", {})
        cloudformation.add_response("describe_stacks", {"Stacks": [{**stack, "StackStatus": "UPDATE_COMPLETE"}]})
        cloudformation.add_response("create_change_set", {"Id": "change"})
        cloudformation.add_response("describe_change_set", {"Status": "CREATE_COMPLETE"})
        newest = {"StackEvents": [BEFORE, EARLIER], "NextToken": "of what is older"}
        cloudformation.add_response("describe_stack_events", newest)
        cloudformation.add_response("execute_change_set", {}, {"ChangeSetName": "change"})
        rolled_back = {**stack, "StackStatus": "UPDATE_ROLLBACK_COMPLETE"}
        cloudformation.add_response("describe_stacks", {"Stacks": [rolled_back]})
        for number, page in enumerate(pages):
            asked = {"StackName": "app"} | ({"NextToken": str(number)} if number else {})
            answer = {"StackEvents": page, "NextToken": str(number + 1)}
            cloudformation.add_response("describe_stack_events", answer, asked)
        with pytest.raises(DeployFailed, match=f"stack app is UPDATE_ROLLBACK_COMPLETE: {told}"):
            deploy(clients.get, project / "template.yaml", "app", {}, "artifacts")
        cloudformation.assert_no_pending_responses()
