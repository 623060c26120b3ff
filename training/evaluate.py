"""Processing job: measures a model on the held-out reviews and writes evaluation.json.

Takes train.parquet and test.parquet in --data, and model.tar.gz in --model, which is unpacked and loaded as a server
would. The same is measured for popularity (the same list for everybody) and for chance. evaluation.json is AWS' form of
model quality: multiclass_classification_metrics.accuracy is the share of a user's held-out items among the user's k
best, averaged over users; items reviewed in train are not left out of those k. accuracy_best_constant_classifier is
popularity's. The metrics under retrieval_metrics, baselines and slices leave them out (see metrics.py).
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
from baselines import chance, popularity
from container import PROCESSING_MESSAGE, JobParser, base_dir, report_failures
from interactions import Interactions, read_interactions
from metrics import SHOWN, per_user, top_k_accuracy
from ranks import HeldOut, Places, places
from resampling import coverage, intervals
from scorers import SavedModel, Scorer
from slices import item_slices, of_items, of_users, user_slices

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
    parser.add_argument("--seed", type=seed, default=42, help="for the confidence intervals and chance (42)")
    return parser.parse_args(arguments)


def evaluate(model: Scorer, train: Interactions, test: Interactions, k: int, seed: int) -> dict[str, Any]:
    """The content of evaluation.json."""
    catalogue = len(model.items)
    asked, counts = ask(model, train, test)
    users = test.user_names
    by = {
        "model": places(lambda start, stop: model.score(users[start:stop]), catalogue, asked, SHOWN),
        "popularity": popularity(asked, _falling(counts), SHOWN),
        "random": chance(asked, catalogue, SHOWN, seed),
    }
    trained = set(train.user_names)  # np.isin compares every pair of names
    known = np.array([name in trained for name in users])
    measured = intervals(_values(asked, by, counts, known, k), seed)
    covered = {name: coverage(found.shown, catalogue, seed).interval() for name, found in by.items()}

    def metrics(name: str) -> dict[str, Any]:
        own = {key[1]: value for key, value in measured.items() if key[0] == name and key[1] != "accuracy"}
        return own | {"catalogue_coverage": covered[name]}

    return {
        "schema_version": SCHEMA_VERSION,
        "k": k,
        "users": len(users),
        "items": catalogue,
        "held_out": len(test),
        "held_out_unknown_to_model": int((asked.held_out[:, 1] < 0).sum()),
        "users_unknown_to_train": int((~known).sum()),
        "multiclass_classification_metrics": {
            "accuracy": _quality(measured["model", "accuracy"]),
            "accuracy_best_constant_classifier": _quality(measured["popularity", "accuracy"]),
        },
        "retrieval_metrics": metrics("model"),
        "baselines": {name: {"accuracy": measured[name, "accuracy"]} | metrics(name) for name in by if name != "model"},
        "slices": _slices(asked, counts, known, measured),
    }


def ask(model: Scorer, train: Interactions, test: Interactions) -> tuple[HeldOut, np.ndarray]:
    """What is asked, in the positions of the model's catalogue, and that catalogue's train reviews [n]."""
    place = {name: position for position, name in enumerate(model.items)}

    def items_of(reviews: Interactions) -> np.ndarray:
        return np.array([place.get(name, -1) for name in reviews.item_names], dtype=np.int64)[reviews.items]

    user = {name: position for position, name in enumerate(test.user_names)}
    train_users = np.array([user.get(name, -1) for name in train.user_names], dtype=np.int64)[train.users]
    train_items = items_of(train)
    counts = np.bincount(train_items[train_items >= 0], minlength=len(model.items))
    seen = np.column_stack([train_users, train_items])[(train_users >= 0) & (train_items >= 0)]
    held_out = np.column_stack([test.users.astype(np.int64), items_of(test)])
    return HeldOut(len(test.user_names), _by_user(held_out), _once(seen, len(model.items))), counts


def summary(evaluation: dict[str, Any]) -> list[str]:
    quality = evaluation["multiclass_classification_metrics"]
    lines = [
        f"users={evaluation['users']} held_out={evaluation['held_out']} items={evaluation['items']} "
        f"held_out_unknown_to_model={evaluation['held_out_unknown_to_model']}",
        f"top_{evaluation['k']}_accuracy={quality['accuracy']['value']:.4f} "
        f"popularity={quality['accuracy_best_constant_classifier']['value']:.4f}",
    ]
    for name, metric in evaluation["retrieval_metrics"].items():
        popular, random = (evaluation["baselines"][one][name]["value"] for one in ("popularity", "random"))
        lines.append(
            f"{name}={metric['value']:.4f} ({metric['lower']:.4f} to {metric['upper']:.4f}) "
            f"popularity={popular:.4f} random={random:.4f}"
        )
    return lines


def _values(
    asked: HeldOut, by: dict[str, Places], counts: np.ndarray, known: np.ndarray, k: int
) -> dict[tuple[str, str], np.ndarray]:
    """Every metric per user [u], by whose it is (model, a baseline, a slice) and its name."""
    values = {}
    for name, found in by.items():
        own = {"accuracy": top_k_accuracy(asked, found, k)} | per_user(asked, found)
        values |= {(name, metric): value for metric, value in own.items()}
    for name, pairs in item_slices(asked, counts).items():
        if pairs.any():
            own = of_items(asked, by["model"], pairs, k)
            values |= {(name, metric): value for metric, value in own.items()}
    for name, users in user_slices(asked, known).items():
        if users.any():
            own = of_users(asked, by["model"], users, k)
            values |= {(name, metric): value for metric, value in own.items()}
    return values


def _slices(asked: HeldOut, counts: np.ndarray, known: np.ndarray, measured: dict) -> dict[str, Any]:
    """Each slice's size and metrics; an empty slice has only its size."""
    sizes = {name: int(pairs.sum()) for name, pairs in item_slices(asked, counts).items()}
    slices: dict[str, Any] = {name: {"held_out": size} for name, size in sizes.items()}
    slices |= {name: {"users": int(users.sum())} for name, users in user_slices(asked, known).items()}
    for (name, metric), value in measured.items():
        if name in slices:
            slices[name][metric] = value
    return slices


def _quality(interval: dict[str, float]) -> dict[str, Any]:
    """A metric as AWS writes it ("NaN": it was measured once), with our interval beside it."""
    return {"value": interval["value"], "standard_deviation": "NaN"} | {
        bound: interval[bound] for bound in ("lower", "upper")
    }


def _falling(counts: np.ndarray) -> np.ndarray:
    """Each item's place in the order of falling counts, equal ones in the order of the catalogue."""
    places = np.empty(len(counts), dtype=np.int64)
    places[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    return places


def _once(pairs: np.ndarray, catalogue: int) -> np.ndarray:
    """Distinct pairs (user, item), sorted."""
    return np.column_stack(np.divmod(np.unique(pairs[:, 0] * catalogue + pairs[:, 1]), catalogue))


def _by_user(pairs: np.ndarray) -> np.ndarray:
    return pairs[np.argsort(pairs[:, 0], kind="stable")]


if __name__ == "__main__":
    report_failures(PROCESSING_MESSAGE)
    main()
