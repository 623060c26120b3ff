"""The ranking jobs after one another as processes, and what a stranger finds in their output."""

from __future__ import annotations

import importlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset.ratings import read_ratings
from evaluation.bias_baseline import tuned_biases
from tests.training.jobs import Jobs, strict_json
from tests.training.ratings_at_hand import halves, low_rank, ratings, write

NUMBER = r"([0-9.]+)"
LOWEST, HIGHEST = 0.5, 5.5
ASKED = ("username", "item")
IN_A_FRESH_PROCESS = """
import importlib.util, json, sys
import tensorflow as tf
assert importlib.util.find_spec("ranking") is None, "the project's code is on the path"
signatures = tf.saved_model.load(sys.argv[1]).signatures
answers = []
for name, inputs in json.load(sys.stdin):
    found = signatures[name](**{key: tf.constant(value) for key, value in inputs.items()})
    answers.append({key: value.numpy().tolist() for key, value in found.items()})
assert not any("recommenders" in name for name in sys.modules)
json.dump(answers, open(sys.argv[2], "w"))
"""

pytestmark = pytest.mark.slow


class RankingJobs(Jobs):
    """``here`` runs a script in this process, which spares importing TensorFlow anew."""

    def train(self, *arguments):
        return self.run("train_ranking.py", "--items", self.data / "items.parquet", *arguments).stdout

    def evaluate(self, *arguments):
        self.run("bootstrap.py", "evaluate_ranking.py", "--data", self.data, *arguments)
        return (self.base / "processing" / "output" / "evaluation" / "evaluation.json").read_text()

    def train_here(self, *arguments):
        self.here("train_ranking", "--train", self.data / "train.parquet", *arguments)

    def evaluate_here(self, *arguments):
        output = self.base / "out"
        self.here("evaluate_ranking", "--data", self.data, "--model", self.pack(), "--output", output, *arguments)
        return strict_json((output / "evaluation.json").read_text())

    def here(self, script, *arguments):
        if script.startswith("train"):
            arguments += ("--model-dir", self.base / "model", "--items", self.data / "items.parquet")
        importlib.import_module(script).main([str(argument) for argument in arguments])

    def asked(self, *questions):
        """What the SavedModel answers to (signature, inputs) in a fresh process."""
        answers = self.base / "answers.json"
        command = [sys.executable, "-P", "-c", IN_A_FRESH_PROCESS, str(self.base / "model" / "01"), str(answers)]
        done = subprocess.run(
            command, input=json.dumps(questions), text=True, capture_output=True, timeout=120, cwd=self.base
        )
        assert done.returncode == 0, done.stderr
        return json.loads(answers.read_text())

    def failure(self, script, *arguments):
        assert self.run(script, *arguments, check=False).returncode == 1
        return (self.base / "output" / ("failure" if script.startswith("train") else "message")).read_text()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Jobs on reviews of a known low rank, of which some items occur in test alone; items have a style."""
    folder = tmp_path_factory.mktemp("ranking")
    jobs = RankingJobs(folder / "ml", folder / "data")
    reviews = low_rank(120, 80, 0.5, seed=5)
    reviews.scores[:] = np.clip(reviews.scores, LOWEST, HIGHEST)
    train, test = halves(reviews, 0.15, seed=6)
    train = train.where(train.items < 78)
    write(jobs.data / "train.parquet", train)
    write(jobs.data / "test.parquet", test)
    items = pa.table({"item": reviews.item_names.tolist(), "style": [f"s{n % 5}" for n in range(80)]})
    pq.write_table(items, jobs.data / "items.parquet")
    log = jobs.train()
    archive = jobs.pack()
    evaluation = strict_json(jobs.evaluate())
    return SimpleNamespace(jobs=jobs, train=train, test=test, log=log, archive=archive, evaluation=evaluation)


@pytest.fixture
def served(tf, trained):
    """A signature's answers, by its inputs' names, from the SavedModel loaded here."""
    signatures = tf.saved_model.load(str(trained.jobs.base / "model" / "01")).signatures

    def ask(name, **inputs):
        found = signatures[name](**{key: tf.constant(value) for key, value in inputs.items()})
        return {key: value.numpy() for key, value in found.items()}

    return ask


@pytest.fixture
def score(served):
    return lambda users, items: served("serving_default", username=users, item=items)["score"]


def names(reviews):
    return reviews.user_names[reviews.users].tolist(), reviews.item_names[reviews.items].tolist()


def test_epochs_are_logged_as_metric_definitions_read_them(trained):
    line = rf"^epoch=(\d+) of=20 loss={NUMBER} validation={NUMBER} seconds={NUMBER}$"
    found = re.findall(line, trained.log, re.MULTILINE)
    assert [int(epoch) for epoch, *_ in found] == list(range(1, len(found) + 1))
    told = json.loads((trained.jobs.base / "model" / "01" / "assets.extra" / "training.json").read_text())
    assert told["schema_version"] == 1
    assert [f"{row['validation']:.4f}" for row in told["epochs"]] == [validation for *_, validation, _ in found]
    assert told["validation"] == min(row["validation"] for row in told["epochs"])


def test_the_items_travel_with_the_model(trained):
    kept = trained.jobs.base / "model" / "01" / "assets.extra" / "items.parquet"
    assert kept.read_bytes() == (trained.jobs.data / "items.parquet").read_bytes()


def test_it_finds_the_hidden_factor_which_biases_cannot(trained, score):
    known = trained.test.where(trained.test.items < 78)
    scores = score(*names(known))
    rmse = np.sqrt(np.mean((scores - known.scores) ** 2))
    biases = tuned_biases(trained.train, 42).predict(known.users, known.items)
    assert rmse < 0.5 * np.sqrt(np.mean((biases - known.scores) ** 2))
    assert rmse < 0.42  # the noise is 0.3


def test_the_evaluation_is_of_what_the_model_serves(trained, score):
    scores, test = score(*names(trained.test)), trained.test
    errors = scores - test.scores
    found = trained.evaluation["regression_metrics"]
    expected = {"mae": np.abs(errors).mean(), "mse": (errors**2).mean(), "rmse": (errors**2).mean() ** 0.5}
    expected["r2"] = 1 - expected["mse"] / test.scores.var()
    assert {name: metric["value"] for name, metric in found.items()} == pytest.approx(expected, rel=1e-6)
    assert all(metric["standard_deviation"] == "NaN" for metric in found.values())
    counts = {"users": len(set(test.users)), "items": 78, "held_out": len(test), "users_unknown_to_train": 0}
    counts["held_out_unknown_to_model"] = int((test.items >= 78).sum())
    assert {name: trained.evaluation[name] for name in counts} == counts
    assert counts["held_out_unknown_to_model"] > 0


def test_baselines_and_differences(trained):
    test, train = trained.test, read_ratings(trained.jobs.data / "train.parquet")
    named = test.named_as(train)
    by_bias = tuned_biases(train, 42).predict(named.users, named.items)
    for name, predicted in (("bias", by_bias), ("global_mean", np.full(len(test), train.scores.mean()))):
        rmse = np.sqrt(np.mean((predicted - test.scores) ** 2))
        assert trained.evaluation["baselines"][name]["rmse"]["value"] == pytest.approx(rmse, rel=1e-9)
        difference = trained.evaluation["differences"][name]["rmse"]
        model = trained.evaluation["regression_metrics"]["rmse"]["value"]
        assert difference["value"] == pytest.approx(model - rmse, rel=1e-9)
        assert difference["lower"] <= difference["value"] <= difference["upper"] < 0
    assert set(trained.evaluation["differences"]) == {"bias", "global_mean"}


def test_the_form_of_evaluation_json(trained):
    metrics = {"mae", "mse", "rmse", "r2"}
    evaluation = trained.evaluation
    assert evaluation["schema_version"] == 1
    assert set(evaluation["regression_metrics"]) == metrics
    for part in (*evaluation["baselines"].values(), *evaluation["differences"].values()):
        assert set(part) == metrics
        assert all(set(interval) == {"value", "lower", "upper"} for interval in part.values())
    slices = evaluation["slices"]
    assert sum(part.get("held_out", 0) for part in slices.values()) == evaluation["held_out"]
    assert sum(part.get("users", 0) for part in slices.values()) == evaluation["users"]
    for name in ("items_head", "items_mid", "items_tail", "users_few_reviews", "users_many_reviews"):
        assert set(slices[name]) - {"held_out", "users"} == {"mae", "mse", "rmse"}
    nothing = {"status": "none", "model_package_arn": None, "version": None}
    assert {key: evaluation["champion"][key] for key in nothing} == nothing
    assert "metrics" not in evaluation["champion"]


def test_unknown_users_and_items_are_scored_by_what_is_known(trained, score):
    biases = tuned_biases(trained.train, 42)
    items = trained.train.item_names[:78].tolist()
    stranger = score(["nobody"] * 78, items)
    assert np.corrcoef(stranger, biases.items[:78])[0, 1] > 0.9
    users = trained.train.user_names.tolist()
    of_new_item = score(users, ["nothing"] * len(users))
    assert np.corrcoef(of_new_item, biases.users)[0, 1] > 0.9
    (neither,) = score(["nobody"], ["nothing"])
    assert abs(neither - biases.mean) < 0.4
    everything = np.concatenate([stranger, of_new_item])
    assert LOWEST <= everything.min() <= everything.max() <= HIGHEST


def test_known_tells_who_has_reviews(served):
    assert served("known", username=["u00", "nobody", "", "u119"])["known"].tolist() == [True, False, False, True]


def test_a_score_does_not_depend_on_its_batch(trained, score):
    users, items = names(trained.test)
    single = [score([user], [item])[0] for user, item in zip(users[:20], items[:20], strict=True)]
    assert single == pytest.approx(score(users, items)[:20].tolist(), abs=1e-5)


def test_a_fresh_process_without_this_code_answers_the_same(trained, served):
    users, items = names(trained.test)
    scored, known = trained.jobs.asked(
        ["serving_default", {"username": users, "item": items}], ["known", {"username": ["u00", "nobody"]}]
    )
    # equal bits are not promised between processes
    assert scored["score"] == pytest.approx(served("serving_default", username=users, item=items)["score"], abs=1e-5)
    assert known["known"] == [True, False]


def test_requests_in_tensorflow_serving_s_rest_form(trained, tf):
    """Rows: {"instances": [{input: value}]}; columns: {"inputs": {input: [value]}}: TF Serving stacks the former."""
    served = tf.saved_model.load(str(trained.jobs.base / "model" / "01")).signatures["serving_default"]
    rows = json.loads('{"instances": [{"username": "u00", "item": "i01"}, {"username": "nobody", "item": "i02"}]}')
    columns = json.loads('{"inputs": {"username": ["u00", "nobody"], "item": ["i01", "i02"]}}')
    takes = served.structured_input_signature[1]
    assert {name: (spec.dtype, spec.shape.as_list()) for name, spec in takes.items()} == {
        "username": (tf.string, [None]),
        "item": (tf.string, [None]),
    }
    stacked = {name: tf.constant([row[name] for row in rows["instances"]]) for name in takes}
    by_rows = served(**stacked)["score"].numpy()
    by_columns = served(**{name: tf.constant(value) for name, value in columns["inputs"].items()})["score"].numpy()
    assert by_rows.dtype == np.float32
    assert by_rows.tolist() == by_columns.tolist()
    json.dumps({"predictions": [{"score": score} for score in by_rows.tolist()]}, allow_nan=False)


def champion(folder, archive, status="found"):
    """A folder as the state before hands it over."""
    (folder / "runs" / "before").mkdir(parents=True)
    if archive is not None:
        shutil.copyfile(archive, folder / "runs" / "before" / "model.tar.gz")
    told = {
        "schema_version": 1,
        "status": status,
        "reason": "why",
        "model_package_arn": "arn:aws:sagemaker:us-east-1:123456789012:model-package/taproom-ranking/3",
        "version": 3,
        "approval_status": "Approved",
        "artifact": "runs/before/model.tar.gz" if status == "found" else None,
    }
    (folder / "runs" / "champion.json").write_text(json.dumps(told))
    return folder


@pytest.fixture
def other(tf, trained, tmp_path):
    """Jobs of another execution on the same reviews, run in this process."""
    return RankingJobs(tmp_path / "ml", trained.jobs.data)


def test_the_champion_is_scored_on_the_same_reviews(trained, tmp_path):
    found = strict_json(trained.jobs.evaluate("--champion", champion(tmp_path / "c", trained.archive)))
    told = found["champion"]
    assert (told["status"], told["version"]) == ("scored", 3)
    own = {name: metric["value"] for name, metric in found["regression_metrics"].items()}
    assert {name: metric["value"] for name, metric in told["metrics"].items()} == own
    assert set(told["slices"]) == set(found["slices"])
    assert told["slices"]["items_tail"] == found["slices"]["items_tail"]
    nothing = {"value": 0.0, "lower": 0.0, "upper": 0.0}
    assert found["differences"]["champion"] == dict.fromkeys(("mae", "mse", "rmse", "r2"), nothing)


@pytest.fixture
def evaluated(tf, trained, tmp_path):
    """What evaluation tells of the trained model beside a champion's folder."""
    jobs = RankingJobs(trained.jobs.base, trained.jobs.data)
    return lambda folder: jobs.evaluate_here("--champion", folder)["champion"]


