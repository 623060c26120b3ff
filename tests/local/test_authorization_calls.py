"""Which rights a request asks for: read off real requests of boto3, without a server."""

from __future__ import annotations

import io
from urllib.parse import unquote, urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from taproom.local.authorization.actions import Site, UnknownCall, needed
from taproom.local.authorization.requests import read, signature

SITE = Site("aws", "us-east-1", "123456789012")
ACCOUNT = "us-east-1:123456789012"
JOB = {
    "TrainingJobName": "train-1",
    "RoleArn": "arn:aws:iam::123456789012:role/job",
    "Tags": [{"Key": "a", "Value": "b"}],
}
EXECUTION = f"arn:aws:states:{ACCOUNT}:execution:m:e"


def environ_of(request):
    """The WSGI environment that a server makes of a request."""
    parts = urlsplit(request.url)
    body = request.body or b""
    body = body if isinstance(body, bytes) else body.read() if hasattr(body, "read") else body.encode()
    headers = {key: value if isinstance(value, str) else value.decode() for key, value in request.headers.items()}
    named = {f"HTTP_{key.upper().replace('-', '_')}": value for key, value in headers.items()}
    return {
        **named,
        "REQUEST_METHOD": request.method,
        "PATH_INFO": unquote(parts.path, "latin-1"),
        "QUERY_STRING": parts.query,
        "CONTENT_TYPE": headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "HTTP_HOST": "127.0.0.1",
    }


def environ(service, method, **arguments):
    """The request that boto3 makes of a call, as it would arrive."""
    sent = []
    client = boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1",
        aws_access_key_id="ASIAKEY",
        aws_secret_access_key="secret",
        aws_session_token="token",
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
    )

    def capture(request, **_):
        sent.append(environ_of(request))
        return AWSResponse(request.url, 500, {}, io.BytesIO(b""))

    client.meta.events.register("before-send", capture)
    try:
        getattr(client, method)(**arguments)
    except Exception:  # noqa: BLE001 - there is no answer, only a request
        assert sent
    return sent[0]


def rights(service, method, **arguments):
    """(action, resource) of each right that boto3's call asks for."""
    arrived = environ(service, method, **arguments)
    signed = signature(arrived)
    body = arrived["wsgi.input"].getvalue()
    call = read(arrived, signed["service"])
    assert arrived["wsgi.input"].read() == body  # it stays to be read
    return [(one.action, one.resource) for one in needed(call.service, call.operation, call.parameters, SITE)]


OBJECT = {"Bucket": "beers", "Key": "runs/ü b.json"}
OBJECT_ARN = "arn:aws:s3:::beers/runs/ü b.json"
TABLE = f"arn:aws:dynamodb:{ACCOUNT}:table/runs"


