"""Training job: learns the retrieval model from train.parquet and saves it to <model-dir>/01.

Each epoch logs a line that MetricDefinitions can read:

    epoch=3 of=20 loss=5.1234 seconds=1.2

loss is the mean over the epoch's reviews, seconds the time since training began.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from argument_types import not_negative, positive_float, positive_int, seed
from container import TRAINING_MESSAGE, JobError, JobParser, channel, model_dir, report_failures
from interactions import read_interactions

VERSION = "01"  # TensorFlow Serving wants a number


class TrainingError(JobError):
    """Training did not lead to a model."""


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    started = time.perf_counter()
    train = read_interactions(options.train)
    print(f"reviews={len(train)} users={len(train.user_names)} items={len(train.item_names)}", flush=True)
    # TFRS needs Keras 2, which tf-keras is; TensorFlow decides when it is first imported.
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from fitting import fit
    from serving_model import ServingModel, save

    towers = fit(train, options)
    if not all(np.isfinite(part).all() for part in (towers.users, towers.items, towers.bias)):
        raise TrainingError(
            f"training diverged: the vectors are not finite; lower LearningRate ({options.learning_rate})"
        )
    save(ServingModel(towers, train.user_names, train.item_names, options.k), options.model_dir / VERSION)
    print(f"saved={options.model_dir / VERSION} seconds={time.perf_counter() - started:.1f}", flush=True)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = JobParser("train.py", __doc__)
    parser.add_argument("--train", type=Path, default=channel("train"), help="train.parquet or its folder")
    parser.add_argument("--model-dir", type=Path, default=model_dir(), help="folder to save to ($SM_MODEL_DIR)")
    parser.add_argument("--epochs", type=positive_int, default=20, help="passes over the reviews (20)")
    parser.add_argument("--learning-rate", type=positive_float, default=0.1, help="Adagrad's (0.1)")
    parser.add_argument("--batch-size", type=positive_int, default=4096, help="reviews a step, and negatives (4096)")
    parser.add_argument("--embedding-dimension", type=positive_int, default=64, help="length of the vectors (64)")
    parser.add_argument("--l2", type=not_negative, default=0.12, help="pull of the vectors towards zero (0.12)")
    parser.add_argument("--seed", type=seed, default=42, help="same seed, data and machine: same model (42)")
    # A hyperparameter of one letter reaches a script as -k, a longer one as --name.
    parser.add_argument("-k", "--k", type=positive_int, default=500, help="length of the served lists (500)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    report_failures(TRAINING_MESSAGE)
    main()
