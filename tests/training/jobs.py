"""The jobs of training/ as processes, in a folder that plays /opt/ml, and what they leave."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
TRAINING = PROJECT / "training"
ASK = """
import json, sys
import tensorflow as tf
served = tf.saved_model.load(sys.argv[1]).signatures
users = json.load(sys.stdin)
answers = {
    "candidates": served["candidates"]()["items"].numpy(),
    "lists": served["serving_default"](username=tf.constant(users))["items"].numpy(),
    "scores": served["score"](username=tf.constant(users))["scores"].numpy(),
}
json.dump({name: value.tolist() for name, value in answers.items()}, open(sys.argv[2], "w"), default=bytes.decode)
"""


class Jobs:
    """Runs the jobs below ``base``, on train.parquet and test.parquet in the folder ``data``."""

    def __init__(self, base: Path, data: Path) -> None:
        self.base, self.data = base, data
        self.base.mkdir(parents=True, exist_ok=True)

    @property
    def environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "SM_"))}
        return {**clean, "SAGEMAKER_BASE_DIR": str(self.base), "SM_CHANNEL_TRAIN": str(self.data / "train.parquet")}

    def command(self, script: str, *arguments: object) -> list[str]:
        return [sys.executable, str(TRAINING / script), *map(str, arguments)]

    def run(self, script: str, *arguments: object, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(script, *arguments), capture_output=True, text=True, timeout=300, env=self.environment
        )
        assert done.returncode == 0 or not check, done.stderr
        return done

    def preprocess(self, reviews: Path, *flags: str) -> None:
        """Writes the data where evaluate and train look for it."""
        self.run("bootstrap.py", "preprocess.py", "--reviews", reviews, *flags)

    def train(self, *arguments: object) -> str:
        """The log."""
        return self.run("train.py", *arguments).stdout

    def pack(self) -> Path:
        archive = self.base / "processing" / "input" / "model" / "model.tar.gz"
        archive.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(self.base / "model", arcname=".")
        return archive

    def evaluate(self, *arguments: object) -> str:
        """The text of evaluation.json."""
        self.run("bootstrap.py", "evaluate.py", "--data", self.data, *arguments)
        return (self.base / "processing" / "output" / "evaluation" / "evaluation.json").read_text()

    def ask(self, users: list[str]) -> dict:
        """What the SavedModel answers in a fresh process."""
        answers = self.base / "answers.json"
        command = [sys.executable, "-P", "-c", ASK, str(self.base / "model" / "01"), str(answers)]
        subprocess.run(command, input=json.dumps(users), text=True, check=True, timeout=120, cwd=self.base)
        return json.loads(answers.read_text())


def strict_json(text: str) -> dict:
    """Refuses NaN and Infinity, which are no JSON."""
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
