"""What the template deploys: functions, images, what starts an execution, and what it tells of itself."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
DEFAULT_INPUT = '{"TrainingEpochs":3}'


def test_the_template_expands_to_what_it_deploys(expanded):
    kinds = [resource["Type"] for resource in expanded["Resources"].values()]
    for kind, count in {
        "AWS::Lambda::Function": 16,
        "AWS::StepFunctions::StateMachine": 1,
        "AWS::Scheduler::Schedule": 2,
        "AWS::Events::Rule": 5,
        "AWS::Lambda::Permission": 4,
        "AWS::DynamoDB::Table": 1,
        "AWS::SageMaker::ModelPackageGroup": 2,
        "Custom::TrainingCode": 1,
        "AWS::Lambda::Version": 1,
    }.items():
        assert kinds.count(kind) == count, kind


def test_the_scripts_are_published_again_when_the_functions_code_changes(expanded):
    (version,) = [name for name, one in expanded["Resources"].items() if one["Type"] == "AWS::Lambda::Version"]
    assert expanded["Resources"]["TrainingCode"]["Properties"]["Version"] == {"Ref": version}
    assert expanded["Resources"][version]["Properties"]["FunctionName"] == {"Ref": "PublishTraining"}


def test_a_function_bears_the_name_of_its_file(template):
    for name, properties in template.functions().items():
        module = re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()
        assert properties["Handler"] == f"{module}.handler"
        folder = properties.get("CodeUri", template.document["Globals"]["Function"]["CodeUri"])
        assert (PROJECT / folder / f"{module}.py").is_file()


def lambda_states(graph):
    """Every state that asks a function, branches included, with that function's logical id."""
    for state in graph["States"].values():
        asked = state.get("Parameters", {}).get("FunctionName") or state.get("Resource", "")
        if found := re.fullmatch(r"\$\{(\w+)Arn\}", asked):
            yield found[1], state
        for branch in state.get("Branches", ()):
            yield from lambda_states(branch)


def test_every_key_that_the_definition_keeps_is_one_that_the_functions_write(template):
    files = [*(PROJECT / "functions").glob("*.py"), *(PROJECT / "functions" / "rules").glob("*.py")]
    sources = "".join(file.read_text() for file in files)
    for name, state in lambda_states(template.definition):
        for path in state.get("ResultSelector", {}).values():
            key = path.removeprefix("$.Payload.")
            assert f'"{key}":' in sources, f"no function answers {key}, which is kept of {name}"


def test_each_function_gets_the_environment_it_reads(template):
    common = set(template.document["Globals"]["Function"]["Environment"]["Variables"])
    assert common == {"BUCKET", "POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE"}
    own = {name: set(one.get("Environment", {}).get("Variables", ())) for name, one in template.functions().items()}
    assert own == {
        "Prepare": {
            *("CODE_DIGEST", "CODE_SOURCE_PREFIX", "CODE_SUBMIT_URI"),
            *("PROCESSING_IMAGE", "TRAINING_IMAGE_CPU", "TRAINING_IMAGE_GPU", "RUNS_TABLE"),
            *("KMS_KEY_ARN", "VPC_SUBNET_IDS", "VPC_SECURITY_GROUP_IDS"),
        },
        "TakeLease": {"RUNS_TABLE", "UPLOAD_DEBOUNCE_SECONDS"},
        **{name: {"RUNS_TABLE"} for name in ("LookUpStep", "RecordStep", "RecordRun", "CloseRun", "RetakeLease")},
        "RegisterModel": {"SERVING_IMAGE"},
        "FindChampion": set(),
        "ParseEvaluation": set(),
        "Gate": set(),
        "TriageFailure": set(),
        "TellOutcome": {"RUNS_TABLE", "STACK", "TOPIC"},
        "WatchFreshness": {"RUNS_TABLE", "STACK", "STALE_AFTER_DAYS", "STATE_MACHINE", "TOPIC"},
        "WriteReport": set(),
        "PublishTraining": set(),  # or it would wait for what it makes itself
    }


def test_a_function_is_never_cut_off_by_its_state(template):
    usual = template.document["Globals"]["Function"]["Timeout"]
    functions = template.functions()
    for name, state in lambda_states(template.definition):
        assert state["TimeoutSeconds"] > functions[name].get("Timeout", usual), name


def test_the_images_are_those_that_the_sagemaker_sdk_names_in_every_region(template):
    from statemachine import images

    accounts = {
        region: account["Account"] for region, account in template.document["Mappings"]["ImageAccounts"].items()
    }
    assert accounts == images.accounts()
    prepare = template.functions()["Prepare"]["Environment"]["Variables"]
    register = template.functions()["RegisterModel"]["Environment"]["Variables"]
    for region in accounts:
        for given, scope, instance_type in (
            (prepare["PROCESSING_IMAGE"], "training", images.CPU),
            (prepare["TRAINING_IMAGE_CPU"], "training", images.CPU),
            (prepare["TRAINING_IMAGE_GPU"], "training", images.GPU),
            (register["SERVING_IMAGE"], "inference", images.CPU),
        ):
            named = images.image(region, scope, instance_type)
            uri = f"{named.account}.dkr.ecr.{region}.{named.domain}/{named.name}"
            assert template.value(given, region) == uri


