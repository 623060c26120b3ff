"""Training job: learns the ranking model from train.parquet and saves it to <model-dir>/01.

Each epoch logs a line that MetricDefinitions can read:

    epoch=3 of=20 loss=0.7251 validation=0.8512 seconds=0.4

loss is the mean over the epoch's reviews, validation the root of the mean squared error on reviews of train that were
set aside for this, by which the number of epochs is chosen (at most --epochs).
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence

from contract.argument_types import positive_int
from contract.container import TRAINING_MESSAGE, report_failures
from contract.training_job import VERSION, TrainingError, add_extra, training_parser
from dataset.item_features import items_file, read_item_features
from dataset.ratings import read_ratings

FEWEST_REVIEWS = 10  # enough for every fold of ranking/cross_fitting.py


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
    add_extra(folder, vars(fitted.report), items_file(options.items))
    print(f"saved={folder} seconds={time.perf_counter() - started:.1f}", flush=True)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = training_parser("train_ranking.py", __doc__)
    parser.add_argument("--batch-size", type=positive_int, default=None, help="reviews a step (by their number)")
    parser.add_argument(
        "--embedding-dimension", type=positive_int, default=None, help="length of a user's and an item's vector (16)"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    report_failures(TRAINING_MESSAGE)
    main()
