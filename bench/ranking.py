"""Error and time of the ranking model beside its peers, on the same split.

A peer is fitted without the reviews that our model chooses its epochs by, measured on them, and the setting with the
lowest RMSE there is fitted anew to all of train. The test set chooses nothing.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.datasets import Dataset
from bench.execution_input import PREPROCESS, Parameters, column_flags
from bench.jobs import pack
from bench.processes import Run, run
from bench.rating_peers.biased_mf import BiasedMf
from bench.rating_peers.means import GlobalMean, UserAndItemBias
from bench.rating_peers.peer import Predict, RatingPeer, Setting
from bench.training_room import TRAINING, Ratings, read_ratings, set_aside
from bench.tuning import described

OURS = "Taproom"
PEERS: tuple[RatingPeer, ...] = (GlobalMean(), UserAndItemBias(), BiasedMf())
METRICS = ("rmse", "mae")
# BatchSize counts users, which the ranking model's batches are not made of.
TRAIN_RANKING = {
    "TrainingEpochs": "--epochs",
    "LearningRate": "--learning-rate",
    "EmbeddingDimension": "--embedding-dimension",
    "SplitSeed": "--seed",
}
EPOCH = re.compile(r"^epoch=\d+ ", re.MULTILINE)

Tell = Callable[[str], None]


def ranking(
    dataset: Dataset, parameters: Parameters, base: Path, tell: Tell, peers: tuple[RatingPeer, ...] = PEERS
) -> dict[str, Any]:
    """``rows``: one per model with its setting, seconds and METRICS. ``base`` plays /opt/ml. Raises BenchError."""
    data, trained, evaluation = _our_jobs(dataset, parameters, base)
    train, test = read_ratings(data / "train.parquet"), read_ratings(data / "test.parquet")
    ours = {name: evaluation["regression_metrics"][name]["value"] for name in METRICS}
    epochs = len(EPOCH.findall(trained.log))
    rows = [{"model": OURS, "setting": f"{epochs} epochs", "seconds": trained.seconds, "metrics": ours}]
    rows += [_measured(peer, train, test.named_as(train), parameters.seed, tell) for peer in peers]
    sizes = {"users": len(train.user_names), "items": len(train.item_names), "train": len(train), "test": len(test)}
    return {**sizes, "rows": rows}


def search(peer: RatingPeer, train: Ratings, seed: int, tell: Tell) -> list[dict[str, Any]]:
    """Every setting of ``peer`` with its error on the reviews set aside."""
    fitted, aside = set_aside(train, seed)
    trials = []
    for setting in peer.settings():
        started = time.perf_counter()
        error = errors(peer.fit(fitted, setting, seed), aside)["rmse"]
        trials.append({"setting": dict(setting), "rmse": error, "seconds": time.perf_counter() - started})
    best = min(trials, key=lambda trial: trial["rmse"])
    tell(f"{peer.name}: {len(trials)} settings, best {described(best['setting'])}: validation RMSE {best['rmse']:.4f}")
    return trials


def errors(predict: Predict, reviews: Ratings) -> dict[str, float]:
    """METRICS over ``reviews``, which have the positions that ``predict`` knows."""
    wrong = predict(reviews.users, reviews.items) - reviews.scores
    return {"rmse": float(np.sqrt(np.mean(wrong**2))), "mae": float(np.mean(np.abs(wrong)))}


def _measured(peer: RatingPeer, train: Ratings, test: Ratings, seed: int, tell: Tell) -> dict[str, Any]:
    settings = peer.settings()
    trials = search(peer, train, seed, tell) if len(settings) > 1 else []
    chosen: Setting = min(trials, key=lambda trial: trial["rmse"])["setting"] if trials else settings[0]
    started = time.perf_counter()
    predict = peer.fit(train, chosen, seed)
    seconds = time.perf_counter() - started
    told = {"model": peer.name, "setting": described(chosen), "seconds": seconds, "metrics": errors(predict, test)}
    return {**told, "search": trials}


def _our_jobs(dataset: Dataset, parameters: Parameters, base: Path) -> tuple[Path, Run, dict[str, Any]]:
    """Folder of the data, the training job, and evaluation.json of our three jobs."""
    data, evaluated = (base / "processing" / "output" / name for name in ("data", "evaluation"))
    variables = {
        "SAGEMAKER_BASE_DIR": str(base),
        "SM_CHANNEL_TRAIN": str(data / "train.parquet"),
        "SM_CHANNEL_ITEMS": str(data / "items.parquet"),
        "SM_MODEL_DIR": str(base / "model"),
    }
    base.mkdir(parents=True)

    def job(script: str, *arguments: object) -> Run:
        return run([sys.executable, TRAINING / script, *arguments], variables)

    columns = column_flags(dataset.columns)
    job("preprocess.py", "--reviews", dataset.file.parent, *columns, *parameters.flags(PREPROCESS))
    trained = job("train_ranking.py", *parameters.flags(TRAIN_RANKING))
    pack(base / "model", base / "processing" / "input" / "model" / "model.tar.gz")
    job("evaluate_ranking.py", "--data", data)
    return data, trained, json.loads((evaluated / "evaluation.json").read_text(encoding="utf-8"))
