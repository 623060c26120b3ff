"""Alternating least squares for implicit feedback (Hu, Koren and Volinsky, 2008), by the library `implicit`."""

from __future__ import annotations

from itertools import product

import numpy as np

from bench.machine import cores
from bench.peers.known_users import KnownUsers
from bench.peers.peer import Setting
from bench.training_room import Interactions, Scorer

FACTORS = (64, 128, 256)
REGULARIZATIONS = (0.05, 5.0, 10.0, 20.0)
ALPHAS = (1.0, 2.0, 10.0)  # confidence in a review, beside the 1 of a pair without one


class ImplicitAls:
    name = "implicit ALS"

    def settings(self) -> list[Setting]:
        return [
            {"factors": factors, "regularization": regularization, "alpha": alpha}
            for factors, regularization, alpha in product(FACTORS, REGULARIZATIONS, ALPHAS)
        ]

    def refusal(self, train: Interactions) -> str | None:
        return None

    def fit(self, train: Interactions, setting: Setting, seed: int) -> Scorer:
        """The library's own number of iterations (15). Every review counts as 1, whatever its score."""
        from implicit.als import AlternatingLeastSquares
        from scipy.sparse import csr_matrix
        from threadpoolctl import threadpool_limits

        shape = (len(train.user_names), len(train.item_names))
        reviews = csr_matrix((np.ones(len(train), dtype=np.float32), (train.users, train.items)), shape=shape)
        # The library runs a thread per core itself; threads of the linear algebra below would get in their way.
        with threadpool_limits(1, user_api="blas"):
            model = AlternatingLeastSquares(
                factors=int(setting["factors"]),
                regularization=setting["regularization"],
                alpha=setting["alpha"],
                random_state=seed,
                num_threads=cores(),
                use_gpu=False,
            )
            model.fit(reviews, show_progress=False)
        users, items = model.user_factors, model.item_factors
        return KnownUsers(train, lambda rows: users[rows] @ items.T)
