"""A local AWS that is killed while it writes: what it had answered is there, what it had not is there whole or not."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from taproom.local.aws import LocalAws
from tests.local.asks_until_killed import BUCKET, GROUP, KEYED, TABLE

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).resolve().parents[2]
KILLS = 20
MOST_LINES = 40  # that the asking process writes before it is killed; every other one begins a request
LONGEST_REQUEST = 0.008  # seconds, about


@dataclass
class State:
    """Objects as (size, token), versions as status and token by ARN, a table's items as tokens by key."""

    objects: dict[str, tuple[int, str]] = field(default_factory=dict)
    versions: dict[str, list[str]] = field(default_factory=dict)
    created: int = 0  # versions
    items: dict[str, str] = field(default_factory=dict)

    def after(self, operation):
        """The state that ``operation`` leads to."""
        what, *arguments = operation
        state = deepcopy(self)
        if what == "put":
            key, size, token = arguments
            state.objects[key] = (size, token)
        elif what == "delete":
            state.objects.pop(arguments[0], None)
        elif what == "items":
            keys, token = arguments
            state.items |= dict.fromkeys(keys, token)
        elif what == "no_item":
            state.items.pop(arguments[0], None)
        elif what == "create":
            state.created += 1
            arn = f"arn:aws:sagemaker:us-east-1:123456789012:model-package/{GROUP}/{state.created}"
            state.versions[arn] = ["PendingManualApproval", arguments[0]]
        else:
            arn, status = arguments
            state.versions[arn][0] = status
        return state


def found(s3, sagemaker, dynamodb):
    """The state that a local AWS shows, each object read to its end."""
    state = State()
    for listed in s3.list_objects_v2(Bucket=BUCKET).get("Contents", ()):
        answer = s3.get_object(Bucket=BUCKET, Key=listed["Key"])
        content, token = answer["Body"].read(), answer["Metadata"]["token"]
        assert content == token.encode() * (len(content) // len(token)), f"{listed['Key']} is not whole"
        state.objects[listed["Key"]] = (len(content), token)
    for listed in sagemaker.list_model_packages(ModelPackageGroupName=GROUP)["ModelPackageSummaryList"]:
        version = sagemaker.describe_model_package(ModelPackageName=listed["ModelPackageArn"])
        token = version["CustomerMetadataProperties"]["Token"]
        state.versions[version["ModelPackageArn"]] = [version["ModelApprovalStatus"], token]
    state.created = len(state.versions)
    for item in dynamodb.scan(TableName=TABLE)["Items"]:
        state.items[item["key"]["S"]] = item["token"]["S"]
    return state


@pytest.fixture
def asking(tmp_path):
    """The process that starts local AWSs to be killed, and the clients for those that are started in between."""
    with LocalAws(tmp_path / "aws") as aws:
        clients = s3, sagemaker, dynamodb = [aws.client(service) for service in ("s3", "sagemaker", "dynamodb")]
        port = aws.port
        s3.create_bucket(Bucket=BUCKET)
        sagemaker.create_model_package_group(ModelPackageGroupName=GROUP)
        dynamodb.create_table(TableName=TABLE, **KEYED)
    program = Path(__file__).with_name("asks_until_killed.py")
    process = subprocess.Popen(
        [sys.executable, program, tmp_path / "aws", str(port)],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    yield process, clients, port, tmp_path / "aws"
    process.stdin.close()
    process.wait(timeout=30)
    process.stdout.close()


def let_pass(seconds):
    """So that a kill comes at any moment of a request, and not always at its beginning; too short for a sleep."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def lines(process):
    for line in process.stdout:
        word, _, document = line.partition(" ")
        yield word, json.loads(document)


def test_killed_twenty_times_it_has_all_that_it_answered(asking):
    process, clients, port, root = asking
    chance = random.Random(4)
    state, interrupted, applied = State(), 0, 0
    for seed in range(KILLS):
        process.stdin.write(f"{seed}\n")
        lines_left, child, operation = chance.randrange(MOST_LINES), None, None
        for word, told in lines(process):
            if word == "child":
                child = told
            elif word == "begin":
                operation = told
            elif word == "done":
                state, operation = state.after(operation), None
            elif word == "gone":
                break
            lines_left -= 1
            if child is not None and lines_left < 0:
                let_pass(chance.uniform(0, LONGEST_REQUEST))
                os.kill(child, signal.SIGKILL)
                child = None
        with LocalAws(root, port=port):
            now = found(*clients)
        expected = [state] if operation is None else [state, state.after(operation)]
        assert now in expected, f"kill {seed}, during {operation}"
        interrupted += operation is not None
        applied += operation is not None and now == expected[1] != state
        state = now
    assert interrupted > 0  # else the kills came between the requests, and nothing was tried
    print(f"{interrupted} of {KILLS} kills came during a request, of which {applied} had been written")
