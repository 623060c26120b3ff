"""Which AWS a command talks to."""

from __future__ import annotations

import json
import os

import pytest

from taproom.account import NoRegion, opened
from taproom.local.aws import LocalAws
from tests.local.other_process import started


def test_without_options_the_local_aws_of_the_folder_is_started_for_the_time_being(tmp_path):
    with opened(tmp_path) as account:
        assert account.is_local
        assert account.region == "us-east-1"
        assert account.endpoint_url.startswith("http://127.0.0.1:")
        account.client("s3").create_bucket(Bucket="made-here")
    assert not (tmp_path / "aws" / "endpoint.json").exists()
    with opened(tmp_path) as account:
        assert [one["Name"] for one in account.client("s3").list_buckets()["Buckets"]] == ["made-here"]


HOLD = """
import sys
from pathlib import Path
from taproom.local.aws import LocalAws
with LocalAws(Path(sys.argv[1])) as aws:
    aws.client("s3").create_bucket(Bucket="made-there")
    print(aws.endpoint_url, flush=True)
    sys.stdin.read()
"""


def test_a_local_aws_that_another_process_runs_is_used(tmp_path):
    with started(HOLD, tmp_path / "aws") as process:
        endpoint_url = process.stdout.readline().strip()
        with opened(tmp_path) as account:
            assert (account.is_local, account.endpoint_url) == (True, endpoint_url)
            assert [one["Name"] for one in account.client("s3").list_buckets()["Buckets"]] == ["made-there"]
            account.client("sagemaker").create_model_package_group(ModelPackageGroupName="lagers")
        assert process.poll() is None
    with opened(tmp_path) as account:  # and what it was asked to do is there when it has gone
        groups = account.client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"]
        assert [one["ModelPackageGroupName"] for one in groups] == ["lagers"]


def test_with_options_it_is_boto3s_account(tmp_path, monkeypatch):
    (tmp_path / "config").write_text("[profile brewery]\nregion = eu-west-3\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    with opened(tmp_path, profile="brewery") as account:
        assert (account.is_local, account.region, account.endpoint_url) == (False, "eu-west-3", None)
        assert account.client("sagemaker").meta.endpoint_url == "https://api.sagemaker.eu-west-3.amazonaws.com"
    with opened(tmp_path, region="us-west-2", endpoint_url="http://127.0.0.1:9") as account:
        client = account.client("sagemaker")
        assert (client.meta.region_name, client.meta.endpoint_url) == ("us-west-2", "http://127.0.0.1:9")
    assert not (tmp_path / "aws").exists()


def test_a_real_account_needs_a_region(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(NoRegion, match="--region"), opened(tmp_path, endpoint_url="http://127.0.0.1:9"):
        pass


def test_the_endpoint_is_announced_with_the_pid_and_taken_back(tmp_path):
    with LocalAws(tmp_path) as aws:
        announced = json.loads((tmp_path / "endpoint.json").read_text())
        assert announced == {"pid": os.getpid(), "endpoint_url": aws.endpoint_url}
    assert not (tmp_path / "endpoint.json").exists()