def test_a_champion_that_cannot_be_used_is_told_and_fails_nothing(evaluated, tmp_path, tf):
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(b"no archive")
    told = evaluated(champion(tmp_path / "c", broken))
    assert told["status"] == "unusable"
    assert "cannot be unpacked" in told["reason"]
    assert "metrics" not in told
    no_ranking = packed(tf, tmp_path / "no ranking", lambda username: {"items": username}, ["username"])
    told = evaluated(champion(tmp_path / "d", no_ranking))
    assert told["status"] == "unusable"
    assert "it takes username and gives items" in told["reason"]
    no_number = packed(tf, tmp_path / "nan", lambda username, item: {"score": tf.fill(tf.shape(item), np.nan)}, ASKED)
    told = evaluated(champion(tmp_path / "e", no_number))
    assert (told["status"], told["reason"]) == ("unusable", "the model gave scores that are not finite")
    no_score = packed(tf, tmp_path / "text", lambda username, item: {"score": item}, ASKED)
    told = evaluated(champion(tmp_path / "f", no_score))
    assert told["status"] == "unusable"
    assert "and type object" in told["reason"]


def test_a_champion_that_may_not_be_compared_with_is_passed_on(evaluated, tmp_path):
    told = evaluated(champion(tmp_path / "c", None, status="not comparable"))
    assert (told["status"], told["reason"]) == ("not comparable", "why")


