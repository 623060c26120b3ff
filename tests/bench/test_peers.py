"""One battery for every peer: on data with a known answer each finds it."""

from __future__ import annotations

import numpy as np
import pytest

from bench.peers.als import ImplicitAls
from bench.peers.ease import Ease
from bench.peers.popularity import Popularity
from tests.bench.reviews import interactions

GROUP = 10  # items; users of one half like those of the first group, the others those of the second


@pytest.fixture
def two_tastes():
    random = np.random.default_rng(2)
    return interactions(
        [
            (user, user % 2 * GROUP + item)
            for user in range(60)
            for item in random.choice(GROUP, size=6, replace=False).tolist()
        ],
        users=60,
        items=2 * GROUP,
    )


@pytest.mark.parametrize(
    ("peer", "setting"),
    [(Ease(), {"lambda": 5.0}), (ImplicitAls(), {"factors": 64, "regularization": 0.5, "alpha": 1.0})],
    ids=["ease", "als"],
)
def test_a_user_s_own_group_comes_first(two_tastes, peer, setting):
    if isinstance(peer, ImplicitAls):
        pytest.importorskip("implicit", reason="implicit is only in the environment of `make bench`")
    scorer = peer.fit(two_tastes, setting, seed=1)
    scores = scorer.score(two_tastes.user_names)
    assert scores.shape == (60, 2 * GROUP)
    assert scores.dtype == np.float32
    for user, row in enumerate(scores):
        unseen = np.setdiff1d(np.arange(2 * GROUP), two_tastes.items[two_tastes.users == user])
        best = unseen[np.argsort(-row[unseen])[:4]]
        assert (best // GROUP == user % 2).all()
    again = peer.fit(two_tastes, setting, seed=1).score(two_tastes.user_names)
    np.testing.assert_array_equal(scores, again)
    assert setting.keys() == peer.settings()[0].keys()


def test_popularity_is_the_same_for_everybody(two_tastes):
    scores = Popularity().fit(two_tastes, {}, seed=1).score(["u000", "nobody"])
    assert (scores == two_tastes.item_counts).all()


def test_the_settings_that_are_searched():
    assert len(ImplicitAls().settings()) == 36
    assert [setting["lambda"] for setting in Ease().settings()] == [50, 100, 200, 500, 1000, 2000]
