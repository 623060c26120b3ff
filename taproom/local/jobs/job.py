"""One job: its thread, its status as it goes, its Describe answer."""

from __future__ import annotations

import logging
import re
import threading
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taproom.local.authorization.implied import of_log, of_metrics
from taproom.local.jobs.kinds import TRAINING, Kind
from taproom.local.jobs.process import JobProcess
from taproom.local.jobs.processing_container import ProcessingContainer
from taproom.local.jobs.request import describe_members
from taproom.local.jobs.training_container import TrainingContainer
from taproom.local.jobs.transfer import TransferError
from taproom.local.log_groups import write

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

DAY = 86_400  # seconds: SageMaker's MaxRuntimeInSeconds where the request names none
OUTPUT_LIMIT = 1_024  # characters of a failure or exit message
log = logging.getLogger(__name__)


class Job:
    """A training or processing job. ``start`` returns at once; ``describe`` tells how far it is."""

    def __init__(self, aws: LocalAws, kind: Kind, request: dict[str, Any], folder: Path) -> None:
        self._aws = aws
        self._kind = kind
        self._request = request
        self.name: str = request[kind.name_key]
        self.arn = f"arn:aws:sagemaker:{aws.region}:{aws.account_id}:{kind.snake}-job/{self.name}"
        self._folder = folder
        container = TrainingContainer if kind is TRAINING else ProcessingContainer
        self._container = container(request, self.arn, self._folder / "opt" / "ml", aws)
        self._process = JobProcess(self._folder / "log", self._line)
        self._metrics: dict[str, tuple[float, datetime]] = {}
        self._last_line = ""
        self._lock = threading.Lock()
        now = aws.clock.now()
        self._state: dict[str, Any] = {kind.status_key: "InProgress", "CreationTime": now, "LastModifiedTime": now}
        if kind is TRAINING:
            self._state |= {"SecondaryStatus": "Starting", "SecondaryStatusTransitions": []}
            self._secondary("Starting", "Preparing the instance")
        self._logs = True
        self._log_group = f"/aws/sagemaker/{kind.word}Jobs"  # its metrics' namespace, too
        self._log_stream = f"{self.name}/algo-1-{int(now.timestamp())}"
        self._thread = threading.Thread(target=self._run, name=f"job {self.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        self._thread.join()

    def stop(self) -> None:
        """Ask the job to end; it ends as Stopped. A job that has ended stays as it is."""
        with self._lock:
            if self._state[self._kind.status_key] != "InProgress":
                return
            self._change(status="Stopping")
        self._process.stop()

    def describe(self) -> dict[str, Any]:
        """The Describe answer as it is now."""
        with self._lock:
            state = {**self._state, self._kind.arn_key: self.arn}
            metrics = dict(self._metrics)
        if self._kind is TRAINING:
            state["SecondaryStatusTransitions"] = [dict(one) for one in state["SecondaryStatusTransitions"]]
            if metrics:
                state["FinalMetricDataList"] = [
                    {"MetricName": name, "Value": value, "Timestamp": at} for name, (value, at) in metrics.items()
                ]
        known = describe_members(self._kind)
        return {key: value for key, value in self._request.items() if key in known} | state

    def _run(self) -> None:
        try:
            self._work()
        except TransferError as error:
            self._end("Failed", FailureReason=f"ClientError: {error}")
        except Exception as error:  # whatever happens, a job must end: on AWS too this is the service's own fault
            log.exception("job %s", self.name)
            self._end("Failed", FailureReason=f"InternalServerError: {error!r}")

    def _work(self) -> None:
        self._folder.mkdir(parents=True)
        self._container.may_start()
        self._watched()
        self._secondary("Downloading", "Downloading input data")
        command = self._container.prepare()
        self._began()
        limit = self._request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", DAY)
        ended = self._process.run(command, self._container.working_folder(), self._container.environment(), limit)
        self._finished()
        message = self._container.message()[:OUTPUT_LIMIT]
        if ended.reason == "exit" and ended.code == 0:
            self._secondary("Uploading", "Uploading generated output")
            self._container.upload()
            self._end("Completed", **self._container.outcome(), **self._exit_message(message))
        elif ended.reason == "exit":
            self._container.save_progress()
            reason = self._container.failure(ended.code, self._last_line)[:OUTPUT_LIMIT]
            self._end("Failed", FailureReason=reason, **self._exit_message(message))
        else:
            # what a stopped job had made by then is kept, as SageMaker keeps it
            self._container.upload()
            secondary = "MaxRuntimeExceeded" if ended.reason == "time" else "Stopped"
            late = f"the job ran longer than MaxRuntimeInSeconds ({limit} s)" if ended.reason == "time" else None
            more = {"FailureReason": late} if late and self._kind is not TRAINING else {}
            self._end("Stopped", secondary, **self._container.outcome(), **self._exit_message(message), **more)

    def _watched(self) -> None:
        """Whether the job's role lets log and metrics be seen; a job without that runs all the same, as on AWS."""
        authorizer, caller = self._aws.authorizer, self._container.caller
        wanted = of_log(self._log_group, self._log_stream, authorizer.site, describes=True)
        decisions = [authorizer.decide(caller, one) for one in wanted]
        self._logs = all(one.allowed for one in decisions)
        for request in of_metrics(self._log_group):
            authorizer.decide(caller, request)

    def _exit_message(self, message: str) -> dict[str, str]:
        return {"ExitMessage": message} if message and self._kind is not TRAINING else {}

    def _began(self) -> None:
        now = self._aws.clock.now()
        with self._lock:
            self._state[f"{self._kind.word}StartTime"] = now
        self._secondary("Training", "Training image download completed. Training in progress.")

    def _finished(self) -> None:
        now = self._aws.clock.now()
        with self._lock:
            self._state[f"{self._kind.word}EndTime"] = now
            if self._kind is TRAINING:
                seconds = max(1, round((now - self._state["TrainingStartTime"]).total_seconds()))
                self._state |= {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}

    def _end(self, status: str, secondary: str = "", **more: Any) -> None:
        self._secondary(secondary or status, f"{self._kind.word} job {status.lower()}")
        with self._lock:
            self._state |= more
            self._change(status)
        self._aws.notify({"type": "job-status", "job": self.name, "status": status})

    def _change(self, status: str) -> None:
        self._state[self._kind.status_key] = status
        self._state["LastModifiedTime"] = self._aws.clock.now()

    def _secondary(self, status: str, message: str) -> None:
        """The next step of a training job's SecondaryStatus; processing jobs have none."""
        if self._kind is not TRAINING:
            return
        now = self._aws.clock.now()
        with self._lock:
            transitions = self._state["SecondaryStatusTransitions"]
            if transitions:
                transitions[-1]["EndTime"] = now
            transitions.append({"Status": status, "StartTime": now, "StatusMessage": message})
            self._state |= {"SecondaryStatus": status, "LastModifiedTime": now}

    def _line(self, line: str) -> None:
        self._last_line = line.strip() or self._last_line
        for definition in self._request.get("AlgorithmSpecification", {}).get("MetricDefinitions", ()):
            if found := re.search(definition["Regex"], line):
                try:
                    value = float(found.group(1))
                except (ValueError, TypeError):  # the expression matched something that is no number
                    continue
                with self._lock:
                    self._metrics[definition["Name"]] = (value, self._aws.clock.now())
        if self._logs:
            write(self._aws, self._log_group, self._log_stream, [line])
        self._aws.notify({"type": "job-log", "job": self.name, "line": line})
