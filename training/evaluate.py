"""Processing job: measures a model on the held-out reviews and writes evaluation.json.

Takes train.parquet and test.parquet in --data, and model.tar.gz in --model, which is unpacked and loaded as a server
would. The same is measured for popularity (the same list for everybody), for chance, and for the champion in --champion
where there is one (evaluation/champion.py): one that cannot be measured is told as such and no failure.

evaluation.json is AWS' form of model quality: multiclass_classification_metrics.accuracy is the share of a user's
held-out items among the user's k best, averaged over users; items reviewed in train are not left out of those k.
accuracy_best_constant_classifier is popularity's. The metrics under retrieval_metrics, baselines, champion and slices
leave them out (evaluation/metrics.py). Under differences stands the model's metric minus another's, on the same users.

Beside it stands samples.json: what a few users would be recommended (evaluation/samples.py).
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from contract.argument_types import positive_int
from contract.artifact import ArtifactError, find_archive, unpack
from contract.container import PROCESSING_MESSAGE, report_failures
from contract.evaluation_job import SCHEMA_VERSION, evaluation_parser, quality, write_evaluation
from dataset.interactions import Interactions, read_interactions
from evaluation.baselines import chance, popularity
from evaluation.champion import FEWEST_KNOWN, NO_CHAMPION, Champion, read_champion
from evaluation.metrics import SHOWN
from evaluation.questions import ask
from evaluation.ranks import HeldOut, Places, places
from evaluation.resamples import draw
from evaluation.resampling import Interval, coverages, intervals
from evaluation.samples import samples
from evaluation.scorers import SavedModel, Scorer, ScoresError
from evaluation.slices import Slices, slices_of
from evaluation.values import COMPARED, WHOLE, Key, differences, per_user_values


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    started = time.perf_counter()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    train = read_interactions(options.data / "train.parquet")
    test = read_interactions(options.data / "test.parquet")
    with tempfile.TemporaryDirectory(prefix="model-") as folder:
        model = SavedModel(unpack(find_archive(options.model), Path(folder) / "model"))
        champion, rival = load(read_champion(options.champion), Path(folder) / "champion")
        evaluation = evaluate(model, train, test, options.k, options.seed, champion, rival)
        shown = samples(model, options.data / "train.parquet", train, test)
    write_evaluation(options.output, evaluation)
    write_evaluation(options.output, shown, "samples.json")
    for line in summary(evaluation):
        print(line)
    print(f"seconds={time.perf_counter() - started:.1f}", flush=True)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = evaluation_parser("evaluate.py", __doc__, "the confidence intervals and chance")
    parser.add_argument("-k", "--k", type=positive_int, default=500, help="length of the lists for accuracy (500)")
    return parser.parse_args(arguments)


def load(champion: Champion, folder: Path) -> tuple[Champion, Scorer | None]:
    """The champion's model, unpacked to ``folder``; none, and the champion unusable, where that cannot be done."""
    if champion.archive is None:
        return champion, None
    try:
        return champion, SavedModel(unpack(champion.archive, folder))
    except ArtifactError as error:
        return champion.unusable(error), None


def evaluate(
    model: Scorer,
    train: Interactions,
    test: Interactions,
    k: int,
    seed: int,
    champion: Champion = NO_CHAMPION,
    rival: Scorer | None = None,
) -> dict[str, Any]:
    """The content of evaluation.json. ``rival`` is the champion's model, if there is one that can be asked.

    Raises ScoresError for scores of the model that cannot be ranked.
    """
    with ThreadPoolExecutor(1) as aside:
        # Scoring takes less time than looking up the places of what is scored, so a processor is idle now and then.
        resamples = aside.submit(draw, len(test.user_names), seed)
        asked, counts = ask(model.items, train, test)
        unscored = aside.submit(_baselines, asked, counts, seed)
        by = {"model": _ranked(model, asked, test)} | unscored.result()
        if rival is not None:
            champion, found = _of_rival(champion, rival, train, test)
            by |= found
        trained = set(train.user_names)  # np.isin compares every pair of names
        known = np.array([name in trained for name in test.user_names])
        slices = slices_of(asked, counts, known)
        catalogues = dict.fromkeys(by, len(model.items))
        if rival is not None and "champion" in by:
            catalogues["champion"] = len(rival.items)
        counted = aside.submit(coverages, {name: found.shown for name, found in by.items()}, catalogues, seed)
        values = per_user_values(asked, by, slices, k)
        measured = intervals(values | differences(values), resamples.result())
        covered = counted.result()
    for name in by:
        measured[name, WHOLE, "catalogue_coverage"] = covered[name].interval()
    for other in COMPARED:
        if other in by:
            measured[("model", other), WHOLE, "catalogue_coverage"] = covered["model"].minus(covered[other])
    return {
        "schema_version": SCHEMA_VERSION,
        "k": k,
        "users": asked.users,
        "items": len(model.items),
        "held_out": len(test),
        "held_out_unknown_to_model": int((asked.held_out[:, 1] < 0).sum()),
        "users_unknown_to_train": int((~known).sum()),
    } | _document(measured, slices, by, champion)


