"""A process that starts local AWSs and has each of them killed: `asks_until_killed.py ROOT PORT`.

For each line it reads (a seed) it forks a child. The child runs a local AWS on ROOT and asks it one thing after
another, as the seed says, for ever; it writes a line `begin [...]` before and `done` after each. This process writes
`child PID`, and `gone` when that child was killed. What is slow for the first time it does once, before it forks.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
from pathlib import Path

import moto.dynamodb.responses
import moto.moto_server.werkzeug_app
import moto.s3.responses
import moto.sagemaker.responses  # noqa: F401

from taproom.local.aws import REGION, LocalAws
from taproom.local.isolation import IsolatedSession

BUCKET, GROUP, TABLE = "kept-bucket", "kept-group", "kept-table"
KEYED = {
    "AttributeDefinitions": [{"AttributeName": "key", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "key", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def main() -> None:
    root, port = Path(sys.argv[1]), int(sys.argv[2])
    session, url = IsolatedSession(REGION), f"http://127.0.0.1:{port}"
    clients = [session.client_of(service, url) for service in ("s3", "sagemaker", "dynamodb")]
    with tempfile.TemporaryDirectory() as other, LocalAws(Path(other), port=port):
        clients[0].create_bucket(Bucket=BUCKET)
        clients[1].create_model_package_group(ModelPackageGroupName=GROUP)
        clients[1].create_model_package(ModelPackageGroupName=GROUP)
        clients[2].create_table(TableName=TABLE, **KEYED)
        clients[2].transact_write_items(TransactItems=puts(["a", "b"], "warm"))
    for seed in sys.stdin:
        child = os.fork()
        if child == 0:
            with LocalAws(root, port=port):
                ask(*clients, random.Random(int(seed)))
        say("child", child)
        os.waitpid(child, 0)
        say("gone", None)


def puts(keys: list[str], token: str) -> list[dict]:
    """A transaction that gives each of ``keys`` the same token."""
    items = [{"key": {"S": key}, "token": {"S": token}} for key in keys]
    return [{"Put": {"TableName": TABLE, "Item": item}} for item in items]


def ask(s3, sagemaker, dynamodb, chance: random.Random) -> None:
    versions = sagemaker.list_model_packages(ModelPackageGroupName=GROUP)["ModelPackageSummaryList"]
    arns = [one["ModelPackageArn"] for one in versions]
    while True:
        what = chance.choice(["put", "put", "delete", "create", "update", "items", "no_item"])
        key, token = f"key-{chance.randrange(4)}", f"{chance.getrandbits(64):016x}"
        if what == "put":
            content = token.encode() * chance.choice([1, 100, 100_000])
            say("begin", ["put", key, len(content), token])
            s3.put_object(Bucket=BUCKET, Key=key, Body=content, Metadata={"token": token})
            say("done", None)
        elif what == "delete":
            say("begin", ["delete", key])
            s3.delete_object(Bucket=BUCKET, Key=key)
            say("done", None)
        elif what == "items":
            keys = [f"item-{number}" for number in chance.sample(range(4), 3)]
            say("begin", ["items", keys, token])
            dynamodb.transact_write_items(TransactItems=puts(keys, token))
            say("done", None)
        elif what == "no_item":
            say("begin", ["no_item", "item-0"])
            dynamodb.delete_item(TableName=TABLE, Key={"key": {"S": "item-0"}})
            say("done", None)
        elif what == "create":
            say("begin", ["create", token])
            made = sagemaker.create_model_package(
                ModelPackageGroupName=GROUP, ClientToken=token, CustomerMetadataProperties={"Token": token}
            )
            arns.append(made["ModelPackageArn"])
            say("done", None)
        elif arns:
            arn, status = chance.choice(arns), chance.choice(["Approved", "Rejected"])
            say("begin", ["update", arn, status])
            sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus=status)
            say("done", None)


def say(word: str, document: object) -> None:
    """One line in one piece: it arrives whole or not at all."""
    os.write(1, f"{word} {json.dumps(document)}\n".encode())


if __name__ == "__main__":
    main()
