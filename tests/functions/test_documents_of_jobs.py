"""The documents that functions and jobs exchange, written by the one and read by the other."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import numpy as np
import pytest
from rules.champion import FOUND, Champion
from rules.data_manifest import read_manifest, unfair
from rules.evaluation_report import Report, flat_metrics
from rules.gate import decide
from rules.measured import MEASURED

from tests.functions.gate_cases import rules

TRAINING = Path(__file__).resolve().parents[2] / "training"
USERS, ITEMS = 40, 30
KEY = "runs/monday-run/models/retrieval/train-1/output/model.tar.gz"


@pytest.fixture
def job(monkeypatch):
    """Import a module of the jobs, as in their container."""
    monkeypatch.syspath_prepend(TRAINING)
    return importlib.import_module


class Scores:
    """A retrieval model that scores at random."""

    items = np.array([f"i{number:02}" for number in range(ITEMS)], dtype=object)

    def __init__(self, seed):
        self.seed = seed

    def score(self, users):
        return np.random.default_rng(self.seed).random((len(users), ITEMS), dtype=np.float32)


def reviewed(seed, share):
    users, items = np.nonzero(np.random.default_rng(seed).random((USERS, ITEMS)) < share)
    numbered = {"u": USERS, "i": ITEMS}
    names = [np.array([f"{letter}{n:02}" for n in range(most)], dtype=object) for letter, most in numbered.items()]
    return users.astype(np.int32), items.astype(np.int32), names


@pytest.fixture
def evaluation(job):
    """What a model's evaluation job writes, with the champion scored."""
    champion = job("evaluation.champion").Champion("found", "version 3, Approved", "arn", 3)

    def written(model):
        train, test = reviewed(1, 0.5), reviewed(2, 0.2)
        if model == "retrieval":
            sides = [
                job("dataset.interactions").Interactions(users, items, *names) for users, items, names in (train, test)
            ]
            return job("evaluate").evaluate(Scores(3), *sides, 10, 4, champion, Scores(5))
        random = np.random.default_rng(6)
        sides = [
            job("dataset.ratings").Ratings(users, items, random.uniform(1, 5, len(users)), *names)
            for users, items, names in (train, test)
        ]
        predicted = {who: random.uniform(1, 5, len(sides[1])) for who in ("model", "champion")}
        return job("evaluate_ranking").evaluate(predicted, champion, *sides, 4)

    return lambda model: json.loads(json.dumps(written(model), allow_nan=False))


@pytest.mark.parametrize("model", ["retrieval", "ranking"])
def test_the_gate_reads_what_the_evaluation_job_writes(evaluation, model):
    measured, document = MEASURED[model], evaluation(model)
    slices = {f"{name}.{metric}": 0.5 for name, metrics in measured.slice_metrics.items() for metric in metrics}
    for path in measured.gate_paths:
        for how in ("value", "interval"):
            changes = {"ThresholdRule": how, "BaselineRule": how, "ChampionRule": how, "SliceRules": slices}
            decision = decide(model, document, rules(model, Metric=path, Threshold=0.5, **changes))
            assert len(decision.verdicts) == 4 + len(slices)
            assert {one.verdict for one in decision.verdicts} <= {"passed", "failed"}
            assert [one.value for one in decision.verdicts if one.value is None] == []


@pytest.mark.parametrize("model", ["retrieval", "ranking"])
def test_every_metric_that_the_job_writes_is_parsed(evaluation, model):
    measured = MEASURED[model]
    flat = flat_metrics(Report(evaluation(model), "evaluation.json"), measured)
    owners = ["", *(f"{name}_" for name in measured.baselines), "champion_"]
    assert list(flat) == [f"{owner}{name}" for owner in owners for name in measured.sections]


def test_the_evaluation_job_reads_what_find_champion_writes(job, tmp_path):
    folder = tmp_path / "champion"
    archive = folder / KEY
    archive.parent.mkdir(parents=True)
    archive.write_bytes(b"an archive")
    found = Champion(FOUND, "version 3, Approved", "arn", 3, "Approved", KEY)
    for champion in (found, Champion("none", "no version"), Champion("unusable", "gone", "arn", 3, "Approved")):
        (folder / "champion.json").write_text(json.dumps(champion.document()))
        read = job("evaluation.champion").read_champion(folder)
        told = (champion.status, champion.reason, champion.model_package_arn, champion.version)
        assert (read.status, read.reason, read.model_package_arn, read.version) == told
        assert read.archive == (archive if champion.status == FOUND else None)


@pytest.fixture
def preprocessed(job, tmp_path):
    """The data manifest that preprocessing writes of some reviews, read as the functions do."""
    reviews = tmp_path / "reviews"
    reviews.mkdir()
    rows = [f"u{number % 7},i{number // 7},3,{number}" for number in range(70)]
    (reviews / "reviews.csv").write_text("\n".join(["username,beer_name,score,timestamp", *rows]))

    def manifest(*arguments):
        output = tmp_path / "data"
        job("preprocess").main(["--reviews", str(reviews), "--output", str(output), *arguments])
        return read_manifest((output / "manifest.json").read_bytes(), "manifest.json")

    return manifest


def test_the_data_manifests_of_two_runs_tell_whether_a_comparison_is_fair(preprocessed):
    by_chance, by_time = preprocessed(), preprocessed("--split-strategy", "temporal")
    earlier = preprocessed("--split-strategy", "temporal", "--test-fraction", "0.5")
    assert unfair(by_chance, preprocessed()) is None
    assert unfair(by_time, earlier) is None
    assert "later" in unfair(earlier, by_time)
    assert "seed 7" in unfair(by_chance, preprocessed("--split-seed", "7"))
    assert "temporal" in unfair(by_chance, by_time)
