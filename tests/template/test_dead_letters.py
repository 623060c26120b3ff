"""Whatever starts something leaves what it could not start in a queue, into which nobody else may write."""

from __future__ import annotations

import pytest

QUEUES = {
    "ScheduleDeadLetters": set(),  # the schedule's own role writes there
    "UploadDeadLetters": {"<UploadRule.Arn>"},
    "EventDeadLetters": {
        "<CloseRunExecutionEnded.Arn>",
        "<RetakeLeaseExecutionRedriven.Arn>",
        "<TellOutcomeExecutionEnded.Arn>",
        "<WriteReportExecutionEnded.Arn>",
    },
}


def of_type(expanded, kind):
    return {name: one["Properties"] for name, one in expanded["Resources"].items() if one["Type"] == kind}


def test_every_target_of_a_rule_has_a_queue(expanded, template):
    queues = {
        name: template.value(target["DeadLetterConfig"]["Arn"])
        for name, rule in of_type(expanded, "AWS::Events::Rule").items()
        for target in rule["Targets"]
    }
    assert queues.pop("UploadRule") == "<UploadDeadLetters.Arn>"
    assert {f"<{rule}.Arn>" for rule in queues} == QUEUES["EventDeadLetters"]
    assert set(queues.values()) == {"<EventDeadLetters.Arn>"}


@pytest.mark.parametrize(
    ("schedule", "may"),
    [
        ("RetrainingStateMachineWeeklySchedule", ("states:StartExecution", "<RetrainingStateMachine>")),
        ("WatchFreshnessDailySchedule", ("lambda:InvokeFunction", "<WatchFreshness.Arn>")),
    ],
)
def test_a_schedule_has_a_queue_and_its_role_may_write_there_and_start_and_nothing_else(
    expanded, template, schedule, may
):
    target = of_type(expanded, "AWS::Scheduler::Schedule")[schedule]["Target"]
    assert template.value(target["DeadLetterConfig"]["Arn"]) == "<ScheduleDeadLetters.Arn>"
    role = expanded["Resources"][f"{schedule}Role"]["Properties"]
    granted = {
        (one["Action"], template.value(one["Resource"]))
        for policy in role["Policies"]
        for one in policy["PolicyDocument"]["Statement"]
    }
    assert granted == {may, ("sqs:SendMessage", "<ScheduleDeadLetters.Arn>")}


def test_a_function_behind_a_rule_keeps_what_it_failed_at(expanded, template):
    targets = [target for rule in of_type(expanded, "AWS::Events::Rule").values() for target in rule["Targets"]]
    targets += [schedule["Target"] for schedule in of_type(expanded, "AWS::Scheduler::Schedule").values()]
    asked = {target["Arn"]["Fn::GetAtt"][0] for target in targets if "Fn::GetAtt" in target["Arn"]}
    kept = {
        template.value(one["FunctionName"]): one for one in of_type(expanded, "AWS::Lambda::EventInvokeConfig").values()
    }
    assert kept.keys() == {"<CloseRun>", "<RetakeLease>", "<WriteReport>", "<TellOutcome>", "<WatchFreshness>"}
    assert {f"<{name}>" for name in asked} == kept.keys()
    for config in kept.values():
        assert config["MaximumRetryAttempts"] == 2
        assert template.value(config["DestinationConfig"]["OnFailure"]["Destination"]) == "<EventDeadLetters.Arn>"


@pytest.mark.parametrize("name", QUEUES)
def test_a_queue_is_encrypted_and_keeps_letters_for_two_weeks(template, name):
    queue = template.value(template.resources[name]["Properties"])
    assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert queue["SqsManagedSseEnabled"] is True


@pytest.mark.parametrize(("name", "rules"), QUEUES.items())
def test_only_the_rules_of_a_queue_write_into_it_and_only_over_tls(template, name, rules):
    policy = template.resources[f"{name}Policy"]["Properties"]
    assert policy["Queues"] == [{"Ref": name}]
    *allowed, tls = template.value(policy["PolicyDocument"]["Statement"])
    assert (tls["Effect"], tls["Principal"], tls["Action"]) == ("Deny", "*", "sqs:*")
    assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    writers = set()
    for one in allowed:
        assert (one["Effect"], one["Principal"]) == ("Allow", {"Service": "events.amazonaws.com"})
        assert (one["Action"], one["Resource"]) == ("sqs:SendMessage", f"<{name}.Arn>")
        writers |= set(one["Condition"]["ArnEquals"]["aws:SourceArn"])
    assert writers == rules
