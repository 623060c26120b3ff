"""What a run measured, as one JSON document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench.machine import facts

SCHEMA_VERSION = 1


def document(options: dict[str, Any], measured: list[dict[str, Any]], scaled: list[dict[str, Any]]) -> dict[str, Any]:
    """``measured``: one object per data set, with its ``name`` and its parts; ``scaled``: one per size."""
    return {
        "schema_version": SCHEMA_VERSION,
        "machine": facts(),
        "options": options,
        "datasets": measured,
        "scaling": scaled,
    }


def write(results: dict[str, Any], folder: Path) -> Path:
    """``folder``/bench.json. Written whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "bench.json"
    fresh = folder / "bench.json.new"
    fresh.write_text(json.dumps(results, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    fresh.replace(target)
    return target
