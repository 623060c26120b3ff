"""Processing job: measures a model on the held-out reviews and writes evaluation.json.

Takes train.parquet and test.parquet in --data, and model.tar.gz in --model, which is unpacked and loaded as a server
would. The same is measured for popularity (the same list for everybody). evaluation.json is AWS' form of model quality:
multiclass_classification_metrics.accuracy is the share of a user's held-out items among the user's k best, averaged
over users; items reviewed in train are not left out of those k. accuracy_best_constant_classifier is popularity's.
The metrics under retrieval_metrics and baselines leave them out (see metrics.py).
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from argument_types import positive_int, seed
from artifact import find_archive, unpack
from container import PROCESSING_MESSAGE, JobParser, base_dir, report_failures
from interactions import Interactions, read_interactions
from metrics import RECALLS, SHOWN, top_k_accuracy, with_intervals
from ranking import HeldOut, rank
from scorers import Popularity, SavedModel, Scorer

SCHEMA_VERSION = 1


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    started = time.perf_counter()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    train = read_interactions(options.data / "train.parquet")
    test = read_interactions(options.data / "test.parquet")
    with tempfile.TemporaryDirectory(prefix="model-") as folder:
        model = SavedModel(unpack(find_archive(options.model), Path(folder)))
        evaluation = evaluate(model, train, test, options.k, options.seed)
    options.output.mkdir(parents=True, exist_ok=True)
    text = json.dumps(evaluation, indent=2, allow_nan=False) + "\n"
    (options.output / "evaluation.json").write_text(text, encoding="utf-8")
    for line in summary(evaluation):
        print(line)
    print(f"seconds={time.perf_counter() - started:.1f}", flush=True)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    processing = base_dir() / "processing"
    parser = JobParser("evaluate.py", __doc__)
    parser.add_argument("--data", type=Path, default=processing / "input" / "data", help="folder of the Parquet files")
    parser.add_argument("--model", type=Path, default=processing / "input" / "model", help="model.tar.gz or its folder")
    parser.add_argument("--output", type=Path, default=processing / "output" / "evaluation", help="folder to write to")
    parser.add_argument("-k", "--k", type=positive_int, default=500, help="length of the lists for accuracy (500)")
    parser.add_argument("--seed", type=seed, default=42, help="for the confidence intervals (42)")
    return parser.parse_args(arguments)


def evaluate(model: Scorer, train: Interactions, test: Interactions, k: int, seed: int) -> dict[str, Any]:
    """The content of evaluation.json."""
    accuracy, spread, metrics, unknown = _measure(model, train, test, k, seed)
    popularity, popularity_spread, baseline, _ = _measure(Popularity(train), train, test, k, seed)
    return {
        "schema_version": SCHEMA_VERSION,
        "k": k,
        "users": len(test.user_names),
        "items": len(model.items),
        "held_out": len(test),
        "held_out_unknown_to_model": unknown,
        "users_unknown_to_train": len(np.setdiff1d(test.user_names, train.user_names)),
        "multiclass_classification_metrics": {
            "accuracy": {"value": accuracy, "standard_deviation": spread},
            "accuracy_best_constant_classifier": {"value": popularity, "standard_deviation": popularity_spread},
        },
        "retrieval_metrics": metrics,
        "baselines": {"popularity": baseline},
    }


def summary(evaluation: dict[str, Any]) -> list[str]:
    quality = evaluation["multiclass_classification_metrics"]
    lines = [
        f"users={evaluation['users']} held_out={evaluation['held_out']} items={evaluation['items']} "
        f"held_out_unknown_to_model={evaluation['held_out_unknown_to_model']}",
        f"top_{evaluation['k']}_accuracy={quality['accuracy']['value']:.4f} "
        f"popularity={quality['accuracy_best_constant_classifier']['value']:.4f}",
    ]
    for name, metric in evaluation["retrieval_metrics"].items():
        popular = evaluation["baselines"]["popularity"][name]["value"]
        lines.append(
            f"{name}={metric['value']:.4f} ({metric['lower']:.4f} to {metric['upper']:.4f}) popularity={popular:.4f}"
        )
    return lines


def _measure(
    scorer: Scorer, train: Interactions, test: Interactions, k: int, seed: int
) -> tuple[float, str, dict[str, dict[str, float]], int]:
    """Accuracy, its standard deviation ("NaN": measured once), metrics, held-out reviews of unknown items."""
    asked = _asked(scorer, train, test)
    held_out = np.bincount(test.users, minlength=len(test.user_names))
    # Recall needs the 500 best whatever k is; accuracy is counted among the k best.
    rankings = rank(scorer, asked, k=k, depth=max(RECALLS), shown=SHOWN)
    accuracy = float(top_k_accuracy(rankings, held_out).mean())
    metrics = with_intervals(rankings, held_out, len(scorer.items), seed)
    return accuracy, "NaN", metrics, int((asked.held_out[:, 1] < 0).sum())


def _asked(scorer: Scorer, train: Interactions, test: Interactions) -> HeldOut:
    place = {name: position for position, name in enumerate(scorer.items)}

    def items_of(reviews: Interactions) -> np.ndarray:
        return np.array([place.get(name, -1) for name in reviews.item_names], dtype=np.int64)[reviews.items]

    user = {name: position for position, name in enumerate(test.user_names)}
    train_users = np.array([user.get(name, -1) for name in train.user_names], dtype=np.int64)[train.users]
    return HeldOut(
        users=test.user_names,
        held_out=_sorted_pairs(test.users, items_of(test)),
        seen=_sorted_pairs(train_users, items_of(train)),
    )


def _sorted_pairs(users: np.ndarray, items: np.ndarray) -> np.ndarray:
    order = np.argsort(users, kind="stable")
    return np.column_stack([users[order], items[order]])


if __name__ == "__main__":
    report_failures(PROCESSING_MESSAGE)
    main()
