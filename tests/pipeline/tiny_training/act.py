"""Jobs that do what the uploaded reviews say: the first line of the reviews file is a JSON script of outcomes.

    {"preprocess": "message to fail with", "train": "...", "evaluate": "...", "evaluation": <what evaluate writes>,
     "train_ranking": "...", "evaluate_ranking": "...", "ranking_evaluation": <what evaluate_ranking writes>,
     "until": "a file for whose existence preprocess waits", "counted": <what the manifest tells besides>}

They run under the real job contract, through the real bootstrap, in no time. A model holds its script, so a champion's
numbers are those that its own script told.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tarfile
import time
from pathlib import Path

from faults import act_out

BASE = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
LONGEST = 300.0  # seconds
SPLIT = {"strategy": "random", "seed": 42, "test_fraction": 0.15, "rule": "tiny"}


def wait_until(file: str) -> None:
    """Go on once the test has written the file: so a job lasts as long as a test needs it to."""
    deadline = time.monotonic() + LONGEST
    while not Path(file).exists() and time.monotonic() < deadline:
        time.sleep(0.05)


def act(step: str, script: dict) -> str:
    """Fail where the script or a fault says so; returns the fault that is the caller's to act out, if any."""
    print(f"{step} acts on {sorted(script)}", flush=True)
    fault = act_out()
    message = script.get(step)
    if message:
        name = "failure" if step.startswith("train") else "message"
        (BASE / "output").mkdir(parents=True, exist_ok=True)
        (BASE / "output" / name).write_text(message)
        sys.exit(1)
    return fault


def arguments(*names: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in names:
        parser.add_argument(f"--{name}", type=Path)
    return parser.parse_known_args()[0]


def first_line(folder: Path) -> dict:
    file = next(path for path in sorted(folder.rglob("*")) if path.is_file())
    return json.loads(file.read_text().splitlines()[0])


def train(step: str) -> None:
    script = first_line(Path(os.environ["SM_CHANNEL_TRAIN"]))
    fault = act(step, script)
    print("epoch=1 of=1 loss=0.5 seconds=0.1", flush=True)
    model = Path(os.environ["SM_MODEL_DIR"]) / "01"
    model.mkdir(parents=True)
    name = "variables.index" if fault == "half an output" else "saved_model.pb"
    (model / name).write_text(json.dumps(script))


def evaluate(step: str, kept: str, metrics_of) -> None:
    """``kept``: where the script holds the evaluation; ``metrics_of`` tells an evaluation's metrics of a champion."""
    given = arguments("data", "model", "champion", "output")
    script = json.loads((given.data / "manifest.json").read_text())["script"]
    act(step, script)
    given.output.mkdir(parents=True, exist_ok=True)
    evaluation = script.get(kept)
    if evaluation is None:
        (given.output / "other.txt").write_text("no evaluation here")
        return
    if isinstance(evaluation, dict):
        evaluation = json.dumps(evaluation | {"champion": champion(given.champion, kept, metrics_of)})
    (given.output / "evaluation.json").write_text(evaluation)


def champion(folder: Path, kept: str, metrics_of) -> dict:
    (file,) = folder.rglob("champion.json")
    told = json.loads(file.read_text())
    if told["status"] != "found":
        return told
    with tarfile.open(folder / told["artifact"]) as archive:
        script = json.loads(archive.extractfile("01/saved_model.pb").read())
    return told | {"status": "scored", "metrics": metrics_of(script[kept])}