def test_an_upload_starts_an_execution_with_where_it_came_from(template):
    rule = template.resources["UploadRule"]["Properties"]
    assert rule["State"] == {"Ref": "UploadRuleState"}
    assert template.value(rule["EventPattern"]) == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": ["<DataBucket>"]}, "object": {"key": [{"prefix": "reviews/"}]}},
    }
    (target,) = rule["Targets"]
    paths = target["InputTransformer"]["InputPathsMap"]
    assert paths == {"bucket": "$.detail.bucket.name", "key": "$.detail.object.key", "etag": "$.detail.object.etag"}
    text = template.value(target["InputTransformer"]["InputTemplate"], DefaultInput=DEFAULT_INPUT)
    for name in paths:  # EventBridge quotes a text that it puts in
        text = text.replace(f"<{name}>", json.dumps(f"the {name}"))
    assert json.loads(text) == {
        "DefaultInput": {"TrainingEpochs": 3},
        "Trigger": {"Bucket": "the bucket", "Key": "the key", "ETag": "the etag"},
    }


def test_every_end_and_every_redrive_of_an_execution_reaches_its_function(expanded, template):
    rules = {
        one["Properties"]["Targets"][0]["Arn"]["Fn::GetAtt"][0]: template.value(one["Properties"]["EventPattern"])
        for name, one in expanded["Resources"].items()
        if one["Type"] == "AWS::Events::Rule" and name != "UploadRule"
    }
    common = {"source": ["aws.states"], "detail-type": ["Step Functions Execution Status Change"]}
    machine = {"stateMachineArn": ["<RetrainingStateMachine>"]}
    ends = common | {"detail": machine | {"status": ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]}}
    assert rules == {
        "CloseRun": ends,
        "WriteReport": ends,
        "TellOutcome": ends,
        "RetakeLease": common | {"detail": machine | {"status": ["RUNNING"], "redriveCount": [{"numeric": [">", 0]}]}},
    }
    allowed = [one["Properties"] for one in expanded["Resources"].values() if one["Type"] == "AWS::Lambda::Permission"]
    assert {one["FunctionName"]["Ref"] for one in allowed} == rules.keys()
    for permission in allowed:
        assert (permission["Principal"], permission["Action"]) == ("events.amazonaws.com", "lambda:InvokeFunction")
        assert permission["SourceArn"]["Fn::GetAtt"][1] == "Arn"


def test_reports_can_be_left_out(expanded):
    rules = {
        name: one["Properties"] for name, one in expanded["Resources"].items() if one["Type"] == "AWS::Events::Rule"
    }
    assert rules["WriteReportExecutionEnded"]["State"] == {"Ref": "ReportState"}
    assert "State" not in rules["CloseRunExecutionEnded"]


def test_the_schedule_starts_an_execution_with_which_and_when(expanded, template):
    schedule = expanded["Resources"]["RetrainingStateMachineWeeklySchedule"]["Properties"]
    assert schedule["State"] == {"Ref": "ScheduleState"}
    assert schedule["ScheduleExpression"] == {"Ref": "ScheduleExpression"}
    assert "Name" not in schedule
    assert json.loads(template.value(schedule["Target"]["Input"], DefaultInput=DEFAULT_INPUT)) == {
        "DefaultInput": {"TrainingEpochs": 3},
        "Trigger": {"Schedule": "<aws.scheduler.schedule-arn>", "Time": "<aws.scheduler.scheduled-time>"},
    }


@pytest.mark.parametrize(
    ("given", "allowed"),
    [("{}", True), (DEFAULT_INPUT, True), (' {\n"a": 1\n} ', True), ("", False), ("[1]", False), ("{", False)],
)
def test_the_default_input_must_look_like_an_object(template, given, allowed):
    pattern = template.document["Parameters"]["DefaultInput"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, given)) == allowed


@pytest.mark.parametrize(
    ("parameter", "default"),
    [
        ("DefaultInput", "{}"),
        ("ScheduleState", "ENABLED"),
        ("ScheduleExpression", "rate(7 days)"),
        ("UploadRuleState", "ENABLED"),
        ("ReportState", "ENABLED"),
        ("BucketName", ""),
        ("UploadDebounceSeconds", 60),
        ("NotificationState", "ENABLED"),
        ("NotificationEmail", ""),
        ("StaleAfterDays", 8),
        ("KmsKeyArn", ""),
        ("AccessLogBucketName", ""),
        ("KeepNoncurrentDays", 0),
        ("TierRunsAfterDays", 0),
        ("LogRetentionDays", 90),
        ("LeaseConcurrency", 0),
    ],
)
def test_a_default_is_allowed_by_its_own_parameter(template, parameter, default):
    given = template.document["Parameters"][parameter]
    assert given["Default"] == default
    assert re.fullmatch(given.get("AllowedPattern", ".*"), str(default))
    assert default in given.get("AllowedValues", [default])


def test_the_stack_tells_what_its_users_need(template):
    outputs = {name: template.value(one["Value"]) for name, one in template.document["Outputs"].items()}
    assert outputs == {
        "StateMachineArn": "<RetrainingStateMachine>",
        "DataBucketName": "<DataBucket>",
        "ReviewsUri": "s3://<DataBucket>/reviews/",
        "RetrievalModelPackageGroupName": "taproom-retrieval",
        "RankingModelPackageGroupName": "taproom-ranking",
        "TrainingCodeDigest": "<TrainingCode.Digest>",
        "NotificationsTopicArn": "<Notifications>",
    }
