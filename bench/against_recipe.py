"""The project's three jobs beside the tutorial's recipe (recipe.py), both as processes, on the same split.

All epochs of the recipe take long, so fewer can be asked for. What was measured and what is computed from it for all
epochs stay apart: ``seconds`` and ``ratio`` are measured, ``extrapolated`` holds what is not.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.datasets import Dataset
from bench.execution_input import Parameters
from bench.jobs import Finished
from bench.processes import run
from bench.quality import metrics_of, row
from bench.training_room import evaluate, read_interactions

RECIPE = Path(__file__).with_name("recipe.py")
EPOCHS = 20  # of the whole recipe
NAME = "tutorial's recipe"


class Vectors:
    """A scorer of the recipe's towers; unknown users get the vector of unknown names, as in the tower."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as arrays:
            self.items = arrays["item_names"][1:].astype(object)
            self._items = arrays["item_vectors"][1:]
            self._place = {name: place for place, name in enumerate(arrays["user_names"].tolist())}
            self._users = arrays["user_vectors"]

    def score(self, users: Sequence[str]) -> np.ndarray:
        """float32 [users, items]"""
        return self._users[[self._place.get(name, 0) for name in users]] @ self._items.T


def against_recipe(
    dataset: Dataset, finished: Finished, parameters: Parameters, epochs: int, folder: Path
) -> dict[str, Any]:
    """Run the recipe in ``folder`` and compare. ``quality_row`` fits into the table of quality."""
    command = [sys.executable, RECIPE, "--reviews", dataset.file, "--output", folder]
    command += [f"--{role.lower()}={dataset.columns[role]}" for role in ("User", "Item", "Score")]
    command += ["--held-out", finished.data / "test.parquet", "--epochs", epochs]
    command += ["--min-reviews-per-user", parameters.min_reviews_per_user, "-k", parameters.k]
    command += ["--seed", parameters.seed]
    measured = run(command)
    report = json.loads((folder / "recipe.json").read_text(encoding="utf-8"))
    train = read_interactions(finished.data / "train.parquet")
    test = read_interactions(finished.data / "test.parquet")
    evaluation = evaluate(Vectors(folder / "vectors.npz"), train, test, parameters.k, parameters.seed)
    metrics = metrics_of(evaluation)
    return {
        "epochs": epochs,
        "all_epochs": EPOCHS,
        "recipe": {**measured.document(), "phases": report["seconds"], "epoch_seconds": report["epoch_seconds"]},
        "recipe_accuracy_by_itself": report["accuracy"],
        "ours": {
            "seconds": finished.seconds,
            "phases": {
                "preprocess": finished.preprocess.seconds,
                "train": finished.train.seconds,
                "pack": finished.pack_seconds,
                "evaluate": finished.evaluate.seconds,
            },
        },
        "ratio": measured.seconds / finished.seconds,
        "extrapolated": extrapolated(measured.seconds, report["epoch_seconds"], finished.seconds),
        "metrics": {"recipe": metrics, "ours": metrics_of(finished.evaluation)},
        "quality_row": row(f"{NAME}, {epochs} of {EPOCHS} epochs", "", report["seconds"]["train"], metrics),
    }


def extrapolated(seconds: float, epoch_seconds: Sequence[float], ours: float) -> dict[str, float] | None:
    """Seconds and ratio if EPOCHS were run: further epochs as long as the shortest. None where all were run.

    The first epoch also traces the model; the shortest keeps the estimate from flattering the project.
    """
    missing = EPOCHS - len(epoch_seconds)
    if missing <= 0:
        return None
    total = seconds + missing * min(epoch_seconds)
    return {"seconds": total, "ratio": total / ours}
