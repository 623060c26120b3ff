"""How a model's branch ends: always in a result document with a Status, so that the other models still finish."""

from __future__ import annotations

from typing import Any

from stepfunctions.steps import Catch, Pass
from stepfunctions.steps.states import State

from statemachine.models import Model
from statemachine.states import Path, formatted


def result(model: Model, status: str, *, reason: Path, comment: str, name: str = "", **more: Any) -> Pass:
    """The end of a branch: its result document."""
    return Pass(
        name or f"{model.name}{status}",
        parameters={"Model": model.name, "Status": status, "Reason": reason, **more},
        comment=comment,
    )


def failed(model: Model, step: str, *, told: str, **more: Any) -> Pass:
    """The end of a branch whose ``step`` failed; ``told`` is the path that holds its Error and Cause."""
    return result(
        model,
        "Failed",
        name=f"{step}Failed",
        reason=formatted(f"{step} failed with {{}}", f"{told}.Error"),
        comment="A failure is this branch's result, so that the other models still finish.",
        Step=step,
        Error=Path(f"{told}.Error"),
        Cause=Path(f"{told}.Cause"),
        Rerun=formatted("taproom rerun {}", "$$.Execution.Id"),
        **more,
    )


def caught(model: Model, task: State) -> None:
    """Turn any failure of a Lambda state in a branch into the branch's result."""
    error = f"$.{task.state_id}Error"
    task.add_catch(Catch(failed(model, task.state_id, told=error), error_equals=["States.ALL"], result_path=error))
