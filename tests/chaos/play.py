"""Plays one row on a deployed stack: the fault, its end, and what then ends well; and looks at what has to hold."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from taproom.executions import Stack
from taproom.local.aws import LocalAws
from taproom.rerun import rerun
from tests.chaos import invariants
from tests.chaos.faults import Delivery, Nothing, Truncated
from tests.chaos.injector import Injector
from tests.chaos.invariants import Execution
from tests.chaos.row import ALL, NONE, REDRIVE, TRAIN, Row
from tests.chaos.scenes import SCENES
from tests.local.small_stacks import eventually
from tests.pipeline.deployed import Pipeline, deployed, script

LONGEST = 60  # seconds that what is under way may take to end
LATER = 200  # seconds on the clock: by then a failed asynchronous function has been tried again, and again


@dataclass
class Played:
    """What came of a row; ``problems`` is empty where all held."""

    row: Row
    problems: list[str] = field(default_factory=list)
    status: str = ""
    recovered: str = ""


@dataclass
class Stage:
    """A deployed stack and who makes things go wrong on it. Rows are played one after the other."""

    pipeline: Pipeline
    injector: Injector
    uploads: list[str] = field(default_factory=list)  # keys whose upload had to start an execution
    earlier: set[str] = field(default_factory=set)  # ARNs of executions from before the row
    versions: dict[str, Any] = field(default_factory=dict)  # model versions by ARN, as they were described
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(21))

    def warm(self) -> None:
        """The execution from which rows take what they do not do anew."""
        self.pipeline.put(self._silent("reviews/base/a.csv"), script())
        first = self.ended({"InputData": self.uri("reviews/base/")})
        assert first["status"] == "SUCCEEDED", first
        self.quiet()

    def play(self, row: Row) -> Played:
        played = Played(row)
        self.uploads.clear()
        self.earlier = {one.exec_arn for one in self.executions()}
        self.injector.arm("" if isinstance(row.fault, Truncated) else row.state, row.fault)
        try:
            first, recovered = SCENES[row.scene](self, row)
        finally:  # also of a scene that did not come about nothing is left to the next row
            self.quiet()
        armed = self.injector.disarm()
        played.status = first["status"]
        if not (armed and armed.happened) and not isinstance(row.fault, Nothing):
            played.problems.append(f"the fault never happened: {armed}")
        played.problems += invariants.ended_as_declared(first, row.status, row.cause)
        if first["status"] == "SUCCEEDED" and "upload" not in row.scene:
            played.problems += invariants.ended_well(first)
        if recovered is None and row.recovery != NONE:
            played.problems += self.holds(row)
            recovered = self.redriven(first) if row.recovery == REDRIVE else self.rerun(first)
            self.quiet()
        if recovered is not None:
            played.recovered = recovered["status"]
            played.problems += invariants.ended_well(recovered, served=row.scene == "upload_before_a_run")
        played.problems += self.holds(row)
        if row.status == "SUCCEEDED" or recovered is not None:
            played.problems += invariants.no_upload_lost(self.pipeline, self.uploads, self.since())
        return played

    # ---- what scenes are made of

    def input_of(self, row: Row, name: str = "own") -> dict[str, Any]:
        """The input of an execution that does as much anew as the row says; its reviews start nothing by themselves."""
        if row.anew == ALL:
            key = self._silent(f"reviews/{slug(row.name)}/{name}/a.csv")
            self.pipeline.put(key, script())
            return {"InputData": self.uri(key.rpartition("/")[0] + "/")}
        base = {"InputData": self.uri("reviews/base/"), "Force": True}
        return base | ({"TrainingEpochs": next(self.numbers)} if row.anew == TRAIN else {})

    def upload(self, row: Row, name: str) -> str:
        """Upload reviews of their own, as a user does."""
        self.uploads.append(f"reviews/{slug(row.name)}/{name}/a.csv")
        return self.pipeline.put(self.uploads[-1], script())

    def start(self, execution_input: dict[str, Any]) -> str:
        stepfunctions = self.pipeline.aws.client("stepfunctions")
        text = json.dumps(execution_input)
        return stepfunctions.start_execution(stateMachineArn=self.pipeline.machine, input=text)["executionArn"]

    def ended(self, execution_input: dict[str, Any]) -> Execution:
        return self.finished(self.start(execution_input))

    def finished(self, arn: str) -> Execution:
        """DescribeExecution's answer once it has ended."""
        eventually(lambda: all(one.status != "RUNNING" for one in self.executions() if one.exec_arn == arn), LONGEST)
        return self.pipeline.aws.client("stepfunctions").describe_execution(executionArn=arn)

    def executions(self) -> list[Any]:
        """The local AWS's own, which are looked at often."""
        from moto.stepfunctions.parser.models import stepfunctions_parser_backends

        aws = self.pipeline.aws
        machines = stepfunctions_parser_backends[aws.account_id][aws.region].state_machines
        return [one for machine in machines if machine.arn == self.pipeline.machine for one in machine.executions]

    def finished_by(self, key: str) -> Execution:
        """The newest execution that the upload of ``key`` started."""
        found: list[str] = []

        def look() -> bool:
            inputs = {one.exec_arn: json.loads(one.execution_input) for one in self.executions()}
            found[:] = [arn for arn, told in inputs.items() if (told.get("Trigger") or {}).get("Key") == key]
            return bool(found)

        eventually(look, within=LONGEST)
        return self.finished(found[-1])

    def redrive(self, failed: Execution) -> str:
        arn = failed["executionArn"]
        self.pipeline.aws.client("stepfunctions").redrive_execution(executionArn=arn)
        return arn

    def redriven(self, failed: Execution) -> Execution:
        return self.finished(self.redrive(failed))

    def rerun(self, failed: Execution) -> Execution:
        aws = self.pipeline.aws
        stack = Stack(self.pipeline.machine, self.pipeline.bucket)
        arn = rerun(aws.client("stepfunctions"), aws.client("s3"), failed["executionArn"], stack)
        return self.finished(arn)

    def follow_up(self, prefix: str) -> Execution:
        """The execution that was started for what came meanwhile."""
        found = [arn for arn in self.since() if arn.rpartition(":")[2].startswith(prefix)]
        assert found, f"no execution {prefix}... was started for what came meanwhile"
        return self.finished(found[0])

    def since(self) -> list[str]:
        """The row's executions, the newest first."""
        return [one.exec_arn for one in reversed(self.executions()) if one.exec_arn not in self.earlier]

    def lease(self) -> dict[str, Any] | None:
        return invariants.lease(self.pipeline)

    def uri(self, key: str) -> str:
        return f"s3://{self.pipeline.bucket}/{key}"

    def arrive(self) -> None:
        """Have what is under way arrive, and then what is late."""
        assert self.pipeline.aws.background.settle(LONGEST)
        self.injector.release()
        assert self.pipeline.aws.background.settle(LONGEST)

    def quiet(self) -> None:
        """Wait until nothing is under way, also not what is late, nor what failed and is tried again later."""
        eventually(self.nothing_runs, within=LONGEST)
        self.injector.release()
        for _ in range(2):
            self.pipeline.aws.clock.advance(LATER)
            threading.Event().wait(0.02)  # what the clock woke begins
            eventually(self.nothing_runs, within=LONGEST)

    def nothing_runs(self) -> bool:
        settled = self.pipeline.aws.background.settle(LONGEST)
        running = any(one.status == "RUNNING" for one in self.executions())
        return settled and not running and self.pipeline.aws.background.settle(0)

    def holds(self, row: Row) -> Iterator[str]:
        yield from invariants.no_duplicate(invariants.versions(self.pipeline, self.versions))
        yield from invariants.no_job_runs(self.pipeline)
        yield from invariants.nothing_waits(self.pipeline)
        if not (row.lease_stays or (isinstance(row.fault, Delivery) and row.fault.how == "lost")):
            yield from invariants.lease_is_free(self.pipeline)

    def _silent(self, key: str) -> str:
        self.injector.silent.add(key)
        return key


def stage_on(aws: LocalAws, template: Path) -> Stage:
    """Deploy a project on a local AWS, with nothing going wrong yet."""
    injector = Injector(aws)
    pipeline = deployed(aws, template, ScheduleState="DISABLED", UploadDebounceSeconds="0")
    injector.machine = pipeline.machine
    stage = Stage(pipeline, injector)
    stage.warm()
    return stage


def slug(name: str) -> str:
    return "".join(character if character.isalnum() else "-" for character in name.lower())