def test_a_champion_that_knows_few_of_the_users_is_not_comparable(evaluated, tmp_path, tf):
    mean = packed(tf, tmp_path / "other", lambda username, item: {"score": tf.ones(tf.shape(item))}, ASKED, known=False)
    told = evaluated(champion(tmp_path / "c", mean))
    assert told["status"] == "not comparable"
    assert told["reason"].startswith("it knows 0% of the users of the held-out reviews, less than 50%")
    assert "metrics" not in told


def test_a_champion_that_cannot_tell_whom_it_knows_is_unusable_and_fails_nothing(evaluated, tmp_path, tf):
    odd = packed(tf, tmp_path / "odd", lambda username, item: {"score": tf.ones(tf.shape(item))}, ASKED, known=0.5)
    told = evaluated(champion(tmp_path / "c", odd))
    assert told["status"] == "unusable"
    assert "told whom it knows by shape" in told["reason"]
    assert "type float32" in told["reason"]


def packed(tf, folder, function, inputs, known=None):
    """model.tar.gz of a SavedModel that answers serving_default by ``function``, and known by ``known``."""
    module = tf.Module()
    specs = [tf.TensorSpec([None], tf.string, name=name) for name in inputs]
    module.answer = tf.function(function, input_signature=specs)
    signatures = {"serving_default": module.answer}
    if known is not None:
        user = [tf.TensorSpec([None], tf.string, name="username")]
        module.known = tf.function(lambda username: {"known": tf.fill(tf.shape(username), known)}, input_signature=user)
        signatures["known"] = module.known
    tf.saved_model.save(module, str(folder / "01"), signatures=signatures)
    with tarfile.open(folder / "model.tar.gz", "w:gz") as tar:
        tar.add(folder / "01", arcname="01")
    return folder / "model.tar.gz"


