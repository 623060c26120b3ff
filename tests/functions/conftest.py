"""The functions as Lambda runs them: their folder on the path, the template's variables, moto as AWS."""

from __future__ import annotations

import importlib
import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
import yaml
from moto import mock_aws

PROJECT = Path(__file__).resolve().parents[2]
sys.path += [str(PROJECT / "functions"), str(PROJECT / "publish")]

BUCKET = "taproom-data"
REGION = "eu-west-1"
ACCOUNT_IMAGES = f"763104351884.dkr.ecr.{REGION}.amazonaws.com"
VARIABLES = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "BUCKET": BUCKET,
    "RUNS_TABLE": "taproom-runs",
    "UPLOAD_DEBOUNCE_SECONDS": "60",
    "CODE_DIGEST": "0123456789abcdef",
    "CODE_SOURCE_PREFIX": f"s3://{BUCKET}/code/0123456789abcdef/src/",
    "CODE_SUBMIT_URI": f"s3://{BUCKET}/code/0123456789abcdef/sourcedir.tar.gz",
    "PROCESSING_IMAGE": f"{ACCOUNT_IMAGES}/tensorflow-training:2.19-cpu-py312",
    "TRAINING_IMAGE_CPU": f"{ACCOUNT_IMAGES}/tensorflow-training:2.19-cpu-py312",
    "TRAINING_IMAGE_GPU": f"{ACCOUNT_IMAGES}/tensorflow-training:2.19-gpu-py312",
    "SERVING_IMAGE": f"{ACCOUNT_IMAGES}/tensorflow-inference:2.19-cpu",
    "STACK": "taproom",
    "STALE_AFTER_DAYS": "8",
    "STATE_MACHINE": f"arn:aws:states:{REGION}:123456789012:stateMachine:taproom",
    "TOPIC": f"arn:aws:sns:{REGION}:123456789012:taproom-notifications",
    "POWERTOOLS_SERVICE_NAME": "taproom",
    "POWERTOOLS_METRICS_NAMESPACE": "Taproom",
    "POWERTOOLS_TRACE_DISABLED": "true",
}


@dataclass
class Context:
    """What Lambda tells a function of itself."""

    function_name: str = "taproom-function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = f"arn:aws:lambda:{REGION}:123456789012:function:taproom-function"
    aws_request_id: str = "5f0e4fd8-5d0a-4b1c-9a55-9b9a3c6f0a55"


@pytest.fixture
def environment(monkeypatch):
    """The variables that template.yaml gives the functions."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture
def aws(environment):
    """An AWS of the test's own with the data bucket; a function gives boto3 clients for it."""
    importlib.import_module("aws").client.cache_clear()
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield boto3.client
    importlib.import_module("aws").client.cache_clear()


@pytest.fixture
def runs_table(aws):
    """An AWS with the table of runs, as template.yaml makes it."""
    aws("dynamodb").create_table(
        TableName=VARIABLES["RUNS_TABLE"],
        KeySchema=[{"AttributeName": "Kind", "KeyType": "HASH"}, {"AttributeName": "Id", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("Kind", "Id")],
        BillingMode="PAY_PER_REQUEST",
    )
    return aws


@pytest.fixture
def call(environment):
    """Call a function's handler as Lambda does: ``call("prepare", event)``."""
    return lambda name, event: importlib.import_module(name).handler(event, Context())


@pytest.fixture
def logged(environment):
    """What a function logs, from now on: ``logged("prepare")`` gives a callable that reads its lines as documents."""
    streams = []

    def listen(name):
        handler = importlib.import_module(name).logger.registered_handler
        stream = io.StringIO()
        streams.append((handler, handler.setStream(stream)))
        return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]

    yield listen
    for handler, before in streams:
        handler.setStream(before)


@pytest.fixture
def put(aws):
    """Put an object into the data bucket."""
    return lambda key, body=b"a,b\n1,2\n": aws("s3").put_object(Bucket=BUCKET, Key=key, Body=body)


@pytest.fixture(scope="session")
def template():
    """template.yaml, CloudFormation's functions reduced to their arguments."""

    class Loader(yaml.SafeLoader):
        pass

    def argument(loader, _, node):
        if isinstance(node, yaml.ScalarNode):
            return loader.construct_scalar(node)
        if isinstance(node, yaml.SequenceNode):
            return loader.construct_sequence(node, deep=True)
        return loader.construct_mapping(node, deep=True)

    Loader.add_multi_constructor("!", argument)
    return yaml.load((PROJECT / "template.yaml").read_text(), Loader)


@pytest.fixture
def topic(aws):
    """The topic that people are told on; gives a callable that takes the messages that have come, as SQS gets them."""
    arn = aws("sns").create_topic(Name=VARIABLES["TOPIC"].rpartition(":")[2])["TopicArn"]
    url = aws("sqs").create_queue(QueueName="inbox")["QueueUrl"]
    queue = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    aws("sns").subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue)

    def messages():
        received = aws("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for one in received:
            aws("sqs").delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
        return [json.loads(one["Body"]) for one in received]

    return messages
