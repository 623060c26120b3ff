"""Who is told what: the topic and who may publish to it, the alarms, the dashboard."""

from __future__ import annotations

import json
import re

import pytest

ASKED_BY_EVENTS = {"CloseRun", "RetakeLease", "WriteReport", "TellOutcome", "WatchFreshness"}
QUEUES = ("ScheduleDeadLetters", "UploadDeadLetters", "EventDeadLetters")


@pytest.fixture(scope="module")
def alarms(template):
    """The alarms' properties by the metric that each looks at; of several metrics by their label."""
    found = [one["Properties"] for one in template.resources.values() if one["Type"] == "AWS::CloudWatch::Alarm"]
    return {
        (one.get("MetricName") or one["Metrics"][0]["Label"], str(template.value(one.get("Dimensions", [])))): one
        for one in found
    }


def alarm_of(alarms, name, dimension=""):
    (found,) = [one for (metric, where), one in alarms.items() if metric == name and dimension in where]
    return found


def test_every_alarm_tells_on_the_topic_what_to_do(template, alarms):
    assert len(alarms) == 9
    for one in alarms.values():
        assert template.value(one["AlarmActions"]) == ["<Notifications>"]
        assert 80 < len(one["AlarmDescription"]) <= 1024  # CloudWatch's limit
        assert one["ComparisonOperator"] == "GreaterThanThreshold"


