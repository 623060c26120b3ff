"""What both evaluation jobs take, and the document that they leave."""

from __future__ import annotations

import json

import pytest

from contract.evaluation_job import evaluation_parser, quality, write_evaluation


def test_without_arguments_a_job_reads_and_writes_where_sagemaker_has_it(tmp_path, monkeypatch):
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    options = evaluation_parser("evaluate.py", None, "chance").parse_args([])
    inputs = tmp_path / "processing" / "input"
    assert (options.data, options.model, options.champion) == (inputs / "data", inputs / "model", inputs / "champion")
    assert options.output == tmp_path / "processing" / "output" / "evaluation"


def test_a_metric_has_aws_form_with_our_interval_beside_it():
    told = {"value": 0.5, "standard_deviation": "NaN", "lower": 0.4, "upper": 0.6}
    assert quality({"value": 0.5, "lower": 0.4, "upper": 0.6}) == told


def test_no_evaluation_holds_a_bare_nan(tmp_path):
    write_evaluation(tmp_path / "new", {"rmse": 0.5})
    assert json.loads((tmp_path / "new" / "evaluation.json").read_text()) == {"rmse": 0.5}
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_evaluation(tmp_path / "nan", {"rmse": float("nan")})
    assert not (tmp_path / "nan" / "evaluation.json").exists()
