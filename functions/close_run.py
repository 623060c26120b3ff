"""CloseRun: an execution has ended, so its lease ends, and what waited for that is started.

Takes EventBridge's 'Step Functions Execution Status Change' of an end; answers Released, Started (an ARN or null) and
Reason. Whatever end it is told of, it also finishes what an earlier try of its own left: a lease whose holder is over,
a follow-up that was reserved and never started.

Nothing that waits is lost: it is recorded before the lease is looked at, here the lease is removed before what waits is
looked at, so one of the two sees the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aws import AwsUnavailable, aws_unavailable, client
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import ClientError
from execution_status import describe, describe_holder
from lease import Seen, remove_lease, see_lease, write_lease
from pending import read_pending, remove_pending
from rules.follow_up import FollowUp, execution_arn, follow_up_called, follow_ups
from rules.lease_row import reserved_lease
from rules.standing import Standing
from rules.status_change import StatusChange, read_status_change
from settings import from_environment

logger = Logger()
tracer = Tracer()
metrics = Metrics()


@dataclass(frozen=True)
class Config:
    runs_table: str


@logger.inject_lambda_context(correlation_id_path="detail.executionArn")
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
@aws_unavailable
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    from_environment(Config)
    closing = Closing(read_status_change(event))
    closing.close()
    logger.info(closing.reason, released=closing.released, started=closing.started)
    metrics.add_metric("LeasesReleased", MetricUnit.Count, int(closing.released))
    metrics.add_metric("FollowUpsStarted", MetricUnit.Count, int(closing.started is not None))
    return {"Released": closing.released, "Started": closing.started, "Reason": closing.reason}


class Closing:
    """One try to close; each round looks anew at the lease and at what waits, as others change both meanwhile."""

    def __init__(self, change: StatusChange):
        self.change = change
        self.released = False
        self.started: str | None = None
        self.reason = ""
        self.done: set[str] = set()  # names of follow-ups that are over

    def close(self) -> None:
        if not self.change.is_end:
            self.reason = f"the execution is {self.change.status}, which is no end"
            return
        while not self._round():
            pass

    def _round(self) -> bool:
        """Whether nothing is left to do."""
        seen = see_lease()
        reserved = self._reserved_but_not_started(seen)
        if not reserved and not self._may_be_given_on(seen):
            return True
        waiting = self._what_waits(seen)
        if reserved and (promised := follow_up_called(reserved, waiting)) is not None:
            return self._start(promised)
        chosen = next((one for one in waiting if one.name not in self.done), None)
        if chosen is not None:
            reservation = reserved_lease(execution_arn(self.change.machine, chosen.name), self.change.time)
            if not write_lease(reservation, seen):
                return False
            self._note_release(seen)
            return self._start(chosen)
        if seen.lease is None:
            self.reason = self.reason or "nothing waits"
            return True
        if remove_lease(seen):
            self._note_release(seen)
        return False

    def _reserved_but_not_started(self, seen: Seen) -> str | None:
        """The name of the execution that the lease waits for, if there is none of that name yet."""
        if seen.lease is None or not seen.lease.reserved or seen.lease.expires_at <= self.change.time:
            return None
        missing = describe_holder(seen.lease.holder, self.change.execution).standing is Standing.MISSING
        return seen.lease.holder.rpartition(":")[2] if missing else None

    def _may_be_given_on(self, seen: Seen) -> bool:
        """Whether the lease is free, or this execution's and it is over."""
        if seen.lease is None:
            return True
        if self._is_own(seen):
            if seen.lease.redrive_count > self.change.redrive_count or self._is_redriven():
                self.reason = "the execution was redriven since"
                return False
            return True
        if seen.lease.is_free(describe_holder(seen.lease.holder, self.change.execution), self.change.time):
            return True
        self.reason = self.reason or f"{seen.lease.holder} has the lease"
        return False

    def _is_own(self, seen: Seen) -> bool:
        return seen.lease is not None and seen.lease.holder == self.change.execution

    def _is_redriven(self) -> bool:
        now = describe(self.change.execution)
        if now.standing is Standing.UNANSWERED:
            raise AwsUnavailable("DescribeExecution did not answer, so it is not known whether the execution is over")
        if now.standing is not Standing.RUNNING:
            return False
        if now.redrive_count is not None and now.redrive_count <= self.change.redrive_count:
            raise AwsUnavailable("DescribeExecution does not know yet that the execution has ended")
        return True

    def _what_waits(self, seen: Seen) -> list[FollowUp]:
        waiting = read_pending()
        own = seen.lease if self._is_own(seen) else None
        if own is not None and not own.reserved:  # it ran: what it wrote before it got the lease is served
            for one in waiting:
                if not one.is_upload and one.execution == self.change.execution:
                    remove_pending(one)
            waiting = [one for one in waiting if one.is_upload or one.execution != self.change.execution]
        return follow_ups(waiting, self.change.execution)

    def _start(self, chosen: FollowUp) -> bool:
        """Start it, unless it is started already; whether it runs. What has run before is noted as over."""
        arn = execution_arn(self.change.machine, chosen.name)
        try:
            client("stepfunctions").start_execution(
                stateMachineArn=self.change.machine, name=chosen.name, input=chosen.text()
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise
            standing = describe(arn).standing
            if standing is Standing.UNANSWERED:
                raise AwsUnavailable(f"DescribeExecution did not answer whether {chosen.name} is over") from error
            if standing is Standing.OVER:
                self._note_over(chosen)
                return False
        if chosen.start is not None:
            remove_pending(chosen.start)
        self.started = arn
        self.reason = f"{chosen.name} is started for what came meanwhile"
        return True

    def _note_over(self, one: FollowUp) -> None:
        self.done.add(one.name)
        if one.start is not None:
            remove_pending(one.start)
        else:
            self.reason = "what follows for the uploads ended before it claimed them: they wait for the next execution"

    def _note_release(self, seen: Seen) -> None:
        self.released = self.released or self._is_own(seen)
