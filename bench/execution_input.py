"""The execution input (a JSON file, as `make run INPUT=` takes it) as flags of the three jobs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.errors import BenchError

PREPROCESS = {
    "SplitStrategy": "--split-strategy",
    "TestFraction": "--test-fraction",
    "SplitSeed": "--split-seed",
    "MinReviewsPerUser": "--min-reviews-per-user",
    "MaxReviewsPerUser": "--max-reviews-per-user",
    "MinReviewsPerItem": "--min-reviews-per-item",
    "MaxReviewsPerItem": "--max-reviews-per-item",
}
TRAIN = {
    "TrainingEpochs": "--epochs",
    "LearningRate": "--learning-rate",
    "BatchSize": "--batch-size",
    "EmbeddingDimension": "--embedding-dimension",
    "SplitSeed": "--seed",
    "ReturnRecommendationsNumber": "--k",
    "ClosedForm": "--closed-form",
}
EVALUATE = {"ReturnRecommendationsNumber": "--k"}
# BatchSize counts users, which the ranking model's batches are not made of.
TRAIN_RANKING = {
    "TrainingEpochs": "--epochs",
    "LearningRate": "--learning-rate",
    "EmbeddingDimension": "--embedding-dimension",
    "SplitSeed": "--seed",
}
EVALUATE_RANKING: dict[str, str] = {}
# Where and when a job runs, and what becomes of its model: nothing that is measured here.
WITHOUT_EFFECT = {
    "InputData",
    "ProcessingInstanceCount",
    "ProcessingInstanceType",
    "TrainingInstanceType",
    "ModelApprovalStatus",
    *("RetrievalMetric", "AccuracyTop500Threshold", "RankingMetric", "RankingRmseThreshold"),
    *("ThresholdRule", "BaselineRule", "ChampionRule", "ChampionTolerance", "ChampionNotComparable"),
    *("TrivialRule", "SliceRules"),
}
DEFAULT_COLUMNS = {
    "User": "username",
    "Item": "beer_name",
    "Score": "score",
    "Timestamp": "timestamp",
    "Style": "style",
    "Brewery": "brewery_name",
    "Abv": "abv",
}


@dataclass(frozen=True)
class Parameters:
    """``values`` by name, without Columns; ``columns`` (role -> name) are those of the given reviews file."""

    values: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=lambda: dict(DEFAULT_COLUMNS))

    @property
    def k(self) -> int:
        return int(self.values.get("ReturnRecommendationsNumber", 500))

    @property
    def seed(self) -> int:
        return int(self.values.get("SplitSeed", 42))

    @property
    def min_reviews_per_user(self) -> int:
        return int(self.values.get("MinReviewsPerUser", 5))

    def flags(self, names: dict[str, str]) -> list[str]:
        """Flags of one job: ``names`` is one of the tables above. What is not given is left to the job."""
        return [text for key, flag in names.items() if key in self.values for text in (flag, _text(self.values[key]))]


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def column_flags(columns: dict[str, str]) -> list[str]:
    return [f"--{role.lower()}-column={name}" for role, name in columns.items()]


def read_parameters(path: Path | None) -> Parameters:
    """Raises BenchError when the file is not a JSON object or has a key that is unknown here."""
    if path is None:
        return Parameters()
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BenchError(f"{path} is no execution input: {error}") from error
    if not isinstance(document, dict):
        raise BenchError(f"{path} is no execution input: expected a JSON object, got {type(document).__name__}")
    known = {"Columns", *PREPROCESS, *TRAIN, *EVALUATE}
    if unknown := sorted(document.keys() - known - WITHOUT_EFFECT):
        raise BenchError(f"{path}: unknown key {unknown[0]!r}; measured are {', '.join(sorted(known))}")
    values = {key: value for key, value in document.items() if key in known and key != "Columns"}
    return Parameters(values, {**DEFAULT_COLUMNS, **document.get("Columns", {})})
