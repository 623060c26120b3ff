"""A training job on spot capacity: killed in the middle of an epoch, started again with what it had kept."""

from __future__ import annotations

import os
import re
import signal
import subprocess

import numpy as np
import pytest

from tests.training.jobs import Jobs
from tests.training.reviews_at_hand import two_tastes, write

pytestmark = pytest.mark.slow

# One user a step makes epochs of 100 steps, long enough to be killed within. With so few reviews of so many items it
# takes some epochs to learn.
OPTIONS = ("--epochs", 6, "--batch-size", 1, "-k", 40)
REVIEWS = two_tastes(users=100, items=200, share=0.1)
EPOCH = re.compile(r"^epoch=(\d+) ", re.MULTILINE)
REFIT = re.compile(r"^refit epoch=(\d+) ", re.MULTILINE)


class Spot:
    """A job whose checkpoints folder outlives it."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs
        (jobs.base / "checkpoints").mkdir()  # where SageMaker brings it

    def killed_at(self, line: str) -> str:
        """Start the job, kill it without warning as soon as it has logged ``line``; the log so far."""
        seen = []
        with subprocess.Popen(
            self.jobs.command("train.py", *OPTIONS),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=self.jobs.environment,
        ) as process:
            for told in process.stdout:
                seen.append(told)
                if told.startswith(line):
                    os.kill(process.pid, signal.SIGKILL)
                    break
            seen += process.stdout.readlines()
        assert process.returncode == -signal.SIGKILL, "".join(seen)
        assert not (self.jobs.base / "model" / "01" / "saved_model.pb").exists()
        return "".join(seen)


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    """Two jobs on the same data: one that was left in peace, and one to be interrupted."""
    folder = tmp_path_factory.mktemp("spot")
    write(folder / "data" / "train.parquet", REVIEWS)
    return Jobs(folder / "peace", folder / "data"), Jobs(folder / "spot", folder / "data")


def numbers(pattern, log):
    return [int(epoch) for epoch in pattern.findall(log)]


def resumed(log, stage):
    (epoch,) = re.findall(rf"^resumed after epoch (\d+) \({stage}\.npz\)$", log, re.MULTILINE)
    return int(epoch)


def test_a_job_that_was_killed_twice_ends_as_one_that_was_not(tf, jobs):
    peace, interrupted = jobs
    whole = peace.train(*OPTIONS)
    assert len(numbers(EPOCH, whole)) >= 3, "too few epochs to be interrupted in"
    assert len(numbers(REFIT, whole)) >= 3, "too few epochs to be interrupted in"

    spot = Spot(interrupted)
    first = spot.killed_at("epoch=2 ")
    second = spot.killed_at("refit epoch=2 ")
    third = interrupted.train(*OPTIONS)

    def goes_on(log, stage, pattern, before):
        """What was logged last is repeated only if the job was killed before it was kept."""
        last = numbers(pattern, before)[-1]
        assert resumed(log, stage) in (last - 1, last)
        assert numbers(pattern, log) == list(range(resumed(log, stage) + 1, numbers(pattern, whole)[-1] + 1))

    goes_on(second, "learn", EPOCH, first)
    assert numbers(EPOCH, third) == []
    goes_on(third, "refit", REFIT, second)

    def served(job):
        signatures = tf.saved_model.load(str(job.base / "model" / "01")).signatures
        users = sorted({user for user, _ in REVIEWS})
        found = signatures["serving_default"](username=tf.constant(users))
        return found["items"].numpy().tolist(), found["scores"].numpy()

    assert served(interrupted)[0] == served(peace)[0]
    assert np.array_equal(served(interrupted)[1], served(peace)[1])
