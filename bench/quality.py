"""Quality and time to fit: our model and its peers on the same split, by the project's own exact evaluation.

A peer is fitted to all of train with the setting that has the best NDCG@10 on the validation slice. Beside that stands,
metric by metric, what the setting reaches that is best on the validation slice for that metric: the strongest that a
peer can be in each column, though no single setting reaches all of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from bench.jobs import Finished
from bench.peers.als import ImplicitAls
from bench.peers.ease import Ease
from bench.peers.peer import Peer, Setting
from bench.peers.popularity import Popularity
from bench.places import METRICS
from bench.training_room import Interactions, Scorer, evaluate, read_interactions
from bench.tuning import CRITERION, Trial, best, best_per_metric, described, search

OURS = "Taproom"
PEERS: tuple[Peer, ...] = (Popularity(), ImplicitAls(), Ease())

Tell = Callable[[str], None]


def quality(
    finished: Finished, fit_seconds: float, seed: int, k: int, tell: Tell, peers: tuple[Peer, ...] = PEERS
) -> dict[str, Any]:
    """``rows``: one per model, as ``row`` describes.

    Our own model is the one that the jobs left in ``finished``; ``fit_seconds`` is what one fit of it takes.
    """
    train = read_interactions(finished.data / "train.parquet")
    test = read_interactions(finished.data / "test.parquet")
    setting = f"{finished.epochs} epochs; the whole job {finished.train.seconds:.1f} s"
    ours = row(OURS, setting, fit_seconds, metrics_of(finished.evaluation))
    ours["job_seconds"] = finished.train.seconds
    rows = [ours]
    for peer in peers:
        if reason := peer.refusal(train):
            rows.append({"model": peer.name, "skipped": reason})
        else:
            rows += _measured(peer, train, test, seed, k, tell)
    return {
        "k": k,
        "seed": seed,
        "users": len(train.user_names),
        "items": len(train.item_names),
        "train": len(train),
        "test": len(test),
        "criterion": CRITERION,
        "rows": rows,
    }


def row(model: str, setting: str, fit_seconds: float | None, metrics: dict[str, float]) -> dict[str, Any]:
    """A line of the table: METRICS by name, and the seconds of one fit without imports (None: not known)."""
    return {"model": model, "setting": setting, "fit_seconds": fit_seconds, "metrics": metrics}


def metrics_of(evaluation: dict[str, Any]) -> dict[str, float]:
    """METRICS from the content of an evaluation.json."""
    values = {name: metric["value"] for name, metric in evaluation["retrieval_metrics"].items()}
    values["accuracy"] = evaluation["multiclass_classification_metrics"]["accuracy"]["value"]
    return {name: values[name] for name in METRICS}


def _measured(
    peer: Peer, train: Interactions, test: Interactions, seed: int, k: int, tell: Tell
) -> list[dict[str, Any]]:
    """The row of the chosen setting; where there was a choice also that of the best setting per column."""
    measured: dict[str, dict[str, Any]] = {}

    def on_test(setting: Setting) -> dict[str, Any]:
        name = described(setting)
        if name not in measured:
            started = time.perf_counter()
            scorer: Scorer = peer.fit(train, setting, seed)
            seconds = time.perf_counter() - started
            measured[name] = row(peer.name, name, seconds, metrics_of(evaluate(scorer, train, test, k, seed)))
            tell(f"{f'{peer.name} {name}'.strip()}: measured on the test set, fit {seconds:.1f} s")
        return measured[name]

    settings = peer.settings()
    if len(settings) == 1:
        return [on_test(settings[0])]
    trials = search(peer, train, seed, k, tell)
    chosen = on_test(best(trials, CRITERION).setting)
    chosen["search"] = [_trial(trial) for trial in trials]
    per_metric = {metric: on_test(trial.setting) for metric, trial in best_per_metric(trials).items()}
    different = len({each["setting"] for each in per_metric.values()})
    strongest = row(
        f"{peer.name}, best per column",
        f"{different} settings" if different > 1 else "the same setting",
        None,
        {metric: each["metrics"][metric] for metric, each in per_metric.items()},
    )
    strongest["settings"] = {metric: each["setting"] for metric, each in per_metric.items()}
    return [chosen, strongest]


def _trial(trial: Trial) -> dict[str, Any]:
    return {"setting": dict(trial.setting), "validation": trial.metrics, "fit_seconds": trial.seconds}
