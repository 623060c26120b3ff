"""The API calls about jobs, answered by jobs that run (moto's complete at once and run nothing)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from taproom.local.jobs.kinds import KINDS, Kind
from taproom.local.jobs.registry import Jobs

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws


def install(aws: LocalAws) -> None:
    from moto.core.responses import ActionResult, EmptyResult
    from moto.sagemaker.responses import SageMakerResponse

    jobs = Jobs(aws)
    aws.on_stop(jobs.stop_all)

    def answer(name: str, call: Any) -> None:
        def method(self: Any) -> Any:
            result = call(json.loads(self.body))
            return EmptyResult() if result is None else ActionResult(result)

        aws.patch(SageMakerResponse, name, method)

    for kind in KINDS:
        answer(f"create_{kind.snake}_job", lambda request, kind=kind: jobs.create(kind, request))
        answer(f"describe_{kind.snake}_job", lambda request, kind=kind: jobs.describe(kind, _name(kind, request)))
        answer(f"stop_{kind.snake}_job", lambda request, kind=kind: jobs.stop(kind, _name(kind, request)))
        answer(f"list_{kind.snake}_jobs", lambda request, kind=kind: jobs.list(kind, request))


def _name(kind: Kind, request: dict[str, Any]) -> str:
    return request[kind.name_key]
