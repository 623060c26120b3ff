"""What a server answers, asked by the signatures of a SavedModel that was saved and loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.histories import histories_of
from retrieval.towers import Towers
from tests.training.reviews_at_hand import interactions

pytestmark = pytest.mark.slow

USERS, ITEMS, MOST = 40, 30, 25
EVERYTHING, NOTHING = 0, 1  # users who have seen all items and none
LOWEST = float(np.finfo(np.float32).min)
IN_A_FRESH_PROCESS = """
import importlib.util, json, sys
import tensorflow as tf
assert importlib.util.find_spec("retrieval") is None, "the project's code is on the path"
signatures = tf.saved_model.load(sys.argv[1]).signatures
answers = []
for name, inputs in json.load(sys.stdin):
    found = signatures[name](**{key: tf.constant(value) for key, value in inputs.items()})
    answers.append([found["scores"].numpy().tolist(), [[i.decode() for i in row] for row in found["items"].numpy()]])
assert not any("recommenders" in name for name in sys.modules)
json.dump(answers, open(sys.argv[2], "w"))
"""


class Asked:
    """A loaded model, asked with lists and answering with arrays."""

    def __init__(self, tf, folder) -> None:
        self._tf, self._loaded = tf, tf.saved_model.load(str(folder))
        self.signatures = self._loaded.signatures
        self.folder = folder

    def __call__(self, name, **inputs):
        """Scores [b, k] and lists of items; a history is filled up to the longest."""
        if "history" in inputs:
            longest = max(map(len, inputs["history"]))
            inputs["history"] = [[*row, *[""] * (longest - len(row))] for row in inputs["history"]]
        return self._answer(name, {key: self._tf.constant(value) for key, value in inputs.items()})

    def with_tensors(self, name, **inputs):
        return self._answer(name, inputs)

    def _answer(self, name, inputs):
        found = self.signatures[name](**inputs)
        return found["scores"].numpy(), [[item.decode() for item in row] for row in found["items"].numpy()]

    def score(self, users):
        return self.signatures["score"](username=self._tf.constant(users))["scores"].numpy()


@pytest.fixture(scope="module")
def reviews():
    random = np.random.default_rng(7)
    matrix = random.random((USERS, ITEMS)) < 0.2
    matrix[EVERYTHING], matrix[NOTHING] = True, False
    return interactions(np.argwhere(matrix).tolist(), USERS, ITEMS)


@pytest.fixture(scope="module")
def towers():
    """Noise; items 4 and 9 are the same, so that every user has a tie."""
    random = np.random.default_rng(8)
    parts = [random.normal(size=size).astype(np.float32) for size in ((ITEMS, 5), (ITEMS, 5), ITEMS, ITEMS)]
    for part in parts:
        part[9] = part[4]
    return Towers(*parts)


@pytest.fixture(scope="module")
def ask(tf, reviews, towers, tmp_path_factory):
    from retrieval.serving import ServingModel, save

    folder = tmp_path_factory.mktemp("served") / "01"
    save(ServingModel(towers, reviews.user_names, reviews.item_names, histories_of(reviews), MOST), folder)
    return Asked(tf, folder)


def history(reviews, user):
    return [str(reviews.item_names[item]) for item in sorted(reviews.items[reviews.users == user].tolist())]


def everybody():
    return [f"u{user}" for user in range(USERS)]


def by_score(scores):
    """Names in order of falling score, equal ones in the order of candidates."""
    return [f"i{item}" for item in sorted(range(len(scores)), key=lambda item: (-scores[item], item))]


def test_signatures_are_known_by_name_with_their_inputs(ask):
    inputs = {name: sorted(ask.signatures[name].structured_input_signature[1]) for name in ask.signatures}
    assert inputs == {
        "serving_default": ["username"],
        "recommend": ["exclude_seen", "k", "username"],
        "history": ["history"],
        "recommend_history": ["exclude_seen", "history", "k"],
        "score": ["username"],
        "candidates": [],
        "known": ["username"],
    }
    assert [name.decode() for name in ask.signatures["candidates"]()["items"].numpy()] == [
        f"i{n}" for n in range(ITEMS)
    ]


def test_scores_are_the_towers_up_to_their_rounding(ask, reviews, towers):
    for user, scores in enumerate(ask.score(everybody())):
        own = reviews.items[reviews.users == user]
        query = towers.history[own].sum(axis=0) / max(len(own), 1) ** 0.5
        expected = towers.items @ query + towers.bias if len(own) else towers.popularity
        lengths = np.linalg.norm(towers.history[own], axis=1).sum() * np.linalg.norm(towers.items, axis=1)
        assert (np.abs(scores - expected) <= 2 * lengths / 2**11 + 1e-6).all()


def test_lists_are_the_best_scores_and_equal_ones_stand_in_the_order_of_candidates(ask):
    scores = ask.score(everybody())
    assert (scores[:, 4] == scores[:, 9]).all()
    best, lists = ask("serving_default", username=everybody())
    for row, served, served_scores in zip(scores, lists, best, strict=True):
        assert served == by_score(row)[:MOST]
        assert served_scores.tolist() == sorted(row.tolist(), reverse=True)[:MOST]


def test_a_history_is_answered_as_the_user_who_has_it(ask, reviews):
    """In any order, with repeats, names that nobody knows and empty ones."""
    random = np.random.default_rng(1)
    given_ = []
    for user in range(USERS):
        own = history(reviews, user)
        mixed = [*own, *own[:3], "no such beer", "", "another"]
        given_.append([mixed[place] for place in random.permutation(len(mixed))])
    for user_signature, history_signature, more in (
        ("serving_default", "history", {}),
        ("recommend", "recommend_history", {"k": 7, "exclude_seen": True}),
    ):
        scores, lists = ask(user_signature, username=everybody(), **more)
        given_scores, given_lists = ask(history_signature, history=given_, **more)
        assert given_lists == lists
        assert given_scores.tobytes() == scores.tobytes()


def test_whose_history_is_not_known_is_served_what_is_popular(tf, ask, towers):
    popular = by_score(towers.popularity)[:MOST]
    nobody = ask("serving_default", username=["somebody new", "", f"u{NOTHING}"])
    no_history = ask("history", history=[["no such beer"], [""], []])
    no_column = ask.with_tensors("history", history=tf.zeros([3, 0], tf.string))
    for scores, lists in (nobody, no_history, no_column):
        assert lists == [popular] * 3
        assert scores.tolist() == [sorted(towers.popularity.tolist(), reverse=True)[:MOST]] * 3


def test_who_was_in_the_training_data_is_known(tf, ask):
    known = ask.signatures["known"]
    assert known(username=tf.constant(everybody()))["known"].numpy().all()
    found = known(username=tf.constant(["u0", "somebody new", "", f"u{USERS - 1}", f"u{USERS}"]))["known"]
    assert found.numpy().tolist() == [True, False, False, True, False]


def test_no_question_has_no_answer(tf, ask):
    scores, lists = ask.with_tensors("serving_default", username=tf.zeros([0], tf.string))
    assert (scores.shape, lists) == ((0, MOST), [])


def test_what_was_seen_is_left_out_and_the_rest_of_the_list_is_empty(ask, reviews):
    scores, lists = ask("recommend", username=everybody(), k=MOST, exclude_seen=True)
    everything = ask.score(everybody())
    for user in range(USERS):
        seen = set(history(reviews, user))
        left = [name for name in by_score(everything[user]) if name not in seen][:MOST]
        assert lists[user] == left + [""] * (MOST - len(left))
        assert (scores[user, len(left) :] == LOWEST).all()
        assert (scores[user, : len(left)] > LOWEST).all()
    assert lists[EVERYTHING] == [""] * MOST


@pytest.mark.parametrize("exclude_seen", [False, True])
def test_a_shorter_list_is_the_beginning_of_a_longer_one(ask, exclude_seen):
    users = everybody()[:12]
    whole_scores, whole = ask("recommend", username=users, k=MOST, exclude_seen=exclude_seen)
    for k in range(1, MOST):
        scores, lists = ask("recommend", username=users, k=k, exclude_seen=exclude_seen)
        assert lists == [row[:k] for row in whole]
        assert np.array_equal(scores, whole_scores[:, :k])


def test_the_longest_list_is_the_one_that_is_served_by_default(ask):
    assert (
        ask("recommend", username=["u5"], k=MOST, exclude_seen=False)[1] == ask("serving_default", username=["u5"])[1]
    )


@pytest.mark.parametrize("k", [0, -1, MOST + 1, 2**31 - 1])
@pytest.mark.parametrize(
    ("signature", "who"), [("recommend", {"username": ["u5"]}), ("recommend_history", {"history": [["i1"]]})]
)
def test_a_list_of_another_length_is_refused_with_the_lengths_that_may_be(tf, ask, signature, who, k):
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"k must be from 1 to {MOST}"):
        ask(signature, **who, k=k, exclude_seen=False)


def test_a_user_alone_has_the_same_bits_as_among_others(ask, reviews):
    together, _ = ask("serving_default", username=everybody())
    scores = ask.score(everybody())
    for user, name in enumerate(everybody()):
        assert ask("serving_default", username=[name])[0].tobytes() == together[user].tobytes()
        assert ask.score([name]).tobytes() == scores[user].tobytes()
        assert ask.score(["u3", name, "u9"])[1].tobytes() == scores[user].tobytes()


@settings(derandomize=True, deadline=None, max_examples=25)
@given(st.integers(1, 70), st.integers(0, 2**32 - 1))
def test_a_query_is_rounded_alike_alone_and_among_others_also_at_the_edge_of_a_step(tf, dimension, seed):
    """Lengths within two float32 bits of where the step doubles, which is where a last bit decides."""
    from retrieval.serving import _rounded

    random = np.random.default_rng(seed)
    vectors = random.normal(size=(64, dimension))
    edges = (2.0**12 - 0.5 * dimension**0.5) * 2.0 ** random.integers(-20, 20, size=(64, 1))
    vectors *= edges / np.linalg.norm(vectors, axis=1, keepdims=True) * (1 + random.integers(-2, 3, (64, 1)) / 2**23)
    given_ = tf.constant(vectors.astype(np.float32))
    rounded = tf.function(_rounded, input_signature=[tf.TensorSpec([None, dimension])])  # optimized as a server's
    together = rounded(given_).numpy()
    alone = np.concatenate([rounded(given_[row : row + 1]).numpy() for row in range(64)])
    assert np.array_equal(alone, together)
    exact = together.astype(np.float64) @ together.astype(np.float64).T
    assert np.array_equal(together @ together.T, exact)


def test_lists_are_no_longer_than_the_catalogue(tf, reviews, towers, tmp_path):
    from retrieval.serving import ServingModel, save

    save(ServingModel(towers, reviews.user_names, reviews.item_names, histories_of(reviews), 500), tmp_path / "01")
    ask = Asked(tf, tmp_path / "01")
    assert sorted(ask("serving_default", username=["u5"])[1][0]) == sorted(f"i{n}" for n in range(ITEMS))
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"k must be from 1 to {ITEMS}"):
        ask("recommend", username=["u5"], k=ITEMS + 1, exclude_seen=False)


def test_a_fresh_process_with_nothing_but_tensorflow_gives_the_lists_from_before_the_export(
    tf, reviews, towers, ask, tmp_path
):
    from retrieval.serving import ServingModel

    model = ServingModel(towers, reviews.user_names, reviews.item_names, histories_of(reviews), MOST)
    golden = [
        ("serving_default", {"username": [*everybody(), "somebody new"]}),
        ("recommend", {"username": everybody(), "k": 10, "exclude_seen": True}),
        ("history", {"history": [["i3", "i1", ""], ["i1", "i3", "i3"], ["", "", "no such beer"]]}),
        ("recommend_history", {"history": [["i3", "i1"]], "k": 5, "exclude_seen": True}),
    ]
    environment = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "TF_USE_LEGACY_KERAS")
    }
    subprocess.run(
        [sys.executable, "-P", "-c", IN_A_FRESH_PROCESS, str(ask.folder), str(tmp_path / "answers.json")],
        input=json.dumps(golden),
        text=True,
        check=True,
        timeout=120,
        cwd=tmp_path,
        env=environment,
    )
    answers = json.loads((tmp_path / "answers.json").read_text())
    for (name, inputs), (scores, lists) in zip(golden, answers, strict=True):
        before = getattr(model, name)(**{key: tf.constant(value) for key, value in inputs.items()})
        assert lists == [[item.decode() for item in row] for row in before["items"].numpy()]
        assert scores == before["scores"].numpy().tolist()
