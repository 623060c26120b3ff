"""What becomes of a job that failed or was stopped: another round, or the end."""

from __future__ import annotations

from stepfunctions.steps import Catch, Chain, Choice, ChoiceRule, Pass, Wait
from stepfunctions.steps.states import State

from statemachine.asking import call
from statemachine.models import Model
from statemachine.results import caught, failed
from statemachine.states import Fail, Path


def triaged(job: State, status: str, model: Model | None = None) -> Choice:
    """Send what goes wrong with ``job`` to triage; returns the Choice that follows the job.

    A failed job is caught, a stopped one is seen by its ``status``. Triage answers ``Retry`` with the next round, or
    the failure is final: in a ``model``'s branch it becomes the branch's result, before the branches triage raises it.
    """
    name = job.state_id
    error = f"$.{name}Error"
    triage = call(
        f"Triage{name}",
        function="TriageFailure",
        payload={
            "Step": name,
            "Round": Path(f"$.Rounds.{name}.Round"),
            "Failure": Path(error),
            "RedriveCount": Path("$$.Execution.RedriveCount"),
            "Final": "Return" if model else "Raise",
        },
        keep=["Retry", "Round", "WaitSeconds", "Step", "Error", "Cause", "JobName"],
        result_path=f"$.Rounds.{name}",
        comment="Reads the failure: only capacity and internal errors may be tried again, and not forever.",
    )
    # A timeout too: in a branch it must end in a result, and before the branches a redrive must get a new job's name.
    job.add_catch(Catch(triage, error_equals=["States.ALL"], result_path=error))
    completed = Choice(f"{name}Completed?", comment="A stopped job is no failed task, but no completed one either.")
    stopped = Pass(
        f"{name}Stopped",
        input_path=f"$.{name}",
        result_path=error,
        comment="What Describe said of the stopped job is the failure that triage looks at.",
    )
    completed.add_choice(ChoiceRule.Not(ChoiceRule.StringEquals(f"$.{name}.{status}", "Completed")), stopped)
    again = Choice(f"Retry{name}?", comment="Another round, or the end of it.")
    wait = Wait(f"Wait{name}", seconds_path=f"$.Rounds.{name}.WaitSeconds", comment="Capacity needs time to come back.")
    again.add_choice(ChoiceRule.BooleanEquals(f"$.Rounds.{name}.Retry", True), wait)
    Chain([stopped, triage, again])
    wait.next(job)
    if model:
        caught(model, triage)
        again.default_choice(failed(model, name, told=f"$.Rounds.{name}", JobName=Path(f"$.Rounds.{name}.JobName")))
    else:
        again.default_choice(
            Fail(
                f"{name}Failed",
                error_path=f"$.Rounds.{name}.Error",
                cause_path=f"$.Rounds.{name}.Cause",
                comment="Triage raises what is final here, so this is not reached; were it to answer, it ends red too.",
            )
        )
    return completed
