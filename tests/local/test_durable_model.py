"""Whatever is asked in whatever order: after every single request the next local AWS has exactly what a dict would."""

from __future__ import annotations

import tempfile
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taproom.local.aws import LocalAws

pytestmark = pytest.mark.slow

BUCKETS, KEYS, GROUPS = ["bucket-a", "bucket-b"], ["a", "a/b", "ü &+ x"], ["lagers", "ales"]
STATUSES = ["Approved", "Rejected", "PendingManualApproval"]
bucket, key, group = st.sampled_from(BUCKETS), st.sampled_from(KEYS), st.sampled_from(GROUPS)
body = st.binary(max_size=40)
place = st.integers(0, 3)  # of a version among those that the group has
OPERATIONS = st.one_of(
    st.tuples(st.just("create_bucket"), bucket),
    st.tuples(st.just("put"), bucket, key, body, st.dictionaries(st.sampled_from(["x", "y"]), st.just("1"))),
    st.tuples(st.just("copy"), bucket, key, bucket, key),
    st.tuples(st.just("delete"), bucket, key),
    st.tuples(st.just("delete_several"), bucket, st.lists(key, min_size=1, unique=True)),
    st.tuples(st.just("delete_bucket"), bucket),
    st.tuples(st.just("create_group"), group),
    st.tuples(st.just("create_version"), group, st.sampled_from(["1", "2"])),
    st.tuples(st.just("update_version"), group, place, st.sampled_from(STATUSES)),
    st.tuples(st.just("delete_version"), group, place),
    st.tuples(st.just("delete_group"), group),
)
Content = tuple[bytes, dict[str, str]]  # an object's bytes and metadata
Version = tuple[str, str]  # a version's approval status and what its metadata says


@dataclass
class Expected:
    """What S3 and the registry hold, as plain dicts; ``highest`` is a group's highest version number so far."""

    objects: dict[str, dict[str, Content]] = field(default_factory=dict)
    versions: dict[str, dict[int, Version]] = field(default_factory=dict)
    highest: dict[str, int] = field(default_factory=dict)

    def apply(self, operation: tuple[Any, ...]) -> bool:
        """Do it; False when it has to be refused, or there is nothing to do it to."""
        name, *arguments = operation
        return getattr(self, name)(*arguments)

    def create_bucket(self, bucket: str) -> bool:
        self.objects.setdefault(bucket, {})
        return True

    def put(self, bucket: str, key: str, body: bytes, metadata: dict[str, str]) -> bool:
        if bucket not in self.objects:
            return False
        self.objects[bucket][key] = (body, metadata)
        return True

    def copy(self, source: str, source_key: str, target: str, key: str) -> bool:
        found = self.objects.get(source, {}).get(source_key)
        if found is None or target not in self.objects or (source, source_key) == (target, key):
            return False
        self.objects[target][key] = found
        return True

    def delete(self, bucket: str, key: str) -> bool:
        if bucket not in self.objects:
            return False
        self.objects[bucket].pop(key, None)
        return True

    def delete_several(self, bucket: str, keys: list[str]) -> bool:
        return all(self.delete(bucket, key) for key in keys)

    def delete_bucket(self, bucket: str) -> bool:
        if self.objects.get(bucket, {"none": None}):
            return False
        del self.objects[bucket]
        return True

    def create_group(self, group: str) -> bool:
        if group in self.versions:
            return False
        self.versions[group], self.highest[group] = {}, 0
        return True

    def create_version(self, group: str, told: str) -> bool:
        if group not in self.versions:
            return False
        self.highest[group] += 1
        self.versions[group][self.highest[group]] = ("PendingManualApproval", told)
        return True

    def number(self, group: str, place: int) -> int | None:
        numbers = sorted(self.versions.get(group, {}))
        return numbers[place % len(numbers)] if numbers else None

    def update_version(self, group: str, place: int, status: str) -> bool:
        if (number := self.number(group, place)) is None:
            return False
        self.versions[group][number] = (status, self.versions[group][number][1])
        return True

    def delete_version(self, group: str, place: int) -> bool:
        if (number := self.number(group, place)) is None:
            return False
        del self.versions[group][number]
        return True

    def delete_group(self, group: str) -> bool:
        if self.versions.get(group, {0: None}):
            return False
        del self.versions[group]
        return True


