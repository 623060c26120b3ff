"""Settings are chosen on train alone; the chosen one is then fitted to all of train."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench import quality
from bench.jobs import Finished
from bench.peers.popularity import MostReviewed
from bench.processes import Run
from bench.training_room import read_interactions, split_off
from bench.tuning import Trial, best_per_metric, search
from tests.bench.reviews import drawn


class Recording:
    """A peer that keeps what it was fitted to, and gives noise whose strength is its setting."""

    name = "recording"

    def __init__(self):
        self.fitted = []

    def settings(self):
        return [{"noise": 1.0}, {"noise": 0.0}]

    def refusal(self, train):
        return None

    def fit(self, train, setting, seed):
        self.fitted.append((setting["noise"], pairs(train)))
        scorer = MostReviewed(train)
        noise = np.random.default_rng(seed).random(len(scorer.items)) * setting["noise"] * 1e6
        scorer.counts = scorer.counts + noise.astype(np.float32)
        return scorer


def pairs(reviews):
    users, items = reviews.user_names[reviews.users], reviews.item_names[reviews.items]
    return set(zip(users.tolist(), items.tolist(), strict=True))


@pytest.fixture
def halves(tmp_path):
    """Train and test as they are read from files; some items are far more popular than others."""
    random = np.random.default_rng(0)
    every = drawn(200, 40, share=0.4, seed=8)
    every = every.where(random.random(len(every)) < np.linspace(1, 0.05, 40)[every.items])
    side = random.random(len(every)) < 0.2

    def through_a_file(reviews):
        users, items = reviews.user_names[reviews.users], reviews.item_names[reviews.items]
        pq.write_table(pa.table({"user": pa.array(users), "item": pa.array(items)}), tmp_path / "reviews.parquet")
        return read_interactions(tmp_path / "reviews.parquet")

    return through_a_file(every.where(~side)), through_a_file(every.where(side))


def test_a_search_fits_to_train_without_the_slice_that_the_project_s_model_is_tuned_on(halves):
    train, test = halves
    peer = Recording()
    trials = search(peer, train, seed=1, k=20, tell=lambda text: None)
    fitted, held_out = split_off(train, 1)
    assert [rows for _, rows in peer.fitted] == [pairs(fitted)] * 2
    assert pairs(fitted).isdisjoint(pairs(held_out))
    assert pairs(fitted) | pairs(held_out) == pairs(train)
    assert all(rows.isdisjoint(pairs(test)) for _, rows in peer.fitted)
    assert trials[1].metrics["ndcg_at_10"] > trials[0].metrics["ndcg_at_10"]


@pytest.mark.slow
def test_the_chosen_setting_is_fitted_to_all_of_train_and_to_no_test_review(halves):
    train, test = halves
    peer = Recording()
    chosen, strongest = quality._measured(peer, train, test, seed=1, k=20, tell=lambda text: None)
    assert chosen["setting"] == "noise 0"
    noise, rows = peer.fitted[2]
    assert (noise, rows) == (0.0, pairs(train))
    assert all(rows.isdisjoint(pairs(test)) for _, rows in peer.fitted)
    assert strongest["metrics"]["ndcg_at_10"] == chosen["metrics"]["ndcg_at_10"]


def test_each_column_has_its_own_best_and_of_equals_the_first():
    def trial(name, accuracy, ndcg):
        metrics = {"accuracy": accuracy, "recall_at_10": 0.5, "recall_at_100": ndcg, "ndcg_at_10": ndcg}
        return Trial({name: 1.0}, metrics, 0.0)

    found = best_per_metric([trial("a", 0.9, 0.1), trial("b", 0.8, 0.2)])
    assert {metric: next(iter(trial.setting)) for metric, trial in found.items()} == {
        "accuracy": "a",
        "recall_at_10": "a",
        "recall_at_100": "b",
        "ndcg_at_10": "b",
    }


def test_a_finished_run_tells_its_epochs_and_its_seconds(tmp_path):
    log = "reviews=9\nepoch=1 of=20 loss=2.5 seconds=1.5\nepoch=2 of=20 loss=2.25\nrefit: epoch=1 of=1\nsaved=m\n"
    train = Run(5.0, 5.0, 1, log)
    finished = Finished(tmp_path, tmp_path, {}, {}, Run(1.0, 1.0, 1, ""), train, 0.5, Run(2.0, 2.0, 1, ""))
    assert (finished.epochs, finished.seconds) == (2, 8.5)
