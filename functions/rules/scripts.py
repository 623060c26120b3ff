"""The job scripts and what each is told of the execution's parameters, as SageMaker takes it: all of it texts."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rules.execution_input import ExecutionInput, InvalidInput
from rules.wording import shown

ARGUMENT_LIMIT = 256  # characters
INPUT = "/opt/ml/processing/input"
OUTPUT = "/opt/ml/processing/output"
EVALUATE_PLACES = [
    *("--data", f"{INPUT}/data"),
    *("--model", f"{INPUT}/model"),
    *("--champion", f"{INPUT}/champion"),
    *("--output", f"{OUTPUT}/evaluation"),
]


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


def retrieval_hyperparameters(parameters: ExecutionInput) -> dict[str, str]:
    """What train.py is given."""
    return as_texts(
        {
            "epochs": parameters.training_epochs,
            "learning-rate": parameters.learning_rate,
            "batch-size": parameters.batch_size,
            "embedding-dimension": parameters.embedding_dimension,
            "seed": parameters.split_seed,
            "k": parameters.return_recommendations_number,
            "closed-form": parameters.closed_form,
        }
    )


def ranking_hyperparameters(parameters: ExecutionInput) -> dict[str, str]:
    """What train_ranking.py is given: what is said of users in a batch or of the catalogue does not concern it."""
    return as_texts(
        {
            "epochs": parameters.training_epochs,
            "learning-rate": parameters.learning_rate,
            "embedding-dimension": parameters.embedding_dimension,
            "seed": parameters.split_seed,
        }
    )


def as_texts(values: dict[str, Any]) -> dict[str, str]:
    """Hyperparameters, each JSON in a text, as the SageMaker SDK sends them; what is not set is left out."""
    return {name: json.dumps(value) for name, value in values.items() if value is not None}


@dataclass(frozen=True)
class Scripts:
    """A model's job scripts, and what each is told."""

    train: str
    evaluate: str
    hyperparameters: Callable[[ExecutionInput], dict[str, str]]
    evaluate_options: Callable[[ExecutionInput], list[str]]

    def evaluate_arguments(self, parameters: ExecutionInput) -> list[str]:
        """What bootstrap.py gets: the script to run and its flags."""
        return [self.evaluate, *EVALUATE_PLACES, *self.evaluate_options(parameters)]


MODELS = {
    "Retrieval": Scripts(
        "train.py",
        "evaluate.py",
        retrieval_hyperparameters,
        lambda parameters: ["--k", str(parameters.return_recommendations_number)],
    ),
    "Ranking": Scripts("train_ranking.py", "evaluate_ranking.py", ranking_hyperparameters, lambda parameters: []),
}


def _option(flag: str, value: str, key: str) -> list[str]:
    """A flag and its value; in one argument where the value alone would be taken for a flag."""
    parts = [f"{flag}={value}"] if value.startswith("-") else [flag, value]
    if any(len(part) > ARGUMENT_LIMIT for part in parts):
        raise InvalidInput(
            f"{key}: received {shown(value)}, {len(value)} characters; allowed are {ARGUMENT_LIMIT}, which is what "
            "SageMaker hands to a job"
        )
    return parts
