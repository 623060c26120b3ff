"""TensorFlow, without what its libraries say on the terminal whatever they are told."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

STDERR = 2


@contextmanager
def stderr_to(log: Path) -> Iterator[None]:
    """Have everything that this process writes to its standard error go to ``log``.

    The file descriptor itself is turned, since TensorFlow's libraries write to it without Python.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stderr.flush()
    terminal = os.dup(STDERR)
    try:
        with log.open("wb") as file:
            os.dup2(file.fileno(), STDERR)
        yield
    finally:
        sys.stderr.flush()
        os.dup2(terminal, STDERR)
        os.close(terminal)


def import_tensorflow() -> Any:
    """TensorFlow on the processor: for one request, a GPU takes longer to wake than to answer."""
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow

    return tensorflow
