"""Time of one fit of our model, without imports: what stands beside the peers' fits, which have theirs done too."""

from __future__ import annotations

import contextlib
import io
import time
from pathlib import Path

from bench.execution_input import TRAIN, Parameters
from bench.training_room import train


def fit_seconds(data: Path, parameters: Parameters, folder: Path) -> float:
    """Seconds from reading ``data``/train.parquet to the saved model in ``folder``. To be called in a fresh process."""
    import tensorflow_recommenders  # noqa: F401

    arguments = ["--train", str(data / "train.parquet"), "--items", str(data / "items.parquet")]
    arguments += ["--model-dir", str(folder), *parameters.flags(TRAIN)]
    started = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        train(arguments)
    return time.perf_counter() - started
