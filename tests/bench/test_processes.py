"""What a process used is measured for that process alone."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from bench.errors import BenchError
from bench.processes import run

MIB = 2**20


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_the_peak_is_that_of_the_process_and_not_of_the_one_that_starts_it():
    ballast = np.ones(400 * MIB, dtype=np.uint8)
    assert run(python("pass")).peak_bytes < 100 * MIB
    assert run(python(f"x = bytearray({300 * MIB}); x[::4096] = b'1' * len(x[::4096])")).peak_bytes > 300 * MIB
    assert ballast.sum() == len(ballast)


def test_wall_and_processor_time_are_told_apart():
    asleep = run(python("import time; time.sleep(0.5); print('awake')"))
    assert asleep.log == "awake\n"
    assert asleep.seconds >= 0.5 > asleep.cpu_seconds


def test_a_failure_shows_the_end_of_the_log():
    with pytest.raises(BenchError, match=r"(?s)exit code 3.*the last words"):
        run(python("import sys; print('the last words'); sys.exit(3)"))
