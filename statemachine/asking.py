"""States that ask a function, and what may be tried again by itself because it costs nothing."""

from __future__ import annotations

from typing import Any

from stepfunctions.steps import Task

from statemachine.states import LambdaStep, Path, Retry

EXECUTION = {key: Path(f"$$.Execution.{key}") for key in ("Id", "Name", "StartTime")} | {
    "Now": Path("$$.State.EnteredTime")
}
TIMEOUT = 120  # seconds


def call(
    name: str,
    *,
    function: str,
    payload: dict[str, Any],
    keep: list[str],
    comment: str,
    result_path: str = "",
    timeout: int = TIMEOUT,
) -> LambdaStep:
    """Ask a function and keep the named parts of its answer. It is told which execution asks, and when."""
    return LambdaStep(
        name,
        parameters={"FunctionName": f"${{{function}Arn}}", "Payload": {**payload, "Execution": EXECUTION}},
        result_selector={key: Path(f"$.Payload.{key}") for key in keep},
        result_path=result_path or f"$.{name}",
        timeout_seconds=timeout,
        retry=function_unavailable(),
        comment=comment,
    )


def ask_with_input(name: str, *, comment: str) -> Task:
    """Ask the function of the state's own name with the execution's input; its whole answer is the result."""
    return Task(
        name,
        resource=f"${{{name}Arn}}",
        parameters={"Input": Path("$$.Execution.Input"), "Execution": EXECUTION},
        result_path=f"$.{name}",
        timeout_seconds=TIMEOUT,
        retry=function_unavailable(),
        comment=comment,
    )


def function_unavailable() -> Retry:
    """Lambda's own passing troubles, and those that a function met with AWS; never an error of its own."""
    return Retry(
        error_equals=[
            "Lambda.ClientExecutionTimeoutException",
            "Lambda.ServiceException",
            "Lambda.AWSLambdaException",
            "Lambda.SdkClientException",
            "Lambda.TooManyRequestsException",
            "AwsUnavailable",
        ],
        interval_seconds=2,
        max_attempts=5,
        backoff_rate=2.0,
        max_delay_seconds=60,
        jitter_strategy="FULL",
    )


def not_accepted() -> Retry:
    """SageMaker did not take the job: too many calls or instances at once. A refused request costs nothing.

    Throttling comes as AmazonSageMakerException, which a request that can never be accepted may be called too: hence
    few attempts. A job that was accepted and failed is States.TaskFailed, and triage's business.
    """
    return Retry(
        error_equals=[
            "SageMaker.AmazonSageMakerException",
            "SageMaker.ResourceLimitExceededException",
            "ThrottlingException",
        ],
        interval_seconds=20,
        max_attempts=4,
        backoff_rate=2.0,
        max_delay_seconds=300,
        jitter_strategy="FULL",
    )
