"""The model's two towers and its loss, on numbers small enough to work out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from dataset.item_features import NO_FEATURES, ItemFeatures

pytestmark = pytest.mark.slow

HISTORY = np.array([[1.0, 0.0], [0.0, 2.0], [4.0, 4.0]], np.float32)
ITEMS = np.array([[1.0, 1.0], [0.0, 1.0], [1.0, 0.0]], np.float32)
COUNTS = np.array([2, 1, 1])


@pytest.fixture
def model(tf):
    from retrieval.model import RetrievalModel, Start

    def make(features=NO_FEATURES, l2=0.0):
        return RetrievalModel(Start(HISTORY, ITEMS, COUNTS), features, l2)

    return make


def batch(tf, **changed):
    """User 0 asks with item 0 for items 1 and 2; user 1 asks with 0 and 1 for nothing; user 2 with none for item 0."""
    told = {
        "users": 3,
        "asked": np.array([0, 0, 1], np.int32),
        "asked_users": np.array([0, 1, 1], np.int32),
        "targets": np.array([1, 2, 0], np.int32),
        "target_users": np.array([0, 0, 2], np.int32),
        "candidates": np.arange(3, dtype=np.int32),
        "probability": np.ones(3, np.float32),
    }
    return {name: tf.constant(value) for name, value in (told | changed).items()}


def test_a_query_is_the_sum_of_the_history_over_the_root_of_its_length(tf, model):
    given = batch(tf)
    queries = model().query(given["asked"], given["asked_users"], given["users"]).numpy()
    assert queries.tolist() == [
        [1.0, 0.0],
        pytest.approx([1 / 2**0.5, 2 / 2**0.5]),
        [0.0, 0.0],
    ]


def test_the_loss_by_hand(tf, model):
    """The bias is the log share: (1/2, 1/4, 1/4). User 0's weight is the root of two targets, user 2's is one."""
    shares = np.array([0.5, 0.25, 0.25])
    first = np.exp([1.0, 0.0, 1.0]) * shares  # query (1, 0)
    user0 = -(np.log(first[1] / first.sum()) + np.log(first[2] / first.sum())) / 2
    user2 = -np.log(0.5)  # no query: the share alone
    expected = (2**0.5 * user0 + user2) / (2**0.5 + 1)
    assert float(model().compute_loss(batch(tf))) == pytest.approx(expected, rel=1e-5)


def test_the_pull_towards_zero_is_on_the_targets_vectors(tf, model):
    """User 0's weight is shared by items 1 and 2, user 2's is item 0's. Squares: history 1, 4, 32; items 2, 1, 1."""
    given, root = batch(tf), 2**0.5
    squares = [1 + 2, 4 + 1, 32 + 1]
    pull = (squares[0] + root / 2 * squares[1] + root / 2 * squares[2]) / (1 + root)
    without, with_pull = (float(model(l2=l2).compute_loss(given)) for l2 in (0.0, 0.5))
    assert with_pull - without == pytest.approx(0.5 * pull, rel=1e-5)


def test_a_sample_of_the_catalogue_is_looked_up(tf, model):
    """Candidates 0 and 2 alone: the loss is the one of a catalogue of these two."""
    given = batch(
        tf,
        targets=np.array([1, 0], np.int32),
        target_users=np.array([0, 2], np.int32),
        candidates=np.array([0, 2], np.int32),
        probability=np.ones(2, np.float32),
    )
    first = np.exp([1.0, 1.0]) * [0.5, 0.25]
    expected = (-np.log(first[1] / first.sum()) - np.log(0.5 / 0.75)) / 2
    assert float(model().compute_loss(given)) == pytest.approx(expected, rel=1e-5)


def test_features_add_their_vectors_and_start_at_zero(tf, model):
    with_style = model(ItemFeatures({"style": np.array([1, 0, 1], np.int32)}, {"style": 2}))
    assert with_style.tables()[1].tolist() == ITEMS.tolist()
    with_style.item_table.of_feature["style"].assign([[0.0, 0.0], [10.0, 20.0]])
    history, items = with_style.tables()
    assert history.tolist() == HISTORY.tolist()
    assert items.tolist() == [[11.0, 21.0], [0.0, 1.0], [11.0, 20.0]]


def test_the_bias_starts_at_the_log_of_the_share(model):
    assert model().bias.numpy().tolist() == pytest.approx(np.log([0.5, 0.25, 0.25]).tolist())
