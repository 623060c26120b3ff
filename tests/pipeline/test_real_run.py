"""`taproom run` as a user runs it: a process of its own, the real jobs, real TensorFlow."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.pipeline import planted

PROJECT = Path(__file__).resolve().parents[2]
MOVIELENS = PROJECT.parent / "shared" / "data" / "ml-latest-small" / "ratings.csv"
TUNED_FACTORISATION = 0.8363  # RMSE of biased matrix factorisation on this very split, by `make bench PARTS=ranking`

pytestmark = pytest.mark.slow


def taproom_run(folder, *arguments, environment=None):
    """Start `taproom run` with its work and runs folders under ``folder``."""
    return subprocess.Popen(
        [sys.executable, "-m", "taproom", "run", "--work", folder / "work", "--runs", folder / "runs", *arguments],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env=environment,
    )


def finish(process, seconds=280):
    output, _ = process.communicate(timeout=seconds)
    return output


def read(path):
    return json.loads(path.read_text())


def slow_and_obvious_top_k_accuracy(folder, work, k):
    """The contract's top-500 accuracy, from the exported model and the test set, one user at a time.

    Runs in a process of its own, which knows nothing of the project and loads the model as any client would.
    """
    with tarfile.open(folder / "models" / "retrieval" / "model.tar.gz") as archive:
        archive.extractall(work, filter="data")
    program = """
import collections, json, sys
import duckdb, tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
held_out = collections.defaultdict(set)
for user, item in duckdb.sql(f"select user, item from '{sys.argv[2]}'").fetchall():
    held_out[user].add(item)
shares = []
for user, items in sorted(held_out.items()):
    answer = model.signatures["serving_default"](tf.constant([user]))
    best = {item.decode() for item in answer["items"].numpy()[0][: int(sys.argv[3])]}
    shares.append(len(items & best) / len(items))
print(json.dumps(sum(shares) / len(shares)))
"""
    answer = subprocess.run(
        [sys.executable, "-c", program, str(work / "01"), str(folder / "data" / "test.parquet"), str(k)],
        capture_output=True,
        text=True,
        check=True,
        cwd=work,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    return json.loads(answer.stdout.splitlines()[-1])


def check_report_is_the_functions(folder, work):
    """The page in the run's folder is the one that the function WriteReport has put into the bucket; returns it."""
    (log,) = (work / "aws" / "logs" / "lambda").glob("taproom-WriteReport-*.log")
    told = [json.loads(line) for line in log.read_text().splitlines() if line.startswith('{"level"')]
    (written,) = [one for one in told if one["message"] == "report written"]
    page = (folder / "report.html").read_bytes()
    assert written["bytes"] == len(page)
    assert b"The states, coloured by outcome" in page
    return page.decode()


def check_run_folder(folder, registered):
    """The files of a run, and that they agree; ``registered`` names the models that were. Returns the accuracy."""
    execution = read(folder / "execution.json")
    assert execution["status"] == "SUCCEEDED"
    assert read(folder / "history.json")["events"][-1]["type"] == "ExecutionSucceeded"
    for name in ("data/train.parquet", "data/test.parquet", "data/manifest.json", "report.html"):
        assert (folder / name).stat().st_size > 0, name
    assert len(list((folder / "logs").glob("*.log"))) == 5
    packages = {one["ModelPackageGroupName"]: one for one in read(folder / "model-packages.json")}
    results = json.loads(execution["output"])["Models"]
    assert list(packages) == [f"taproom-{name}" for name in registered]
    for result in results:
        name = result["Model"].lower()
        gate = read(folder / "gate" / name / "gate.json")
        assert gate["passed"] is (name in registered)
        assert [rule["verdict"] for rule in gate["rules"]] == [rule["Verdict"] for rule in result["Gate"]]
        if name in registered:
            package = packages[f"taproom-{name}"]
            assert package["ModelApprovalStatus"] == "PendingManualApproval"
            assert package["ModelPackageVersion"] == 1
            assert result["ModelPackageArn"] == package["ModelPackageArn"]
    rmse = read(folder / "evaluation" / "ranking.json")["regression_metrics"]["rmse"]
    assert results[1]["Metrics"]["rmse"] == rmse["value"] < results[1]["Metrics"]["bias_rmse"]
    accuracy = read(folder / "evaluation" / "retrieval.json")["multiclass_classification_metrics"]["accuracy"]
    assert results[0]["Metrics"]["accuracy"] == accuracy["value"] >= 0.5
    return accuracy["value"]


