"""What is written down of a few users: whom it chooses, what they liked, and what the model would recommend them."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset.interactions import read_interactions
from evaluation.samples import choose, samples

# a, b and c have 1, 2 and 3 reviews in train; d is in train alone, e in test alone
TRAIN = [("a", "ale", 4.0), ("b", "ale", 3.0), ("b", "bock", 5.0), ("c", "ale", 2.0), ("c", "bock", 2.0)]
TRAIN += [("c", "cider", 4.5), ("d", "ale", 1.0)]
TEST = [("a", "dunkel", 4.0), ("b", "dunkel", 1.0), ("c", "gose", 3.0), ("e", "ale", 3.0)]
ITEMS = np.array(["ale", "bock", "cider", "dunkel"], dtype=object)


class Model:
    """Scores every item by its place, for all users alike: the last is best."""

    items = ITEMS

    def __init__(self, histories=True):
        self.histories = histories

    def score(self, users):
        return np.tile(np.arange(len(self.items), dtype=np.float32), (len(users), 1))

    def for_history(self, history, k):
        return [(f"like {item}", 0.5) for item in history][:k] if self.histories else []


def write(path, rows, scores=True):
    columns = dict(zip(("user", "item", "score"), zip(*rows, strict=True), strict=True))
    pq.write_table(pa.table({name: columns[name] for name in ("user", "item", "score")[: 3 if scores else 2]}), path)
    return read_interactions(path)


@pytest.fixture
def sides(tmp_path):
    return write(tmp_path / "train.parquet", TRAIN), write(tmp_path / "test.parquet", TEST)


def sampled(tmp_path, sides, model=None):
    document = samples(model or Model(), tmp_path / "train.parquet", *sides)
    json.dumps(document, allow_nan=False)
    return document["samples"]


def test_users_of_few_middling_and_many_reviews_are_chosen_that_are_on_both_sides(sides):
    assert choose(*sides) == ["a", "b", "c"]


def test_no_user_on_both_sides_leaves_someone_new(tmp_path, sides):
    test = write(tmp_path / "test.parquet", [("e", "ale", 3.0)])
    (only,) = sampled(tmp_path, (sides[0], test))
    assert (only["kind"], only["user"], only["liked"]) == ("new", None, [])


def test_a_user_is_shown_with_what_they_liked_best_and_what_they_have_not_reviewed(tmp_path, sides):
    a, b, c, *_ = sampled(tmp_path, sides)
    assert a["liked"] == [{"item": "ale", "score": 4.0}]
    assert [one["item"] for one in a["recommended"]] == ["dunkel", "cider", "bock"]
    assert b["liked"] == [{"item": "bock", "score": 5.0}, {"item": "ale", "score": 3.0}]
    assert b["recommended"] == [
        {"item": "dunkel", "score": 3.0, "found": True},
        {"item": "cider", "score": 2.0, "found": False},
    ]
    assert [one["item"] for one in c["liked"]] == ["cider", "ale", "bock"]
    assert c["recommended"] == [{"item": "dunkel", "score": 3.0, "found": False}]


def test_someone_new_is_shown_with_a_history_and_without(tmp_path, sides):
    *_, history, new = sampled(tmp_path, sides)
    assert (history["kind"], history["user"]) == ("history", None)
    assert [one["item"] for one in history["liked"]] == ["bock", "ale"]
    assert [one["item"] for one in history["recommended"]] == ["like bock", "like ale"]
    assert (new["kind"], [one["item"] for one in new["recommended"]]) == ("new", ["dunkel", "cider", "bock", "ale"])


def test_a_model_that_cannot_be_asked_by_history_is_shown_without(tmp_path, sides):
    assert [one["kind"] for one in sampled(tmp_path, sides, Model(histories=False))] == ["known"] * 3 + ["new"]


def test_reviews_without_scores_are_shown_without(tmp_path):
    sides = write(tmp_path / "train.parquet", TRAIN, scores=False), write(tmp_path / "test.parquet", TEST)
    assert sampled(tmp_path, sides)[1]["liked"] == [{"item": "ale", "score": None}, {"item": "bock", "score": None}]
