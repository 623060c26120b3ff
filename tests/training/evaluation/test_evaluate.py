"""evaluation.json, with a model whose scores are written down."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from evaluate import evaluate, summary

from dataset.interactions import read_interactions
from evaluation.champion import Champion
from evaluation.questions import ask
from evaluation.scorers import ScoresError
from tests.training.jobs import TRAINING, strict_json
from tests.training.reviews_at_hand import write


class Table:
    """Scores by user and item; its catalogue has an order of its own."""

    def __init__(self, items, scores):
        self.items, self.scores = np.array(items, dtype=object), scores

    def score(self, users):
        return np.array([[self.scores[user].get(item, 0) for item in self.items] for user in users], np.float32)


TRAIN = [("ann", "ale"), ("ann", "bock"), ("bob", "ale"), ("cid", "ale"), ("cid", "porter")]
TEST = [("ann", "stout"), ("ann", "new beer"), ("bob", "bock"), ("zoe", "porter")]  # zoe is unknown
# "stout" is in the model's catalogue, though not in train; "new beer" is in neither.
MODEL = Table(
    ["stout", "porter", "ale", "bock"],
    {
        "ann": {"ale": 9, "bock": 8, "stout": 7, "porter": 1},
        "bob": {"porter": 9, "ale": 5, "bock": 3},
        "zoe": {},  # all equal: in the order of the catalogue
    },
)


@pytest.fixture
def sides(tmp_path):
    return [
        read_interactions(write(tmp_path / f"{side}.parquet", rows))
        for side, rows in (("train", TRAIN), ("test", TEST))
    ]


@pytest.fixture
def measured(sides):
    return evaluate(MODEL, *sides, k=2, seed=1)


def test_questions_are_in_the_places_of_the_models_catalogue(sides):
    asked, counts = ask(MODEL.items, *sides)
    assert asked.users == 3  # ann, bob, zoe
    assert asked.held_out.tolist() == [[0, 0], [0, -1], [1, 3], [2, 1]]
    assert asked.seen.tolist() == [[0, 2], [0, 3], [1, 2]]
    assert counts.tolist() == [0, 1, 3, 1]


def test_accuracy_by_hand(measured):
    """The two best of ann are ale and bock, of bob porter and ale, of zoe stout and porter: 0, 0 and 1.

    Popular are ale and porter (before bock, as in the catalogue): 0, 0 and 1.
    """
    quality = measured["multiclass_classification_metrics"]
    assert quality["accuracy"]["value"] == pytest.approx(1 / 3)
    assert quality["accuracy_best_constant_classifier"]["value"] == pytest.approx(1 / 3)
    assert quality["accuracy"]["standard_deviation"] == "NaN"


def test_metrics_without_what_was_seen_by_hand(measured):
    """Among the unseen, stout is ann's first, bock bob's second, after porter; porter is zoe's second."""
    metrics = measured["retrieval_metrics"]
    assert metrics["mrr"]["value"] == pytest.approx((1 + 1 / 2 + 1 / 2) / 3)
    assert metrics["recall_at_10"]["value"] == pytest.approx((1 / 2 + 1 + 1) / 3)
    discount = 1 / np.log2(3)
    assert metrics["ndcg_at_10"]["value"] == pytest.approx((1 / (1 + discount) + 2 * discount) / 3)
    assert metrics["catalogue_coverage"]["value"] == 1.0


def test_popularity_leaves_out_what_was_seen_too(measured):
    """Popular are ale, porter, bock, stout. Unseen: ann porter, stout; bob porter, bock; zoe ale, porter."""
    metrics = measured["baselines"]["popularity"]
    assert metrics["mrr"]["value"] == pytest.approx((1 / 2 + 1 / 2 + 1 / 2) / 3)


def test_what_is_not_known_is_counted(measured):
    assert {name: measured[name] for name in ("users", "items", "held_out", "k")} == {
        "users": 3,
        "items": 4,
        "held_out": 4,
        "k": 2,
    }
    assert measured["held_out_unknown_to_model"] == 1
    assert measured["users_unknown_to_train"] == 1
    slices = measured["slices"]
    assert slices["items_unknown"]["held_out"] == 1
    assert slices["items_unknown"]["accuracy"]["value"] == 0.0
    assert slices["users_unknown"]["users"] == 1
    assert slices["users_unknown"]["accuracy"]["value"] == 1.0
    assert slices["items_head"] == {"held_out": 0}  # ale: held out by nobody


def test_the_file_is_json_and_the_log_names_every_metric(measured):
    assert strict_json(json.dumps(measured, allow_nan=False)) == measured
    told = "\n".join(summary(measured))
    for name in ("users=3", "top_2_accuracy=0.3333 popularity=0.3333", *measured["retrieval_metrics"]):
        assert name in told


def test_the_order_of_the_reviews_does_not_matter(measured, tmp_path):
    sides = [
        read_interactions(write(tmp_path / "turned" / side / "one.parquet", rows[::-1]))
        for side, rows in (("train", TRAIN), ("test", TEST))
    ]
    again = evaluate(MODEL, *sides, k=2, seed=1)
    del again["baselines"]["random"], measured["baselines"]["random"]  # drawn in the order of the reviews
    assert again == measured


