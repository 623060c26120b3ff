"""On a running local AWS, a role may do what its policies allow, and is refused as the service refuses it."""

from __future__ import annotations

import json
import time

import pytest
from botocore.exceptions import ClientError

from taproom.local.authorization.callers import Caller
from taproom.local.authorization.documents import Request
from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from tests.local.small_jobs import bucket, processing_request, put, train, training_request
from tests.local.small_stacks import EVERYTHING, eventually, inputs, invoke, make_function, make_machine, make_role

STARTED = "arn:aws:states:us-east-1:123456789012:stateMachine:started"


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("authorization"), Clock(skip_waits=True)) as running:
        bucket(running)
        make_role(running)
        make_role(running, "nothing", policy(allow("sts:GetCallerIdentity")))
        yield running


def allow(action, resource="*"):
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def set_policy(aws, role, *statements):
    """From now on, a role may do this and nothing else."""
    text = json.dumps(policy(*statements))
    aws.client("iam").put_role_policy(RoleName=role, PolicyName="policy", PolicyDocument=text)


def arn(role):
    return f"arn:aws:iam::123456789012:role/{role}"


def client(aws, service, role="nothing"):
    return aws.authorizer.clients.client(service, Caller(arn(role), "tester"))


def refused(call, **arguments):
    """The error of a call: its code, HTTP status and message."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    told = caught.value.response
    return told["Error"]["Code"], told["ResponseMetadata"]["HTTPStatusCode"], told["Error"].get("Message", "")


def words(action, resource):
    return (
        f"User: arn:aws:sts::123456789012:assumed-role/nothing/tester is not authorized to perform: {action} "
        f"on resource: {resource} because no identity-based policy allows the {action} action"
    )


@pytest.mark.parametrize(
    ("service", "method", "arguments", "code", "status", "action", "resource"),
    [
        ("s3", "get_object", {"Bucket": "b", "Key": "k"}, "AccessDenied", 403, "s3:GetObject", '"arn:aws:s3:::b/k"'),
        (
            *("dynamodb", "get_item", {"TableName": "t", "Key": {"a": {"S": "b"}}}),
            *("AccessDeniedException", 400, "dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:123456789012:table/t"),
        ),
        (
            *("stepfunctions", "start_execution", {"stateMachineArn": STARTED}),
            *("AccessDeniedException", 400, "states:StartExecution", STARTED),
        ),
        (
            *("lambda", "invoke", {"FunctionName": "f"}),
            *("AccessDeniedException", 403, "lambda:InvokeFunction"),
            "arn:aws:lambda:us-east-1:123456789012:function:f",
        ),
        (
            *("sns", "publish", {"TopicArn": "arn:aws:sns:us-east-1:123456789012:t", "Message": "m"}),
            *("AuthorizationError", 403, "sns:Publish", "arn:aws:sns:us-east-1:123456789012:t"),
        ),
        ("sagemaker", "list_model_packages", {}, "AccessDeniedException", 400, "sagemaker:ListModelPackages", "*"),
        ("ec2", "describe_subnets", {}, "UnauthorizedOperation", 403, "ec2:DescribeSubnets", "*"),
        ("xray", "get_sampling_rules", {}, "AccessDeniedException", 403, "xray:GetSamplingRules", "*"),
    ],
)
def test_each_service_refuses_in_its_own_way(aws, service, method, arguments, code, status, action, resource):
    found = refused(getattr(client(aws, service), method), **arguments)
    assert found == (code, status, words(action, resource))


def test_a_head_request_is_refused_without_a_body(aws):
    assert refused(client(aws, "s3").head_object, Bucket="b", Key="k")[:2] == ("403", 403)


def test_a_call_that_nobody_knows_is_refused_and_said_so(aws):
    code, _, message = refused(client(aws, "s3", "role").put_bucket_acl, Bucket="b", ACL="private")
    assert code == "AccessDenied"
    assert "does not know which right s3:PutBucketAcl asks for" in message


def test_the_administrator_is_unchecked_and_a_session_is_known_to_sts(aws):
    aws.client("s3").create_bucket(Bucket="anything")
    aws.client("s3").put_bucket_acl(Bucket="anything", ACL="private")
    identity = client(aws, "sts").get_caller_identity()
    assert identity["Arn"] == "arn:aws:sts::123456789012:assumed-role/nothing/tester"


def test_a_role_that_is_assumed_through_sts_is_checked_too(aws):
    given = aws.client("sts").assume_role(RoleArn=arn("nothing"), RoleSessionName="person")["Credentials"]
    s3 = aws.session.client_of(
        "s3",
        aws.endpoint_url,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )
    assert "assumed-role/nothing/person" in refused(s3.list_objects_v2, Bucket="b")[2]


def test_a_changed_policy_counts_from_the_next_call_on(aws):
    make_role(aws, "changes", policy(allow("sns:Publish")))
    put(aws, "changes/a", "hops")
    s3, asked = client(aws, "s3", "changes"), {"Bucket": "jobs-bucket", "Key": "changes/a"}
    assert refused(s3.get_object, **asked)[0] == "AccessDenied"
    set_policy(aws, "changes", allow("s3:GetObject", "arn:aws:s3:::jobs-bucket/changes/*"))
    assert s3.get_object(**asked)["Body"].read() == b"hops"
    iam = aws.client("iam")
    document = json.dumps(policy(allow("sns:*")))
    boundary = iam.create_policy(PolicyName="boundary", PolicyDocument=document)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="changes", PermissionsBoundary=boundary)
    assert "no permissions boundary allows" in refused(s3.get_object, **asked)[2]
    iam.delete_role_permissions_boundary(RoleName="changes")
    s3.get_object(**asked)
    iam.delete_role_policy(RoleName="changes", PolicyName="policy")
    assert refused(s3.get_object, **asked)[0] == "AccessDenied"
    iam.create_policy_version(PolicyArn=boundary, PolicyDocument=json.dumps(EVERYTHING), SetAsDefault=True)
    iam.attach_role_policy(RoleName="changes", PolicyArn=boundary)
    s3.get_object(**asked)


def test_whether_an_object_is_missing_is_told_to_those_who_may_list(aws):
    make_role(aws, "lists", policy(allow("s3:GetObject")))
    s3, asked = client(aws, "s3", "lists"), {"Bucket": "jobs-bucket", "Key": "not there"}
    code, status, message = refused(s3.get_object, **asked)
    assert (code, status) == ("AccessDenied", 403)
    assert 'perform: s3:ListBucket on resource: "arn:aws:s3:::jobs-bucket"' in message
    assert refused(s3.head_object, **asked)[1] == 403
    set_policy(aws, "lists", allow("s3:*"))
    assert refused(s3.get_object, **asked)[:2] == ("NoSuchKey", 404)
    assert refused(s3.head_object, **asked)[1] == 404


def test_a_bucket_with_a_key_asks_for_the_key_as_well(aws):
    key, through = "arn:aws:kms:us-east-1:123456789012:key/k", aws.client("s3")
    through.create_bucket(Bucket="locked")
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    through.put_bucket_encryption(Bucket="locked", ServerSideEncryptionConfiguration={"Rules": [rule]})
    make_role(aws, "locks", policy(allow("s3:*")))
    s3 = client(aws, "s3", "locks")
    assert f"kms:GenerateDataKey on resource: {key}" in refused(s3.put_object, Bucket="locked", Key="a", Body=b"x")[2]
    set_policy(aws, "locks", allow("s3:*"), allow("kms:GenerateDataKey", key))
    s3.put_object(Bucket="locked", Key="a", Body=b"x")
    assert f"kms:Decrypt on resource: {key}" in refused(s3.get_object, Bucket="locked", Key="a")[2]


READS = """
import boto3
def handler(event, context):
    return boto3.client("sts").get_caller_identity()["Arn"], len(boto3.client("s3").list_buckets()["Buckets"])
