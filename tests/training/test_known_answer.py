"""Two groups of users with disjoint tastes: whoever looks can tell which unseen items are right."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest

from tests.training.jobs import Jobs, strict_json
from tests.training.reviews_at_hand import two_tastes, write

pytestmark = pytest.mark.slow

OPTIONS = ("--epochs", 8, "--batch-size", 16, "-k", 20)


@pytest.fixture(scope="module")
def learnt(tmp_path_factory) -> SimpleNamespace:
    """200 users, 40 items; the held-out reviews are a fifth, of which some are of an item that is not in train."""
    rows = two_tastes(users=200)
    apart = np.random.default_rng(2).random(len(rows)) < 0.2
    train = [row for row, held_out in zip(rows, apart, strict=True) if not held_out]
    test = [row for row, held_out in zip(rows, apart, strict=True) if held_out]
    test += [("a000", "b-new"), ("b001", "b-new"), ("c-new", "a-00")]
    folder = tmp_path_factory.mktemp("tastes")
    write(folder / "data" / "train.parquet", train)
    write(folder / "data" / "test.parquet", test)
    jobs = Jobs(folder / "ml", folder / "data")
    log = jobs.train(*OPTIONS)
    jobs.pack()
    text = jobs.evaluate("--k", 10)
    return SimpleNamespace(jobs=jobs, log=log, train=train, test=test, text=text, evaluation=strict_json(text))


@pytest.fixture(scope="module")
def scorer(tf, learnt):
    from evaluation.scorers import SavedModel

    return SavedModel(learnt.jobs.base / "model" / "01")


def test_unseen_items_of_the_own_group_stand_above_all_others(learnt, scorer):
    seen = set(learnt.train)
    users = sorted({user for user, _ in learnt.train})
    for user, scores in zip(users, scorer.score(users), strict=True):
        own, other = [], []
        for item, score in zip(scorer.items, scores, strict=True):
            if (user, item) not in seen:
                (own if item[0] == user[0] else other).append(score)
        assert min(own) > max(other), user


def test_recall_is_what_the_own_group_allows_and_far_above_popularity(learnt):
    """About 13 of the own group's 20 items are unseen: in any order of these, 10 / 13 = 0.77 are in the first ten.

    Of 361 held-out reviews that is 0.77 +- 0.022.
    """
    model, popular = learnt.evaluation["retrieval_metrics"], learnt.evaluation["baselines"]["popularity"]
    assert model["recall_at_10"]["value"] > 0.77 - 4 * 0.022
    assert model["recall_at_10"]["lower"] > popular["recall_at_10"]["upper"] + 0.2
    assert model["mrr"]["lower"] > popular["mrr"]["upper"]


def test_what_nobody_reviewed_in_train_is_told_apart(learnt):
    assert learnt.evaluation["held_out"] == len(learnt.test)
    assert learnt.evaluation["held_out_unknown_to_model"] == 2
    assert learnt.evaluation["users_unknown_to_train"] == 1
    assert learnt.evaluation["slices"]["items_unknown"]["held_out"] == 2
    assert learnt.evaluation["slices"]["users_unknown"]["users"] == 1


def test_the_same_seed_gives_the_same_evaluation_byte_for_byte(learnt, tmp_path):
    again = Jobs(tmp_path / "ml", learnt.jobs.data)
    log = again.train(*OPTIONS)
    again.pack()
    assert again.evaluate("--k", 10) == learnt.text

    def without_times(text):
        return re.sub(r"seconds=\S+|saved=\S+", "", text)

    assert without_times(log) == without_times(learnt.log)


def test_the_size_of_a_block_does_not_change_any_place(learnt, scorer):
    from dataset.interactions import read_interactions
    from evaluation.questions import ask
    from evaluation.ranks import places

    train, test = (read_interactions(learnt.jobs.data / f"{side}.parquet") for side in ("train", "test"))
    asked, _ = ask(scorer.items, train, test)

    def found(cells):
        return places(lambda start, stop: scorer.score(test.user_names[start:stop]), 40, asked, 10, cells)

    whole = found(10**6)
    for cells in (1, 3 * 40, 17 * 40):
        part = found(cells)
        for name in ("among_all", "among_unseen", "shown"):
            assert np.array_equal(getattr(part, name), getattr(whole, name))


def test_a_model_that_lost_its_signatures_is_refused(tf, learnt, tmp_path):
    from contract.artifact import ArtifactError
    from evaluation.scorers import SavedModel

    tf.saved_model.save(tf.Module(), str(tmp_path / "01"))
    with pytest.raises(ArtifactError, match="has no signature serving_default, score, candidates"):
        SavedModel(tmp_path / "01")
