"""The state machine's role may do what the definition needs, and nothing more: derived from the definition itself."""

from __future__ import annotations

import json
import re

JOB_ARN = "arn:aws:sagemaker:us-east-1:123456789012:{}-job/*"
RULE_ARN = "arn:aws:events:us-east-1:123456789012:rule/StepFunctionsGetEventsForSageMaker{}JobsRule"
LOG_DELIVERY = {
    *("logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery"),
    *("logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"),
}
TRACES = {
    *("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
    *("xray:GetSamplingRules", "xray:GetSamplingTargets"),
}


def tasks_in(graph):
    for name, state in graph["States"].items():
        if state["Type"] == "Task":
            yield name, state
        for branch in state.get("Branches", ()):
            yield from tasks_in(branch)


def needed_by(state, substituted):
    """Every (action, resource) that Step Functions uses on behalf of one Task."""
    parameters = state["Parameters"]
    if state["Resource"].startswith("${"):
        yield "lambda:InvokeFunction", substituted(state["Resource"])
        return
    integration = state["Resource"].split(":::")[1]
    if integration == "lambda:invoke":
        yield "lambda:InvokeFunction", substituted(parameters["FunctionName"])
        return
    job = re.fullmatch(r"sagemaker:create(Training|Processing)Job\.sync", integration)
    assert job, f"nobody has said yet what {integration} needs"
    kind = job[1]
    for action in ("Create", "Describe", "Stop"):
        yield f"sagemaker:{action}{kind}Job", JOB_ARN.format(kind.lower())
    # Step Functions tags what it starts, and looks at the tags of a job that exists already
    for action in ("AddTags", "ListTags"):
        yield f"sagemaker:{action}", JOB_ARN.format(kind.lower())
    yield "iam:PassRole", substituted(parameters["RoleArn"])
    for action in ("PutTargets", "PutRule", "DescribeRule"):
        yield f"events:{action}", RULE_ARN.format(kind)


def needed(template):
    substitutions = template.value(template.machine["DefinitionSubstitutions"])
    found = set()
    for _, state in tasks_in(template.definition):
        found |= set(needed_by(state, lambda text: substitutions[text.removeprefix("${").removesuffix("}")]))
    if template.machine["Logging"]["Level"] != "OFF":
        found |= {(action, "*") for action in LOG_DELIVERY}
    if template.machine["Tracing"]["Enabled"]:
        found |= {(action, "*") for action in TRACES}
    return found


def test_the_role_is_granted_exactly_what_the_definition_needs(template):
    granted, wanted = template.granted("RetrainingStateMachineRole"), needed(template)
    assert wanted - granted == set(), "the definition needs more"
    assert granted - wanted == set(), "the role may do more than the definition needs"
    assert template.machine["Role"] == {"Fn::GetAtt": ["RetrainingStateMachineRole", "Arn"]}


def test_the_role_passes_the_job_role_to_sagemaker_alone(template):
    (statement,) = [one for one in template.statements("RetrainingStateMachineRole") if "iam:PassRole" in one["Action"]]
    assert statement["Resource"] == ["<JobRole.Arn>"]
    assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}


def test_every_substitution_of_the_definition_is_given_and_used(template):
    used = set(re.findall(r"\$\{([A-Za-z]+)\}", json.dumps(template.definition)))
    assert used == set(template.machine["DefinitionSubstitutions"])


def test_each_functions_substitution_bears_its_logical_id(template):
    for name, value in template.machine["DefinitionSubstitutions"].items():
        if name.endswith("Arn"):
            assert value == {"Fn::GetAtt": [name.removesuffix("Arn"), "Arn"]}


def test_the_execution_data_is_not_logged(template):
    assert template.machine["Type"] == "STANDARD"
    assert template.machine["Logging"]["IncludeExecutionData"] is False
    assert template.resources["RetrainingLogGroup"]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
