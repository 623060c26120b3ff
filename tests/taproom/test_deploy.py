"""Packaging is reproducible and complete; a deploy says what failed."""

from __future__ import annotations

import io
import json
import os
import time
import zipfile

import pytest

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
