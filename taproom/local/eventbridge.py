"""EventBridge's delivery: events of S3 and Step Functions reach the bus, and matching rules start their targets.

moto keeps buses, rules and patterns; it has no target for Step Functions and sends what it does send on the request's
own thread. Here every delivery has a thread of its own, and a delivery that fails is logged, and its event left in the
target's dead-letter queue. It is not tried again, as AWS does for a day: here nothing heals by itself.
"""

from __future__ import annotations

import json
import logging
import uuid
from typing import TYPE_CHECKING, Any

from taproom.local.authorization.callers import Caller
from taproom.local.authorization.function_policy import may_invoke
from taproom.local.dead_letters import leave_undelivered
from taproom.local.eventbridge_input import target_input
from taproom.local.eventbridge_s3 import s3_event

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

log = logging.getLogger(__name__)
ENABLED = {"ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"}


def install(aws: LocalAws) -> None:
    from moto.events.models import Rule
    from moto.s3 import notifications

    def send_to_targets(self: Any, original_event: dict[str, Any], transform_input: bool = True) -> None:
        """For PutEvents and replays, which moto hands to every rule of the bus."""
        event = dict(original_event)
        event.pop("ingestion-time", None)
        event["time"] = timestamp(aws)
        deliver(aws, self, event)

    def send_s3_message(account_id: str, bucket: Any, event_name: str, key: Any) -> None:
        event = s3_event(bucket, event_name, key, account_id)
        if event is not None:
            put_event(aws, event)

    aws.patch(Rule, "send_to_targets", send_to_targets)
    aws.patch(notifications, "_send_event_bridge_message", send_s3_message)


def timestamp(aws: LocalAws) -> str:
    """Now, as events carry it: to the second, in UTC."""
    return aws.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")


def put_event(aws: LocalAws, event: dict[str, Any]) -> None:
    """Put an event of an AWS service on the default bus: ``{"detail-type", "source", "resources", "detail"}``."""
    from moto.events.models import events_backends

    whole = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "account": aws.account_id,
        "time": timestamp(aws),
        "region": aws.region,
        **event,
    }
    bus = events_backends[aws.account_id][aws.region].event_buses["default"]
    for rule in list(bus.rules.values()):
        deliver(aws, rule, whole)


def deliver(aws: LocalAws, rule: Any, event: dict[str, Any]) -> None:
    """Send an event to the targets of one rule, if it is enabled and its pattern matches."""
    if rule.state not in ENABLED or not rule.event_pattern.get_pattern() or not rule.event_pattern.matches_event(event):
        return
    for target in list(rule.targets):
        aws.background.start(_deliver_to, aws, rule, target, event, name="eventbridge")


def _deliver_to(aws: LocalAws, rule: Any, target: dict[str, Any], event: dict[str, Any]) -> None:
    try:
        text = target_input(target, event, rule.arn, rule.name)
        send(aws, target["Arn"], text, f"{event['id']}_{uuid.uuid4()}", caller_of(rule.arn, target))
    except Exception as error:
        if not aws.background.closed:
            log.exception("rule %s could not deliver event %s to %s", rule.name, event["id"], target["Arn"])
            leave_undelivered(aws, target, json.dumps(event), error, RULE_ARN=rule.arn)


class UnsupportedTarget(ValueError):
    """A target that the local AWS cannot deliver to."""


def caller_of(rule_arn: str, target: dict[str, Any]) -> Caller:
    """EventBridge in a target's role; without a role, as a service that the target's own policy knows."""
    return Caller(target.get("RoleArn") or "", "events", "events.amazonaws.com", rule_arn)


def send(aws: LocalAws, arn: str, text: str, execution_name: str, caller: Caller) -> None:
    """Hand an input (JSON text) to a state machine, function, topic, queue or log group.

    A state machine or function must let the caller have it: by its role's policies, or by the function's own.
    """

    def client(name: str) -> Any:
        return aws.authorizer.clients.client(name, caller) if caller.role else aws.client(name)

    service = arn.split(":")[2]
    if service == "states":
        if not caller.role:
            raise UnsupportedTarget(f"RoleArn is required for the target {arn}")
        client("stepfunctions").start_execution(stateMachineArn=arn, input=text, name=execution_name[:80])
    elif service == "lambda":
        if not caller.role:
            may_invoke(aws, arn, caller)
        client("lambda").invoke(FunctionName=arn, InvocationType="Event", Payload=text.encode())
    elif service == "sns":
        client("sns").publish(TopicArn=arn, Message=text)
    elif service == "sqs":
        url = aws.client("sqs").get_queue_url(QueueName=arn.rsplit(":", 1)[1])["QueueUrl"]
        client("sqs").send_message(QueueUrl=url, MessageBody=text)
    elif service == "logs":
        _log(aws, arn.split(":log-group:")[1].removesuffix(":*"), text)
    else:
        raise UnsupportedTarget(f"the local AWS has no target for {arn}: only states, lambda, sns, sqs and logs")


def _log(aws: LocalAws, group: str, text: str) -> None:
    logs = aws.client("logs")
    stream = str(uuid.uuid4())
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    now = int(aws.clock.now().timestamp() * 1000)
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[{"timestamp": now, "message": text}])
