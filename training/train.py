"""Training job: learns the retrieval model from train.parquet and saves it to <model-dir>/01.

Each epoch logs a line that MetricDefinitions can read:

    epoch=3 of=20 loss=5.1234 validation=0.4321 seconds=1.2

loss is the mean over the epoch's users, validation the score on reviews of train that were set aside for this, by which
the number of epochs is chosen (at most --epochs).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from contract.argument_types import not_negative, positive_float, positive_int, seed, truth
from contract.container import (
    TRAINING_MESSAGE,
    JobError,
    JobParser,
    channel,
    checkpoint_dir,
    model_dir,
    report_failures,
)
from dataset.interactions import read_interactions
from dataset.item_features import ITEMS, items_file, read_item_features

VERSION = "01"  # TensorFlow Serving wants a number


class TrainingError(JobError):
    """Training did not lead to a model."""


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
    extra = folder / "assets.extra"  # TensorFlow Serving leaves this folder to us
    extra.mkdir(exist_ok=True)
    (extra / "training.json").write_text(json.dumps({"schema_version": 1, **vars(report)}, indent=2) + "\n")
    if described := items_file(options.items):
        shutil.copyfile(described, extra / ITEMS)  # what the items are travels with the model
    print(f"saved={folder} seconds={time.perf_counter() - started:.1f}", flush=True)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = JobParser("train.py", __doc__)
    parser.add_argument("--train", type=Path, default=channel("train"), help="train.parquet or its folder")
    parser.add_argument("--items", type=Path, default=channel("items"), help="items.parquet or its folder, if any")
    parser.add_argument("--model-dir", type=Path, default=model_dir(), help="folder to save to ($SM_MODEL_DIR)")
    parser.add_argument("--checkpoints", type=Path, default=checkpoint_dir(), help="folder to resume from, if any")
    parser.add_argument("--epochs", type=positive_int, default=20, help="passes over the reviews at most (20)")
    parser.add_argument("--learning-rate", type=positive_float, default=0.005, help="Adam's (0.005)")
    parser.add_argument("--batch-size", type=positive_int, default=None, help="users a step (by their number)")
    parser.add_argument(
        "--embedding-dimension", type=positive_int, default=None, help="length of the learnt vectors (by the reviews)"
    )
    parser.add_argument("--l2", type=not_negative, default=0.1, help="pull of the vectors towards zero (0.1)")
    parser.add_argument(
        "--closed-form", type=truth, default=True, help="false: a purely learnt model, from noise (true)"
    )
    parser.add_argument("--seed", type=seed, default=42, help="same seed, data and machine: same model (42)")
    # A hyperparameter of one letter reaches a script as -k, a longer one as --name.
    parser.add_argument("-k", "--k", type=positive_int, default=500, help="length of the served lists (500)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    report_failures(TRAINING_MESSAGE)
    main()