CHAMPION = Champion("found", "the newest approved version", "arn:champion", 3)
# It knows "new beer", which the model does not, and neither stout nor porter. For zoe ale stands first.
RIVAL = Table(
    ["ale", "new beer", "bock"],
    {"ann": {"new beer": 2, "bock": 1}, "bob": {"ale": 3, "new beer": 2, "bock": 1}, "zoe": {}},
)


def test_a_champion_with_a_catalogue_of_its_own_by_hand(sides, measured):
    """Unseen are: ann new beer; bob new beer, bock; zoe all. Held out: stout and new beer; bock; porter."""
    found = evaluate(MODEL, *sides, k=2, seed=1, champion=CHAMPION, rival=RIVAL)
    champion = found["champion"]
    assert {name: champion[name] for name in ("status", "reason", "model_package_arn", "version")} == {
        "status": "scored",
        "reason": "the newest approved version",
        "model_package_arn": "arn:champion",
        "version": 3,
    }
    values = {name: metric["value"] for name, metric in champion["metrics"].items()}
    # ann's two best are new beer and bock, bob's ale and new beer
    assert values["accuracy"] == pytest.approx((1 / 2 + 0 + 0) / 3)
    assert values["mrr"] == pytest.approx((1 + 1 / 2 + 0) / 3)
    assert values["recall_at_10"] == pytest.approx((1 / 2 + 1 + 0) / 3)
    assert values["catalogue_coverage"] == 1.0
    differences = found["differences"]["champion"]
    assert set(differences) == set(champion["metrics"])
    assert differences["accuracy"]["value"] == pytest.approx((-1 / 2 + 0 + 1) / 3)
    assert differences["mrr"]["value"] == pytest.approx((0 + 0 + 1 / 2) / 3)
    # slices are of the model's catalogue and this run's train, for both
    assert champion["slices"]["items_unknown"]["accuracy"]["value"] == 1.0
    assert champion["slices"]["items_unknown"]["held_out"] == 1
    assert champion["slices"]["users_unknown"]["accuracy"]["value"] == 0.0
    assert champion["slices"]["items_head"] == {"held_out": 0}
    # and nothing else is changed by it
    del found["champion"], found["differences"]["champion"]
    assert found == {name: value for name, value in measured.items() if name != "champion"}


def test_a_champion_that_equals_the_model_differs_by_exactly_nothing(sides):
    found = evaluate(MODEL, *sides, k=2, seed=1, champion=CHAMPION, rival=MODEL)
    assert found["champion"]["slices"] == found["slices"]
    for metric in found["differences"]["champion"].values():
        assert metric == {"value": 0.0, "lower": 0.0, "upper": 0.0}
    told = "\n".join(summary(found))
    assert "champion=scored version=3 the newest approved version" in told
    assert "champion accuracy=0.3333 difference=+0.0000 (+0.0000 to +0.0000)" in told


def test_the_difference_from_popularity_is_there_in_any_case(measured):
    assert set(measured["differences"]) == {"popularity"}
    model, popular = measured["retrieval_metrics"], measured["baselines"]["popularity"]
    difference = measured["differences"]["popularity"]
    assert set(difference) == set(popular)
    for name, metric in model.items():
        assert difference[name]["value"] == pytest.approx(metric["value"] - popular[name]["value"])
        assert difference[name]["lower"] <= difference[name]["value"] <= difference[name]["upper"]


class Broken(Table):
    def score(self, users):
        raise ScoresError("the model gave scores that are not finite")


def test_a_champion_that_cannot_score_is_unusable_and_the_model_is_measured_all_the_same(sides, measured):
    found = evaluate(MODEL, *sides, k=2, seed=1, champion=CHAMPION, rival=Broken(list(MODEL.items), {}))
    assert found["champion"] == {
        "status": "unusable",
        "reason": "the model gave scores that are not finite",
        "model_package_arn": "arn:champion",
        "version": 3,
    }
    assert found["differences"] == measured["differences"]
    assert found["retrieval_metrics"] == measured["retrieval_metrics"]
    assert "champion=unusable version=3 the model gave scores that are not finite" in summary(found)


def test_a_model_that_cannot_score_is_a_failure_with_any_champion(sides):
    with pytest.raises(ScoresError):
        evaluate(Broken(["ale"], {}), *sides, k=2, seed=1, champion=CHAMPION, rival=RIVAL)


def test_without_a_champion_none_is_told(measured):
    assert measured["champion"]["status"] == "none"
    assert "metrics" not in measured["champion"]


def test_the_same_seed_gives_the_same_and_another_draws_anew(sides, measured):
    assert evaluate(MODEL, *sides, k=2, seed=1) == measured
    other = evaluate(MODEL, *sides, k=2, seed=2)
    assert other["baselines"]["random"] != measured["baselines"]["random"]
    values = [{name: metric["value"] for name, metric in one["retrieval_metrics"].items()} for one in (other, measured)]
    assert values[0] == values[1]


def test_nothing_that_needs_no_tensorflow_imports_it():
    """It takes seconds: wrong arguments and missing files are told before."""
    show = "import sys, evaluate, train, retrieval.choosing, retrieval.batches; print('tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, cwd=TRAINING, check=True)
    assert done.stdout.strip() == "False"
