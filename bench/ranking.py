"""Error and time of the ranking model beside its peers, on the same split.

A peer is fitted without the reviews that our model chooses its epochs by, measured on them, and the setting with the
lowest RMSE there is fitted anew to all of train. The test set chooses nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.datasets import Dataset
from bench.execution_input import Parameters
from bench.jobs import RANKING, run_jobs
from bench.rating_peers.biased_mf import BiasedMf
from bench.rating_peers.means import GlobalMean, UserAndItemBias
from bench.rating_peers.peer import Predict, RatingPeer, Setting
from bench.training_room import Ratings, read_ratings, set_aside
from bench.tuning import described

OURS = "Taproom"
PEERS: tuple[RatingPeer, ...] = (GlobalMean(), UserAndItemBias(), BiasedMf())
METRICS = ("rmse", "mae")

Tell = Callable[[str], None]


def ranking(
    dataset: Dataset, parameters: Parameters, base: Path, tell: Tell, peers: tuple[RatingPeer, ...] = PEERS
) -> dict[str, Any]:
    """``rows``: one per model with its setting, seconds and METRICS. ``base`` plays /opt/ml. Raises BenchError."""
    finished = run_jobs(dataset, parameters, base, RANKING)
    train, test = (read_ratings(finished.data / f"{side}.parquet") for side in ("train", "test"))
    ours = {name: finished.evaluation["regression_metrics"][name]["value"] for name in METRICS}
    setting, seconds = f"{finished.epochs} epochs", finished.train.seconds
    rows: list[dict[str, Any]] = [{"model": OURS, "setting": setting, "seconds": seconds, "metrics": ours}]
    rows += [_measured(peer, train, test.named_as(train), parameters.seed, tell) for peer in peers]
    sizes = {"users": len(train.user_names), "items": len(train.item_names), "train": len(train), "test": len(test)}
    return {**sizes, "rows": rows}


def search(peer: RatingPeer, train: Ratings, seed: int, tell: Tell) -> list[dict[str, Any]]:
    """Every setting of ``peer`` with its error on the reviews set aside."""
    fitted, aside = set_aside(train, seed)
    trials: list[dict[str, Any]] = []
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
