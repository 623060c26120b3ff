"""What both Training jobs take, and what they leave beside the SavedModel."""

from __future__ import annotations

import json

import pytest

from contract.container import UsageError
from contract.training_job import add_extra, training_parser


@pytest.fixture
def container(tmp_path, monkeypatch):
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    for name in ("SM_CHANNEL_TRAIN", "SM_CHANNEL_ITEMS", "SM_MODEL_DIR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_without_arguments_a_job_reads_and_writes_where_sagemaker_has_it(container):
    options = training_parser("train.py", None).parse_args([])
    assert options.train == container / "input" / "data" / "train"
    assert options.items == container / "input" / "data" / "items"
    assert options.model_dir == container / "model"
    assert options.checkpoints is None  # the job has no such folder


@pytest.mark.parametrize(("flag", "value"), [("--epochs", "0"), ("--learning-rate", "nan"), ("--seed", "-1")])
def test_a_setting_that_cannot_work_is_named(container, flag, value):
    with pytest.raises(UsageError, match=rf"train\.py: argument {flag}: .*{value}"):
        training_parser("train.py", None).parse_args([flag, value])


@pytest.mark.parametrize("described", [True, False])
def test_what_travels_with_the_model(tmp_path, described):
    items = tmp_path / "other-name.parquet"
    items.write_bytes(b"items")
    add_extra(tmp_path, {"best_epoch": 3}, items if described else None)
    found = {file.name: file.read_bytes() for file in (tmp_path / "assets.extra").iterdir()}
    assert json.loads(found.pop("training.json")) == {"schema_version": 1, "best_epoch": 3}
    assert found == ({"items.parquet": b"items"} if described else {})
