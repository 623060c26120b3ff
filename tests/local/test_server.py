"""The server: loopback only, apart from the user's own AWS, gone when stopped."""

from __future__ import annotations

import http.client
import os
import socket
import threading

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from taproom.local.aws import LocalAws
from taproom.local.loopback import is_loopback, names_loopback
from tests.local.trap import Trap, trapped

SIGNED_FOR_S3 = "AWS4-HMAC-SHA256 Credential=local/20250101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"


def test_it_answers_on_loopback_and_only_there(tmp_path):
    with LocalAws(tmp_path) as aws:
        assert aws.endpoint_url == f"http://127.0.0.1:{aws.port}"
        assert aws.client("sts").get_caller_identity()["Account"] == aws.account_id
        others = [address for address in own_addresses() if not address.startswith("127.")]
        for address in others:
            with pytest.raises(OSError), socket.create_connection((address, aws.port), timeout=2):
                pass


def own_addresses():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: only asks which address would be used
        except OSError:
            return []
        return [probe.getsockname()[0]]


@pytest.mark.parametrize(
    ("address", "allowed"),
    [("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("10.0.0.7", False), ("8.8.8.8", False), ("", False)],
)
def test_only_loopback_peers_are_served(address, allowed):
    assert is_loopback(address) is allowed


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("localhost:4566", True),
        ("127.0.0.1", True),
        ("[::1]:4566", True),
        ("bucket.localhost:4566", True),
        ("LOCALHOST", True),
        ("evil.example:4566", False),
        ("localhost.evil.example", False),
        ("notlocalhost", False),
        ("127.0.0.1.evil.example", False),
        ("[", False),
        ("", False),
    ],
)
def test_only_names_of_this_machine_are_hosts(host, allowed):
    assert names_loopback(host) is allowed


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://localhost:8080", "Sec-Fetch-Site": "same-site"}, 200),  # a page of this machine
        ({"Origin": "http://127.0.0.1:8080", "Sec-Fetch-Site": "cross-site"}, 200),
        ({"Host": "evil.example"}, 403),  # a page whose name was made to mean 127.0.0.1
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),  # a sandboxed frame
        ({"Origin": "http://["}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),  # a page's image, script or link: no Origin comes with these
        ({"Sec-Fetch-Site": "none"}, 200),  # typed by a person
    ],
)
def test_web_pages_are_refused(tmp_path, headers, status):
    with LocalAws(tmp_path) as aws:
        connection = http.client.HTTPConnection("127.0.0.1", aws.port, timeout=10)
        connection.request("GET", "/", headers={"Authorization": SIGNED_FOR_S3, **headers})
        answer = connection.getresponse()
        assert (answer.status, b"ListAllMyBuckets" in answer.read()) == (status, status == 200)
        connection.close()


@pytest.mark.parametrize(("method", "path"), [("POST", "/moto-api/reset"), ("GET", "/moto-api/"), ("GET", "/moto-api")])
def test_what_is_no_api_of_aws_is_refused(tmp_path, method, path):
    with LocalAws(tmp_path) as aws:
        aws.client("s3").create_bucket(Bucket="kept")
        connection = http.client.HTTPConnection("127.0.0.1", aws.port, timeout=10)
        connection.request(method, path)
        assert connection.getresponse().status == 403
        connection.close()
        assert [one["Name"] for one in aws.client("s3").list_buckets()["Buckets"]] == ["kept"]


def test_one_in_another_folder_starts_empty(tmp_path):
    for folder in ("a", "b"):
        with LocalAws(tmp_path / folder) as aws:
            s3 = aws.client("s3")
            assert s3.list_buckets()["Buckets"] == []
            s3.create_bucket(Bucket="left-over")


def test_it_is_gone_after_it_stopped(tmp_path):
    with LocalAws(tmp_path) as aws:
        client, port = aws.client("sts"), aws.port
    assert not [thread for thread in threading.enumerate() if thread.name in ("local-aws-server", "scheduler")]
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        pass
    with pytest.raises(EndpointConnectionError):
        client.get_caller_identity()


def test_two_at_once_are_refused_and_the_first_goes_on(tmp_path):
    with LocalAws(tmp_path / "a") as aws:
        with pytest.raises(RuntimeError, match="another LocalAws"), LocalAws(tmp_path / "b"):
            pass
        assert aws.client("s3").list_buckets()["Buckets"] == []


@pytest.fixture
def trap():
    with trapped() as url:
        yield url


def test_the_users_own_settings_lead_nowhere(tmp_path, trap, monkeypatch):
    (tmp_path / "config").write_text(f"[profile real]\nregion = eu-west-3\nendpoint_url = {trap}\n")
    traps = {
        "AWS_ENDPOINT_URL": trap,
        "AWS_ENDPOINT_URL_S3": trap,
        "AWS_ENDPOINT_URL_LAMBDA": trap,
        "AWS_PROFILE": "no-such-profile",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_REGION": "eu-west-3",
        "AWS_DEFAULT_REGION": "eu-west-3",
        "HTTP_PROXY": trap,
        "http_proxy": trap,
    }
    for name, value in traps.items():
        monkeypatch.setenv(name, value)
    with LocalAws(tmp_path / "aws") as aws:
        assert "AWS_PROFILE" not in os.environ
        for name, value in traps.items():  # set once more while it runs
            monkeypatch.setenv(name, value)
        s3 = aws.client("s3")
        s3.create_bucket(Bucket="here")
        assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["here"]
        assert s3.meta.region_name == "us-east-1"
        with pytest.raises(ClientError, match="not found"):
            aws.client("lambda").get_function(FunctionName="none")
        for name in traps:
            monkeypatch.delenv(name)
        child = aws.environment()
    assert Trap.visits == []
    assert child["AWS_ENDPOINT_URL"] == aws.endpoint_url
    assert not any(name.startswith("AWS_") and value == trap for name, value in child.items())


def test_the_process_environment_comes_back(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.delenv("AWS_REGION", raising=False)
    before = dict(os.environ)
    session = boto3.DEFAULT_SESSION
    with LocalAws(tmp_path):
        assert os.environ["AWS_ACCESS_KEY_ID"] == "local"
    assert dict(os.environ) == before
    assert boto3.DEFAULT_SESSION is session


def test_what_was_patched_is_put_back(tmp_path):
    from moto.awslambda.models import LambdaFunction

    before = LambdaFunction.__dict__["invoke"]
    with LocalAws(tmp_path):
        assert LambdaFunction.__dict__["invoke"] is not before
    assert LambdaFunction.__dict__["invoke"] is before
