"""Fits the ranking model: what the closed forms tell of a review, then the network that learns a score from it.

    1  a tenth of the reviews is set aside, the others become examples (cross_fitting.py)
    2  the network is learnt, one epoch at a time, until the error on what was set aside has not fallen for a while; the
       best epoch's weights are kept
    3  the closed forms are fitted again to all of train: these tables are served

The test set plays no part.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from contract.checkpoints import Checkpoints, Stage
from dataset.item_features import ItemFeatures
from dataset.ratings import Ratings
from ranking.cross_fitting import cross_fitted, examples_of
from ranking.examples import Examples
from ranking.factors import number_of_factors
from ranking.inputs import RankingInputs
from ranking.learning import RankingLearning, Recipe
from ranking.tables import Tables, tables_of
from ranking.validation import set_aside

PATIENCE = 3  # epochs without a lower error
FEW_EPOCHS = 5  # where too little is set aside to tell epochs apart
FEWEST_VALIDATED = 30
DIMENSION = 16
L2 = 500.0


@dataclass
class Report:
    """What training tells of itself: settings as chosen, and a row for each epoch."""

    factors: int
    dimension: int
    examples: int = 0
    best_epoch: int = 0
    validation: float | None = None
    epochs: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Fitted:
    """``learning`` has the network of the best epoch, ``inputs`` are of all of train."""

    learning: RankingLearning
    inputs: RankingInputs
    report: Report


def fit(train: Ratings, features: ItemFeatures, options: argparse.Namespace, checkpoints: Path | None) -> Fitted:
    """Options: epochs, learning_rate, batch_size, embedding_dimension (None: chosen), seed.

    Raises DivergedError, and ValueError for too few reviews.
    """
    report = Report(number_of_factors(train), options.embedding_dimension or DIMENSION)
    begin = time.perf_counter()

    def closed_forms(reviews: Ratings) -> Tables:
        return tables_of(reviews, features, report.factors, options.seed)

    kept, aside = set_aside(train, options.seed)
    examples = cross_fitted(kept, features, closed_forms, options.seed)
    validated = examples_of(aside, RankingInputs(closed_forms(kept), features))
    report.examples = len(examples)
    print(f"closed forms: factors={report.factors} seconds={time.perf_counter() - begin:.1f}", flush=True)
    recipe = Recipe(options.learning_rate, options.batch_size, report.dimension, L2, options.seed)
    learning = RankingLearning(examples, len(train.user_names), len(train.item_names), features, recipe)
    stage = Checkpoints(checkpoints, _identity(train, features, options)).stage("learn-ranking", learning)
    _learn(learning, stage, validated, options.epochs)
    learning.use(stage.best())
    report.epochs, report.best_epoch, report.validation = stage.rows, stage.best_epoch, stage.best_score
    return Fitted(learning, RankingInputs(closed_forms(train), features), report)


def _learn(learning: RankingLearning, stage: Stage, validated: Examples, epochs: int) -> None:
    enough = len(validated) >= FEWEST_VALIDATED
    limit = epochs if enough else min(epochs, FEW_EPOCHS)
    while learning.epoch < limit and learning.epoch - stage.best_epoch < PATIENCE:
        begin = time.perf_counter()
        row: dict[str, Any] = {"epoch": learning.epoch + 1, "of": limit, "loss": learning.run_epoch()}
        told = f"epoch={row['epoch']} of={limit} loss={row['loss']:.4f}"
        error = learning.error(validated) if enough else None
        if error is not None:
            row["validation"] = error
            told += f" validation={error:.4f}"
        row["seconds"] = time.perf_counter() - begin
        print(f"{told} seconds={row['seconds']:.1f}", flush=True)
        stage.add(row, error, error is None or stage.best_score is None or error < stage.best_score)


def _identity(train: Ratings, features: ItemFeatures, options: argparse.Namespace) -> dict[str, Any]:
    """Tells trainings apart, by their data and settings: a checkpoint of another one is not resumed."""
    settings = ("epochs", "learning_rate", "batch_size", "embedding_dimension", "seed")
    data = hashlib.blake2b(digest_size=16)
    for numbers in (train.users, train.items, train.scores, *features.codes.values()):
        data.update(np.ascontiguousarray(numbers).data)
    for names in (train.user_names, train.item_names, list(features.codes)):
        data.update("\0".join(names).encode() + b"\0\0")
    return {"data": data.hexdigest()} | {name: getattr(options, name) for name in settings}
