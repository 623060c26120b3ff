"""What the evaluation jobs have in common: their arguments, and evaluation.json in AWS' form of model quality."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contract.argument_types import seed
from contract.container import JobParser, base_dir

SCHEMA_VERSION = 1


def evaluation_parser(prog: str, description: str | None, seed_of: str) -> JobParser:
    """The arguments of every evaluation job; ``seed_of`` says what the seed is for."""
    processing = base_dir() / "processing"
    parser = JobParser(prog, description)
    parser.add_argument("--data", type=Path, default=processing / "input" / "data", help="folder of the Parquet files")
    parser.add_argument("--model", type=Path, default=processing / "input" / "model", help="model.tar.gz or its folder")
    parser.add_argument(
        "--champion", type=Path, default=processing / "input" / "champion", help="folder of the champion, if any"
    )
    parser.add_argument("--output", type=Path, default=processing / "output" / "evaluation", help="folder to write to")
    parser.add_argument("--seed", type=seed, default=42, help=f"for {seed_of} (42)")
    return parser


def quality(interval: Mapping[str, float]) -> dict[str, Any]:
    """A metric as AWS writes it ("NaN": it was measured once), with our interval beside it."""
    return {"value": interval["value"], "standard_deviation": "NaN"} | {
        bound: interval[bound] for bound in ("lower", "upper")
    }


def write_evaluation(folder: Path, evaluation: Mapping[str, Any], name: str = "evaluation.json") -> None:
    """``name``: of another document that stands beside evaluation.json."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(evaluation, indent=2, allow_nan=False) + "\n"
    (folder / name).write_text(text, encoding="utf-8")
