"""What a step that ended well must have made; a job that succeeded may still have left less."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from rules.cached_step import PREPROCESS, CachedStep
from rules.reviews import StoredObject
from rules.validation import StrictDocument
from rules.wording import clipped

DATA_FILES = ("train.parquet", "test.parquet", "items.parquet", "manifest.json")
EVALUATION = "evaluation.json"


class OutputBroken(Exception):
    """What a step made cannot be used; the same job, run again, may make it whole."""


class ProcessingOutput(StrictDocument):
    """Of Preprocess and Evaluate."""

    prefix: str = Field(pattern=r"^s3://[^/]+/.*/$", description="an s3:// URI that ends with a slash")


class TrainingOutput(StrictDocument):
    """Of Train."""

    model_data_url: str = Field(
        alias="ModelDataUrl", pattern=r"^s3://[^/]+/.", description="the s3:// URI of model.tar.gz"
    )


class MadeStep(CachedStep):
    """What RecordStep is asked."""

    output: ProcessingOutput | TrainingOutput = Field(description='{"Prefix": "s3://..."} or {"ModelDataUrl": ...}')

    def broken(self, uri: str, why: str) -> OutputBroken:
        """The error that tells what is wrong with ``uri``, and what to do."""
        return OutputBroken(
            clipped(f"{self.step}: {uri} is broken: {why}. Run it again: taproom rerun {self.execution.id}")
        )

    def check_files(self, prefix: str, made: Iterable[StoredObject]) -> str | None:
        """Why the objects at ``prefix`` (a URI) are not worth recording; None if they are. Raises OutputBroken."""
        key = prefix.removeprefix("s3://").partition("/")[2]
        sizes = {one.key.removeprefix(key): one.size for one in made}
        if self.step == PREPROCESS:
            for name in DATA_FILES:
                if not sizes.get(name):
                    raise self.broken(prefix + name, "it is empty" if name in sizes else "the job did not write it")
        elif not sizes.get(EVALUATION):
            return f"{prefix}{EVALUATION} is missing or empty"  # ParseEvaluation is asked next, and says more of it
        return None
