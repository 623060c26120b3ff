"""Biased matrix factorisation by gradient descent (Y. Koren, R. Bell and C. Volinsky, 2009), by the library Cornac."""

from __future__ import annotations

from itertools import product

import numpy as np

from bench.rating_peers.peer import Predict, Setting
from bench.training_room import Ratings

FACTORS = (20, 50, 100, 200)
REGULARIZATIONS = (0.02, 0.05, 0.1)
LEARNING_RATES = (0.005, 0.01)
EPOCHS = (20, 50, 100, 200)


class BiasedMf:
    name = "biased MF (Cornac)"

    def settings(self) -> list[Setting]:
        return [
            {"factors": factors, "regularization": regularization, "learning rate": rate, "epochs": epochs}
            for factors, regularization, rate, epochs in product(FACTORS, REGULARIZATIONS, LEARNING_RATES, EPOCHS)
        ]

    def fit(self, train: Ratings, setting: Setting, seed: int) -> Predict:
        """One thread: with more, Cornac's threads write over one another and no two runs are alike."""
        from cornac.data import Dataset
        from cornac.models import MF

        # Only who has a review takes part; Cornac numbers them by their first.
        triples = zip(train.users.tolist(), train.items.tolist(), train.scores.tolist(), strict=True)
        reviews = Dataset.build(triples, seed=seed)
        model = MF(
            k=int(setting["factors"]),
            max_iter=int(setting["epochs"]),
            learning_rate=setting["learning rate"],
            lambda_reg=setting["regularization"],
            use_bias=True,
            num_threads=1,
            seed=seed,
        ).fit(reviews)
        user_bias, user_factors = (
            _by_position(values, reviews.uid_map, len(train.user_names)) for values in (model.u_biases, model.u_factors)
        )
        item_bias, item_factors = (
            _by_position(values, reviews.iid_map, len(train.item_names)) for values in (model.i_biases, model.i_factors)
        )
        lowest, highest = train.scores.min(), train.scores.max()

        def predict(users: np.ndarray, items: np.ndarray) -> np.ndarray:
            products = np.einsum("nk,nk->n", user_factors[users], item_factors[items])
            return np.clip(model.global_mean + user_bias[users] + item_bias[items] + products, lowest, highest)

        return predict


def _by_position(values: np.ndarray, places: dict[int, int], number: int) -> np.ndarray:
    """``values`` of Cornac's users or items in our order; zeros for others, also for the unknown one at -1."""
    table = np.zeros((number + 1, *values.shape[1:]))
    table[list(places)] = values[list(places.values())]
    return table
