"""Write the state machine to retraining.asl.json: ``python -m statemachine.render [--check]``.

``--check`` writes nothing and ends with 1 when the file is not what the definition says.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

RENDERED = Path(__file__).parent / "retraining.asl.json"
FIRST = (
    *("Type", "Comment", "Resource", "InputPath", "Parameters", "ResultSelector", "ResultPath"),
    *("TimeoutSeconds", "TimeoutSecondsPath"),
)
LAST = ("Retry", "Catch", "Branches", "Choices", "Default", "Next", "End")


def rendered() -> str:
    """The definition as JSON; the same definition gives the same text."""
    from statemachine.definition import definition  # the SDKs take seconds to import: not for --help

    return json.dumps(in_reading_order(definition().to_dict()), indent=2) + "\n"


def in_reading_order(graph: dict[str, Any]) -> dict[str, Any]:
    """The states as they were, the fields of each as one reads them: what it is and does, then where it leads."""
    states = {}
    for name, state in graph["States"].items():
        if "Branches" in state:
            state = {**state, "Branches": [in_reading_order(branch) for branch in state["Branches"]]}
        middle = [key for key in state if key not in FIRST + LAST]
        states[name] = {key: state[key] for key in (*FIRST, *middle, *LAST) if key in state}
    return {**graph, "States": states}


def main(arguments: list[str] | None = None, file: Path = RENDERED) -> int:
    parser = argparse.ArgumentParser(prog="python -m statemachine.render", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only say whether the file is up to date")
    check = parser.parse_args(arguments).check
    text = rendered()
    if not check:
        file.write_text(text, encoding="utf-8")
    elif not file.exists() or file.read_text(encoding="utf-8") != text:
        print(f"{file} is not what definition.py says: run `python -m statemachine.render`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