"""


def test_a_function_calls_in_its_role(aws):
    make_function(aws, "reads", READS)
    assert invoke(aws, "reads")[0][0] == "arn:aws:sts::123456789012:assumed-role/role/reads"
    aws.client("lambda").update_function_configuration(FunctionName="reads", Role=arn("nothing"))
    error, kind = invoke(aws, "reads")
    assert kind == "Unhandled"
    assert "assumed-role/nothing/reads is not authorized to perform: s3:ListAllMyBuckets" in error["errorMessage"]


def test_a_function_whose_role_may_not_log_runs_without_logs(aws):
    make_function(aws, "mute", "def handler(event, context): print('hello')")
    aws.client("lambda").update_function_configuration(FunctionName="mute", Role=arn("nothing"))
    assert invoke(aws, "mute") == (None, None)
    logs = aws.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/mute")
    assert logs["logGroups"] == [] or not logs["logGroups"][0].get("storedBytes")


def execution(aws, name, state, role=None):
    """The end of an execution of one state, as a role."""
    definition = json.dumps({"StartAt": "Only", "States": {"Only": {**state, "End": True}}})
    stepfunctions = aws.client("stepfunctions")
    made = stepfunctions.create_state_machine(name=name, definition=definition, roleArn=role or make_role(aws))
    started = stepfunctions.start_execution(stateMachineArn=made["stateMachineArn"], input="{}")

    def look():
        described = stepfunctions.describe_execution(executionArn=started["executionArn"])
        return described if described["status"] != "RUNNING" else None

    return eventually(look)


def test_a_state_asks_its_function_in_the_machines_role(aws):
    make_function(aws, "asked", "def handler(event, context): return 1")
    function = "arn:aws:lambda:us-east-1:123456789012:function:asked"
    direct = {"Type": "Task", "Resource": function}
    through = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "asked"}}
    for name, state in (("direct", direct), ("through", through)):
        assert execution(aws, f"may-{name}", state)["status"] == "SUCCEEDED"
        ended = execution(aws, f"may-not-{name}", state, arn("nothing"))
        assert (ended["status"], ended["error"]) == ("FAILED", "Lambda.AWSLambdaException")
        refusal = (
            f"assumed-role/nothing/states is not authorized to perform: lambda:InvokeFunction on resource: {function}"
        )
        assert refusal in ended["cause"]
        assert "Status Code: 403; Error Code: AccessDeniedException" in ended["cause"]


def test_a_machine_whose_role_trusts_another_service_cannot_do_anything(aws):
    iam = aws.client("iam")
    trust = {**policy(), "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}]}
    trust["Statement"][0]["Action"] = "sts:AssumeRole"
    make_role(aws, "untrusting")
    iam.update_assume_role_policy(RoleName="untrusting", PolicyDocument=json.dumps(trust))
    state = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:asked"}
    assert "states.amazonaws.com" in execution(aws, "untrusted", state, arn("untrusting"))["cause"]
    missing = execution(aws, "missing", state, arn("never-made"))
    assert "role/never-made does not exist" in missing["cause"]


def test_a_job_is_created_with_a_role_that_may_be_passed(aws):
    request = processing_request(aws, "passed", "print(1)")
    state = {"Type": "Task", "Resource": "arn:aws:states:::sagemaker:createProcessingJob.sync", "Parameters": request}
    job = "arn:aws:sagemaker:us-east-1:123456789012:processing-job/*"
    rules = allow("events:*")
    create = allow(["sagemaker:CreateProcessingJob", "sagemaker:DescribeProcessingJob"], job)
    tags = allow("sagemaker:AddTags", job)
    passes = allow("iam:PassRole", arn("job"))
    elsewhere = {**passes, "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}}
    sagemaker = {**passes, "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}}
    make_role(aws, "runs-jobs", policy(rules))
    for number, (statements, wanted) in enumerate(
        [
            ([rules], "sagemaker:CreateProcessingJob on resource: arn:aws:sagemaker"),
            ([rules, create, tags], f"iam:PassRole on resource: {arn('job')}"),
            ([rules, create, tags, elsewhere], f"iam:PassRole on resource: {arn('job')}"),
            ([rules, create, sagemaker], "sagemaker:AddTags on resource: arn:aws:sagemaker"),
        ]
    ):
        set_policy(aws, "runs-jobs", *statements)
        ended = execution(aws, f"passes-{number}", state, arn("runs-jobs"))
        assert (ended["status"], ended["error"]) == ("FAILED", "SageMaker.AmazonSageMakerException")
        assert f"assumed-role/runs-jobs/states is not authorized to perform: {wanted}" in ended["cause"]
    set_policy(aws, "runs-jobs", rules, create, tags, sagemaker)
    assert execution(aws, "passes", state, arn("runs-jobs"))["status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ("events:PutRule", "is not authorized to create managed-rule"),
        ("logs:CreateLogDelivery", "not authorized to access the Log Destination"),
    ],
)
def test_a_machine_that_could_not_listen_or_log_is_refused(aws, missing, told):
    deny = {"Effect": "Deny", "Action": missing, "Resource": "*"}
    role = f"without-{missing.partition(':')[0]}"
    make_role(aws, role, policy(allow("*"), deny))
    job = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
        "Parameters": {},
        "End": True,
    }
    destination = {"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:/x:*"}}
    code, _, message = refused(
        aws.client("stepfunctions").create_state_machine,
        name=role,
        roleArn=arn(role),
        definition=json.dumps({"StartAt": "Only", "States": {"Only": job}}),
        loggingConfiguration={"level": "ALL", "destinations": [destination]},
    )
    assert code == "AccessDeniedException"
    assert told in message
    assert f"perform: {missing} on resource: " in message
    assert "with an explicit deny in an identity-based policy" in message


@pytest.mark.parametrize(
    ("denied", "told"),
    [
        ("s3:GetObject", 's3:GetObject on resource: "arn:aws:s3:::jobs-bucket/'),
        ("s3:ListBucket", 's3:ListBucket on resource: "arn:aws:s3:::jobs-bucket"'),
        ("s3:PutObject", "s3://jobs-bucket/models/"),
        ("ecr:BatchGetImage", "763104351884:repository/tensorflow-training"),
    ],
)
def test_a_job_fails_for_what_its_role_may_not(aws, denied, told):
    role = f"job-without-{denied.replace(':', '-')}"
    make_role(aws, role, policy(allow("*"), {"Effect": "Deny", "Action": denied, "Resource": "*"}))
    script = "import os, pathlib; pathlib.Path(os.environ['SM_MODEL_DIR'], 'a').write_text('b')"
    job = train(aws, training_request(aws, role, script) | {"RoleArn": arn(role)})
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: ")
    assert f"assumed-role/{role}/SageMaker is not authorized to perform: {denied}" in job["FailureReason"]
    assert told in job["FailureReason"]


def test_a_rule_needs_its_role_for_a_machine_and_the_function_s_leave_for_a_function(aws, caplog):
    events = aws.client("events")
    machine = make_machine(aws, "by-rule")
    make_function(aws, "by-rule", "def handler(event, context): pass")
    function = "arn:aws:lambda:us-east-1:123456789012:function:by-rule"
    rule = events.put_rule(Name="by-rule", EventPattern=json.dumps({"source": ["x"]}))["RuleArn"]

    def send():
        events.put_events(Entries=[{"Source": "x", "DetailType": "y", "Detail": "{}"}])
        assert aws.background.settle(10)
        told, _ = caplog.text, caplog.clear()
        return told

    events.put_targets(Rule="by-rule", Targets=[{"Id": "a", "Arn": machine, "RoleArn": arn("nothing")}])
    assert "not authorized to perform: states:StartExecution" in send()
    assert inputs(aws, machine) == []
    events.put_targets(Rule="by-rule", Targets=[{"Id": "a", "Arn": machine, "RoleArn": make_role(aws)}])
    send()
    assert len(inputs(aws, machine)) == 1

    events.put_targets(Rule="by-rule", Targets=[{"Id": "a", "Arn": function}])
    assert f"events.amazonaws.com ({rule}) is not authorized to perform: lambda:InvokeFunction" in send()
    permission = {"FunctionName": "by-rule", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"}
    aws.client("lambda").add_permission(**permission, StatementId="other", SourceArn=f"{rule}-of-another")
    assert "is not authorized" in send()
    aws.client("lambda").add_permission(**permission, StatementId="this", SourceArn=rule)
    assert "is not authorized" not in send()


def test_what_was_decided_can_be_read(aws):
    aws.authorizer.record.clear()
    refused(client(aws, "s3").get_object, Bucket="b", Key="k")
    client(aws, "s3", "role").list_objects_v2(Bucket="jobs-bucket", Prefix="x/")
    decisions = {asked.request.action: decision for asked, decision in aws.authorizer.record.all().items()}
    assert [one.request.action for one in aws.authorizer.record.denied()] == ["s3:GetObject"]
    ((statement, action),) = decisions["s3:ListBucket"].by
    assert (statement.policy, statement.number, action) == ("policy", 0, "*")


def test_a_decision_costs_no_time(aws):
    caller, request = Caller(arn("role"), "tester"), Request("s3:GetObject", "arn:aws:s3:::jobs-bucket/a")
    aws.authorizer.decide(caller, request)
    began = time.perf_counter()
    for _ in range(1_000):
        aws.authorizer.decide(caller, request)
    assert time.perf_counter() - began < 1.0  # 0.05 s where nothing else runs
