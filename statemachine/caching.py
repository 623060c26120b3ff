"""A job that is skipped where an earlier run has done the very same.

    LookUpX -> XCached? -> XHit ---------------------------------------.
                  |                                                    |
                  X -> XCompleted? -> XMade -> RecordX ----------------+-> what follows

Both ways end with ``$.XOutput``: where the step's output lies, whichever run made it. A look-up that fails is a miss
and a recording that fails is forgone: a cache may save a job, never fail a run. Only an output found broken is final.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from stepfunctions.steps import Catch, Chain, Choice, ChoiceRule, Pass
from stepfunctions.steps.states import State

from statemachine.asking import call
from statemachine.jobs import ENTRYPOINT, ENVIRONMENT
from statemachine.models import Model
from statemachine.results import failed
from statemachine.states import Fail, LambdaStep, Path, formatted
from statemachine.triage import triaged

RECORD_TIMEOUT = 660  # seconds: a large artifact is read to its end


@dataclass(frozen=True)
class Step:
    """A job with its place in the cache: ``$.<name>Output`` is what follows reads of it."""

    first: State
    hit: Pass
    record: LambdaStep = field(repr=False)

    def then(self, following: State) -> None:
        """Go on with ``following``, on a hit as after the job."""
        self.hit.next(following)
        self.record.next(following)
        self.record.add_catch(
            Catch(following, error_equals=["States.ALL"], result_path=f"$.{self.record.state_id}Error")
        )


def attributes(plan: str, settings: str) -> dict[str, Any]:
    """What of a job's plan decides its output; ``settings`` is Arguments or HyperParameters."""
    return {
        "Image": Path(f"{plan}.Image"),
        settings: Path(f"{plan}.{settings}"),
        "Environment": ENVIRONMENT,
        "Entrypoint": ENTRYPOINT,
    }


def cached(
    job: State,
    *,
    status: str,
    attributes: dict[str, Any],
    inputs: dict[str, tuple[Path, str]],
    made: dict[str, Path],
    model: Model | None = None,
) -> Step:
    """Put a job's look-up before it and its recording behind it.

    ``inputs``: each input's URI and type (S3Prefix or ManifestFile). ``made``: the step's output where the job ran.
    """
    name = job.state_id
    asked = {
        "Step": name,
        "Attributes": attributes,
        "Code": Path("$.Prepare.Code.Digest"),
        "Inputs": [{"Name": key, "Uri": uri, "Type": kind} for key, (uri, kind) in inputs.items()],
        "CacheConfig": Path("$.Prepare.Parameters.CacheConfig"),
        "RerunOf": Path("$.Prepare.RerunOf"),
        "DocumentUri": formatted(f"{{}}cache/{name}.json", "$.Prepare.RunPrefix"),
    }
    look_up = call(
        f"LookUp{name}",
        function="LookUpStep",
        payload=asked,
        keep=["Hit", "Output", "From", "Reason", "Key"],
        comment="Looks for the newest run that did the same with the same; a look-up that fails is a miss.",
    )
    hit = Pass(
        f"{name}Hit",
        input_path=f"$.LookUp{name}.Output",
        result_path=f"$.{name}Output",
        comment="The output of an earlier run is this step's: no job is started.",
    )
    decided = Choice(f"{name}Cached?", comment="A hit spares the job.")
    decided.add_choice(ChoiceRule.BooleanEquals(f"$.LookUp{name}.Hit", True), hit)
    completed = triaged(job, status, model)
    output = Pass(
        f"{name}Made",
        parameters=made,
        result_path=f"$.{name}Output",
        comment="Where the job left what it made, in the form that a hit has too.",
    )
    record = call(
        f"Record{name}",
        function="RecordStep",
        payload={**asked, "Output": Path(f"$.{name}Output")},
        keep=["Recorded", "Reason"],
        timeout=RECORD_TIMEOUT,
        comment="Checks that the output is whole and remembers it for later runs; only a broken output is an error.",
    )
    look_up.add_catch(Catch(job, error_equals=["States.ALL"], result_path=f"$.LookUp{name}Error"))
    record.add_catch(Catch(_broken(record, model), error_equals=["OutputBroken"], result_path=f"$.Record{name}Broken"))
    Chain([look_up, decided, job, completed, output, record])
    return Step(look_up, hit, record)


def _broken(record: State, model: Model | None) -> State:
    told = f"$.{record.state_id}Broken"
    if model:
        return failed(model, record.state_id, told=told)
    return Fail(
        f"{record.state_id}Failed",
        error_path=f"{told}.Error",
        cause_path=f"{told}.Cause",
        comment="What the job left cannot be used: a redrive would find it again, a rerun runs the job again.",
    )
