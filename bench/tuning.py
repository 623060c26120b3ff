"""Chooses a peer's setting on the validation slice of train, the slice on which the project's own model is tuned.

The test set is no argument of anything here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.peers.peer import Peer, Setting
from bench.places import METRICS, measure
from bench.training_room import Interactions, split_off

CRITERION = "ndcg_at_10"


@dataclass(frozen=True)
class Trial:
    """``metrics`` on the validation slice; ``seconds`` to fit."""

    setting: Setting
    metrics: dict[str, float]
    seconds: float


def search(peer: Peer, train: Interactions, seed: int, k: int, tell: Callable[[str], None]) -> list[Trial]:
    """Every setting of ``peer``, fitted without the validation slice and measured on it."""
    fitted, held_out = split_off(train, seed)
    trials = []
    for setting in peer.settings():
        started = time.perf_counter()
        scorer = peer.fit(fitted, setting, seed)
        seconds = time.perf_counter() - started
        metrics = measure(scorer, fitted, held_out, k)
        trials.append(Trial(setting, metrics, seconds))
        tell(f"{peer.name} {described(setting)}: validation NDCG@10 {metrics[CRITERION]:.4f}, fit {seconds:.1f} s")
    return trials


def best(trials: Sequence[Trial], metric: str) -> Trial:
    """The trial with the largest value of ``metric``, of equals the first."""
    return max(trials, key=lambda trial: trial.metrics[metric])


def best_per_metric(trials: Sequence[Trial]) -> dict[str, Trial]:
    return {metric: best(trials, metric) for metric in METRICS}


def described(setting: Setting) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in setting.items())
