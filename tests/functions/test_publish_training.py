from __future__ import annotations

import io
import json
import os
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from rules.code_package import CodePackage, NoTrainingCode, read_package

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def training(tmp_path, environment):
    """A function's artifact with a training/ folder."""
    folder = tmp_path / "training"
    (folder / "models").mkdir(parents=True)
    (folder / "train.py").write_text("print('train')\n")
    (folder / "models" / "towers.py").write_text("TOWERS = 2\n")
    (folder / "requirements.txt").write_text("duckdb\n")
    environment.setenv("LAMBDA_TASK_ROOT", str(tmp_path))
    return folder


@pytest.fixture
def cloudformation():
    """The other end of ResponseURL, on loopback: what it was told stands in ``answers``."""
    answers = []

    class Listener(BaseHTTPRequestHandler):
        def do_PUT(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answers.append((self.headers.get("Content-Type"), json.loads(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    server.answers = answers
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def publish(call, aws, cloudformation):
    """Send a custom resource's event; returns what CloudFormation was answered."""

    def send(kind, **more):
        event = {
            "RequestType": kind,
            "ResponseURL": f"http://127.0.0.1:{cloudformation.server_port}/answer?signature=x",
            "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/taproom/1",
            "RequestId": "5f0e4fd8",
            "ResourceType": "Custom::TrainingCode",
            "LogicalResourceId": "TrainingCode",
            "ResourceProperties": {"ServiceToken": "arn", "Version": "3"},
            **more,
        }
        call("publish_training", event)
        ((content_type, answer),) = cloudformation.answers
        cloudformation.answers.clear()
        assert not content_type
        return answer

    return send


def objects(aws):
    s3 = aws("s3")
    listed = s3.list_objects_v2(Bucket="taproom-data").get("Contents", [])
    return {one["Key"]: s3.get_object(Bucket="taproom-data", Key=one["Key"])["Body"].read() for one in listed}


def test_create_publishes_the_scripts_under_their_digest(publish, training, aws):
    answer = publish("Create")
    assert answer["Status"] == "SUCCESS", answer
    assert answer["StackId"].endswith("stack/taproom/1")
    assert (answer["RequestId"], answer["LogicalResourceId"]) == ("5f0e4fd8", "TrainingCode")
    digest = answer["Data"]["Digest"]
    assert answer["Data"] == {
        "Digest": digest,
        "SourcePrefix": f"s3://taproom-data/code/{digest}/src/",
        "SubmitUri": f"s3://taproom-data/code/{digest}/sourcedir.tar.gz",
    }
    published = objects(aws)
    root = f"code/{digest}"
    assert published.keys() == {
        f"{root}/sourcedir.tar.gz",
        f"{root}/src/train.py",
        f"{root}/src/models/towers.py",
        f"{root}/src/requirements.txt",
    }
    with tarfile.open(fileobj=io.BytesIO(published[f"{root}/sourcedir.tar.gz"])) as archive:
        assert archive.getnames() == ["models/towers.py", "requirements.txt", "train.py"]
        assert archive.extractfile("train.py").read() == b"print('train')\n"


def test_an_update_with_other_scripts_publishes_beside_the_old_ones(publish, training, aws):
    first = publish("Create")
    before = objects(aws)
    (training / "train.py").write_text("print('better')\n")
    second = publish("Update", PhysicalResourceId=first["PhysicalResourceId"])
    assert second["PhysicalResourceId"] == first["PhysicalResourceId"]
    assert second["Data"]["Digest"] != first["Data"]["Digest"]
    assert before.items() <= objects(aws).items()
    assert len(objects(aws)) == 2 * len(before)


def versions(aws):
    listed = aws("s3").list_object_versions(Bucket="taproom-data")["Versions"]
    return sorted((one["Key"], one["VersionId"]) for one in listed)


def test_what_lies_there_already_is_left_alone_and_what_was_spoilt_is_repaired(publish, training, aws):
    aws("s3").put_bucket_versioning(Bucket="taproom-data", VersioningConfiguration={"Status": "Enabled"})
    digest = publish("Create")["Data"]["Digest"]
    before = versions(aws)
    publish("Update")
    assert versions(aws) == before
    aws("s3").put_object(Bucket="taproom-data", Key=f"code/{digest}/src/train.py", Body=b"spoilt")
    publish("Update")
    assert objects(aws)[f"code/{digest}/src/train.py"] == b"print('train')\n"


def test_delete_leaves_the_scripts_that_registered_versions_name(publish, training, aws):
    created = publish("Create")
    before = objects(aws)
    answer = publish("Delete", PhysicalResourceId=created["PhysicalResourceId"])
    assert answer["Status"] == "SUCCESS"
    assert answer["PhysicalResourceId"] == created["PhysicalResourceId"]
    assert objects(aws) == before


def test_a_failure_is_answered_with_its_reason(publish, environment, tmp_path):
    environment.setenv("LAMBDA_TASK_ROOT", str(tmp_path / "nowhere"))
    answer = publish("Create")
    assert answer["Status"] == "FAILED"
    assert "no job scripts" in answer["Reason"]
    assert answer["PhysicalResourceId"]
    environment.delenv("BUCKET")
    assert "BUCKET" in publish("Update")["Reason"]


def test_a_bucket_that_is_not_there_is_answered_too(publish, training):
    answer = publish("Create", ResourceProperties={"Bucket": "another-bucket"})
    assert answer["Status"] == "FAILED"
    assert "NoSuchBucket" in answer["Reason"]


def test_a_delete_needs_nothing(publish, environment):
    environment.delenv("BUCKET")
    environment.delenv("LAMBDA_TASK_ROOT", raising=False)
    assert publish("Delete")["Status"] == "SUCCESS"


def test_the_same_files_give_the_same_bytes_wherever_and_whenever(training, tmp_path):
    one = read_package(training)
    copy = tmp_path / "copy"
    for name, content in sorted(one.files.items(), reverse=True):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes(content)
        (copy / name).chmod(0o700)
        os.utime(copy / name, (1, 1))
    for ignored in ("__pycache__/train.cpython-312.pyc", ".DS_Store", ".git/config", "models/__pycache__/x.pyc"):
        (copy / ignored).parent.mkdir(parents=True, exist_ok=True)
        (copy / ignored).write_bytes(b"not code")
    other = read_package(copy)
    assert other == one
    assert other.archive() == one.archive()
    assert other.digest() == one.digest()


def test_every_name_and_byte_counts():
    packages = [
        CodePackage({"a": b"bc"}),
        CodePackage({"ab": b"c"}),
        CodePackage({"a": b"bd"}),
        CodePackage({"a": b"bc", "b": b""}),
        CodePackage({"a": b"", "b": b"bc"}),
    ]
    assert len({package.digest() for package in packages}) == 5
    assert len({package.archive() for package in packages}) == 5


def test_the_artifact_holds_the_projects_own_scripts(template):
    code = PROJECT / template["Resources"]["PublishTraining"]["Properties"]["CodeUri"]
    files = read_package(code / "training").files
    assert {name for name in files if "/" not in name} >= {path.name for path in (PROJECT / "training").glob("*.py")}
    assert files["preprocess.py"] == (PROJECT / "training" / "preprocess.py").read_bytes()


def test_an_empty_folder_is_an_error(tmp_path):
    with pytest.raises(NoTrainingCode, match="training"):
        read_package(tmp_path)
