"""The three jobs after one another as processes on generated reviews, and what a stranger finds in their output."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
from collections import Counter
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest

from tests.training.jobs import PROJECT, Jobs, strict_json

K = 50
NUMBER = r"([0-9.]+)"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> SimpleNamespace:
    """The jobs, the log of training, the rows of both sides, the evaluation and the served lists of all test users."""
    folder = tmp_path_factory.mktemp("jobs")
    sample = folder / "reviews" / "sample.parquet"
    sample.parent.mkdir()
    command = [sys.executable, "-m", "taproom.sample", str(sample), "--reviews", "4000"]
    subprocess.run(command, check=True, cwd=PROJECT, timeout=60)
    jobs = Jobs(folder / "ml", folder / "ml" / "processing" / "output" / "data")
    jobs.preprocess(sample.parent)
    items = jobs.data / "items.parquet"
    log = jobs.train("--epochs", 3, "--batch_size", 64, "--embedding-dimension", 16, "-k", K, "--items", items)
    jobs.pack()
    train, test = (pq.read_table(jobs.data / f"{side}.parquet").to_pylist() for side in ("train", "test"))
    evaluation = strict_json(jobs.evaluate("--k", K))
    users = sorted({row["user"] for row in test})
    answers = jobs.ask([*users, "nobody has this name"])
    return SimpleNamespace(
        jobs=jobs, log=log, train=train, test=test, evaluation=evaluation, users=users, answers=answers
    )


def top_k_accuracy(rows: list[dict], lists: dict[str, list[str]]) -> float:
    """Slow and obvious: per user the share of held-out items that are in the list, then the mean."""
    held_out: dict[str, list[str]] = {}
    for row in rows:
        held_out.setdefault(row["user"], []).append(row["item"])
    shares = [sum(item in lists[user] for item in items) / len(items) for user, items in held_out.items()]
    return sum(shares) / len(shares)


def popular(rows: list[dict]) -> list[str]:
    """Most reviewed first, equally often reviewed ones by name."""
    counts = Counter(row["item"] for row in rows)
    return sorted(counts, key=lambda item: (-counts[item], item))


def test_epochs_are_logged_as_metric_definitions_read_them(trained):
    line = rf"^epoch=(\d+) of=(\d+) loss={NUMBER} validation={NUMBER} seconds={NUMBER}$"
    found = re.findall(line, trained.log, re.MULTILINE)
    assert [(epoch, of) for epoch, of, *_ in found] == [("1", "3"), ("2", "3"), ("3", "3")][: len(found)]
    assert found
    told = json.loads((trained.jobs.base / "model" / "01" / "assets.extra" / "training.json").read_text())
    assert [f"{row['validation']:.4f}" for row in told["epochs"]] == [validation for *_, validation, _ in found]


def test_accuracy_is_what_the_served_lists_give(trained):
    lists = dict(zip(trained.users, trained.answers["lists"], strict=False))
    measured = trained.evaluation["multiclass_classification_metrics"]["accuracy"]
    assert measured["value"] == pytest.approx(top_k_accuracy(trained.test, lists), abs=1e-12)
    assert measured["standard_deviation"] == "NaN"
    assert trained.evaluation["users"] == len(trained.users)
    assert trained.evaluation["held_out"] == len(trained.test)
    assert trained.evaluation["items"] == len(trained.answers["candidates"])


def test_the_baseline_is_the_list_of_the_most_reviewed(trained):
    same = popular(trained.train)[:K]
    accuracy = top_k_accuracy(trained.test, dict.fromkeys(trained.users, same))
    found = trained.evaluation["multiclass_classification_metrics"]["accuracy_best_constant_classifier"]
    assert found["value"] == pytest.approx(accuracy, abs=1e-12)


def test_items_that_occur_only_in_test_are_misses_and_reported_apart(trained):
    unknown = sum(row["item"] not in set(trained.answers["candidates"]) for row in trained.test)
    assert trained.evaluation["held_out_unknown_to_model"] == unknown > 0
    apart = trained.evaluation["slices"]["items_unknown"]
    assert apart["held_out"] == unknown
    assert apart["accuracy"]["value"] == apart["recall_at_500"]["value"] == 0.0


def test_the_served_lists_are_the_best_scores_with_ties_in_the_order_of_candidates(trained):
    candidates = trained.answers["candidates"]
    for scores, served in zip(trained.answers["scores"], trained.answers["lists"], strict=True):
        order = sorted(range(len(scores)), key=lambda place, scores=scores: (-scores[place], place))
        assert [candidates[place] for place in order[:K]] == served


def test_an_unknown_user_is_served_what_is_popular(trained):
    assert trained.answers["lists"][-1] == popular(trained.train)[:K]


def test_the_sample_of_users_has_what_the_served_lists_recommend_beside_what_is_reviewed(trained):
    path = trained.jobs.base / "processing" / "output" / "evaluation" / "samples.json"
    *known, history, new = strict_json(path.read_text())["samples"]
    lists = dict(zip([*trained.users, ""], trained.answers["lists"], strict=True))
    assert [one["kind"] for one in [*known, history, new]] == ["known", "known", "known", "history", "new"]
    for one in known:
        reviewed = {row["item"] for row in trained.train if row["user"] == one["user"]}
        held_out = {row["item"] for row in trained.test if row["user"] == one["user"]}
        unseen = [item for item in lists[one["user"]] if item not in reviewed]
        shown = [recommended["item"] for recommended in one["recommended"]]
        assert shown == unseen[:10]
        assert [recommended["found"] for recommended in one["recommended"]] == [item in held_out for item in shown]
        assert {liked["item"] for liked in one["liked"]} <= reviewed
    assert len(history["recommended"]) == 10
    assert [one["item"] for one in new["recommended"]] == lists[""][:10]


def test_every_metric_comes_with_its_interval_for_the_model_and_both_baselines(trained):
    recalls = {f"recall_at_{n}" for n in (10, 50, 100, 500)}
    names = recalls | {"ndcg_at_10", "mrr", "catalogue_coverage"}
    baselines = trained.evaluation["baselines"]
    assert set(trained.evaluation["retrieval_metrics"]) == names
    assert set(baselines["popularity"]) == set(baselines["random"]) == names | {"accuracy"}
    for metrics in (
        trained.evaluation["retrieval_metrics"],
        *baselines.values(),
        *trained.evaluation["slices"].values(),
    ):
        for metric in metrics.values():
            if isinstance(metric, dict):
                assert 0 <= metric["lower"] <= metric["value"] <= metric["upper"] <= 1
    sizes = trained.evaluation["slices"]
    assert sum(part.get("held_out", 0) for part in sizes.values()) == len(trained.test)
    assert sum(part.get("users", 0) for part in sizes.values()) == len(trained.users)


def test_a_model_that_learnt_next_to_nothing_is_clearly_worse_than_popularity(trained, tmp_path):
    jobs = Jobs(tmp_path / "ml", trained.jobs.data)
    jobs.train("--closed-form", "false", "--epochs", 1, "--learning-rate", "1e-6", "-k", K)
    jobs.pack()
    evaluation = strict_json(jobs.evaluate("--k", K))
    assert evaluation["differences"]["popularity"]["accuracy"]["upper"] < 0
    assert evaluation["champion"]["status"] == "none"


def test_failures_of_both_jobs_reach_their_files(trained, tmp_path):
    jobs = trained.jobs
    done = jobs.run("train.py", "--train", tmp_path / "nothing", check=False)
    assert done.returncode == 1
    assert "InteractionsError: expected one Parquet file" in (jobs.base / "output" / "failure").read_text()
    evaluate = ("bootstrap.py", "evaluate.py", "--data", jobs.data, "--model")
    assert jobs.run(*evaluate, tmp_path, check=False).returncode == 1
    assert "ArtifactError: no model.tar.gz" in (jobs.base / "output" / "message").read_text()
    (tmp_path / "01").mkdir()
    (tmp_path / "01" / "saved_model.pb").write_bytes(b"no model")
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "01", arcname="01")
    assert jobs.run(*evaluate, tmp_path, check=False).returncode == 1
    assert "cannot be loaded as a SavedModel" in (jobs.base / "output" / "message").read_text()


def test_an_empty_test_set_is_refused(trained, tmp_path):
    train = pq.read_table(trained.jobs.data / "train.parquet")
    pq.write_table(train, tmp_path / "train.parquet")
    pq.write_table(train.slice(0, 0), tmp_path / "test.parquet")
    assert trained.jobs.run("evaluate.py", "--data", tmp_path, check=False).returncode == 1
    assert "test.parquet holds no review" in (trained.jobs.base / "output" / "message").read_text()
