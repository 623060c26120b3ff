"""Bootstrap resamples of users, as weights: how often each of them draws each user.

As if users were drawn anew with replacement, only that their number varies too: weights are independent of one another
and follow the Poisson distribution of mean 1 (J. Hanley and B. MacGibbon, 2006; N. Chamandy et al., 2012), in 256ths: a
random byte decides. Mean and variance are exactly 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

RESAMPLES = 1000
FEWEST_RESAMPLES = 200
DRAWS = 2**24  # users x resamples, about: many users, whose intervals are narrow, are drawn less often
WEIGHTS_AT_A_TIME = 2**19  # users x resamples: as float32 2 MB, which stay near the processor
OF_256 = (94, 95, 46, 16, 4, 1)  # bytes that weigh 0, 1, 2, 3, 4 and 5
LEAST_BYTES = np.cumsum(OF_256)[:-1].astype(np.uint8)  # from which on a byte weighs 1, 2, 3, 4 and 5


@dataclass(frozen=True)
class Resamples:
    """``parts``: uint8 [r, some users] each, in the order of the users; a byte for each user and resample."""

    parts: tuple[np.ndarray, ...]

    def sums(self, columns: np.ndarray) -> np.ndarray:
        """Sums over users of ``columns`` [u, c] with each resample's weights: [r, c], of the same floating type."""
        found = np.zeros((len(self.parts[0]), columns.shape[1]), dtype=columns.dtype)
        start = 0
        for weights in self.parts:
            stop = start + weights.shape[1]
            found += weights.astype(columns.dtype) @ columns[start:stop]
            start = stop
        return found


def draw(users: int, seed: int, resamples: int | None = None) -> Resamples:
    """Of ``users`` > 0: 16 MB at most for up to 84,000 users, 200 bytes each for more."""
    resamples = resamples or min(max(DRAWS // users, FEWEST_RESAMPLES), RESAMPLES)
    random = np.random.default_rng(seed)
    step = max(1, WEIGHTS_AT_A_TIME // resamples)
    sizes = [min(step, users - start) for start in range(0, users, step)]
    return Resamples(tuple(weights(random, (resamples, size)) for size in sizes))


def weights(random: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Random weights, uint8 of ``shape``."""
    return weights_of(np.frombuffer(random.bytes(shape[0] * shape[1]), dtype=np.uint8).reshape(shape))


def weights_of(drawn: np.ndarray) -> np.ndarray:
    """The weight of each byte. To compare is several times as fast as to look up."""
    found = np.zeros(drawn.shape, dtype=np.uint8)
    for least in LEAST_BYTES:
        found += drawn >= least
    return found
