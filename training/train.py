"""Training job: learns the retrieval model from train.parquet and saves it to <model-dir>/01.

Each epoch logs a line that MetricDefinitions can read:

    epoch=3 of=20 loss=5.1234 validation=0.4321 seconds=1.2

loss is the mean over the epoch's users, validation the score on reviews of train that were set aside for this, by which
the number of epochs is chosen (at most --epochs).
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence

from contract.argument_types import not_negative, positive_int, truth
from contract.container import TRAINING_MESSAGE, report_failures
from contract.training_job import VERSION, TrainingError, add_extra, training_parser
from dataset.interactions import read_interactions
from dataset.item_features import items_file, read_item_features


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    started = time.perf_counter()
    train = read_interactions(options.train)
    features = read_item_features(options.items, train.item_names)
    print(
        f"reviews={len(train)} users={len(train.user_names)} items={len(train.item_names)} "
        f"features={','.join(features.codes) or 'none'}",
        flush=True,
    )
    # TFRS needs Keras 2, which tf-keras is; TensorFlow decides when it is first imported.
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from dataset.histories import histories_of
    from retrieval.fitting import fit
    from retrieval.learning import DivergedError
    from retrieval.serving import ServingModel, save

    try:
        towers, report = fit(train, features, options, options.checkpoints)
    except DivergedError as error:
        raise TrainingError(f"training diverged: {error}; lower LearningRate ({options.learning_rate})") from error
    if not towers.is_finite():
        raise TrainingError(
            f"training diverged: the vectors are not finite; lower LearningRate ({options.learning_rate})"
        )
    folder = options.model_dir / VERSION
    save(ServingModel(towers, train.user_names, train.item_names, histories_of(train), options.k), folder)
    add_extra(folder, vars(report), items_file(options.items))
    print(f"saved={folder} seconds={time.perf_counter() - started:.1f}", flush=True)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = training_parser("train.py", __doc__)
    parser.add_argument("--batch-size", type=positive_int, default=None, help="users a step (by their number)")
    parser.add_argument(
        "--embedding-dimension", type=positive_int, default=None, help="length of the learnt vectors (by the reviews)"
    )
    parser.add_argument("--l2", type=not_negative, default=0.1, help="pull of the vectors towards zero (0.1)")
    parser.add_argument(
        "--closed-form", type=truth, default=True, help="false: a purely learnt model, from noise (true)"
    )
    # A hyperparameter of one letter reaches a script as -k, a longer one as --name.
    parser.add_argument("-k", "--k", type=positive_int, default=500, help="length of the served lists (500)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    report_failures(TRAINING_MESSAGE)
    main()