def test_a_model_that_cannot_be_used_is_a_failure(trained, tmp_path):
    broken = tmp_path / "model.tar.gz"
    broken.write_bytes(b"no archive")
    arguments = ("--data", trained.jobs.data, "--model", broken)
    assert "ArtifactError" in trained.jobs.failure("evaluate_ranking.py", *arguments)


def test_the_same_seed_trains_the_same_model(trained, other):
    other.train_here()
    again = other.evaluate_here()
    assert again["regression_metrics"] == trained.evaluation["regression_metrics"]
    assert again["slices"] == trained.evaluation["slices"]


def test_a_training_that_diverges_says_what_to_lower(other):
    with pytest.raises(Exception, match=r"training diverged: .*; lower LearningRate \(1e\+18\)") as told:
        other.train_here("--learning-rate", "1e18", "--epochs", 3)
    assert type(told.value).__name__ == "TrainingError"


def test_one_epoch_of_a_tiny_step_is_worse_than_the_biases(other):
    """So the gate, which asks for less error than theirs, refuses it."""
    other.train_here("--epochs", 1, "--learning-rate", "1e-6")
    found = other.evaluate_here()
    assert found["differences"]["bias"]["rmse"]["lower"] > 0.05


ODD = {
    "one score": [(user, item, 3.0) for user in range(6) for item in range(5)],
    "one user": [(0, item, float(item % 5)) for item in range(30)],
    "one item": [(user, 0, float(user % 5)) for user in range(30)],
    "too few to validate on": [(user, item, float(user + item)) for user in range(3) for item in range(4)],
}


@pytest.mark.parametrize("rows", ODD.values(), ids=ODD)
def test_odd_reviews_are_trained_and_evaluated(tf, tmp_path, rows):
    jobs = RankingJobs(tmp_path / "ml", tmp_path / "data")
    reviews = ratings(rows, 30, 30)
    write(jobs.data / "train.parquet", reviews)
    write(jobs.data / "test.parquet", reviews)
    jobs.train_here("--epochs", 2)
    found = jobs.evaluate_here()
    if len(set(reviews.scores)) == 1:
        assert found["regression_metrics"]["rmse"]["value"] == 0
        assert found["regression_metrics"]["r2"]["value"] == 1


def test_too_few_reviews_are_a_failure_that_says_so(tmp_path):
    jobs = RankingJobs(tmp_path / "ml", tmp_path / "data")
    write(jobs.data / "train.parquet", ratings([(0, 0, 3.0), (0, 1, 4.0)], 1, 2))
    assert re.match(r"TrainingError: .*train\.parquet holds 2 reviews", jobs.failure("train_ranking.py"))