def test_a_model_below_the_threshold_is_not_registered_the_other_is_and_the_accuracy_can_be_recomputed(tmp_path):
    """Nor do its logs hold what is planted in the reviews and in the environment, nor the name of any user or item."""
    (tmp_path / "input.json").write_text('{"AccuracyTop500Threshold": 0.99, "TrainingEpochs": 2}')
    reviews = planted.reviews(tmp_path / "reviews.csv", 10_000)
    arguments = ("--reviews", reviews, "--input", tmp_path / "input.json")
    process = taproom_run(tmp_path, *arguments, environment=planted.environment())
    output = finish(process)
    assert process.returncode == 0, output
    assert "Retrieval: Rejected" in output
    assert "0.99" in output
    assert read(tmp_path / "runs" / "latest" / "data" / "manifest.json")["dropped"]["not_a_number_score"] == 3
    assert planted.found_in_logs(tmp_path, output) == []
    folder = (tmp_path / "runs" / "latest").resolve()
    documents, logs = planted.documents_in(folder), planted.logs_in(tmp_path)
    assert planted.found_in(documents) == []
    train = pq.read_table(folder / "data" / "train.parquet", columns=["user", "item"])
    names = {name for column in train.columns for name in column.to_pylist()}
    assert {planted.USER, planted.SECRET_KEY, planted.SESSION} < names
    assert planted.found_in({**documents, **logs, "output": output}, names) == []
    accuracy = check_run_folder(folder, ["ranking"])
    page = check_report_is_the_functions(folder, tmp_path / "work")
    for chart in ("Scores", "Popularity: reviews of each item", "Retrieval: loss", "Ranking: validation"):
        assert chart in page
    assert slow_and_obvious_top_k_accuracy(folder, tmp_path, 500) == pytest.approx(accuracy, abs=1e-9)


@pytest.mark.skipif(not MOVIELENS.exists(), reason=f"NOT RUN on real ratings: there is no {MOVIELENS}")
def test_real_ratings_end_in_registered_models_better_than_their_peers_with_nothing_set(tmp_path):
    process = taproom_run(tmp_path, "--reviews", MOVIELENS, "--input", PROJECT / "examples" / "movielens.json")
    output = finish(process)
    assert process.returncode == 0, output
    folder = (tmp_path / "runs" / "latest").resolve()
    accuracy = check_run_folder(folder, ["retrieval", "ranking"])
    assert slow_and_obvious_top_k_accuracy(folder, tmp_path, 500) == pytest.approx(accuracy, abs=1e-9)

    retrieval = read(folder / "evaluation" / "retrieval.json")
    quality = retrieval["multiclass_classification_metrics"]
    assert accuracy > quality["accuracy_best_constant_classifier"]["value"] + 0.05
    model, baseline = retrieval["retrieval_metrics"], retrieval["baselines"]["popularity"]
    for name in ("recall_at_10", "recall_at_100", "ndcg_at_10"):
        assert model[name]["lower"] > baseline[name]["upper"], name

    ranking = read(folder / "evaluation" / "ranking.json")
    assert ranking["regression_metrics"]["rmse"]["value"] < TUNED_FACTORISATION - 0.01
    assert ranking["differences"]["bias"]["rmse"]["upper"] < -0.03
    assert ranking["differences"]["bias"]["mae"]["upper"] < -0.02


def test_a_failed_run_exits_with_1_and_shows_the_step_the_cause_and_the_log_but_not_what_a_review_says(tmp_path):
    reviews = planted.reviews(tmp_path / "reviews.csv", 100)
    lines = reviews.read_text(encoding="utf-8").count("\n")
    with reviews.open("a", encoding="utf-8") as file:
        file.write(f"{planted.USER},{planted.BEER},{planted.SCORE},{planted.TEXT}" + ",x" * 20 + "\n")
    process = taproom_run(tmp_path, "--reviews", reviews, environment=planted.environment())
    output = finish(process)
    assert process.returncode == 1, output
    assert planted.found_in_logs(tmp_path, output) == []
    assert "Preprocess" in output
    assert f"reviews.csv, line {lines + 1} cannot be read: it has more values" in output
    assert "End of" in output
    page = check_report_is_the_functions((tmp_path / "runs" / "latest").resolve(), tmp_path / "work")
    assert f"reviews.csv, line {lines + 1} cannot be read: it has more values" in page


def processes_of(session):
    """Command lines of the living processes of a session (Linux and macOS)."""
    listing = subprocess.run(["ps", "-A", "-o", "pid=,sess=,stat=,args="], capture_output=True, text=True, check=True)
    rows = [line.split(None, 3) for line in listing.stdout.splitlines()]
    return [row[3] for row in rows if row[1] == str(session) and not row[2].startswith("Z")]


def processes_in(folder):
    """Command lines of living processes that name ``folder``: a job's, whose session is its own."""
    listing = subprocess.run(["ps", "-A", "-ww", "-o", "stat=,args="], capture_output=True, text=True, check=True)
    return [line for line in listing.stdout.splitlines() if str(folder) in line and not line.startswith("Z")]


def test_ctrl_c_stops_the_jobs_and_leaves_no_process(tmp_path):
    process = taproom_run(tmp_path, "--sample-size", "20000")
    for line in process.stdout:
        if "TrainRetrieval running" in line:
            break
    process.send_signal(signal.SIGINT)
    output = finish(process, 60)
    assert process.returncode == 130, output
    assert processes_of(process.pid) == []
    assert processes_in(tmp_path) == []
