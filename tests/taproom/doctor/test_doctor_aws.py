"""The checks that only AWS itself can answer, by answers in its own shapes. No local AWS here."""

from __future__ import annotations

from contextlib import ExitStack

import boto3
import pytest
from botocore.exceptions import NoCredentialsError
from botocore.stub import ANY, Stubber

from taproom.account import Account
from taproom.doctor import credentials, images, notifications, permissions, quotas
from taproom.doctor.examine import examine, made
from taproom.doctor.finding import FAIL, NOT_CHECKED
from taproom.doctor.site import Site
from taproom.manage.resources import Resource

REGION = "eu-west-1"
MACHINE = f"arn:aws:states:{REGION}:210987654321:stateMachine:taproom-Retraining"
TRAINING = f"763104351884.dkr.ecr.{REGION}.amazonaws.com/tensorflow-training:2.19-cpu-py312"
GPU = f"763104351884.dkr.ecr.{REGION}.amazonaws.com/tensorflow-training:2.19-gpu-py312"
SERVING = f"763104351884.dkr.ecr.{REGION}.amazonaws.com/tensorflow-inference:2.19-cpu"
ROLES = ("RetrainingStateMachineRole", "JobRole", "UploadRuleRole", "RetrainingStateMachineWeeklyScheduleRole")


@pytest.fixture
def aws():
    """A site whose clients answer what their stubs are given, in order; all of it must be asked for."""
    with ExitStack() as stack:
        yield Stubbed(stack)


class Stubbed:
    def __init__(self, stack):
        self._stack, self._clients, self.stubs = stack, {}, {}
        account = Account(self.client, is_local=False, region=REGION, endpoint_url=None)
        self.site = Site(account, "taproom", at_aws=True)
        self.site.__dict__["described"] = {"StackStatus": "CREATE_COMPLETE"}
        self.site.__dict__["outputs"] = {"StateMachineArn": MACHINE, "DataBucketName": "data"}
        names = {**dict.fromkeys(ROLES, "AWS::IAM::Role"), "Prepare": "AWS::Lambda::Function"}
        names |= {"Gate": "AWS::Lambda::Function", "RegisterModel": "AWS::Lambda::Function"}
        self.site.__dict__["resources"] = {name: Resource(kind, f"taproom-{name}") for name, kind in names.items()}

    def client(self, service):
        if service not in self._clients:
            client = boto3.client(service, REGION, aws_access_key_id="x", aws_secret_access_key="y")
            self._clients[service] = client
            self.stubs[service] = self._stack.enter_context(Stubber(client))
        return self._clients[service]

    def answers(self, service, operation, answer, expected=None):
        self.client(service)
        self.stubs[service].add_response(operation, answer, expected)

    def refuses(self, service, operation, code, message="not you"):
        self.client(service)
        self.stubs[service].add_client_error(operation, code, message, 400)

    def given(self, **parameters):
        self.site.__dict__["parameters"] = {**self.site.parameters, **parameters}

    def found(self, check):
        findings = made("it", check, self.site)
        for stub in self.stubs.values():
            stub.assert_no_pending_responses()
        return [(one.status, one.seen) for one in findings]


def quota(name, value, code="L-1"):
    return {"ServiceCode": "sagemaker", "QuotaName": name, "QuotaCode": code, "Value": value, "Adjustable": True}


PROCESSING_QUOTA = "ml.m5.xlarge for processing job usage"
TRAINING_QUOTA = "ml.m5.2xlarge for training job usage"


def test_quotas_are_held_against_what_is_used_at_once(aws):
    first = {"Quotas": [quota("ml.m5.xlarge for endpoint usage", 0.0), quota(PROCESSING_QUOTA, 2.0)], "NextToken": "n"}
    aws.answers("service-quotas", "list_service_quotas", first, {"ServiceCode": "sagemaker"})
    aws.answers("service-quotas", "list_service_quotas", {"Quotas": [quota(TRAINING_QUOTA, 1.0, "L-2")]})
    findings = list(quotas.check(aws.site))
    assert [(one.status, one.seen) for one in findings] == [
        ("ok", f"{PROCESSING_QUOTA}: 2, of which 2 are used at once"),
        ("warn", f"{TRAINING_QUOTA}: 1, and 2 are used at once: a job waits for minutes, and then fails"),
    ]
    assert "--quota-code L-2 --desired-value 2 --region eu-west-1" in findings[1].what_now


