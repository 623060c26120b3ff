"""The evaluation job with the artifact of a champion: sound, of the same model, or one of the many that are not."""

from __future__ import annotations

import json
import re
import tarfile

import numpy as np
import pytest
from evaluate import main

from dataset.histories import histories_of
from dataset.interactions import read_interactions
from retrieval.towers import Towers
from tests.training.jobs import strict_json
from tests.training.reviews_at_hand import two_tastes, write

pytestmark = pytest.mark.slow

KEY = "runs/before/models/retrieval/job/output/model.tar.gz"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Reviews whose every seventh is held out."""
    folder = tmp_path_factory.mktemp("data")
    rows = two_tastes(users=30, items=20)
    write(folder / "train.parquet", [row for place, row in enumerate(rows) if place % 7])
    write(folder / "test.parquet", rows[::7])
    return folder


@pytest.fixture(scope="module")
def saved(tf, data, tmp_path_factory):
    """Two SavedModels of noise, in folders that hold 01/; the second was trained on fewer items."""
    from retrieval.serving import ServingModel, save

    def model(seed, train):
        random = np.random.default_rng(seed)
        items = len(train.item_names)
        towers = Towers(
            *(random.normal(size=size).astype(np.float32) for size in ((items, 4), (items, 4), items, items))
        )
        folder = tmp_path_factory.mktemp("saved")
        save(ServingModel(towers, train.user_names, train.item_names, histories_of(train), 10), folder / "01")
        return folder

    train = read_interactions(data / "train.parquet")
    few = write(data / "few" / "train.parquet", [row for row in two_tastes(users=30, items=20) if row[1][-1] < "5"])
    return model(1, train), model(2, read_interactions(few))


@pytest.fixture
def evaluation(data, saved, tmp_path):
    """Run the job with the bytes or the packed folder of a champion; evaluation.json."""
    packed(saved[0], tmp_path / "model" / "model.tar.gz")

    def run(champion=None):
        folder = tmp_path / "champion"
        archive = folder / KEY
        if isinstance(champion, bytes):
            archive.parent.mkdir(parents=True)
            archive.write_bytes(champion)
        elif champion is not None:
            packed(champion, archive)
        if champion is not None:
            document = {"schema_version": 1, "status": "found", "reason": "newest", "version": 3, "artifact": KEY}
            place = folder / "runs" / "now" / "champion" / "retrieval" / "champion.json"
            place.parent.mkdir(parents=True)
            place.write_text(json.dumps(document))
        flags = {"data": data, "model": tmp_path / "model", "champion": folder, "output": tmp_path, "k": 5}
        main([part for name, value in flags.items() for part in (f"--{name}", str(value))])
        return strict_json((tmp_path / "evaluation.json").read_text())

    return run


def packed(folder, archive):
    archive.parent.mkdir(parents=True)
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, arcname=".")
    return archive


def test_the_same_artifact_as_champion_differs_by_exactly_nothing(evaluation, saved):
    found = evaluation(saved[0])
    assert (found["champion"]["status"], found["champion"]["version"]) == ("scored", 3)
    assert found["champion"]["slices"] == found["slices"]
    for metric in found["differences"]["champion"].values():
        assert metric == {"value": 0.0, "lower": 0.0, "upper": 0.0}


def test_another_artifact_with_fewer_items_is_scored_on_the_same_reviews(evaluation, saved):
    found = evaluation(saved[1])
    champion = found["champion"]
    assert champion["status"] == "scored"
    unknown = champion["slices"]["items_unknown"]["held_out"], found["slices"]["items_unknown"]["held_out"]
    assert unknown[0] == unknown[1]  # of this run's train
    own, difference = champion["metrics"], found["differences"]["champion"]
    for name, metric in found["retrieval_metrics"].items():
        assert metric["value"] - own[name]["value"] == pytest.approx(difference[name]["value"])
    assert own["recall_at_500"]["value"] < 0.8 < found["retrieval_metrics"]["recall_at_500"]["value"]


def test_a_champion_of_other_reviews_is_not_comparable(evaluation, tf, tmp_path):
    """To beat a model that knows next to none of what it is asked for tells nothing."""

    class Other(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="username")])
        def score(self, username):
            return {"scores": tf.zeros([tf.size(username), 2])}

        @tf.function(input_signature=[])
        def candidates(self):
            return {"items": tf.constant(["a-00", "of another shop"])}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="username")])
        def serving_default(self, username):
            return {"items": tf.tile([["a-00", "of another shop"]], [tf.size(username), 1])}

    module = Other()
    signatures = {name: getattr(module, name) for name in ("score", "candidates", "serving_default")}
    tf.saved_model.save(module, str(tmp_path / "other" / "01"), signatures=signatures)
    champion = evaluation(tmp_path / "other")["champion"]
    assert champion["status"] == "not comparable"
    assert "less than 50%: it was trained on other reviews" in champion["reason"]
    assert "metrics" not in champion


def test_no_champion_is_none(evaluation):
    assert evaluation()["champion"]["status"] == "none"


ITEMS = [f"{group}-{item:02}" for group in "ab" for item in range(10)]


def scoring(tf, gives):
    """A module whose signature score gives what ``gives`` makes of the user names [b], for all 20 items."""

    class Scoring(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="username")])
        def score(self, username):
            return gives(username)

        @tf.function(input_signature=[])
        def candidates(self):
            return {"items": tf.constant(ITEMS)}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="username")])
        def serving_default(self, username):
            return {"items": tf.tile([ITEMS], [tf.size(username), 1])}

    return Scoring()


# Name -> what the signature score gives, and the reason why it cannot be used.
UNUSABLE = {
    "not finite": (
        lambda tf, users: {"scores": tf.fill([tf.size(users), 20], float("nan"))},
        "the model gave scores that are not finite",
    ),
    "one score too many": (
        lambda tf, users: {"scores": tf.zeros([tf.size(users), 21])},
        r"scores of shape \(\d+, 21\) for \d+ users, 20 candidates",
    ),
    "whole numbers": (
        lambda tf, users: {"scores": tf.zeros([tf.size(users), 20], tf.int32)},
        "signature score takes username and gives {'scores': 'int32'}; it must take username and give scores",
    ),
    "another name": (
        lambda tf, users: {"numbers": tf.zeros([tf.size(users), 20])},
        "signature score takes username and gives {'numbers': 'float32'}",
    ),
    "an error": (
        lambda tf, users: {"scores": tf.tile(tf.strings.to_number(users)[:, None], [1, 20])},
        "the model failed to score",
    ),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_a_champion_whose_scores_cannot_be_ranked_is_unusable(tf, evaluation, tmp_path, kind):
    gives, reason = UNUSABLE[kind]
    module = scoring(tf, lambda users: gives(tf, users))
    signatures = {name: getattr(module, name) for name in ("score", "candidates", "serving_default")}
    tf.saved_model.save(module, str(tmp_path / "odd" / "01"), signatures=signatures)
    unusable(evaluation(tmp_path / "odd"), reason)


def unusable(found, reason):
    champion = found["champion"]
    assert champion["status"] == "unusable"
    assert re.search(reason, champion["reason"]), champion["reason"]
    assert set(champion) == {"status", "reason", "model_package_arn", "version"}
    assert set(found["differences"]) == {"popularity"}
    assert found["retrieval_metrics"]["recall_at_10"]["value"] > 0


def test_a_truncated_archive_is_unusable(evaluation, saved, tmp_path):
    content = packed(saved[1], tmp_path / "whole" / "model.tar.gz").read_bytes()
    unusable(evaluation(content[: len(content) // 2]), "cannot be unpacked")


def test_an_archive_of_something_else_is_unusable(evaluation, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "weights.bin").write_bytes(b"weights")
    unusable(evaluation(tmp_path / "other"), r"holds no 01/saved_model\.pb: found weights\.bin")


def test_a_saved_model_without_its_variables_is_unusable(evaluation, saved, tmp_path):
    (tmp_path / "gutted" / "01").mkdir(parents=True)
    (tmp_path / "gutted" / "01" / "saved_model.pb").write_bytes((saved[1] / "01" / "saved_model.pb").read_bytes())
    unusable(evaluation(tmp_path / "gutted"), "cannot be loaded as a SavedModel")
