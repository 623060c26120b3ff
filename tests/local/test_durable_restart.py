"""What a local AWS keeps: the next one in the same folder has the objects and the registry of the one before."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
import threading

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from taproom.local.durable.store import StoreUnusable
from taproom.local.isolation import IsolatedSession

BUCKET = "kept-bucket"


@pytest.fixture
def restarted(tmp_path):
    """``restarted()`` stops the local AWS that is running and starts the next one in the same folder."""
    running = []

    def start():
        stop()
        running.append(LocalAws(tmp_path / "aws").__enter__())
        return running[-1]

    def stop():
        while running:
            running.pop().stop()

    yield start
    stop()


def without_metadata(answer):
    """An answer without what differs from one request to the next."""
    answer.pop("ResponseMetadata")
    return answer


def test_an_object_comes_back_with_all_that_describes_it(restarted):
    s3 = restarted().client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(
        Bucket=BUCKET,
        Key="a folder/ä name",
        Body=b"lager",
        ContentType="text/plain",
        CacheControl="no-store",
        Metadata={"brewed": "1842"},
        Tagging="style=lager",
        ChecksumAlgorithm="SHA256",
    )
    ask = {"Bucket": BUCKET, "Key": "a folder/ä name"}
    before = s3.get_object(**ask, ChecksumMode="ENABLED")
    body = before.pop("Body").read()
    tags = s3.get_object_tagging(**ask)["TagSet"]

    s3 = restarted().client("s3")
    after = s3.get_object(**ask, ChecksumMode="ENABLED")
    assert after.pop("Body").read() == body == b"lager"
    assert without_metadata(after) == without_metadata(before)
    assert after["ContentType"] == "text/plain"
    assert after["Metadata"] == {"brewed": "1842"}
    assert s3.get_object_tagging(**ask)["TagSet"] == tags == [{"Key": "style", "Value": "lager"}]


def test_multipart_uploads_copies_and_deletions_are_kept(restarted, tmp_path):
    content = bytes(range(256)) * 50_000  # 12.8 MB: two parts
    (tmp_path / "large").write_bytes(content)
    s3 = restarted().client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.upload_file(str(tmp_path / "large"), BUCKET, "large")
    s3.copy_object(Bucket=BUCKET, Key="copy", CopySource={"Bucket": BUCKET, "Key": "large"})
    for key in ("a", "b", "c", "d"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    s3.delete_object(Bucket=BUCKET, Key="a")
    s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "b"}, {"Key": "c"}]})
    etag = s3.head_object(Bucket=BUCKET, Key="large")["ETag"]
    assert etag.endswith('-2"')

    s3 = restarted().client("s3")
    assert [found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["copy", "d", "large"]
    assert s3.get_object(Bucket=BUCKET, Key="large")["Body"].read() == content
    assert s3.get_object(Bucket=BUCKET, Key="copy", Range="bytes=256-259")["Body"].read() == bytes(range(4))
    assert s3.head_object(Bucket=BUCKET, Key="large")["ETag"] == etag


def test_a_versioned_bucket_comes_back_with_the_newest_versions(restarted):
    s3 = restarted().client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"first", b"second"):
        version = s3.put_object(Bucket=BUCKET, Key="twice", Body=body)["VersionId"]
    s3.put_object(Bucket=BUCKET, Key="deleted", Body=b"x")
    s3.delete_object(Bucket=BUCKET, Key="deleted")

    s3 = restarted().client("s3")
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    found = s3.get_object(Bucket=BUCKET, Key="twice")
    assert (found["Body"].read(), found["VersionId"]) == (b"second", version)
    assert [found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["twice"]


def test_a_buckets_configuration_comes_back_and_a_deleted_bucket_does_not(restarted):
    s3 = restarted().client("s3")
    for name in (BUCKET, "deleted-bucket"):
        s3.create_bucket(Bucket=name)
    s3.delete_bucket(Bucket="deleted-bucket")
    rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "checkpoints/"}, "Expiration": {"Days": 30}}
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]})
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [{"Key": "of", "Value": "taproom"}]})
    s3.put_bucket_policy(Bucket=BUCKET, Policy='{"Version":"2012-10-17","Statement":[]}')
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    s3.put_bucket_ownership_controls(
        Bucket=BUCKET, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )
    asked = [
        "get_bucket_lifecycle_configuration",
        "get_bucket_tagging",
        "get_bucket_policy",
        "get_public_access_block",
        "get_bucket_ownership_controls",
        "get_bucket_location",
    ]
    before = [without_metadata(getattr(s3, name)(Bucket=BUCKET)) for name in asked]

    s3 = restarted().client("s3")
    assert [without_metadata(getattr(s3, name)(Bucket=BUCKET)) for name in asked] == before
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == [BUCKET]


def test_contents_that_nothing_names_any_more_are_removed_at_the_next_start(restarted, tmp_path):
    s3 = restarted().client("s3")
    s3.create_bucket(Bucket=BUCKET)
    for body in (b"overwritten", b"kept", b"kept"):
        s3.put_object(Bucket=BUCKET, Key="a", Body=body)
    s3.put_object(Bucket=BUCKET, Key="b", Body=b"kept")
    unfinished = tmp_path / "aws" / "store" / "blobs" / "interrupted.new"
    unfinished.write_bytes(b"half of")
    blobs = tmp_path / "aws" / "store" / "blobs"
    assert len([path for path in blobs.iterdir() if path != unfinished]) == 2

    s3 = restarted().client("s3")
    (left,) = blobs.iterdir()
    assert left.read_bytes() == b"kept"
    assert s3.get_object(Bucket=BUCKET, Key="b")["Body"].read() == b"kept"


def test_what_a_lifecycle_rule_removes_in_the_meantime_is_gone(tmp_path):
    rules = [
        {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "checkpoints/"}, "Expiration": {"Days": 30}},
        {"ID": "off", "Status": "Disabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}},
    ]
    with LocalAws(tmp_path) as aws:
        s3 = aws.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": rules})
        for key in ("checkpoints/a", "runs/a"):
            s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    for days, left in ((29, ["checkpoints/a", "runs/a"]), (32, ["runs/a"])):
        clock = Clock()
        clock.advance(days * 24 * 3600)
        with LocalAws(tmp_path, clock) as aws:
            assert [one["Key"] for one in aws.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]] == left


def test_what_is_kept_of_an_object_is_not_in_memory(restarted):
    s3 = restarted().client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"x" * 1_000_000)
    aws = restarted()
    from moto.s3.models import s3_backends

    key = s3_backends[aws.account_id]["aws"].buckets[BUCKET].keys["a"]
    assert sum(len(value) for value in vars(key._value_buffer).values() if isinstance(value, bytes)) == 0
    assert key.size == 1_000_000


def test_the_registry_comes_back(restarted):
    sagemaker = restarted().client("sagemaker")
    sagemaker.create_model_package_group(
        ModelPackageGroupName="lagers", ModelPackageGroupDescription="light", Tags=[{"Key": "of", "Value": "taproom"}]
    )
    for number in (1, 2, 3):
        sagemaker.create_model_package(
            ModelPackageGroupName="lagers",
            ModelApprovalStatus="PendingManualApproval",
            CustomerMetadataProperties={"Number": str(number)},
            ModelCard={"ModelCardContent": '{"intended_uses": {}}', "ModelCardStatus": "Draft"},
            ModelMetrics={"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://b/e"}}},
            InferenceSpecification={
                "Containers": [{"Image": "image", "ModelDataUrl": "s3://b/model.tar.gz"}],
                "SupportedContentTypes": ["application/json"],
                "SupportedResponseMIMETypes": ["application/json"],
            },
        )
    first, second, third = versions(sagemaker)
    sagemaker.update_model_package(ModelPackageArn=second, ModelApprovalStatus="Approved", ApprovalDescription="tastes")
    sagemaker.delete_model_package(ModelPackageName=third)
    before = [describe(sagemaker, arn) for arn in (first, second)]
    group = without_metadata(sagemaker.describe_model_package_group(ModelPackageGroupName="lagers"))

    sagemaker = restarted().client("sagemaker")
    assert versions(sagemaker) == [first, second]
    assert [describe(sagemaker, arn) for arn in (first, second)] == before
    assert before[1]["ModelApprovalStatus"] == "Approved"
    assert before[1]["ApprovalDescription"] == "tastes"
    assert before[1]["CustomerMetadataProperties"] == {"Number": "2"}
    assert without_metadata(sagemaker.describe_model_package_group(ModelPackageGroupName="lagers")) == group
    # the number of the deleted version is not given again
    assert sagemaker.create_model_package(ModelPackageGroupName="lagers")["ModelPackageArn"].endswith("/lagers/4")


def versions(sagemaker, group="lagers"):
    found = sagemaker.list_model_packages(ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Ascending")
    return [summary["ModelPackageArn"] for summary in found["ModelPackageSummaryList"]]


def describe(sagemaker, arn):
    return without_metadata(sagemaker.describe_model_package(ModelPackageName=arn))


@pytest.fixture
def store(restarted, tmp_path):
    """The folder of a store that holds one object, of a local AWS that has stopped."""
    aws = restarted()
    aws.client("s3").create_bucket(Bucket=BUCKET)
    aws.client("s3").put_object(Bucket=BUCKET, Key="a", Body=b"lager")
    aws.stop()
    return tmp_path / "aws" / "store"


def test_a_file_that_is_no_store_is_named(restarted, store):
    (store / "documents.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreUnusable, match=r"documents\.sqlite cannot be read .*make clean"):
        restarted()
    assert (store / "documents.sqlite").read_bytes().startswith(b"no database")


def test_a_foreign_database_is_refused(restarted, store):
    shutil.rmtree(store)
    store.mkdir()
    with sqlite3.connect(store / "documents.sqlite") as other:
        other.execute("CREATE TABLE beers (name TEXT)")
    with pytest.raises(StoreUnusable, match="is no store of the local AWS"):
        restarted()


def test_a_store_of_a_newer_version_is_left_alone(restarted, store):
    with sqlite3.connect(store / "documents.sqlite") as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreUnusable, match=r"format 99, written by a newer version .*make clean"):
        restarted()


def test_a_lost_content_is_named_at_the_start(restarted, store):
    (content,) = (store / "blobs").iterdir()
    content.unlink()
    with pytest.raises(StoreUnusable, match=rf"{content.name} is missing"):
        restarted()


def test_after_a_refused_start_the_folder_is_free_again(restarted, store):
    kept = (store / "documents.sqlite").read_bytes()
    (store / "documents.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreUnusable):
        restarted()
    (store / "documents.sqlite").write_bytes(kept)
    assert restarted().client("s3").get_object(Bucket=BUCKET, Key="a")["Body"].read() == b"lager"


def test_a_request_that_fails_keeps_nothing(restarted):
    s3 = restarted().client("s3")
    with pytest.raises(ClientError, match="NoSuchBucket"):
        s3.put_object(Bucket="nowhere", Key="a", Body=b"x")
    assert restarted().client("s3").list_buckets()["Buckets"] == []


def test_what_was_answered_while_it_went_down_is_kept(restarted):
    aws = restarted()
    s3 = IsolatedSession(aws.region).client_of("s3", aws.endpoint_url)
    s3.create_bucket(Bucket=BUCKET)
    answered, some_answered = [], threading.Event()

    def ask():
        for number in itertools.count():
            try:
                s3.put_object(Bucket=BUCKET, Key=f"{number}", Body=b"x")
            except (ClientError, BotoCoreError):
                return
            answered.append(f"{number}")
            if number == 20:
                some_answered.set()

    asking = threading.Thread(target=ask)
    asking.start()
    assert some_answered.wait(timeout=30)
    aws.stop()
    asking.join(timeout=30)
    s3 = restarted().client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    kept = {found["Key"] for page in pages for found in page["Contents"]}
    assert kept >= set(answered)
