"""Training job: learns the ranking model from train.parquet and saves it to <model-dir>/01.

Each epoch logs a line that MetricDefinitions can read:

    epoch=3 of=20 loss=0.7251 validation=0.8512 seconds=0.4

loss is the mean over the epoch's reviews, validation the root of the mean squared error on reviews of train that were
set aside for this, by which the number of epochs is chosen (at most --epochs).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from contract.argument_types import positive_float, positive_int, seed
from contract.container import (
    TRAINING_MESSAGE,
    JobError,
    JobParser,
    channel,
    checkpoint_dir,
    model_dir,
    report_failures,
)
from dataset.item_features import read_item_features
from dataset.ratings import read_ratings

VERSION = "01"  # TensorFlow Serving wants a number
FEWEST_REVIEWS = 10  # enough for every fold of ranking/cross_fitting.py


class TrainingError(JobError):
    """Training did not lead to a model."""


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    started = time.perf_counter()
    train = read_ratings(options.train)
    if len(train) < FEWEST_REVIEWS:
        raise TrainingError(
            f"{options.train} holds {len(train)} reviews: a score cannot be learnt from fewer than {FEWEST_REVIEWS}; "
            "give more reviews or another TestFraction"
        )
    features = read_item_features(options.items, train.item_names)
    print(
        f"reviews={len(train)} users={len(train.user_names)} items={len(train.item_names)} "
        f"features={','.join(features.codes) or 'none'}",
        flush=True,
    )
    # TFRS needs Keras 2, which tf-keras is; TensorFlow decides when it is first imported.
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from ranking.fitting import fit
    from ranking.learning import DivergedError
    from ranking.serving import RankingServingModel, save

    try:
        fitted = fit(train, features, options, options.checkpoints)
    except DivergedError as error:
        raise TrainingError(f"training diverged: {error}; lower LearningRate ({options.learning_rate})") from error
    folder = options.model_dir / VERSION
    save(RankingServingModel(fitted.learning.network, fitted.inputs, train.user_names, train.item_names), folder)
    extra = folder / "assets.extra"  # TensorFlow Serving leaves this folder to us
    extra.mkdir(exist_ok=True)
    (extra / "training.json").write_text(json.dumps({"schema_version": 1, **vars(fitted.report)}, indent=2) + "\n")
    items = options.items / "items.parquet" if options.items.is_dir() else options.items
    if items.is_file():
        shutil.copyfile(items, extra / "items.parquet")
    print(f"saved={folder} seconds={time.perf_counter() - started:.1f}", flush=True)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = JobParser("train_ranking.py", __doc__)
    parser.add_argument("--train", type=Path, default=channel("train"), help="train.parquet or its folder")
    parser.add_argument("--items", type=Path, default=channel("items"), help="items.parquet or its folder, if any")
    parser.add_argument("--model-dir", type=Path, default=model_dir(), help="folder to save to ($SM_MODEL_DIR)")
    parser.add_argument("--checkpoints", type=Path, default=checkpoint_dir(), help="folder to resume from, if any")
    parser.add_argument("--epochs", type=positive_int, default=20, help="passes over the reviews at most (20)")
    parser.add_argument("--learning-rate", type=positive_float, default=0.005, help="Adam's (0.005)")
    parser.add_argument("--batch-size", type=positive_int, default=None, help="reviews a step (by their number)")
    parser.add_argument(
        "--embedding-dimension", type=positive_int, default=None, help="length of the learnt vectors (by the reviews)"
    )
    parser.add_argument("--seed", type=seed, default=42, help="same seed, data and machine: same model (42)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    report_failures(TRAINING_MESSAGE)
    main()
