"""The three jobs after one another as processes, and what a stranger finds in their output."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

PROJECT = Path(__file__).resolve().parents[2]
TRAINING = PROJECT / "training"
MOVIELENS = PROJECT.parent / "shared" / "data" / "ml-latest-small" / "ratings.csv"
LOAD_AND_ASK = """
import json, sys
import tensorflow as tf
assert not any(name.startswith(("tensorflow_recommenders", "serving_model")) for name in sys.modules)
model = tf.saved_model.load(sys.argv[1])
users = json.load(open(sys.argv[2]))
ask, score = model.signatures["serving_default"], model.signatures["score"]
one_by_one = [ask(username=tf.constant([user])) for user in users]
together = ask(username=tf.constant(users))
assert b"".join(a["scores"].numpy().tobytes() for a in one_by_one) == together["scores"].numpy().tobytes()
lists = [[item.decode() for item in row] for row in together["items"].numpy()]
assert [[item.decode() for item in a["items"].numpy()[0]] for a in one_by_one] == lists
candidates = [item.decode() for item in model.signatures["candidates"]()["items"].numpy()]
unknown = ask(username=tf.constant(["nobody has this name"]))["items"].numpy()[0].tolist()
scores = score(username=tf.constant(users[:3]))["scores"].numpy().tolist()
json.dump({"lists": lists, "candidates": candidates, "unknown": [i.decode() for i in unknown], "scores": scores},
          open(sys.argv[3], "w"))
