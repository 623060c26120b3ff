"""What the Data Science SDK's steps cannot say, added to them: this file and no other extends the SDK.

=====================  =======================================================================================
the SDK lacks          here
=====================  =======================================================================================
ResultSelector         ``result_selector=`` on every task
MaxDelaySeconds,       ``max_delay_seconds=`` and ``jitter_strategy=`` on ``Retry``
JitterStrategy
ErrorPath, CausePath   ``error_path=`` and ``cause_path=`` on ``Fail``
the region's partition ``${Partition}`` in the resource's ARN, where the SDK writes that of the machine it runs on
any JSONPath           ``Path``: its placeholders know the execution input and the step before only, and neither the
                       context object nor intrinsic functions
=====================  =======================================================================================
"""

from __future__ import annotations

import re
from typing import Any

from stepfunctions import steps
from stepfunctions.inputs import Placeholder


class Path(Placeholder):
    """A value that is read when the state runs: a JSONPath, a context path (``$$.``) or an intrinsic function.

    The SDK renders ``{"Key": Path("$.a")}`` as ``{"Key.$": "$.a"}``, wherever in ``parameters`` it stands.
    """

    def __init__(self, expression: str) -> None:
        super().__init__()
        self.expression = expression

    def to_jsonpath(self) -> str:
        return self.expression


def formatted(template: str, *paths: str) -> Path:
    """A text put together when the state runs: ``formatted("{}-{}", "$.a", "$.b")``."""
    quoted = template.replace("\\", "\\\\").replace("'", "\\'")
    return Path(f"States.Format('{quoted}', {', '.join(paths)})")


class _Task(steps.Task):
    """A task that can keep only the named parts of its result: keys are names, values ``Path``s into the result."""

    def is_field_allowed(self, field_name: str) -> bool:
        return field_name == "result_selector" or super().is_field_allowed(field_name)

    def to_dict(self) -> dict[str, Any]:
        result = super().to_dict()
        result["Resource"] = re.sub(r"^arn:[^:]+:", "arn:${Partition}:", result["Resource"])
        if "ResultSelector" in result:
            result["ResultSelector"] = self._replace_placeholders(result["ResultSelector"])
        return result


class LambdaStep(_Task, steps.LambdaStep):
    """``lambda:invoke`` with a result selector."""


class TrainingStep(_Task, steps.TrainingStep):
    """``sagemaker:createTrainingJob.sync`` with a result selector."""


class ProcessingStep(_Task, steps.ProcessingStep):
    """``sagemaker:createProcessingJob.sync`` with a result selector."""


class Retry(steps.Retry):
    """A retrier whose delay is bounded and spread (``jitter_strategy`` FULL: anything from 0 to the delay)."""

    def is_field_allowed(self, field_name: str) -> bool:
        return field_name in ("max_delay_seconds", "jitter_strategy") or super().is_field_allowed(field_name)


class Fail(steps.Fail):
    """A failure whose error and cause are read from the state's input."""

    def is_field_allowed(self, field_name: str) -> bool:
        return field_name in ("error_path", "cause_path") or super().is_field_allowed(field_name)
