"""Fits the ranking model: what the closed forms tell of a review, then the network that learns a score from it.

    1  the reviews are dealt into FOLDS; the closed forms are fitted without a fold, and tell the inputs of its reviews,
       so no review's own score is in its inputs (cross-fitting, as in stacking: D. Wolpert, 1992)
    2  the network is learnt on all folds but the last, one epoch at a time, until the error on the last has not fallen
       for a while
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
from checkpoints import Checkpoints
from item_features import ItemFeatures
from ranking_inputs import RankingInputs, in_blocks
from ranking_learning import Examples, RankingLearning, Recipe
from rating_tables import Tables, tables_of
from ratings import Ratings

FOLDS = 5
MOST_EXAMPLES = 1_000_000  # reviews that the network learns from: more change its few thousand numbers no more
FEWEST = 30  # reviews with which a fold can tell epochs apart
PATIENCE = 3  # epochs without a lower validation error
FEW_EPOCHS = 5  # where there is nothing to validate on
FACTORS = 10
DIMENSION = 8
L2 = 0.01


@dataclass
class Report:
    """What training tells of itself: settings as chosen, and a row for each epoch."""

    factors: int = FACTORS
    dimension: int = DIMENSION
    best_epoch: int = 0
    validation: float | None = None
    epochs: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Fitted:
    learning: RankingLearning
    inputs: RankingInputs
    report: Report


def fit(train: Ratings, features: ItemFeatures, options: argparse.Namespace, checkpoints: Path | None) -> Fitted:
    """Options: epochs, learning_rate, batch_size, embedding_dimension (None: chosen), seed."""
    report = Report(dimension=options.embedding_dimension or DIMENSION)
    examples, validated = _examples(train, features, options.seed)
    recipe = Recipe(options.learning_rate, options.batch_size, report.dimension, L2, options.seed)
    learning = RankingLearning(examples, len(train.user_names), len(train.item_names), features, recipe)
    stage = Checkpoints(checkpoints, _identity(train, features, options)).stage("learn-ranking", learning)
    limit = options.epochs if len(validated) else min(options.epochs, FEW_EPOCHS)
    while learning.epoch < limit and learning.epoch - stage.best_epoch < PATIENCE:
        begin = time.perf_counter()
        loss = learning.run_epoch()
        row: dict[str, Any] = {"epoch": learning.epoch, "of": limit, "loss": loss}
        error = _rmse(learning, validated) if len(validated) else None
        told = f"epoch={learning.epoch} of={limit} loss={loss:.4f}"
        if error is not None:
            row["validation"] = error
            told += f" validation={error:.4f}"
        row["seconds"] = time.perf_counter() - begin
        print(f"{told} seconds={row['seconds']:.1f}", flush=True)
        stage.add(row, error, error is None or stage.best_score is None or error < stage.best_score)
    learning.use(stage.best())
    report.epochs, report.best_epoch, report.validation = stage.rows, stage.best_epoch, stage.best_score
    return Fitted(learning, RankingInputs(_tables(train, features, options.seed), features), report)


def _examples(train: Ratings, features: ItemFeatures, seed: int) -> tuple[Examples, Examples]:
    """To learn from and to validate on."""
    begin = time.perf_counter()
    random = np.random.default_rng([seed, 0xF01D])
    fold = random.integers(0, FOLDS, size=len(train))
    examples = []
    for number in range(FOLDS):
        asked = train.where(fold == number)
        inputs = RankingInputs(_tables(train.where(fold != number), features, seed), features)
        dense = in_blocks(inputs, asked.users, asked.items)
        examples.append(Examples(asked.users, asked.items, dense, asked.scores.astype(np.float32)))
    learnt = Examples(*(np.concatenate(parts) for parts in zip(*(vars(e).values() for e in examples[:-1]))))
    print(f"closed forms: folds={FOLDS} seconds={time.perf_counter() - begin:.1f}", flush=True)
    return learnt, examples[-1]


def _tables(ratings: Ratings, features: ItemFeatures, seed: int) -> Tables:
    return tables_of(ratings, features, FACTORS, seed)


def _rmse(learning: RankingLearning, examples: Examples) -> float:
    return float(np.sqrt(np.mean((learning.predict(examples).astype(np.float64) - examples.scores) ** 2)))


def _identity(train: Ratings, features: ItemFeatures, options: argparse.Namespace) -> dict[str, Any]:
    """Tells trainings apart, by their data and settings: a checkpoint of another one is not resumed."""
    settings = ("epochs", "learning_rate", "batch_size", "embedding_dimension", "seed")
    data = hashlib.blake2b(digest_size=16)
    for numbers in (train.users, train.items, train.scores, *features.codes.values()):
        data.update(np.ascontiguousarray(numbers))
    for names in (train.user_names, train.item_names, list(features.codes)):
        data.update("\0".join(names).encode() + b"\0\0")
    return {"data": data.hexdigest()} | {name: getattr(options, name) for name in settings}