@pytest.mark.parametrize("metric", ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionThrottled"])
def test_a_run_that_ends_badly_is_an_alarm(template, alarms, metric):
    one = alarm_of(alarms, metric)
    assert template.value(one["Dimensions"]) == [{"Name": "StateMachineArn", "Value": "<RetrainingStateMachine>"}]
    assert (one["Namespace"], one["Statistic"], one["Threshold"]) == ("AWS/States", "Sum", 0)
    assert one["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize("queue", QUEUES)
def test_what_could_not_be_delivered_is_kept_long_and_is_an_alarm(template, alarms, queue):
    assert template.resources[queue]["Properties"]["MessageRetentionPeriod"] == 14 * 86_400
    one = alarm_of(alarms, "ApproximateNumberOfMessagesVisible", queue)
    assert (one["Namespace"], one["Statistic"], one["Threshold"]) == ("AWS/SQS", "Maximum", 0)
    assert queue in one["AlarmDescription"]


def test_models_that_grow_stale_are_an_alarm_by_what_the_function_measures(template, alarms):
    one = alarm_of(alarms, "DaysSinceSuccess")
    assert one["Threshold"] == {"Ref": "StaleAfterDays"}
    assert template.value(one["Dimensions"]) == [
        {"Name": "service", "Value": "taproom"},
        {"Name": "stack", "Value": "taproom"},
    ]
    assert one["TreatMissingData"] == "ignore"
    assert one["Period"] * one["EvaluationPeriods"] <= 7 * 86_400  # an alarm looks back no longer


@pytest.mark.parametrize(("kind", "limit"), [("Errors", 2), ("Throttles", 0)])
def test_functions_that_no_execution_tells_of_have_alarms(template, alarms, kind, limit):
    one = alarm_of(alarms, f"Most {kind.lower()} of one of them")
    assert one["Threshold"] == limit
    expression, *metrics = one["Metrics"]
    asked = {
        name
        for name, properties in template.functions().items()
        if {"EventBridgeRule", "ScheduleV2"} & {event["Type"] for event in properties.get("Events", {}).values()}
    }
    looked_at = {template.value(part["MetricStat"]["Metric"]["Dimensions"][0]["Value"])[1:-1] for part in metrics}
    assert looked_at == asked == ASKED_BY_EVENTS
    filled = ", ".join(f"FILL({part['Id']}, 0)" for part in metrics)
    assert expression["Expression"] == f"MAX([{filled}])"
    assert {part["MetricStat"]["Metric"]["MetricName"] for part in metrics} == {kind}
    assert [part.get("ReturnData", True) for part in one["Metrics"]] == [True, *[False] * len(ASKED_BY_EVENTS)]


def test_the_topic_takes_alarms_of_this_account_and_nothing_without_tls(template):
    statements = template.value(template.resources["NotificationsPolicy"]["Properties"]["PolicyDocument"]["Statement"])
    tls, alarms = statements
    assert (tls["Effect"], tls["Principal"], tls["Condition"]) == (
        *("Deny", "*"),
        {"Bool": {"aws:SecureTransport": "false"}},
    )
    assert (alarms["Effect"], alarms["Principal"]) == ("Allow", {"Service": "cloudwatch.amazonaws.com"})
    assert alarms["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:*"},
    }
    assert {(one["Action"], one["Resource"]) for one in statements} == {("sns:Publish", "<Notifications>")}


def test_the_topic_has_a_key_of_ones_own_or_none(template):
    """With AWS's own key for SNS, CloudWatch could not publish: its policy cannot be changed."""
    key = template.resources["Notifications"]["Properties"]["KmsMasterKeyId"]
    assert key == {"Fn::If": ["HasKey", {"Ref": "KmsKeyArn"}, {"Ref": "AWS::NoValue"}]}


@pytest.mark.parametrize(
    ("given", "allowed"),
    [("", True), ("a.b+c@example.org", True), ("a@b@c", False), ("a b@c", False), ("brewer", False)],
)
def test_who_gets_mail_gives_an_address(template, given, allowed):
    assert bool(re.fullmatch(template.document["Parameters"]["NotificationEmail"]["AllowedPattern"], given)) == allowed
    assert template.resources["NotificationsByEmail"]["Condition"] == "HasEmail"


def test_one_parameter_turns_all_telling_off(template):
    functions = template.functions()
    events = [*functions["TellOutcome"]["Events"].values(), *functions["WatchFreshness"]["Events"].values()]
    assert [one["Properties"]["State"] for one in events] == [{"Ref": "NotificationState"}] * 2


def test_the_models_age_is_looked_at_every_day(template):
    daily = template.functions()["WatchFreshness"]["Events"]["DailySchedule"]["Properties"]
    assert daily["ScheduleExpression"] == "rate(1 day)"
    assert json.loads(daily["Input"]) == {"Time": "<aws.scheduler.scheduled-time>"}


@pytest.fixture(scope="module")
def drawn(template):
    """Every metric that the dashboard draws: namespace, name, dimensions."""
    body = json.loads(
        template.value(template.resources["Dashboard"]["Properties"]["DashboardBody"], StaleAfterDays="8")
    )
    found = []
    for widget in body["widgets"]:
        for namespace, name, *rest in widget["properties"]["metrics"]:
            texts = [one for one in rest if isinstance(one, str)]
            found.append((namespace, name, dict(zip(texts[::2], texts[1::2], strict=True))))
    return found


def test_the_dashboard_draws_what_the_functions_tell(drawn):
    """Names and dimensions as tests/functions/test_telling.py holds them, beside the stack's own."""
    registered = {"Model": "Retrieval", "Status": "Registered"}
    for name, dimensions in (
        ("DaysSinceSuccess", {}),
        ("CostUsd", {}),
        ("BilledSeconds", {}),
        ("StepSeconds", {"Step": "Preprocess"}),
        *((name, registered) for name in ("Accuracy", "ChampionAccuracy", "BaselineAccuracy", "ModelVersion")),
        ("Rmse", {"Model": "Ranking", "Status": "Rejected"}),
    ):
        assert ("Taproom", name, {"service": "taproom", "stack": "taproom"} | dimensions) in drawn, name


def test_the_dashboard_draws_executions_ages_queues_and_errors(drawn):
    names = {name for _, name, _ in drawn}
    assert {"ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"} <= names
    assert {"DaysSinceSuccess", "StepSeconds", "CostUsd", "Accuracy", "Rmse", "ModelVersion"} <= names
    assert {one["QueueName"] for _, _, one in drawn if "QueueName" in one} == {
        f"<{queue}.QueueName>" for queue in QUEUES
    }
    assert {one["FunctionName"][1:-1] for _, _, one in drawn if "FunctionName" in one} == ASKED_BY_EVENTS
    steps = {one["Step"] for _, _, one in drawn if "Step" in one}
    assert steps == {"Preprocess", "TrainRetrieval", "EvaluateRetrieval", "TrainRanking", "EvaluateRanking"}
