"""Evaluation beside the matrix products it cannot do without: users with held-out reviews x dimension x items."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.jobs import Finished
from bench.training_room import SavedModel, evaluate, find_archive, read_interactions, unpack

ROUNDS = 15
BLOCK_CELLS = 8_000_000  # scores that are computed at a time, so that the products are bounded in memory too


def against_products(finished: Finished, k: int, seed: int, default_dimension: int) -> dict[str, Any]:
    """``first_seconds``: evaluate() as a job does it, once, with its tracing; ``seconds``: median of repeated calls.

    TensorFlow is imported before; in a fresh process the first call is the first that it is used for. Unpacking and
    loading the model are told apart (``load_seconds``).
    """
    import tensorflow  # noqa: F401

    train = read_interactions(finished.data / "train.parquet")
    test = read_interactions(finished.data / "test.parquet")
    with tempfile.TemporaryDirectory(prefix="model-") as folder:
        load_seconds, saved = _timed(lambda: unpack(find_archive(finished.archive), Path(folder)))
        seconds, model = _timed(lambda: SavedModel(saved))
        users, items = len(test.user_names), len(model.items)
        dimension = dimension_of(saved, items) or default_dimension
        multiply = products(users, dimension, items, seed)
        times, bare_times = [], []
        for _ in range(ROUNDS):  # in turns, so that both see the same machine
            times.append(_timed(lambda: evaluate(model, train, test, k, seed))[0])
            bare_times.append(_timed(multiply)[0])
    bare = statistics.median(bare_times)
    return {
        "users": users,
        "dimension": dimension,
        "items": items,
        "load_seconds": load_seconds + seconds,
        "first_seconds": times[0],
        "seconds": statistics.median(times),
        "bare_seconds": bare,
        "first_ratio": times[0] / bare,
        "ratio": statistics.median(times) / bare,
    }


def products(users: int, dimension: int, items: int, seed: int) -> Callable[[], None]:
    """A call that multiplies float32 [users, dimension] x [dimension, items], by TensorFlow with its own threads, in
    blocks of users. The matrices are made before.
    """
    import tensorflow as tf

    random = np.random.default_rng(seed)
    left = tf.constant(random.standard_normal((users, dimension), dtype=np.float32))
    right = tf.constant(random.standard_normal((dimension, items), dtype=np.float32))
    size = max(1, BLOCK_CELLS // items)

    def multiply() -> None:
        for start in range(0, users, size):
            tf.matmul(left[start : start + size], right)

    return multiply


def dimension_of(saved_model: Path, items: int) -> int | None:
    """Length of the item vectors: the longest that has one per item (or one more, for unknown ones) in the model.

    None where the model keeps no such variable.
    """
    import tensorflow as tf

    reader = tf.train.load_checkpoint(str(saved_model / "variables" / "variables"))
    shapes = [shape for shape in reader.get_variable_to_shape_map().values() if len(shape) == 2]
    lengths = [shape[1 - side] for shape in shapes for side in (0, 1) if shape[side] in (items, items + 1)]
    return max(lengths, default=None)


def _timed(act: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    result = act()
    return time.perf_counter() - started, result
