"""The notebook: well-formed, without outputs, and every cell runs."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
NOTEBOOK = PROJECT / "examples" / "walkthrough.ipynb"
RUNNER = Path(__file__).with_name("run_notebook.py")
FEWEST = {"TrainingEpochs": 1, "AccuracyTop500Threshold": 0.1, "BaselineRule": "off", "TrivialRule": "off"}


def cells(kind):
    return [one for one in json.loads(NOTEBOOK.read_text())["cells"] if one["cell_type"] == kind]


def test_it_is_a_notebook_of_short_cells_without_outputs():
    notebook = json.loads(NOTEBOOK.read_text())
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert len({one["id"] for one in notebook["cells"]}) == len(notebook["cells"])
    for cell in cells("code"):
        assert (cell["outputs"], cell["execution_count"]) == ([], None)
        ast.parse("".join(cell["source"]))  # plain Python: no magic, no shell
        assert len(cell["source"]) <= 26
    assert [one["metadata"].get("tags") for one in cells("code")].count(["parameters"]) == 1


@pytest.mark.slow
def test_it_runs_from_parameters_to_recommendations(tmp_path):
    values = {"REVIEWS": 2_500, "WORK": str(tmp_path / "work"), "RUNS": str(tmp_path / "runs"), "CHANGES": FEWEST}
    command = [sys.executable, RUNNER, NOTEBOOK, json.dumps(values)]
    done = subprocess.run(command, cwd=NOTEBOOK.parent, capture_output=True, text=True, timeout=240)
    told = done.stdout
    assert done.returncode == 0, told + done.stderr
    assert "TrainRetrieval             succeeded" in told
    assert "Retrieval: Registered." in told
    assert "1 PendingManualApproval arn:aws:sagemaker:" in told
    assert "retrieval version 1 is approved" in told
    folder = (tmp_path / "runs" / "latest").resolve()
    manifest = json.loads((folder / "data" / "manifest.json").read_text())
    assert manifest["split"]["strategy"] == "temporal"
    assert manifest["test"] / manifest["kept"] == pytest.approx(0.1, abs=0.03)
    assert {"report.html", "compare.html"} <= {one.name for one in folder.iterdir()}
    assert "1 ★" in told


def test_a_cell_that_raises_ends_the_run_and_is_named(tmp_path):
    made = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    sources = ["a = 1", "raise ValueError(a)", "print('reached')"]
    listed = [{**made, "id": f"cell-{number}", "source": [source]} for number, source in enumerate(sources)]
    file = tmp_path / "broken.ipynb"
    file.write_text(json.dumps({"cells": listed}))
    done = subprocess.run([sys.executable, RUNNER, file], capture_output=True, text=True)
    assert done.returncode == 1
    assert "reached" not in done.stdout
    assert "broken.ipynb, cell-1" in done.stderr
