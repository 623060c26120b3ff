"""What the Training jobs have in common: their arguments, where the model is saved, and what travels with it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from contract.argument_types import positive_float, positive_int, seed
from contract.container import JobError, JobParser, channel, checkpoint_dir, model_dir

VERSION = "01"  # the SavedModel's folder: TensorFlow Serving wants a number
EXTRA = "assets.extra"  # a folder in it that TensorFlow Serving leaves to us


class TrainingError(JobError):
    """Training did not lead to a model."""


def training_parser(prog: str, description: str | None) -> JobParser:
    """The arguments of every Training job."""
    parser = JobParser(prog, description)
    parser.add_argument("--train", type=Path, default=channel("train"), help="train.parquet or its folder")
    parser.add_argument("--items", type=Path, default=channel("items"), help="items.parquet or its folder, if any")
    parser.add_argument("--model-dir", type=Path, default=model_dir(), help="folder to save to ($SM_MODEL_DIR)")
    parser.add_argument("--checkpoints", type=Path, default=checkpoint_dir(), help="folder to resume from, if any")
    parser.add_argument("--epochs", type=positive_int, default=20, help="passes over the reviews at most (20)")
    parser.add_argument("--learning-rate", type=positive_float, default=0.005, help="Adam's (0.005)")
    parser.add_argument("--seed", type=seed, default=42, help="same seed, data and machine: same model (42)")
    return parser


def add_extra(saved_model: Path, report: dict[str, Any], items: Path | None) -> None:
    """Put what training chose (training.json) and what the items are (items.parquet, if any) beside the SavedModel."""
    extra = saved_model / EXTRA
    extra.mkdir(exist_ok=True)
    (extra / "training.json").write_text(json.dumps({"schema_version": 1, **report}, indent=2) + "\n")
    if items:
        shutil.copyfile(items, extra / "items.parquet")
