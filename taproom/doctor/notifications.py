"""Whether anybody gets what the topic tells."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError

from taproom.doctor.finding import DEPLOY, FAIL, OK, WARN, Finding, changed_beside
from taproom.doctor.site import Site
from taproom.faults import error_code

PENDING = "PendingConfirmation"  # stands in place of the subscription's ARN until it is confirmed
CONFIRMED = "arn:"


def check(site: Site) -> Iterator[Finding]:
    topic = site.outputs.get("NotificationsTopicArn")
    if topic is None:
        yield Finding("notifications", FAIL, "the stack has no output NotificationsTopicArn", DEPLOY)
        return
    pages = site.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    try:
        found = [one for page in pages for one in page["Subscriptions"]]
    except ClientError as error:
        if error_code(error) not in ("NotFound", "NotFoundException"):
            raise
        yield Finding("notifications", FAIL, f"the topic {topic} is not there", changed_beside(site.stack))
        return
    confirmed = [one for one in found if one["SubscriptionArn"].startswith(CONFIRMED)]
    pending = [one for one in found if one["SubscriptionArn"] == PENDING]
    subscribe = f"aws sns subscribe --topic-arn {topic} --protocol email --notification-endpoint ADDRESS"
    if confirmed:
        yield Finding("notifications", OK, f"confirmed subscriptions: {len(confirmed)}")
    elif not pending:
        told = "nobody subscribes to the topic: neither a run's outcome nor an alarm reaches anybody"
        yield Finding("notifications", WARN, told, f"deploy with NotificationEmail, or: {subscribe}")
    if pending:
        told = f"subscriptions that nobody has confirmed, and that get nothing: {len(pending)}"
        again = f"follow the link in the mail that AWS sent there; without that mail ask for another: {subscribe}"
        yield Finding("notifications", WARN, told, again)
