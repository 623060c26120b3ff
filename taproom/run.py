"""`taproom run`: the whole pipeline on this machine.

start     the local AWS, on loopback
deploy    template.yaml into it, through CloudFormation
upload    the reviews into the data bucket; the upload rule starts the execution
follow    the execution to its end, showing states and training progress
settle    what follows the execution's end, such as its report
collect   everything it made into runs/<execution name>/, and say what came of it
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from taproom.collect import collect
from taproom.follow import Snapshot, follow
from taproom.outcome import failures_of
from taproom.summary import print_failure, print_summary, relative
from taproom.upload import reviews_prefix, started_by, upload
from taproom.view import LiveView

PROJECT = Path(__file__).resolve().parent.parent
RUNS = PROJECT / "runs"
STACK = "taproom"
REPORT_LIMIT = 30.0  # seconds that a report is waited for; it is written here where it takes longer


@dataclass(frozen=True)
class RunRequest:
    """What to run: reviews (None: generated ones) and the execution input (None: all defaults)."""

    reviews: Path | None = None
    input_file: Path | None = None
    sample_size: int = 100_000
    force: bool = False  # run although reviews, code and parameters are those of the run before
    work: Path = PROJECT / ".taproom"
    runs: Path = RUNS
    template: Path = PROJECT / "template.yaml"


@dataclass
class Stopwatch:
    """Seconds spent in each phase of a run, in order."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        begin = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - begin


class InputFileError(ValueError):
    """The execution input given on the command line cannot be used."""


def run_locally(request: RunRequest, console: Console | None = None) -> int:
    """Run the pipeline; returns the exit code: 0 succeeded, 1 failed, 130 interrupted."""
    console = console or Console(highlight=False, soft_wrap=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite kill is handled as Ctrl-C is
    try:
        default_input = read_input(request.input_file, force=request.force)
    except InputFileError as error:
        console.print(f"[red]{escape(str(error))}[/red]")
        return 1
    try:
        return _run(request, default_input, console)
    except KeyboardInterrupt:
        console.print("\n[yellow]Stopped: the execution and its jobs were ended; nothing was left running.[/yellow]")
        return 130


def read_input(path: Path | None, *, force: bool = False) -> str:
    """The input file as compact JSON ('{}' without a file). What the keys mean is for the pipeline to check.

    ``force`` sets Force, whatever the file says.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8")) if path else {}
    except (ValueError, UnicodeDecodeError) as error:
        raise InputFileError(f"{path} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise InputFileError(f"{path} must hold a JSON object of parameters, but holds a {type(document).__name__}")
    if force:
        document["Force"] = True
    return json.dumps(document, separators=(",", ":"))


def _run(request: RunRequest, default_input: str, console: Console) -> int:
    from taproom.local.aws import LocalAws
    from taproom.local.durable.store import StoreUnusable
    from taproom.local.instance_lock import AlreadyRunning

    watch = Stopwatch()
    with watch.phase("sample"):
        reviews = request.reviews or _generated(request, console)
    aws = LocalAws(request.work / "aws")
    try:
        with watch.phase("start"):
            aws.__enter__()
        return _run_on(aws, request, reviews, default_input, watch, console)
    except (AlreadyRunning, StoreUnusable) as error:
        console.print(f"[red]{escape(str(error))}[/red]")
        return 1
    finally:
        aws.__exit__(*sys.exc_info())  # after Ctrl-C nothing waits


def _run_on(
    aws: Any, request: RunRequest, reviews: Path, default_input: str, watch: Stopwatch, console: Console
) -> int:
    from taproom.deploy import DeployFailed, deploy

    stepfunctions = aws.client("stepfunctions")
    console.print(f"Local AWS at {aws.endpoint_url}; deploying {request.template.name} ...")
    with watch.phase("deploy"):
        try:
            outputs = deploy(
                aws.client,
                request.template,
                stack_name=STACK,
                parameters={
                    "DefaultInput": default_input,
                    "BucketName": f"{STACK}-data-{aws.account_id}",
                    "ScheduleState": "DISABLED",  # of an execution that an upload starts, and of no other, is this run
                    "NotificationState": "DISABLED",  # whoever would be told sits at this terminal
                    "UploadDebounceSeconds": "0",  # no second file follows the one that is uploaded
                },
                artifact_bucket=f"{STACK}-artifacts-{aws.account_id}",
                import_existing=True,
            )
        except DeployFailed as error:
            console.print(f"[red]Deploy failed:[/red] {escape(str(error))}")
            return 1
    machine, bucket = outputs["StateMachineArn"], outputs["DataBucketName"]
    with watch.phase("upload"):
        key = f"{reviews_prefix(reviews)}{reviews.name}"
        console.print(
            f"Uploading {relative(reviews)} to s3://{bucket}/{key}: the upload rule starts the execution", markup=False
        )
        upload(aws.client("s3"), reviews, bucket, key)
        execution_arn = started_by(stepfunctions, machine, key)
    view = LiveView(console)
    aws.listen(view.job_line)
    snapshot: Snapshot | None = None
    try:
        with view:
            for snapshot in follow(stepfunctions, execution_arn):
                view.show(snapshot)
    except KeyboardInterrupt:
        stepfunctions.stop_execution(executionArn=execution_arn, error="Interrupted", cause="Ctrl-C")
        raise
    assert snapshot is not None  # follow yields at least once
    with watch.phase("collect"):
        aws.background.settle(REPORT_LIMIT)
        folder = collect(aws.client, snapshot, request.runs, job_logs=aws.root / "jobs", bucket=bucket)
    failures = failures_of(snapshot)
    if failures:
        print_failure(console, snapshot, failures, folder)
        return 1
    print_summary(console, snapshot, folder, watch.seconds)
    return 0


def _generated(request: RunRequest, console: Console) -> Path:
    from taproom.sample import kept_sample

    def say(message: str) -> None:
        console.print(message)

    return kept_sample(request.work / "sample", request.sample_size, say)
