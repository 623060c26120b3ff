"""The jobs' plans: images, instance types, arguments and hyperparameters, all as SageMaker takes them (as texts)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from rules.execution_input import ExecutionInput, InvalidInput
from rules.naming import job_stem
from rules.wording import shown

ARGUMENT_LIMIT = 256  # characters
INPUT = "/opt/ml/processing/input"
OUTPUT = "/opt/ml/processing/output"


@dataclass(frozen=True)
class Images:
    """Container images by use."""

    processing: str
    training_cpu: str
    training_gpu: str

    def training(self, instance_type: str) -> str:
        """The GPU image for the families that have GPUs (g..., p...)."""
        family = instance_type.split(".")[1]
        return self.training_gpu if family[0] in "gp" else self.training_cpu


@dataclass(frozen=True)
class Plan:
    """What all jobs of one execution share. Prefixes are S3 URIs that end with a slash."""

    parameters: ExecutionInput
    images: Images
    execution_name: str
    execution_arn: str
    run_prefix: str
    checkpoint_prefix: str
    submit_uri: str
    region: str

    def document(self) -> dict[str, Any]:
        """Where the execution's files go, and every job's plan."""
        places = {"RunPrefix": self.run_prefix, "DataPrefix": f"{self.run_prefix}data/"}
        return places | {"Preprocess": self.preprocess(), "Retrieval": self.retrieval()}

    def preprocess(self) -> dict[str, Any]:
        parameters = self.parameters
        return self._job("preprocess", self.images.processing, parameters.processing_instance_type) | {
            "InstanceCount": parameters.processing_instance_count,
            "Arguments": preprocess_arguments(parameters),
        }

    def retrieval(self) -> dict[str, Any]:
        """The plans of the retrieval model's jobs."""
        parameters = self.parameters
        instance_type = parameters.training_instance_type
        train = self._job("train-retrieval", self.images.training(instance_type), instance_type) | {
            "HyperParameters": hyperparameters(parameters, self.submit_uri, self.region),
            "OutputPath": f"{self.run_prefix}models/retrieval/",
            "CheckpointPrefix": f"{self.checkpoint_prefix}retrieval/",
        }
        evaluate = self._job("evaluate-retrieval", self.images.processing, parameters.processing_instance_type) | {
            "Arguments": evaluate_arguments(parameters),
            "OutputPrefix": f"{self.run_prefix}evaluation/retrieval/",
        }
        return {"Train": train, "Evaluate": evaluate}

    def _job(self, step: str, image: str, instance_type: str) -> dict[str, Any]:
        stem = job_stem(step, self.execution_name, self.execution_arn)
        return {"JobStem": stem, "Image": image, "InstanceType": instance_type, "Round": 0}


def preprocess_arguments(parameters: ExecutionInput) -> list[str]:
    """What bootstrap.py gets: the script to run and its flags. Raises InvalidInput for what is too long."""
    arguments = ["preprocess.py", "--reviews", f"{INPUT}/reviews", "--output", f"{OUTPUT}/data"]
    for role, column in parameters.columns.model_dump(by_alias=True, exclude_none=True).items():
        arguments += _option(f"--{role.lower()}-column", column, f"Columns.{role}")
    values = {
        "--split-strategy": parameters.split_strategy,
        "--test-fraction": parameters.test_fraction,
        "--split-seed": parameters.split_seed,
        "--min-reviews-per-user": parameters.min_reviews_per_user,
        "--max-reviews-per-user": parameters.max_reviews_per_user,
        "--min-reviews-per-item": parameters.min_reviews_per_item,
        "--max-reviews-per-item": parameters.max_reviews_per_item,
    }
    given = {flag: str(value) for flag, value in values.items() if value is not None}
    return [*arguments, *(text for option in given.items() for text in option)]


def evaluate_arguments(parameters: ExecutionInput) -> list[str]:
    """What bootstrap.py gets: the script to run and its flags."""
    places = ["--data", f"{INPUT}/data", "--model", f"{INPUT}/model", "--output", f"{OUTPUT}/evaluation"]
    return ["evaluate.py", *places, "--k", str(parameters.return_recommendations_number)]


def hyperparameters(parameters: ExecutionInput, submit_uri: str, region: str) -> dict[str, str]:
    """The training job's hyperparameters, each JSON in a text, as the SageMaker SDK sends them."""
    values = {
        "epochs": parameters.training_epochs,
        "learning-rate": parameters.learning_rate,
        "batch-size": parameters.batch_size,
        "embedding-dimension": parameters.embedding_dimension,
        "seed": parameters.split_seed,
        "k": parameters.return_recommendations_number,
        "sagemaker_program": "train.py",
        "sagemaker_submit_directory": submit_uri,
        "sagemaker_region": region,
        "sagemaker_container_log_level": 20,  # logging.INFO
    }
    return {name: json.dumps(value) for name, value in values.items() if value is not None}


def _option(flag: str, value: str, key: str) -> list[str]:
    """A flag and its value; in one argument where the value alone would be taken for a flag."""
    parts = [f"{flag}={value}"] if value.startswith("-") else [flag, value]
    if any(len(part) > ARGUMENT_LIMIT for part in parts):
        raise InvalidInput(
            f"{key}: received {shown(value)}, {len(value)} characters; allowed are {ARGUMENT_LIMIT}, which is what "
            "SageMaker hands to a job"
        )
    return parts
