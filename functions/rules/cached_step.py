"""What is asked of a step: its attributes and inputs, and the key under which its output is found again.

The key tells of all that decides what a job makes: code, image, arguments or hyperparameters, environment, and the
contents of the inputs. It tells nothing of machines, names, places or times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from rules.canonical_json import digest
from rules.contents import contents
from rules.execution import Execution
from rules.execution_input import EXECUTION_ARN, CacheConfig
from rules.reviews import StoredObject
from rules.scripts import MODELS
from rules.validation import StrictDocument

PREPROCESS = "Preprocess"
STEPS = (PREPROCESS, *(f"{kind}{model}" for kind in ("Train", "Evaluate") for model in MODELS))
SUBMIT = "sagemaker_submit_directory"  # where the code lies, which the code's digest tells better
TEXTS = "an object of texts"
Inputs = Mapping[str, Sequence[StoredObject]]  # by the input's name


class Attributes(StrictDocument):
    """What a job is told, as SageMaker takes it."""

    image: str = Field(min_length=1, description="an image's URI")
    environment: dict[str, str] = Field(description=TEXTS)
    arguments: list[str] | None = Field(None, description="a list of texts")
    hyper_parameters: dict[str, str] | None = Field(None, description=TEXTS)
    entrypoint: list[str] | None = Field(None, description="a list of texts")

    def document(self) -> dict[str, Any]:
        """Those that are set; of the hyperparameters all but the code's place."""
        told = self.model_dump(by_alias=True, exclude_none=True)
        if self.hyper_parameters is not None:
            told["HyperParameters"] = {name: text for name, text in self.hyper_parameters.items() if name != SUBMIT}
        return told


class Input(StrictDocument):
    """An input as the job's state names it."""

    name: str = Field(min_length=1, description="an input's name")
    uri: str = Field(pattern=r"^s3://[^/]+/.", description="an s3:// URI")
    type: Literal["S3Prefix", "ManifestFile"] = Field(description='"S3Prefix" or "ManifestFile"')


class CachedStep(StrictDocument):
    """What LookUpStep is asked."""

    step: Literal[STEPS] = Field(  # type: ignore[valid-type]  # they are worked out from MODELS
        description=f"one of {', '.join(STEPS)}"
    )
    attributes: Attributes
    code: str = Field(min_length=1, description="the code's digest")
    inputs: list[Input] = Field(min_length=1, description="a list of the step's inputs")
    cache_config: CacheConfig
    rerun_of: str | None = Field(pattern=EXECUTION_ARN, description="an execution's ARN, or null")
    document_uri: str = Field(pattern=r"^s3://[^/]+/.+", description="the s3:// URI of the document to write")
    execution: Execution

    def key(self, inputs: Inputs) -> str:
        """The key of the step's output, where its inputs hold ``inputs``."""
        return digest(
            {
                "Step": self.step,
                "Attributes": self.attributes.document(),
                "Code": self.code,
                "Inputs": {name: contents(name, objects) for name, objects in inputs.items()},
            }
        )
