"""The one door to the scripts of training/, which lie beside one another there as in the container."""

from __future__ import annotations

import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
TRAINING = PROJECT / "training"
if str(TRAINING) not in sys.path:
    sys.path.insert(0, str(TRAINING))

from evaluate import evaluate  # noqa: E402
from preprocess import main as preprocess  # noqa: E402
from train import main as train  # noqa: E402

from contract.artifact import find_archive, unpack  # noqa: E402
from contract.container import JobError  # noqa: E402
from dataset.interactions import Interactions, read_interactions  # noqa: E402
from dataset.ratings import Ratings, read_ratings  # noqa: E402
from evaluation.bias_baseline import tuned_biases  # noqa: E402
from evaluation.scorers import SavedModel, Scorer  # noqa: E402
from ranking.validation import set_aside  # noqa: E402
from retrieval.validation import split_off  # noqa: E402

__all__ = [
    "PROJECT",
    "TRAINING",
    "Interactions",
    "JobError",
    "Ratings",
    "SavedModel",
    "Scorer",
    "evaluate",
    "find_archive",
    "preprocess",
    "read_interactions",
    "read_ratings",
    "set_aside",
    "split_off",
    "train",
    "tuned_biases",
    "unpack",
]
