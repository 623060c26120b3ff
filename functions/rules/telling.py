"""What people are told of a run that ended: what happened, what to do, where to look, what it cost.

Of an execution that made nothing and did not fail (no reviews, nothing new, another run under way) nothing is told:
that nothing new comes for long is what 'stale' tells.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rules.console import console_url, region_of
from rules.failure_told import MODELS_FAILED, TOLD_LIMIT, ToldFailure, failures_of
from rules.measured import MEASURED
from rules.message import Message
from rules.numbers import told_apart
from rules.report_uri import report_of
from rules.run_cost import RunCost, cost_of
from rules.run_ending import RunEnding
from rules.run_history import RunHistory
from rules.verdict import FAILED
from rules.wording import clipped, printable

SUCCEEDED = "SUCCEEDED"
ENDS = {"FAILED": "Failed", "TIMED_OUT": "TimedOut", "ABORTED": "Aborted"}
REGISTERED, REJECTED = "Registered", "Rejected"
# The same input meets the same refusal: neither a redrive nor a rerun helps.
REFUSALS = (
    *("InvalidInput", "NoReviews", "EmptyReviewsFile", "UnusableReviewsKey", "OverBudget", "UnknownPrice"),
    *("NoTrainingCode",),
)


@dataclass(frozen=True)
class Run:
    """All that is known of a run that ended, and of the stack that it belongs to."""

    ending: RunEnding
    history: RunHistory
    stack: str
    bucket: str

    @property
    def cost(self) -> RunCost:
        return cost_of(self.history)

    @property
    def output(self) -> Mapping[str, Any]:
        return self.ending.output or self.history.output or {}

    def results(self) -> list[Mapping[str, Any]]:
        """The branches' result documents, of a run that succeeded."""
        return [one for one in self.output.get("Models") or () if isinstance(one, dict)]

    def command(self, *words: str) -> str:
        """A taproom command on this stack."""
        where = ("--region", region_of(self.ending.execution), "--stack", self.stack)
        return shlex.join(("taproom", *words, *where))


def message_of(run: Run) -> Message | None:
    """None where nothing is told."""
    if run.ending.status == SUCCEEDED:
        results = run.results()
        return _of_success(run, results) if results else None
    return _of_failure(run)


def _of_success(run: Run, results: list[Mapping[str, Any]]) -> Message:
    registered = [one for one in results if one.get("Status") == REGISTERED]
    rejected = [one for one in results if one.get("Status") == REJECTED]
    outcomes = (REGISTERED,) * bool(registered) + (REJECTED,) * bool(rejected)
    subject = "; ".join(
        [f"{REGISTERED} {_listed(_version(one) for one in registered)}"] * bool(registered)
        + [f"{REJECTED} {_listed(_model(one) for one in rejected)}"] * bool(rejected)
    )
    happened = [line for one in registered for line in _registered(one)]
    happened += [line for one in rejected for line in _rejected(one)]
    to_do = [line for one in registered for line in _approval(run, one)]
    if rejected:
        to_do.append("Rejected: see the report for what the rules saw. The version in use stays in use.")
    return _message(run, subject, happened, to_do, outcomes)


def _of_failure(run: Run) -> Message:
    ending = run.ending
    outcome = ENDS[ending.status]
    failures = failures_of(ending.error, ending.cause, run.history.at)
    if ending.status == "TIMED_OUT":
        at = f" at {failures[0].step}" if run.history.at else ""
        subject, happened = f"{outcome}{at}", [f"Timed out{at}: the run took longer than an execution may."]
    elif ending.status == "ABORTED":
        at = f" at {failures[0].step}" if run.history.at else ""
        why = clipped(printable(ending.cause), TOLD_LIMIT) or "no cause was told"
        subject, happened = f"{outcome}{at}", [f"Aborted{at}: {why}"]
    else:
        subject = f"{outcome} at {_listed(one.step for one in failures)}: {failures[0].error}"
        happened = [one.sentence() for one in failures]
    return _message(run, subject, happened, _after_failure(run, failures), (outcome,))


