"""Why each step of a run was, or was not, taken from an earlier run: its documents ``cache/<Step>.json``, read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from taproom.cached import run_folder
from taproom.ending import moment, name_of
from taproom.executions import ExecutionError, Stack, document_of, run_prefix

FLOW = ("Preprocess", "TrainRetrieval", "EvaluateRetrieval", "TrainRanking", "EvaluateRanking")


def collected(runs: Path, run: str) -> list[dict[str, Any]]:
    """The documents in ``runs/<run>/cache/`` in the order of the flow. Raises ExecutionError where there are none."""
    name = name_of(run)
    folder = run_folder(runs, name)
    if not folder.is_dir():
        raise ExecutionError(f"no run {name} in {runs}: `make run` leaves one; or choose an account (--profile)")
    found = []
    for path in (folder / "cache").glob("*.json"):
        try:
            found.append(json.loads(path.read_text(encoding="utf-8")))
        except ValueError as error:
            raise ExecutionError(f"{path} is not JSON: {error}") from error
    return _in_order(found, name)


def stored(s3: Any, stack: Stack, execution_arn: str) -> list[dict[str, Any]]:
    """The documents that an execution left in the bucket, in the order of the flow. Raises ExecutionError."""
    prefix = run_prefix(s3, stack.bucket, execution_arn)
    if prefix is None:
        raise ExecutionError(f"{name_of(execution_arn)} left nothing in s3://{stack.bucket}/runs/: it ran no step")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=stack.bucket, Prefix=f"{prefix}cache/")
    keys = [one["Key"] for page in pages for one in page.get("Contents", ())]
    found = [document_of(s3, stack.bucket, key) for key in keys if key.endswith(".json")]
    return _in_order([one for one in found if one is not None], name_of(execution_arn))


def explained(documents: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Lines for a person: a block for each step."""
    for document in documents:
        yield f"{document['Step']}: {_verdict(document)}"
        yield from (f"    {sentence}" for sentence in document.get("Differences") or ())


def _verdict(document: Mapping[str, Any]) -> str:
    if not document["Hit"]:
        return f"ran, {document.get('Reason') or 'as no earlier run had made it'}"
    made = document.get("RecordedAt")
    when = f", made {moment(made)}" if made else ""
    return f"cached, from run {name_of(document['From'])}{when}"


def _in_order(documents: list[dict[str, Any]], run: str) -> list[dict[str, Any]]:
    for one in documents:
        if not isinstance(one, dict) or not {"Step", "Hit"} <= one.keys():
            raise ExecutionError(f"a document in cache/ of {run} does not tell Step and Hit")
    if not documents:
        raise ExecutionError(f"{run} looked for no step in the cache: it ended before, or is older than the cache")
    place = {step: number for number, step in enumerate(FLOW)}
    return sorted(documents, key=lambda one: (place.get(one["Step"], len(FLOW)), one["Step"]))
