"""Jobs that do what the uploaded reviews say: the first line of the reviews file is a JSON script of outcomes.

    {"preprocess": "message to fail with", "train": "...", "evaluate": "...", "evaluation": <what evaluate writes>}

They run under the real job contract, through the real bootstrap, in no time.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

BASE = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))


def act(step: str, script: dict) -> None:
    print(f"{step} acts on {sorted(script)}", flush=True)
    message = script.get(step)
    if message:
        name = "failure" if step == "train" else "message"
        (BASE / "output").mkdir(parents=True, exist_ok=True)
        (BASE / "output" / name).write_text(message)
        sys.exit(1)


def arguments(*names: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in names:
        parser.add_argument(f"--{name}", type=Path)
    return parser.parse_known_args()[0]


def first_line(folder: Path) -> dict:
    file = next(path for path in sorted(folder.rglob("*")) if path.is_file())
    return json.loads(file.read_text().splitlines()[0])