@dataclass
class Asked:
    """The same through boto3."""

    s3: Any
    sagemaker: Any

    def ask(self, operation: tuple[Any, ...], expected: Expected) -> None:
        """``expected`` as it was before tells which version number a place means."""
        name, *rest = operation
        if name == "create_bucket":
            self.s3.create_bucket(Bucket=rest[0])
        elif name == "put":
            self.s3.put_object(Bucket=rest[0], Key=rest[1], Body=rest[2], Metadata=rest[3])
        elif name == "copy":
            self.s3.copy_object(CopySource={"Bucket": rest[0], "Key": rest[1]}, Bucket=rest[2], Key=rest[3])
        elif name == "delete":
            self.s3.delete_object(Bucket=rest[0], Key=rest[1])
        elif name == "delete_several":
            self.s3.delete_objects(Bucket=rest[0], Delete={"Objects": [{"Key": key} for key in rest[1]]})
        elif name == "delete_bucket":
            self.s3.delete_bucket(Bucket=rest[0])
        elif name == "create_group":
            self.sagemaker.create_model_package_group(ModelPackageGroupName=rest[0])
        elif name == "delete_group":
            self.sagemaker.delete_model_package_group(ModelPackageGroupName=rest[0])
        elif name == "create_version":
            told = {"Told": rest[1]}
            self.sagemaker.create_model_package(ModelPackageGroupName=rest[0], CustomerMetadataProperties=told)
        else:
            number = expected.number(rest[0], rest[1])
            arn = f"arn:aws:sagemaker:us-east-1:123456789012:model-package/{rest[0]}/{number}"
            if name == "delete_version":
                self.sagemaker.delete_model_package(ModelPackageName=arn)
            else:
                self.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus=rest[2])

    def objects(self) -> dict[str, dict[str, Content]]:
        found: dict[str, dict[str, Content]] = {}
        for bucket in self.s3.list_buckets()["Buckets"]:
            name = bucket["Name"]
            keys = [one["Key"] for one in self.s3.list_objects_v2(Bucket=name).get("Contents", ())]
            answers = {key: self.s3.get_object(Bucket=name, Key=key) for key in keys}
            found[name] = {key: (one["Body"].read(), one["Metadata"]) for key, one in answers.items()}
        return found

    def versions(self) -> dict[str, dict[int, Version]]:
        found: dict[str, dict[int, Version]] = {}
        for group in self.sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]:
            name = group["ModelPackageGroupName"]
            listed = self.sagemaker.list_model_packages(ModelPackageGroupName=name)["ModelPackageSummaryList"]
            arns = [one["ModelPackageArn"] for one in listed]
            described = [self.sagemaker.describe_model_package(ModelPackageName=arn) for arn in arns]
            found[name] = {
                one["ModelPackageVersion"]: (one["ModelApprovalStatus"], one["CustomerMetadataProperties"]["Told"])
                for one in described
            }
        return found


@pytest.fixture(scope="module")
def port_and_clients(tmp_path_factory):
    """Clients are slow to make, so every local AWS of this test listens on the same port."""
    with LocalAws(tmp_path_factory.mktemp("first")) as aws:
        return aws.port, Asked(aws.client("s3"), aws.client("sagemaker"))


@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations=st.lists(OPERATIONS, min_size=1, max_size=10))
def test_after_each_request_the_next_local_aws_is_what_a_dict_would_be(port_and_clients, operations):
    port, asked = port_and_clients
    expected = Expected()
    with tempfile.TemporaryDirectory() as folder:
        for operation in [("create_bucket", "bucket-a"), ("create_group", "lagers"), *operations, None]:
            with LocalAws(Path(folder), port=port):
                assert asked.objects() == expected.objects
                assert asked.versions() == expected.versions
                if operation is not None:
                    before = deepcopy(expected)
                    if expected.apply(operation):
                        asked.ask(operation, before)
                    else:
                        with pytest.raises(ClientError):
                            asked.ask(operation, before)