def test_a_quota_of_zero_fails_and_one_that_only_has_a_default_is_found_there(aws):
    aws.given(ProcessingInstanceCount=4)
    aws.answers("service-quotas", "list_service_quotas", {"Quotas": [quota(TRAINING_QUOTA, 0.0)]})
    everybody = {"Quotas": [quota(PROCESSING_QUOTA, 4.0), quota(TRAINING_QUOTA, 8.0)]}  # what applies here wins
    aws.answers("service-quotas", "list_aws_default_service_quotas", everybody)
    assert aws.found(quotas.check) == [
        ("ok", f"{PROCESSING_QUOTA}: 4, of which 4 are used at once"),
        ("fail", f"{TRAINING_QUOTA}: 0, so that no such job can start"),
    ]


def test_with_spot_the_quota_of_spot_training_counts(aws):
    aws.given(UseSpot=True)
    spot = "ml.m5.2xlarge for spot training job usage"
    quotas_ = [quota(PROCESSING_QUOTA, 2.0), quota(TRAINING_QUOTA, 9.0), quota(spot, 0.0, "L-3")]
    aws.answers("service-quotas", "list_service_quotas", {"Quotas": quotas_})
    assert aws.found(quotas.check) == [
        ("ok", f"{PROCESSING_QUOTA}: 2, of which 2 are used at once"),
        ("fail", f"{spot}: 0, so that no such job can start"),
    ]


def test_an_instance_type_of_no_quota_is_named(aws):
    aws.given(TrainingInstanceType="ml.m9.huge")
    aws.answers("service-quotas", "list_service_quotas", {"Quotas": [quota(PROCESSING_QUOTA, 9.0)]})
    aws.answers("service-quotas", "list_aws_default_service_quotas", {"Quotas": []})
    told = aws.found(quotas.check)[1]
    assert told == ("warn", "Service Quotas knows no 'ml.m9.huge for training job usage' in eu-west-1")


def test_quotas_that_the_caller_may_not_see_are_not_checked(aws):
    aws.refuses("service-quotas", "list_service_quotas", "AccessDeniedException")
    [(status, seen)] = aws.found(quotas.check)
    assert status == "not checked"
    assert "AWS denied ListServiceQuotas: not you" in seen


def functions_name_images(aws):
    prepare = {"PROCESSING_IMAGE": TRAINING, "TRAINING_IMAGE_CPU": TRAINING, "TRAINING_IMAGE_GPU": GPU}
    for name, variables in (("Prepare", prepare), ("RegisterModel", {"SERVING_IMAGE": SERVING})):
        answer = {"Environment": {"Variables": variables}}
        aws.answers("lambda", "get_function_configuration", answer, {"FunctionName": f"taproom-{name}"})


def image_of(repository, tag):
    return {"images": [{"registryId": "763104351884", "repositoryName": repository, "imageId": {"imageTag": tag}}]}


def test_images_are_asked_for_as_a_pull_asks_for_them(aws):
    functions_name_images(aws)
    for repository, tag in (("tensorflow-training", "2.19-cpu-py312"), ("tensorflow-inference", "2.19-cpu")):
        asked = {"registryId": "763104351884", "repositoryName": repository, "imageIds": [{"imageTag": tag}]}
        aws.answers("ecr", "batch_get_image", image_of(repository, tag), asked)
    assert aws.found(images.check) == [
        ("ok", f"the processing and training image {TRAINING} is there"),
        ("ok", f"the serving image {SERVING} is there"),
    ]


def test_an_image_that_is_not_there_fails_and_one_that_may_not_be_seen_is_not_checked(aws):
    aws.given(TrainingInstanceType="ml.g5.xlarge")
    functions_name_images(aws)
    failure = {"imageId": {"imageTag": "2.19-cpu-py312"}, "failureCode": "ImageNotFound", "failureReason": "no"}
    aws.answers("ecr", "batch_get_image", {"images": [], "failures": [failure]})
    aws.refuses("ecr", "batch_get_image", "RepositoryNotFoundException")
    aws.refuses("ecr", "batch_get_image", "AccessDeniedException")
    assert aws.found(images.check) == [
        ("fail", f"the processing image {TRAINING} is not there"),
        ("fail", f"the training image {GPU} is not there"),
        ("not checked", f"{SERVING}: you may not ask for it (ecr:BatchGetImage); jobs may"),
    ]


def result(action, resource, decision="allowed", **more):
    return {"EvalActionName": action, "EvalResourceName": resource, "EvalDecision": decision, **more}


def role(name):
    arn = f"arn:aws:iam::210987654321:role/{name}"
    day = "2026-01-05T12:00:00Z"
    return {"Role": {"Path": "/", "RoleName": name, "RoleId": "AROA1234567890ABCDEF", "Arn": arn, "CreateDate": day}}


