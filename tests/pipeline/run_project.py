"""`taproom run` on another project folder: `run_project.py TEMPLATE WORK RUNS REVIEWS`."""

from __future__ import annotations

import sys
from pathlib import Path

from taproom.run import RunRequest, run_locally

if __name__ == "__main__":
    template, work, runs, reviews = map(Path, sys.argv[1:])
    sys.exit(run_locally(RunRequest(reviews=reviews, work=work, runs=runs, template=template)))