"""

pytestmark = pytest.mark.slow


class Jobs:
    """Runs the jobs in a folder that plays /opt/ml."""

    def __init__(self, base: Path, reviews: Path, *flags: str) -> None:
        self.base, self.data = base, base / "processing" / "output" / "data"
        self.run("bootstrap.py", "preprocess.py", "--reviews", reviews, *flags)

    def run(self, script: str, *arguments: object, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, str(TRAINING / script), *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=300,
            env={
                **os.environ,
                "SAGEMAKER_BASE_DIR": str(self.base),
                "SM_CHANNEL_TRAIN": str(self.data / "train.parquet"),
            },
        )
        assert done.returncode == 0 or not check, done.stderr
        return done

    def train(self, *arguments: object) -> str:
        return self.run("train.py", *arguments).stdout

    def pack(self) -> Path:
        archive = self.base / "processing" / "input" / "model" / "model.tar.gz"
        archive.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(self.base / "model", arcname=".")
        return archive

    def evaluate(self, k: int) -> dict:
        self.run("bootstrap.py", "evaluate.py", "--data", self.data, "--k", k)
        text = (self.base / "processing" / "output" / "evaluation" / "evaluation.json").read_text()
        return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))

    def ask(self, users: list[str], folder: Path) -> dict:
        """What the SavedModel answers in a fresh process with nothing but TensorFlow."""
        (folder / "users.json").write_text(json.dumps(users))
        arguments = [str(self.base / "model" / "01"), str(folder / "users.json"), str(folder / "answers.json")]
        subprocess.run([sys.executable, "-c", LOAD_AND_ASK, *arguments], check=True, timeout=120, cwd=folder)
        return json.loads((folder / "answers.json").read_text())


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> tuple[Jobs, str]:
    folder = tmp_path_factory.mktemp("jobs")
    sample = folder / "reviews" / "sample.parquet"
    sample.parent.mkdir()
    command = [sys.executable, "-m", "taproom.sample", str(sample), "--reviews", "4000"]
    subprocess.run(command, check=True, cwd=PROJECT, timeout=60)
    (folder / "ml").mkdir()
    jobs = Jobs(folder / "ml", sample.parent)
    log = jobs.train("--epochs", 3, "--batch_size", 700, "--embedding-dimension", 16, "-k", 50)
    jobs.pack()
    return jobs, log


def top_k_accuracy(rows: list[dict], lists: dict[str, list[str]]) -> float:
    """Slow and obvious: per user the share of held-out items that are in the list, then the mean."""
    held_out: dict[str, list[str]] = {}
    for row in rows:
        held_out.setdefault(row["user"], []).append(row["item"])
    shares = [sum(item in lists[user] for item in items) / len(items) for user, items in held_out.items()]
    return sum(shares) / len(shares)


def test_epochs_are_logged_as_metric_definitions_read_them(trained):
    _, log = trained
    lines = re.findall(r"^epoch=(\d+) of=(\d+) loss=([0-9.]+) seconds=([0-9.]+)$", log, re.MULTILINE)
    assert [(epoch, of) for epoch, of, _, _ in lines] == [("1", "3"), ("2", "3"), ("3", "3")]
    assert float(lines[-1][2]) < float(lines[0][2])


def test_accuracy_is_what_the_served_lists_give(trained, tmp_path):
    jobs, _ = trained
    evaluation = jobs.evaluate(k=50)
    rows = pq.read_table(jobs.data / "test.parquet").to_pylist()
    users = sorted({row["user"] for row in rows})
    answers = jobs.ask(users, tmp_path)
    accuracy = top_k_accuracy(rows, dict(zip(users, answers["lists"], strict=True)))
    measured = evaluation["multiclass_classification_metrics"]["accuracy"]
    assert measured["value"] == pytest.approx(accuracy, abs=1e-12)
    assert measured["standard_deviation"] == "NaN"
    assert evaluation["users"] == len(users)
    assert evaluation["held_out"] == len(rows)
    assert evaluation["items"] == len(answers["candidates"])
    unknown = sum(row["item"] not in set(answers["candidates"]) for row in rows)
    assert evaluation["held_out_unknown_to_model"] == unknown > 0


def test_the_baseline_is_the_list_of_the_most_reviewed(trained):
    jobs, _ = trained
    counts: dict[str, int] = {}
    for row in pq.read_table(jobs.data / "train.parquet").to_pylist():
        counts[row["item"]] = counts.get(row["item"], 0) + 1
    popular = sorted(counts, key=lambda item: (-counts[item], item))[:50]
    rows = pq.read_table(jobs.data / "test.parquet").to_pylist()
    accuracy = top_k_accuracy(rows, {row["user"]: popular for row in rows})
    found = jobs.evaluate(k=50)["multiclass_classification_metrics"]["accuracy_best_constant_classifier"]
    assert found["value"] == pytest.approx(accuracy, abs=1e-12)


def test_the_served_lists_are_the_best_scores_with_ties_in_the_order_of_candidates(trained, tmp_path):
    jobs, _ = trained
    users = sorted(set(pq.read_table(jobs.data / "train.parquet")["user"].to_pylist()))[:40]
    answers = jobs.ask(users, tmp_path)
    for scores, served in zip(answers["scores"], answers["lists"], strict=False):
        order = sorted(range(len(scores)), key=lambda place, scores=scores: (-scores[place], place))
        assert [answers["candidates"][place] for place in order[:50]] == served


def test_an_unknown_user_is_served_what_is_popular(trained, tmp_path):
    jobs, _ = trained
    train = pq.read_table(jobs.data / "train.parquet")["item"].to_pylist()
    popular = sorted(set(train), key=lambda item: -train.count(item))[:50]
    unknown = jobs.ask(["x"], tmp_path)["unknown"]
    assert len(set(unknown) & set(popular)) >= 30


def test_the_same_seed_gives_the_same_model_and_another_does_not(trained, tmp_path):
    jobs, _ = trained
    options = ("--epochs", 1, "--batch-size", 500, "--embedding-dimension", 8, "--k", 20)
    losses = [
        re.findall(r"loss=([0-9.]+)", jobs.train(*options, "--model-dir", tmp_path / str(n), "--seed", seed))
        for n, seed in enumerate((1, 1, 2))
    ]
    assert losses[0] == losses[1]
    variables = [
        (tmp_path / str(n) / "01" / "variables" / "variables.data-00000-of-00001").read_bytes() for n in range(3)
    ]
    assert variables[0] == variables[1] != variables[2]


def test_failures_of_both_jobs_reach_their_files(trained, tmp_path):
    jobs, _ = trained
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
    jobs, _ = trained
    train = pq.read_table(jobs.data / "train.parquet")
    pq.write_table(train, tmp_path / "train.parquet")
    pq.write_table(train.slice(0, 0), tmp_path / "test.parquet")
    archive = jobs.base / "processing" / "input" / "model"
    done = jobs.run("evaluate.py", "--data", tmp_path, "--model", archive, check=False)
    assert done.returncode == 1
    assert "test.parquet holds no review" in (jobs.base / "output" / "message").read_text()


@pytest.mark.skipif(not MOVIELENS.exists(), reason=f"NOT RUN on real ratings: there is no {MOVIELENS}")
def test_real_ratings_beat_popularity_with_the_defaults(tmp_path):
    (tmp_path / "reviews").mkdir()
    (tmp_path / "reviews" / "ratings.csv").symlink_to(MOVIELENS)
    (tmp_path / "ml").mkdir()
    columns = json.loads((PROJECT / "examples" / "movielens.json").read_text())["Columns"]
    flags = [part for role, name in columns.items() for part in (f"--{role.lower()}-column", name)]
    jobs = Jobs(tmp_path / "ml", tmp_path / "reviews", *flags)
    jobs.train()
    jobs.pack()
    quality = jobs.evaluate(k=500)["multiclass_classification_metrics"]
    assert quality["accuracy"]["value"] > quality["accuracy_best_constant_classifier"]["value"] + 0.05
