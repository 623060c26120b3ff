"""Protections of the product, each with a way to remove it and a row of the table that must then go red."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEFINITION = "statemachine/retraining.asl.json"


@dataclass(frozen=True)
class Replaced:
    """A text of a file, which must be there, becomes another one."""

    file: str
    old: str
    new: str

    def apply(self, project: Path) -> None:
        path = project / self.file
        text = path.read_text(encoding="utf-8")
        if self.old not in text:
            raise LookupError(f"{self.file} does not hold {self.old!r} any more: the mutation has to follow it")
        path.write_text(text.replace(self.old, self.new), encoding="utf-8")


@dataclass(frozen=True)
class Without:
    """A state of the definition loses one of its fields."""

    state: str
    field: str

    def apply(self, project: Path) -> None:
        path = project / DEFINITION
        definition = json.loads(path.read_text(encoding="utf-8"))
        states = dict(all_states(definition))
        del states[self.state][self.field]
        path.write_text(json.dumps(definition, indent=2), encoding="utf-8")


def all_states(scope: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in scope["States"].items():
        yield name, state
        for branch in state.get("Branches", ()):
            yield from all_states(branch)


@dataclass(frozen=True)
class Mutation:
    """``protection``: what is removed; ``row``: the name of the row that sees it."""

    protection: str
    edit: Replaced | Without
    row: str


MUTATIONS = [
    Mutation(
        "a model that is registered already is found",
        Replaced("functions/register_model.py", "version = registered_before(registration)", "version = None"),
        "RegisterModelRetrieval: killed after the version is made",
    ),
    Mutation(
        "a function that Lambda throttles is asked again",
        Without("GateRetrieval", "Retry"),
        "GateRetrieval: Lambda is throttled",
    ),
    Mutation(
        "a function that AWS did not answer is asked again",
        Replaced("functions/aws.py", '"ProvisionedThroughputExceededException", ', ""),
        "TakeLease: the table is throttled",
    ),
    Mutation(
        "a job without capacity goes round again",
        Replaced("functions/rules/failure.py", '("CapacityError", "InternalServerError")', '("InternalServerError",)'),
        "TrainRetrieval: no capacity twice",
    ),
    Mutation(
        "a final failure is tried afresh by a redrive",
        Replaced("functions/rules/failure.py", "if raised and redrive_count", "if False and redrive_count"),
        "Preprocess: its process is killed",
    ),
    Mutation(
        "a branch's failure is its result, and the other model still finishes",
        Without("ParseEvaluationRanking", "Catch"),
        "EvaluateRanking: writes nothing",
    ),
    Mutation(
        "an artifact is read to its end before it counts",
        Replaced("functions/record_step.py", "why = why_broken(body)", "why = None"),
        "TrainRanking: the artifact is truncated",
    ),
    Mutation(
        "a lookup that fails is a miss",
        Without("LookUpTrainRanking", "Catch"),
        "LookUpTrainRanking: the table may not be read",
    ),
    Mutation(
        "a step that cannot be recorded is done all the same",
        Without("RecordTrainRanking", "Catch"),
        "RecordTrainRanking: the table may not be read",
    ),
    Mutation(
        "the lease ends with an execution that failed",
        Replaced("template.yaml", "status: [SUCCEEDED, FAILED, TIMED_OUT, ABORTED]", "status: [SUCCEEDED]"),
        "GateRanking: its time is up",
    ),
    Mutation(
        "a lease whose holder is over is free, whether or not its end was told",
        Replaced("functions/rules/lease_row.py", "return described.standing is Standing.OVER and", "return False and"),
        "CloseRun: an end is told lost",
    ),
    Mutation(
        "an upload that meets a running execution is written down",
        Replaced("functions/take_lease.py", "    elif request.uploaded:\n", "    elif False:\n"),
        "CloseRun: an end is told twice while an upload waits",
    ),
    Mutation(
        "an execution claims the uploads that wait for it",
        Replaced("functions/claim_uploads.py", 'for row in read_rows("pending")', "for row in ()"),
        "CloseRun: an end is told twice while an upload waits",
    ),
    Mutation(
        "what follows is started by the second try where the first died",
        Replaced("functions/close_run.py", "reserved = self._reserved_but_not_started(seen)", "reserved = None"),
        "CloseRun: killed before it starts what follows",
    ),
    Mutation(
        "an end from before a redrive does not release the lease",
        Replaced(
            "functions/close_run.py",
            "if seen.lease.redrive_count > self.change.redrive_count or self._is_redriven():",
            "if False:",
        ),
        "Redrive: the end before it is told late",
    ),
    Mutation(
        "a redrive is stopped while another execution runs",
        Replaced("functions/retake_lease.py", "    stop(change.execution, lease.holder)\n", ""),
        "Redrive: another runs",
    ),
]