def _registered(result: Mapping[str, Any]) -> list[str]:
    status = result.get("ModelApprovalStatus")
    return [f"Registered {_version(result)} ({status}): {_metrics(result)}", f"  {_reason(result)}"]


def _rejected(result: Mapping[str, Any]) -> list[str]:
    failed = [one for one in result.get("Gate") or () if one.get("Verdict") == FAILED]
    lines = [f"  rule {one.get('Rule')}: {clipped(printable(str(one.get('Reason'))), TOLD_LIMIT)}" for one in failed]
    return [f"Rejected {_model(result)}: {_metrics(result)}", *(lines or [f"  {_reason(result)}"])]


def _approval(run: Run, result: Mapping[str, Any]) -> list[str]:
    if result.get("ModelApprovalStatus") != "PendingManualApproval":
        return []
    arn, version = str(result.get("ModelPackageArn")), str(result.get("ModelPackageVersion"))
    by_aws = ("aws", "sagemaker", "update-model-package", "--model-package-arn", arn)
    return [
        f"Approve {_version(result)}, once you have seen the report, with one of",
        f"  {run.command('approve', version, '--model', _model(result))}",
        f"  {shlex.join((*by_aws, '--model-approval-status', 'Approved', '--region', region_of(arn)))}",
    ]


def _after_failure(run: Run, failures: list[ToldFailure]) -> list[str]:
    ending, name = run.ending, run.ending.name
    lines = [f"See why:  {run.command('watch', name)}"]
    lines += [f"Its log:  {run.command('logs', one.step, name)}" for one in failures if one.step.isidentifier()]
    if ending.error in REFUSALS:
        return [*lines, f"Correct what was refused, then start anew:  {run.command('start')}"]
    if ending.error == "LeaseHeld":
        return [*lines, f"When the other run has ended, go on:  {run.command('redrive', name)}"]
    anew = ending.error in (MODELS_FAILED, "OutputBroken")
    return [*lines, f"Once the cause is removed, go on:  {run.command('rerun' if anew else 'redrive', name)}"]


def _message(run: Run, told: str, happened: list[str], to_do: list[str], outcomes: tuple[str, ...]) -> Message:
    ending = run.ending
    name = printable(ending.name)
    blocks = [
        happened,
        ["What to do", *(f"  {line}" for line in to_do)] if to_do else [],
        [
            f"Run      {name} of {run.stack}{_times(ending.started, ending.stopped)}",
            f"Report   {report_of(run.bucket, ending.name, ending.execution)}",
            f"Console  {console_url(ending.execution)}",
            f"Cost     {run.cost.sentence()}",
        ],
    ]
    text = "\n\n".join("\n".join(block) for block in blocks if block)
    return Message(f"{run.stack}: {told} ({name})", f"{text}\n", outcomes)


def _metrics(result: Mapping[str, Any]) -> str:
    """The metric that decides, beside the champion's and the baseline's, where they were measured."""
    measured, found = MEASURED.get(_model(result)), result.get("Metrics") or {}
    if measured is None or measured.main not in found:
        return "no metric is told"
    others = {"champion": f"champion_{measured.main}", measured.to_beat: f"{measured.to_beat}_{measured.main}"}
    there = {who: found[key] for who, key in others.items() if key in found}
    own, *numbers = told_apart(found[measured.main], *there.values())
    beside = ", ".join(f"{who} {number}" for who, number in zip(there, numbers, strict=True))
    return f"{measured.main} {own}" + (f" ({beside})" if beside else "")


def _reason(result: Mapping[str, Any]) -> str:
    return clipped(printable(str(result.get("Reason") or "")), TOLD_LIMIT)


def _model(result: Mapping[str, Any]) -> str:
    return str(result.get("Model", "")).lower()


def _version(result: Mapping[str, Any]) -> str:
    return f"{_model(result)} version {result.get('ModelPackageVersion')}"


def _listed(names: Any) -> str:
    return ", ".join(names)


def _times(started: datetime | None, stopped: datetime | None) -> str:
    if started is None or stopped is None:
        return ""
    return f", {started:%Y-%m-%d %H:%M UTC}, {_length(stopped - started)} long"


def _length(length: timedelta) -> str:
    minutes, seconds = divmod(round(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