def _of_rival(
    champion: Champion, rival: Scorer, train: Interactions, test: Interactions
) -> tuple[Champion, dict[str, Places]]:
    """The champion, and its places by its name; none, and why, where these cannot be had or would tell nothing."""
    asked, _ = ask(rival.items, train, test)
    known = float((asked.held_out[:, 1] >= 0).mean())
    if known < FEWEST_KNOWN:
        return champion.of_other_reviews("the items of the held-out reviews", known), {}
    try:
        return champion, {"champion": _ranked(rival, asked, test)}
    except ScoresError as error:
        return champion.unusable(error), {}


def summary(evaluation: dict[str, Any]) -> list[str]:
    """The evaluation as log lines."""
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
    champion = evaluation["champion"]
    lines.append(f"champion={champion['status']} version={champion['version']} {champion['reason']}".rstrip())
    for name, metric in champion.get("metrics", {}).items():
        difference = evaluation["differences"]["champion"][name]
        lines.append(
            f"champion {name}={metric['value']:.4f} "
            f"difference={difference['value']:+.4f} ({difference['lower']:+.4f} to {difference['upper']:+.4f})"
        )
    return lines


def _ranked(scorer: Scorer, asked: HeldOut, test: Interactions) -> Places:
    users = test.user_names
    return places(lambda start, stop: scorer.score(users[start:stop].tolist()), len(scorer.items), asked, SHOWN)


def _baselines(asked: HeldOut, counts: np.ndarray, seed: int) -> dict[str, Places]:
    return {
        "popularity": popularity(asked, _falling(counts), SHOWN),
        "random": chance(asked, len(counts), SHOWN, seed),
    }


def _falling(counts: np.ndarray) -> np.ndarray:
    """Each item's place in the order of falling counts, equal ones in the order of the catalogue."""
    places = np.empty(len(counts), dtype=np.int64)
    places[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    return places


def _document(
    measured: dict[Key, Interval], slices: Slices, by: dict[str, Places], champion: Champion
) -> dict[str, Any]:
    """Everything that was measured, in its place of evaluation.json."""

    def metrics(owner: Any, part: str = WHOLE) -> dict[str, Interval]:
        return {key[2]: interval for key, interval in measured.items() if key[:2] == (owner, part)}

    def sliced(owner: str) -> dict[str, Any]:
        """An empty slice has only its size."""
        return {name: size | metrics(owner, name) for name, size in slices.sizes().items()}

    own = metrics("model")
    scored = {"metrics": metrics("champion"), "slices": sliced("champion")} if "champion" in by else None
    return {
        "multiclass_classification_metrics": {
            "accuracy": quality(own.pop("accuracy")),
            "accuracy_best_constant_classifier": quality(measured["popularity", WHOLE, "accuracy"]),
        },
        "retrieval_metrics": own,
        "baselines": {name: metrics(name) for name in ("popularity", "random")},
        "champion": champion.document(scored),
        "differences": {other: metrics(("model", other)) for other in COMPARED if other in by},
        "slices": sliced("model"),
    }


if __name__ == "__main__":
    report_failures(PROCESSING_MESSAGE)
    main()