def iam_answers(aws, decide):
    """Every need is asked for; ``decide(action, resource)`` gives the rest of each result."""
    needs = permissions.needs(aws.site)
    for need in needs:
        name = f"taproom-{need.role}"
        aws.answers("iam", "get_role", role(name), {"RoleName": name})
        results = [result(action, one, **decide(action, one)) for action in need.actions for one in need.resources]
        expected = {
            "PolicySourceArn": f"arn:aws:iam::210987654321:role/{name}",
            "ActionNames": list(need.actions),
            "ResourceArns": list(need.resources),
        }
        if need.context:
            expected["ContextEntries"] = ANY
        answer = {"EvaluationResults": results, "IsTruncated": False}
        aws.answers("iam", "simulate_principal_policy", answer, expected)
    return needs


def test_what_roles_must_be_allowed_is_simulated(aws):
    needs = iam_answers(aws, lambda action, resource: {})
    number = sum(len(need.actions) * len(need.resources) for need in needs)
    assert aws.found(permissions.check) == [
        ("ok", f"{number} actions of roles are allowed, as IAM simulates them"),
    ]
    assert {need.role for need in needs} == set(ROLES)


@pytest.mark.parametrize(
    ("decided", "advice"),
    [
        ({"decision": "implicitDeny"}, "it was changed beside CloudFormation"),
        ({"decision": "explicitDeny"}, "a policy of the role denies it"),
        (
            {"decision": "implicitDeny", "OrganizationsDecisionDetail": {"AllowedByOrganizations": False}},
            "a policy of your AWS organisation forbids it",
        ),
        (
            {
                "decision": "implicitDeny",
                "PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": False},
            },
            "the role's permissions boundary forbids it",
        ),
    ],
)
def test_what_is_refused_is_named_with_who_refuses_it(aws, decided, advice):
    iam_answers(aws, lambda action, resource: decided if action == "iam:PassRole" else {})
    [finding] = list(permissions.check(aws.site))
    assert finding.status == FAIL
    job_role = "arn:aws:iam::210987654321:role/taproom-JobRole"
    assert finding.seen == f"RetrainingStateMachineRole may not iam:PassRole on {job_role}"
    assert advice in finding.what_now


def test_where_the_caller_may_not_simulate_nothing_is_checked(aws):
    aws.answers("iam", "get_role", role("taproom-RetrainingStateMachineRole"))
    aws.refuses("iam", "simulate_principal_policy", "AccessDenied")
    [(status, seen)] = aws.found(permissions.check)
    assert status == NOT_CHECKED
    assert "AWS denied SimulatePrincipalPolicy" in seen


def test_credentials_tell_account_and_caller(aws):
    caller = {"UserId": "AIDA", "Account": "210987654321", "Arn": "arn:aws:iam::210987654321:user/ann"}
    aws.answers("sts", "get_caller_identity", caller)
    assert aws.found(credentials.check) == [
        ("ok", "account 210987654321 in eu-west-1, as arn:aws:iam::210987654321:user/ann"),
    ]


def test_without_credentials_nothing_else_is_asked(aws):
    aws.refuses("sts", "get_caller_identity", "ExpiredToken", "it is over")
    first, *others = list(examine(aws.site))
    assert (first.check, first.status) == ("credentials", "fail")
    assert "Sign in again" in first.seen
    assert {one.status for one in others} == {"not checked"}
    assert others[0].seen == "first see to: credentials"
    assert others[0].check == "stack"


def test_what_cannot_be_asked_at_all_is_a_finding():
    def check(site):
        raise NoCredentialsError

    [finding] = made("it", check, None)
    assert finding.status == FAIL
    assert "no credentials for AWS" in finding.seen


TOPIC = f"arn:aws:sns:{REGION}:210987654321:taproom-Notifications"


def subscription(arn):
    return {"SubscriptionArn": arn, "Protocol": "email", "Endpoint": "me@example.org", "TopicArn": TOPIC}


@pytest.mark.parametrize(
    ("arns", "told"),
    [
        (["PendingConfirmation"], [("warn", "subscriptions that nobody has confirmed, and that get nothing: 1")]),
        (
            ["Deleted"],
            [("warn", "nobody subscribes to the topic: neither a run's outcome nor an alarm reaches anybody")],
        ),
        ([f"{TOPIC}:1"], [("ok", "confirmed subscriptions: 1")]),
        (
            [f"{TOPIC}:1", "PendingConfirmation"],
            [
                ("ok", "confirmed subscriptions: 1"),
                ("warn", "subscriptions that nobody has confirmed, and that get nothing: 1"),
            ],
        ),
    ],
)
def test_a_subscription_counts_once_it_is_confirmed(aws, arns, told):
    aws.site.outputs["NotificationsTopicArn"] = TOPIC
    first, *others = [{"Subscriptions": [subscription(arn)]} for arn in arns]
    answers = [{**first, "NextToken": "n"}, *others] if others else [first]
    for answer in answers:
        aws.answers("sns", "list_subscriptions_by_topic", answer)
    assert aws.found(notifications.check) == told
