"""Runs a notebook's code cells as a kernel does, one after another in one namespace: `run_notebook.py FILE [VALUES]`.

VALUES, a JSON object, are set after the cell that is tagged "parameters". The first cell that raises ends it.
"""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path


def main(file: Path, values: dict[str, object]) -> int:
    namespace: dict[str, object] = {"__name__": "__main__"}
    for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        try:
            exec(compile("".join(cell["source"]), f"{file.name}, {cell['id']}", "exec"), namespace)
        except Exception:  # noqa: BLE001  whatever a cell raises is told with the cell
            traceback.print_exc()
            return 1
        if "parameters" in cell["metadata"].get("tags", ()):
            namespace.update(values)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}))
