"""Wall time and peak memory of each job by the number of generated ratings; every job is a process of its own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from bench.datasets import generated
from bench.execution_input import Parameters
from bench.jobs import run_jobs


def scaling(reviews: int, parameters: Parameters, scratch: Path) -> dict[str, Any]:
    """The three jobs over ``reviews`` generated ratings. ``jobs``: name -> seconds, peak_bytes and, by rating, cost.

    What they leave is removed, so a size does not need the room of all.
    """
    folder = scratch / f"scaling-{reviews}"
    try:
        dataset = generated(reviews, folder)
        finished = run_jobs(dataset, parameters, folder / "ml")
        jobs = {"preprocess": finished.preprocess, "train": finished.train, "evaluate": finished.evaluate}
        return {
            "reviews": reviews,
            "users": finished.evaluation["users"],
            "items": finished.evaluation["items"],
            "bytes": dataset.file.stat().st_size,
            "epochs": finished.epochs,
            "seconds": finished.seconds,
            "jobs": {
                name: {**run.document(), "microseconds_per_rating": run.seconds / reviews * 1e6}
                for name, run in jobs.items()
            },
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)
