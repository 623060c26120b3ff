"""Fits the retrieval model: the closed form, then the learnt towers beside it, and how much each weighs.

    1  a tenth of train is set aside (validation.py); the closed form's settings are chosen on it
    2  the towers are learnt on the rest, one epoch at a time, until the validation score has not risen for a while
    3  the weight of the closed form is chosen, at the best epoch
    4  both are fitted again on all of train, with what was chosen; where the slice is a small part of train the rest
       is all but everything, and 2 is kept as it is

Without the closed form (closed_form: false) the towers start from noise, and there is nothing to choose in 1 and 3.

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

from contract.checkpoints import Checkpoints
from dataset.histories import Histories, histories_of
from dataset.interactions import Interactions
from dataset.item_features import ItemFeatures
from retrieval.choosing import Decompositions, RidgeSettings, choose, describe
from retrieval.learning import Learning, Recipe
from retrieval.model import Start
from retrieval.towers import Towers, beside
from retrieval.validation import Validator, split_off

# Of the closed form, times the root of the mean length: the first while learning, the last is all but it alone.
RIDGE_WEIGHTS = (64.0, 32.0, 128.0, 16.0, 256.0, 8.0, 1024.0, 4096.0)
PATIENCE = 2  # epochs without a better validation score
FEW_EPOCHS = 5  # where there is nothing to validate on
FEWEST_HELD_OUT = 30
REFIT_ABOVE = 0.02  # share of train in the validation slice
NOISE_SCORE = 0.7  # standard deviation of noise's scores: so large that who learnt nothing is worse than popularity
START_SCALE = 4.0  # of the closed form's scores from which learning starts: a softmax wants them larger than 0 to 1


@dataclass
class Report:
    """What training tells of itself: settings as chosen, and a row for each epoch.

    Without the closed form ``ridge`` is empty and its weight 0.
    """

    ridge: dict[str, Any] = field(default_factory=dict)
    ridge_weight: float = 0.0
    dimension: int = 0
    best_epoch: int = 0
    validation: float | None = None
    epochs: list[dict[str, Any]] = field(default_factory=list)


def fit(
    train: Interactions, features: ItemFeatures, options: argparse.Namespace, checkpoints: Path | None
) -> tuple[Towers, Report]:
    """Options: epochs, learning_rate, batch_size, embedding_dimension (None: chosen), closed_form, l2, seed."""
    dimension = options.embedding_dimension or width(len(train))
    kept = Checkpoints(checkpoints, _identity(train, features, options))
    fitting = _Fitting(train, features, options, dimension, kept)
    return fitting.towers(), fitting.report


def width(reviews: int) -> int:
    """Length of the learnt vectors: grows with the cube root of the data, from 16 to 128."""
    return int(np.clip(2 ** int(np.log2(2 * reviews ** (1 / 3))), 16, 128))


def _identity(train: Interactions, features: ItemFeatures, options: argparse.Namespace) -> dict[str, Any]:
    """Tells trainings apart, by their data and settings: a checkpoint of another one is not resumed."""
    settings = ("epochs", "learning_rate", "batch_size", "embedding_dimension", "closed_form", "l2", "seed")
    data = hashlib.blake2b(digest_size=16)
    for numbers in (train.users, train.items, *features.codes.values()):
        data.update(np.ascontiguousarray(numbers).data)
    for names in (train.user_names, train.item_names, list(features.codes)):
        data.update("\0".join(names).encode() + b"\0\0")
    return {"data": data.hexdigest()} | {name: getattr(options, name) for name in settings}


class _Fitting:
    def __init__(
        self,
        train: Interactions,
        features: ItemFeatures,
        options: argparse.Namespace,
        dimension: int,
        checkpoints: Checkpoints,
    ) -> None:
        self.features, self.options, self.dimension, self.checkpoints = features, options, dimension, checkpoints
        self.everything = histories_of(train)
        kept, held_out = split_off(train, options.seed)
        enough = len(held_out) >= FEWEST_HELD_OUT
        self.kept = histories_of(kept) if enough else self.everything
        self.validator = Validator(self.kept, held_out) if enough else None
        self.refitted = enough and len(held_out) > REFIT_ABOVE * len(train)
        self.recipe = Recipe(options.learning_rate, options.batch_size, options.l2, options.seed)
        self.report = Report(dimension=dimension)
        self.mean_length = float(self.everything.lengths.mean())

    def towers(self) -> Towers:
        if not self.options.closed_form:
            learnt = self._learn(None)
            return self._combined(None, self._learn_again(None) if self.refitted else learnt)
        decompositions = Decompositions(self.kept, self.options.seed)
        settings = self._choose(decompositions)
        ridge = decompositions.tables(settings)
        learnt = self._learn(ridge)
        if self.refitted:
            ridge = Decompositions(self.everything, self.options.seed).tables(settings)
            learnt = self._learn_again(ridge)
        return self._combined(ridge, learnt)

    def _choose(self, decompositions: Decompositions) -> RidgeSettings:
        begin = time.perf_counter()
        settings, told = decompositions.first, ""
        if self.validator:
            settings, score = choose(decompositions, self._popularity(), self.validator)
            told = f" validation={score:.4f}"
        self.report.ridge = vars(settings).copy()
        print(f"closed form: {describe(settings)}{told} seconds={time.perf_counter() - begin:.1f}", flush=True)
        return settings

    def _start(self, histories: Histories, ridge: tuple | None) -> Start:
        random = np.random.default_rng(self.options.seed)
        if ridge is None:
            return _noise(histories, self.dimension, random)
        # The same factor on both sides; directions that the closed form lacks start as noise.
        scale = np.float32((START_SCALE * self.mean_length**0.5) ** 0.5)

        def filled(table: np.ndarray) -> np.ndarray:
            known = table[:, : self.dimension] * scale
            missing = random.standard_normal((len(table), self.dimension - known.shape[1]), dtype=np.float32)
            return np.hstack([known, 0.01 * missing])

        return Start(filled(ridge[0]), filled(ridge[1]), histories.item_counts)

    def _learn(self, ridge: tuple | None) -> tuple:
        """The learnt tables and bias of the best epoch on the kept reviews; also chooses the closed form's weight."""
        if ridge is not None:
            self.report.ridge_weight = RIDGE_WEIGHTS[0]
        learning = Learning(self.kept, self._start(self.kept, ridge), self.features, self.recipe)
        stage = self.checkpoints.stage("learn", learning)
        limit = self.options.epochs if self.validator else min(self.options.epochs, FEW_EPOCHS)
        while learning.epoch < limit and learning.epoch - stage.best_epoch < PATIENCE:
            row = self._epoch(learning, limit, "epoch")
            score = self._score(ridge, learning.learnt()) if self.validator else None
            if score is not None:
                row["validation"] = score
                self._say(row, f" validation={score:.4f}")
            else:
                self._say(row)
            better = score is None or stage.best_score is None or score > stage.best_score
            stage.add(row, score, better)
        learnt = stage.best()
        self.report.epochs, self.report.best_epoch = stage.rows, stage.best_epoch
        self.report.validation = stage.best_score
        if self.validator and ridge is not None:
            self._weigh(ridge, learnt, stage.best_epoch)
        return learnt

    def _weigh(self, ridge: tuple, learnt: tuple, epoch: int) -> None:
        scores = {weight: self._score(ridge, learnt, weight) for weight in RIDGE_WEIGHTS}
        self.report.ridge_weight = max(scores, key=scores.__getitem__)
        self.report.validation = scores[self.report.ridge_weight]
        print(
            f"best epoch={epoch}, weight of the closed form {self.report.ridge_weight:g}, "
            f"validation={self.report.validation:.4f}",
            flush=True,
        )

    def _learn_again(self, ridge: tuple | None) -> tuple:
        """The learnt tables and bias of as many epochs on all reviews."""
        learning = Learning(self.everything, self._start(self.everything, ridge), self.features, self.recipe)
        stage = self.checkpoints.stage("refit", learning)
        while learning.epoch < self.report.best_epoch:
            row = self._epoch(learning, self.report.best_epoch, "refit epoch")
            self._say(row)
            stage.add(row, None, True)
        return stage.best()

    def _epoch(self, learning: Learning, limit: int, name: str) -> dict[str, Any]:
        begin = time.perf_counter()
        loss = learning.run_epoch()
        return {"name": name, "epoch": learning.epoch, "of": limit, "loss": loss, "began": begin}

    def _say(self, row: dict[str, Any], more: str = "") -> None:
        row["seconds"] = time.perf_counter() - row.pop("began")
        told = f"{row.pop('name')}={row['epoch']} of={row['of']} loss={row['loss']:.4f}{more}"
        print(f"{told} seconds={row['seconds']:.1f}", flush=True)

    def _score(self, ridge: tuple | None, learnt: tuple, weight: float | None = None) -> float:
        assert self.validator is not None
        return self.validator.score(self._combined(ridge, learnt, weight))

    def _combined(self, ridge: tuple | None, learnt: tuple, weight: float | None = None) -> Towers:
        """``weight`` of the closed form: the one that the report has, if none is given."""
        history, items, bias = learnt
        if ridge is not None:
            weight = self.report.ridge_weight if weight is None else weight
            history, items = beside(ridge, weight * self.mean_length**0.5, (history, items))
        return Towers(history, items, bias, self._popularity())

    def _popularity(self) -> np.ndarray:
        """Scores of an empty history: the log of each item's share of all reviews, in the order of the catalogue."""
        counts = self.everything.item_counts
        return np.log(counts / counts.sum()).astype(np.float32)


def _noise(histories: Histories, dimension: int, random: np.random.Generator) -> Start:
    scale = np.float32((NOISE_SCORE * dimension**-0.5) ** 0.5)  # a score is a sum of ``dimension`` products
    size = histories.catalogue, dimension
    history, items = (scale * random.standard_normal(size, dtype=np.float32) for _ in range(2))
    return Start(history, items, histories.item_counts)
