"""The parts of the local AWS, in the order in which they are put together."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

# Taken down in the reverse order: what runs (executions, functions, jobs) ends before the server that it talks to, and
# the server has answered its last request before what it answers is no longer kept.
GAPS = (
    "isolation",
    "backends",
    "authorization",
    "s3_policy",
    "s3_notifications",
    "model_registry",
    "durable",
    "server",
    "cloudformation",
    "lambda_runtime",
    "eventbridge",
    "scheduler",
    "jobs",
    "stepfunctions_parse",
    "stepfunctions_role",
    "stepfunctions_context",
    "stepfunctions_times",
    "stepfunctions_lambda",
    "stepfunctions_sagemaker",
    "stepfunctions_redrive",
    "stepfunctions_stop",
    "stepfunctions_logs",
    "executions",
)


def install_all(aws: LocalAws) -> None:
    """Install every gap module into a starting local AWS."""
    for name in GAPS:
        importlib.import_module(f"taproom.local.{name}").install(aws)
