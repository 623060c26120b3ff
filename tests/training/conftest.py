"""Jobs are run here as SageMaker runs them: scripts in a folder of their own, as processes with a contract folder."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
TRAINING = PROJECT / "training"
sys.path.insert(0, str(TRAINING))  # as in the container, where the scripts lie beside one another


@pytest.fixture(scope="session")
def tf():
    """TensorFlow as the training job imports it. Only slow tests may ask for it: it takes seconds to import."""
    with pytest.MonkeyPatch.context() as patch:  # for the import alone: a job that is started must set these itself
        patch.setenv("TF_USE_LEGACY_KERAS", "1")
        patch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")
        import tensorflow
        import tensorflow_recommenders  # noqa: F401
    return tensorflow


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A folder that plays /opt/ml."""
    folder = tmp_path / "ml"
    folder.mkdir()
    return folder


@pytest.fixture
def run_job(base: Path):
    """Run a script of training/ with arguments; environment variables beyond the contract's by keyword."""

    def run(script: str, *arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(TRAINING / script), *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=300,
            env={**os.environ, "SAGEMAKER_BASE_DIR": str(base), **variables},
        )

    return run


@pytest.fixture
def write_csv():
    """Write rows, the first of them the header, to a CSV file whose folder is made."""

    def write(path: Path, *rows: tuple) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows(rows)
        return path

    return write
