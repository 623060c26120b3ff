"""Processing job: measures a ranking model on the held-out reviews and writes evaluation.json.

Takes train.parquet and test.parquet in --data, and model.tar.gz in --model, which is unpacked and loaded as a server
would. Every held-out review counts once, also of users and items that do not occur in train. The same is measured for
the mean score, for user and item biases, which owe nothing to the model (evaluation/bias_baseline.py), and for the
champion in --champion, if there is one that may be compared with. evaluation.json is AWS' form of model quality; its
metrics are those of evaluation/regression_metrics.py, its slices those of evaluation/rating_slices.py.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from contract.artifact import find_archive, unpack
from contract.container import PROCESSING_MESSAGE, JobError, report_failures
from contract.evaluation_job import SCHEMA_VERSION, evaluation_parser, quality, write_evaluation
from dataset.ratings import UNKNOWN, Ratings, read_ratings
from evaluation.bias_baseline import tuned_biases
from evaluation.champion import FEWEST_KNOWN, Champion, read_champion
from evaluation.rating_scorers import RankingSavedModel
from evaluation.rating_slices import item_slices, user_slices
from evaluation.regression_metrics import ERRORS, Resampled, resample, user_sums

MODEL, CHAMPION = "model", "champion"
BASELINES = ("global_mean", "bias")


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    started = time.perf_counter()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    train = read_ratings(options.data / "train.parquet")
    test = read_ratings(options.data / "test.parquet")
    predicted = {MODEL: score(find_archive(options.model), test)}
    champion, by_champion = score_champion(read_champion(options.champion), test)
    if by_champion is not None:
        predicted[CHAMPION] = by_champion
    evaluation = evaluate(predicted, champion, train, test, options.seed)
    write_evaluation(options.output, evaluation)
    for line in summary(evaluation):
        print(line)
    print(f"seconds={time.perf_counter() - started:.1f}", flush=True)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = evaluation_parser("evaluate_ranking.py", __doc__, "the confidence intervals and the baseline")
    return parser.parse_args(arguments)


def score(archive: Path, test: Ratings) -> np.ndarray:
    """The archived model's scores of the held-out reviews. Raises ArtifactError or ScoresError."""
    with tempfile.TemporaryDirectory(prefix="model-") as folder:
        return RankingSavedModel(unpack(archive, Path(folder))).score(test)


def score_champion(champion: Champion, test: Ratings) -> tuple[Champion, np.ndarray | None]:
    """The champion and its scores; where it cannot give any, the champion with the reason, and None."""
    if champion.archive is None:
        return champion, None
    try:
        with tempfile.TemporaryDirectory(prefix="champion-") as folder:
            model = RankingSavedModel(unpack(champion.archive, Path(folder)))
            known = float(model.known(test)[test.users].mean())
            if known < FEWEST_KNOWN:
                return champion.of_other_reviews("the users of the held-out reviews", known), None
            return champion, model.score(test)
    except JobError as error:
        return champion.unusable(error), None


def evaluate(
    predicted: Mapping[str, np.ndarray], champion: Champion, train: Ratings, test: Ratings, seed: int
) -> dict[str, Any]:
    """The content of evaluation.json; ``predicted``: the scores of MODEL and, where it gave some, of CHAMPION."""
    named = test.named_as(train)
    predicted = {**predicted, **baselines(train, named, seed)}
    slices = {**item_slices(named, train), **user_slices(named, train)}
    measured = _measured(predicted, slices, test, seed)
    scored = CHAMPION in predicted
    others = (*BASELINES, CHAMPION) if scored else BASELINES
    return {
        "schema_version": SCHEMA_VERSION,
        "users": len(test.user_names),
        "items": len(train.item_names),
        "held_out": len(test),
        "held_out_unknown_to_model": int((named.items == UNKNOWN).sum()),
        "users_unknown_to_train": len(np.unique(test.users[named.users == UNKNOWN])),
        "regression_metrics": {name: quality(value) for name, value in measured.intervals(MODEL).items()},
        "baselines": {name: measured.intervals(name) for name in BASELINES},
        "differences": {name: measured.differences(MODEL, name) for name in others},
        "slices": _slices(MODEL, slices, measured, test),
        "champion": champion.document(_of_champion(slices, measured, test) if scored else None),
    }


def baselines(train: Ratings, test: Ratings, seed: int) -> dict[str, np.ndarray]:
    """Scores of ``test``, which has the positions of ``train``, by what is known without learning who likes what."""
    return {
        "global_mean": np.full(len(test), train.scores.mean()),
        "bias": tuned_biases(train, seed).predict(test.users, test.items),
    }


def summary(evaluation: dict[str, Any]) -> list[str]:
    lines = [
        f"users={evaluation['users']} held_out={evaluation['held_out']} items={evaluation['items']} "
        f"held_out_unknown_to_model={evaluation['held_out_unknown_to_model']} "
        f"champion={evaluation['champion']['status']}"
    ]
    for name, metric in evaluation["regression_metrics"].items():
        compared = [f"{other}={evaluation['baselines'][other][name]['value']:.4f}" for other in BASELINES]
        if "metrics" in evaluation["champion"]:
            compared.append(f"champion={evaluation['champion']['metrics'][name]['value']:.4f}")
        told = f"{name}={metric['value']:.4f} ({metric['lower']:.4f} to {metric['upper']:.4f})"
        lines.append(" ".join([told, *compared]))
    return lines


def _measured(
    predicted: Mapping[str, np.ndarray], slices: Mapping[str, np.ndarray], test: Ratings, seed: int
) -> Resampled:
    """By the predictor's name, and by "<name> <slice>" of MODEL and CHAMPION where the slice is not empty."""
    users, scores = len(test.user_names), test.scores.mean()

    def sums(name: str, rows: np.ndarray | slice) -> np.ndarray:
        given = predicted[name][rows] - scores
        return user_sums(test.users[rows], users, test.scores[rows] - scores, given)

    found = {name: sums(name, slice(None)) for name in predicted}
    for name in (MODEL, CHAMPION):
        if name in predicted:
            found |= {f"{name} {part}": sums(name, rows) for part, rows in slices.items() if rows.any()}
    return resample(found, seed)


def _slices(name: str, slices: Mapping[str, np.ndarray], measured: Resampled, test: Ratings) -> dict[str, Any]:
    """Each slice's size and errors; an empty slice has only its size."""
    told: dict[str, Any] = {}
    for part, rows in slices.items():
        of_users = part.startswith("users_")
        told[part] = {"users": len(np.unique(test.users[rows]))} if of_users else {"held_out": int(rows.sum())}
        if rows.any() and f"{name} {part}" in measured.values:
            told[part] |= measured.intervals(f"{name} {part}", ERRORS)
    return told


def _of_champion(slices: Mapping[str, np.ndarray], measured: Resampled, test: Ratings) -> dict[str, Any]:
    return {"metrics": measured.intervals(CHAMPION), "slices": _slices(CHAMPION, slices, measured, test)}


if __name__ == "__main__":
    report_failures(PROCESSING_MESSAGE)
    main()