@pytest.mark.parametrize(
    ("service", "method", "arguments", "wanted"),
    [
        ("s3", "get_object", OBJECT, [("s3:GetObject", OBJECT_ARN)]),
        ("s3", "head_object", OBJECT, [("s3:GetObject", OBJECT_ARN)]),
        ("s3", "get_object", {**OBJECT, "VersionId": "3"}, [("s3:GetObjectVersion", OBJECT_ARN)]),
        ("s3", "put_object", {**OBJECT, "Body": b"x"}, [("s3:PutObject", OBJECT_ARN)]),
        ("s3", "create_multipart_upload", OBJECT, [("s3:PutObject", OBJECT_ARN)]),
        (
            "s3",
            "upload_part",
            {**OBJECT, "PartNumber": 1, "UploadId": "u", "Body": b"x"},
            [("s3:PutObject", OBJECT_ARN)],
        ),
        ("s3", "abort_multipart_upload", {**OBJECT, "UploadId": "u"}, [("s3:AbortMultipartUpload", OBJECT_ARN)]),
        (
            "s3",
            "copy_object",
            {**OBJECT, "CopySource": {"Bucket": "src", "Key": "a b"}},
            [("s3:GetObject", "arn:aws:s3:::src/a b"), ("s3:PutObject", OBJECT_ARN)],
        ),
        ("s3", "delete_object", OBJECT, [("s3:DeleteObject", OBJECT_ARN)]),
        ("s3", "list_objects_v2", {"Bucket": "beers", "Prefix": "a/"}, [("s3:ListBucket", "arn:aws:s3:::beers")]),
        ("s3", "head_bucket", {"Bucket": "beers"}, [("s3:ListBucket", "arn:aws:s3:::beers")]),
        ("dynamodb", "get_item", {"TableName": "runs", "Key": {"a": {"S": "b"}}}, [("dynamodb:GetItem", TABLE)]),
        ("dynamodb", "query", {"TableName": TABLE, "IndexName": "i"}, [("dynamodb:Query", f"{TABLE}/index/i")]),
        (
            "dynamodb",
            "transact_write_items",
            {"TransactItems": [{"Put": {"TableName": "runs", "Item": {}}}]},
            [("dynamodb:PutItem", TABLE)],
        ),
        (
            "sagemaker",
            "create_training_job",
            JOB,
            [
                ("sagemaker:CreateTrainingJob", f"arn:aws:sagemaker:{ACCOUNT}:training-job/train-1"),
                ("sagemaker:AddTags", f"arn:aws:sagemaker:{ACCOUNT}:training-job/train-1"),
                ("iam:PassRole", JOB["RoleArn"]),
            ],
        ),
        (
            "sagemaker",
            "stop_processing_job",
            {"ProcessingJobName": "p"},
            [("sagemaker:StopProcessingJob", f"arn:aws:sagemaker:{ACCOUNT}:processing-job/p")],
        ),
        (
            "sagemaker",
            "create_model_package",
            {"ModelPackageGroupName": f"arn:aws:sagemaker:{ACCOUNT}:model-package-group/g"},
            [
                ("sagemaker:CreateModelPackage", f"arn:aws:sagemaker:{ACCOUNT}:model-package-group/g"),
                ("sagemaker:CreateModelPackage", f"arn:aws:sagemaker:{ACCOUNT}:model-package/g/*"),
            ],
        ),
        ("sagemaker", "list_model_packages", {}, [("sagemaker:ListModelPackages", "*")]),
        (
            "stepfunctions",
            "get_execution_history",
            {"executionArn": EXECUTION},
            [("states:GetExecutionHistory", EXECUTION)],
        ),
        (
            "stepfunctions",
            "describe_state_machine_for_execution",
            {"executionArn": EXECUTION},
            [("states:DescribeStateMachineForExecution", EXECUTION)],
        ),
        (
            "lambda",
            "invoke",
            {"FunctionName": f"arn:aws:lambda:{ACCOUNT}:function:f:live", "Payload": b'{"FunctionName": "g"}'},
            [("lambda:InvokeFunction", f"arn:aws:lambda:{ACCOUNT}:function:f:live")],
        ),
        (
            "lambda",
            "invoke",
            {"FunctionName": "f", "Qualifier": "3"},
            [("lambda:InvokeFunction", f"arn:aws:lambda:{ACCOUNT}:function:f:3")],
        ),
        (
            "sns",
            "publish",
            {"TopicArn": f"arn:aws:sns:{ACCOUNT}:t", "Message": "&="},
            [("sns:Publish", f"arn:aws:sns:{ACCOUNT}:t")],
        ),
        (
            "sqs",
            "send_message",
            {"QueueUrl": "http://127.0.0.1/123456789012/q", "MessageBody": "m"},
            [("sqs:SendMessage", f"arn:aws:sqs:{ACCOUNT}:q")],
        ),
        (
            "logs",
            "get_log_events",
            {"logGroupName": "/aws/x", "logStreamName": "s"},
            [("logs:GetLogEvents", f"arn:aws:logs:{ACCOUNT}:log-group:/aws/x:log-stream:s")],
        ),
        (
            "logs",
            "filter_log_events",
            {"logGroupName": "/aws/x"},
            [("logs:FilterLogEvents", f"arn:aws:logs:{ACCOUNT}:log-group:/aws/x:log-stream:")],
        ),
        ("events", "put_rule", {"Name": "r"}, [("events:PutRule", f"arn:aws:events:{ACCOUNT}:rule/r")]),
        (
            "events",
            "put_events",
            {"Entries": [{}]},
            [("events:PutEvents", f"arn:aws:events:{ACCOUNT}:event-bus/default")],
        ),
        (
            "scheduler",
            "get_schedule",
            {"Name": "weekly"},
            [("scheduler:GetSchedule", f"arn:aws:scheduler:{ACCOUNT}:schedule/default/weekly")],
        ),
        ("kms", "generate_data_key", {"KeyId": "k"}, [("kms:GenerateDataKey", f"arn:aws:kms:{ACCOUNT}:key/k")]),
        ("xray", "put_trace_segments", {"TraceSegmentDocuments": ["x"]}, [("xray:PutTraceSegments", "*")]),
        ("ec2", "create_network_interface", {"SubnetId": "s"}, [("ec2:CreateNetworkInterface", "*")]),
        ("sts", "get_caller_identity", {}, []),
    ],
)
def test_what_a_call_asks_for(service, method, arguments, wanted):
    assert rights(service, method, **arguments) == wanted


@pytest.mark.parametrize(
    ("service", "method", "arguments"),
    [
        ("s3", "put_bucket_acl", {"Bucket": "beers", "ACL": "public-read"}),
        ("dynamodb", "delete_table", {"TableName": "runs"}),
        ("iam", "create_user", {"UserName": "u"}),
        ("lambda", "delete_function", {"FunctionName": "f"}),
    ],
)
def test_a_call_that_the_table_does_not_know_is_said_so(service, method, arguments):
    with pytest.raises(UnknownCall, match=r"does not know which right .*services\.py"):
        rights(service, method, **arguments)


def test_a_presigned_request_is_its_signer_s():
    s3 = boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1",
        aws_access_key_id="ASIAKEY",
        aws_secret_access_key="s",
        config=Config(signature_version="s3v4"),
    )
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "beers", "Key": "k"})
    found = signature({"QUERY_STRING": urlsplit(url).query})
    assert (found["key"], found["service"]) == ("ASIAKEY", "s3")
    assert signature({"QUERY_STRING": ""}) is None
