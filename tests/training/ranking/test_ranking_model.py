"""The network by itself: where it starts, what its vectors are pulled by, what is averaged."""

from __future__ import annotations

import numpy as np
import pytest

from dataset.item_features import NO_FEATURES
from tests.training.ratings_at_hand import one_feature

pytestmark = pytest.mark.slow

USERS, ITEMS = 6, 4


@pytest.fixture(scope="module")
def ranking(tf):
    from ranking import learning as ranking_learning

    return ranking_learning


def examples(number=200, scores=None, seed=0):
    from ranking.examples import Examples

    random = np.random.default_rng(seed)
    dense = random.normal(2, 3, (number, 3)).astype(np.float32)
    given = 3 + dense[:, 0] * 0.5 if scores is None else scores
    places = (random.integers(0, most, number).astype(np.int32) for most in (USERS, ITEMS))
    return Examples(*places, dense, np.asarray(given, dtype=np.float32))


def learning(ranking, of, rate=0.01, l2=1.0, features=NO_FEATURES, batch_size=20):
    return ranking.RankingLearning(of, USERS, ITEMS, features, ranking.Recipe(rate, batch_size, 2, l2, 1))


def test_an_untrained_network_predicts_the_mean_score(ranking):
    of = examples()
    untrained = learning(ranking, of, features=one_feature([0, 1, 2, 1]))
    assert untrained.error(of) == pytest.approx(of.scores.std(), rel=1e-5)


def test_it_learns_what_its_inputs_tell(ranking):
    of = examples()
    trained = learning(ranking, of)
    losses = [trained.run_epoch() for _ in range(20)]
    assert losses[-1] < 0.05 * losses[0]
    assert trained.error(of) < 0.25 * of.scores.std()


def test_a_step_too_small_learns_nothing(ranking):
    """So one epoch of it is worse than the biases, and the gate says so."""
    of = examples()
    trained = learning(ranking, of, rate=1e-6)
    trained.run_epoch()
    assert trained.error(of) == pytest.approx(of.scores.std(), rel=1e-3)


def test_scores_stay_within_those_learnt_from(ranking, tf):
    of = examples()
    trained = learning(ranking, of, rate=0.1)
    trained.run_epoch()
    far = tf.constant([[1e6, 0.0, 0.0], [-1e6, 0.0, 0.0]])
    low_and_high = trained.network.score(tf.constant([0, 1]), tf.constant([0, 1]), far).numpy()
    assert of.scores.min() - 1e-5 <= low_and_high.min() <= low_and_high.max() <= of.scores.max() + 1e-5


def test_a_vector_is_pulled_once_for_all_of_its_uses(ranking, tf):
    """Summed over an epoch in one batch, the pull is l2 / examples x the squared length, however often it is used."""
    of = examples()
    made = learning(ranking, of, l2=7.0, features=one_feature([0, 1, 2, 1]))
    batch = {name: tf.constant(values) for name, values in of.batch(slice(None)).items()}
    made.model.compute_loss(batch, training=True)
    tables = [vectors.numpy() for vectors in made.network.trainable_variables if "table" in vectors.name]
    assert sorted(table.shape for table in tables) == [(3, 4), (ITEMS + 1, 2), (USERS + 1, 2)]
    used = [table if len(table) == 3 else table[:-1] for table in tables]  # the unknown ones are not used here
    expected = 7.0 / len(of) * sum((table**2).sum() for table in used)
    assert float(sum(made.model.losses)) == pytest.approx(expected, rel=1e-4)


def test_weights_are_averaged_over_the_steps(ranking, tf):
    of = examples(number=20)
    made = learning(ranking, of)
    weights = [[weight.numpy() for weight in made.network.trainable_variables]]
    for _ in range(3):
        made.run_epoch()  # a step each
        weights.append([weight.numpy() for weight in made.network.trainable_variables])
    expected = weights[0]
    for step, now in enumerate(weights[1:], start=1):
        share = step / (10 + step)
        expected = [share * old + (1 - share) * new for old, new in zip(expected, now, strict=True)]
    for average, value in zip(made.learnt(), expected, strict=True):
        np.testing.assert_allclose(average, value, rtol=1e-4, atol=1e-6)


def test_measuring_an_error_leaves_the_learning_as_it_was(ranking):
    of = examples()
    made = learning(ranking, of)
    made.run_epoch()
    before = made.network.get_weights()
    made.error(of)
    assert all(np.array_equal(one, two) for one, two in zip(before, made.network.get_weights(), strict=True))


def test_equal_scores_are_learnt_at_once(ranking):
    same = examples(scores=np.full(200, 4.0))
    trained = learning(ranking, same)
    trained.run_epoch()
    assert trained.error(same) == 0.0


def test_a_loss_that_is_no_number_is_an_error_that_tells_the_epoch(ranking):
    trained = learning(ranking, examples(), rate=1e18)

    with pytest.raises(ranking.DivergedError, match="epoch 1"):
        trained.run_epoch()


def test_weights_that_are_no_numbers_are_an_error_though_the_loss_was_one(ranking):
    """One batch: its loss is of the weights before the step."""
    trained = learning(ranking, examples(20), rate=float("inf"))
    with pytest.raises(ranking.DivergedError, match="after epoch 1 the weights are no numbers"):
        trained.run_epoch()


def test_the_size_of_a_batch(ranking):
    assert ranking.batch_size(10, None) == 10
    assert ranking.batch_size(80_000, None) == 512
    assert ranking.batch_size(10**7, None) == 4096
    assert ranking.batch_size(1000, 64) == 64
