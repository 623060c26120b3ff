"""The project's three jobs over one data set, each a process with the container's contract, as in SageMaker."""

from __future__ import annotations

import json
import re
import sys
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.datasets import Dataset
from bench.execution_input import (
    EVALUATE,
    EVALUATE_RANKING,
    PREPROCESS,
    TRAIN,
    TRAIN_RANKING,
    Parameters,
    column_flags,
)
from bench.processes import Run, run
from bench.training_room import TRAINING

EPOCH = re.compile(r"^epoch=\d+ ", re.MULTILINE)


@dataclass(frozen=True)
class Model:
    """A model's job scripts, and the flags that each has for the parameters of an execution input."""

    train: str
    evaluate: str
    train_flags: dict[str, str]
    evaluate_flags: dict[str, str]


RETRIEVAL = Model("train.py", "evaluate.py", TRAIN, EVALUATE)
RANKING = Model("train_ranking.py", "evaluate_ranking.py", TRAIN_RANKING, EVALUATE_RANKING)


@dataclass(frozen=True)
class Finished:
    """What the jobs left behind. ``archive``: model.tar.gz. ``evaluation``, ``manifest``: their JSON documents."""

    data: Path
    archive: Path
    evaluation: dict[str, Any]
    manifest: dict[str, Any]
    preprocess: Run
    train: Run
    pack_seconds: float
    evaluate: Run

    @property
    def seconds(self) -> float:
        """All three jobs and the packing between them, imports included."""
        return self.preprocess.seconds + self.train.seconds + self.pack_seconds + self.evaluate.seconds

    @property
    def epochs(self) -> int:
        """Epochs that were run, by the log of the training job."""
        return len(EPOCH.findall(self.train.log))


def run_jobs(dataset: Dataset, parameters: Parameters, base: Path, model: Model = RETRIEVAL) -> Finished:
    """Preprocess, train and evaluate ``model`` in ``base``, which plays /opt/ml. Raises BenchError when one fails."""
    data = base / "processing" / "output" / "data"
    variables = {
        "SAGEMAKER_BASE_DIR": str(base),
        "SM_CHANNEL_TRAIN": str(data / "train.parquet"),
        "SM_CHANNEL_ITEMS": str(data / "items.parquet"),
        "SM_MODEL_DIR": str(base / "model"),
    }
    base.mkdir(parents=True)

    def job(script: str, *arguments: object) -> Run:
        return run([sys.executable, TRAINING / script, *arguments], variables)

    columns = column_flags(dataset.columns)
    preprocess = job("preprocess.py", "--reviews", dataset.file.parent, *columns, *parameters.flags(PREPROCESS))
    train = job(model.train, *parameters.flags(model.train_flags))
    started = time.perf_counter()
    archive = pack(base / "model", base / "processing" / "input" / "model" / "model.tar.gz")
    pack_seconds = time.perf_counter() - started
    evaluate = job(model.evaluate, "--data", data, *parameters.flags(model.evaluate_flags))
    evaluation = base / "processing" / "output" / "evaluation" / "evaluation.json"
    return Finished(
        data=data,
        archive=archive,
        evaluation=json.loads(evaluation.read_text(encoding="utf-8")),
        manifest=json.loads((data / "manifest.json").read_text(encoding="utf-8")),
        preprocess=preprocess,
        train=train,
        pack_seconds=pack_seconds,
        evaluate=evaluate,
    )


def pack(folder: Path, archive: Path) -> Path:
    """What SageMaker does between training and evaluation: ``folder`` becomes model.tar.gz."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive, "w:gz", compresslevel=6) as tar:
        tar.add(folder, arcname=".")
    return archive
