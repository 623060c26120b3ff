"""A training of the ranking model on spot capacity: killed without warning, started again with what it had kept."""

from __future__ import annotations

import os
import re
import signal
import subprocess

import numpy as np
import pytest

from tests.training.jobs import Jobs
from tests.training.ratings_at_hand import low_rank, write

pytestmark = pytest.mark.slow

# Small batches make epochs that are long enough to be killed within, a small step that there are some of them.
OPTIONS = ("--epochs", 5, "--batch-size", 8, "--learning-rate", "0.0005")
EPOCH = re.compile(r"^epoch=(\d+) of=5 (loss=\S+ validation=\S+)", re.MULTILINE)


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    """Two jobs on the same data: one to be left in peace, and one to be interrupted."""
    folder = tmp_path_factory.mktemp("spot-ranking")
    write(folder / "data" / "train.parquet", low_rank(60, 40, 0.5, seed=1))
    return Jobs(folder / "peace", folder / "data"), Jobs(folder / "spot", folder / "data")


def killed_at(jobs, line):
    """Start the job, kill it as soon as it has logged ``line``; the log so far."""
    seen = []
    with subprocess.Popen(
        jobs.command("train_ranking.py", *OPTIONS),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=jobs.environment,
    ) as process:
        for told in process.stdout:
            seen.append(told)
            if told.startswith(line):
                os.kill(process.pid, signal.SIGKILL)
                break
        seen += process.stdout.readlines()
    assert process.returncode == -signal.SIGKILL, "".join(seen)
    assert not (jobs.base / "model" / "01" / "saved_model.pb").exists()
    return "".join(seen)


def test_a_job_that_was_killed_ends_as_one_that_was_not(tf, jobs):
    peace, spot = jobs
    (spot.base / "checkpoints").mkdir()  # where SageMaker brings it
    whole = EPOCH.findall(peace.run("train_ranking.py", *OPTIONS).stdout)
    assert len(whole) == 5, "too few epochs to be interrupted in"

    before = EPOCH.findall(killed_at(spot, "epoch=2 "))
    log = spot.run("train_ranking.py", *OPTIONS).stdout
    (resumed,) = re.findall(r"^resumed after epoch (\d+) \(learn-ranking\.npz\)$", log, re.MULTILINE)
    # what was logged last is repeated only if the job was killed before it was kept
    assert int(resumed) in (int(before[-1][0]) - 1, int(before[-1][0]))
    assert before == whole[: len(before)]
    assert EPOCH.findall(log) == whole[int(resumed) :]

    def served(job):
        signatures = tf.saved_model.load(str(job.base / "model" / "01")).signatures
        users, items = ([f"{letter}{n % 40:02}" for n in range(60)] for letter in "ui")
        return signatures["serving_default"](username=tf.constant(users), item=tf.constant(items))["score"].numpy()

    assert np.array_equal(served(spot), served(peace))
