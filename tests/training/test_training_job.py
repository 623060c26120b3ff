"""The training job at its edges: next to no data, settings that cannot work, what it tells and keeps."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from tests.training.reviews_at_hand import two_tastes, write

pytestmark = pytest.mark.slow

TINY = [("ann", "stout"), ("bob", "ale"), ("cid", "stout")]


@pytest.fixture
def train(tf, tmp_path, monkeypatch, capsys):
    """Train on rows of (user, item) with flags; returns the log and the served signatures."""
    monkeypatch.setenv("TF_USE_LEGACY_KERAS", "1")  # put back afterwards; TensorFlow is there already
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    import train as job

    def run(rows, *flags):
        model = tmp_path / "model"
        file = write(tmp_path / "train.parquet", rows)
        job.main(["--train", str(file), "--model-dir", str(model), *map(str, flags)])
        return capsys.readouterr().out, tf.saved_model.load(str(model / "01")).signatures

    return run


def lists(tf, signatures, users):
    found = signatures["serving_default"](username=tf.constant(users))
    assert np.isfinite(found["scores"].numpy()).all()
    return [[item.decode() for item in row] for row in found["items"].numpy()]


def epochs(log, name="epoch"):
    return [(int(epoch), int(of)) for epoch, of in re.findall(rf"^{name}=(\d+) of=(\d+) ", log, re.MULTILINE)]


@pytest.mark.parametrize(
    "rows",
    [
        TINY,
        [("ann", "stout")],
        [("ann", "stout"), ("ann", "ale")],
        [("ann", "stout"), ("bob", "stout")],
    ],
    ids=["3 users, 2 items", "one review", "one user", "one item"],
)
def test_next_to_nothing_is_enough_to_train_on(tf, train, rows):
    log, signatures = train(rows)
    assert "validation" not in log  # there is nothing to validate on
    items = {item for _, item in rows}
    for served in lists(tf, signatures, ["ann", "somebody new"]):
        assert set(served) == items


def test_one_epoch_is_one_epoch(train):
    log, _ = train(two_tastes(), "--epochs", 1)
    assert epochs(log) == epochs(log, "refit epoch") == [(1, 1)]


def test_there_are_no_more_epochs_than_allowed_and_the_refit_has_as_many_as_were_best(train, tmp_path):
    log, _ = train(two_tastes(), "--epochs", 4)
    told = json.loads((tmp_path / "model" / "01" / "assets.extra" / "training.json").read_text())
    assert 1 <= len(epochs(log)) <= 4
    assert epochs(log) == [(row["epoch"], 4) for row in told["epochs"]]
    best = max(told["epochs"], key=lambda row: row["validation"])
    assert told["best_epoch"] == best["epoch"]
    assert epochs(log, "refit epoch") == [(epoch, best["epoch"]) for epoch in range(1, best["epoch"] + 1)]
    assert told["validation"] == max(told["validation"], best["validation"])


def test_a_learning_rate_without_reason_ends_with_a_clear_error_or_a_sound_model(tf, train):
    from train import TrainingError

    told, served = "", []
    try:
        _, signatures = train(two_tastes(), "--learning-rate", 1e6, "--epochs", 3)
        served = lists(tf, signatures, ["a000", "b001", "somebody new"])
    except TrainingError as error:
        told = str(error)
    assert len(served) == 3 or re.search(r"training diverged.*lower LearningRate \(1000000\.0\)", told)


@pytest.mark.parametrize(
    "flags", [("--batch-size", 1), ("--batch-size", 10**6), ("--embedding-dimension", 3), ("--l2", 0)]
)
def test_settings_may_be_small_or_large(tf, train, flags):
    _, signatures = train(two_tastes(users=40), "--epochs", 2, *flags)
    assert len(lists(tf, signatures, ["a000"])[0]) == 40


def test_one_long_history_among_short_ones(tf, train):
    """Half of a history of one is nothing, in half of the epochs."""
    rows = [(f"u{n}", f"i{n % 7}") for n in range(60)] + [("all", f"i{n}") for n in range(7)]
    _, signatures = train(rows, "--epochs", 3)
    assert sorted(lists(tf, signatures, ["all"])[0]) == [f"i{n}" for n in range(7)]


def test_features_are_told_and_used_where_there_is_a_file(tf, train, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = two_tastes(users=20)
    items = sorted({item for _, item in rows})
    table = pa.table({"item": items, "style": [item[0] for item in items], "abv": [5.0, None] * (len(items) // 2)})
    pq.write_table(table, tmp_path / "items.parquet")
    log, _ = train(rows, "--epochs", 1, "--items", tmp_path / "items.parquet")
    assert "features=style,abv" in log
    log, _ = train(rows, "--epochs", 1)
    assert "features=none" in log


def test_what_the_items_are_travels_with_the_model(train, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    items = write(tmp_path / "items.parquet", TINY)  # any columns: it is copied as it is
    pq.write_table(pa.table({"item": ["stout", "ale"], "style": ["Stout", None]}), items)
    extra = tmp_path / "model" / "01" / "assets.extra"
    train(TINY, "--epochs", 1)
    assert not (extra / "items.parquet").exists()
    train(TINY, "--epochs", 1, "--items", items)
    assert (extra / "items.parquet").read_bytes() == items.read_bytes()


def test_without_the_closed_form_everything_is_learnt(tf, train, tmp_path):
    flags = ("--epochs", 20, "--embedding-dimension", 7, "--batch-size", 8, "--learning-rate", 0.02)
    log, signatures = train(two_tastes(), "--closed-form", "false", *flags)
    assert "closed form" not in log
    told = json.loads((tmp_path / "model" / "01" / "assets.extra" / "training.json").read_text())
    assert (told["ridge"], told["ridge_weight"], told["dimension"]) == ({}, 0.0, 7)
    assert told["validation"] == max(row["validation"] for row in told["epochs"])
    reader = tf.train.load_checkpoint(str(tmp_path / "model" / "01" / "variables" / "variables"))
    shapes = [shape for shape in reader.get_variable_to_shape_map().values() if len(shape) == 2]
    assert shapes == [[40, 7], [40, 7]]
    for user, served in zip(["a000", "b001"], lists(tf, signatures, ["a000", "b001"]), strict=True):
        own = [item[0] == user[0] for item in served]
        assert sum(own[:20]) > 15  # of 20 of the own group


def test_next_to_nothing_is_enough_without_the_closed_form_too(tf, train):
    _, signatures = train(TINY, "--closed-form", "false")
    assert {item for served in lists(tf, signatures, ["ann"]) for item in served} == {"stout", "ale"}


@pytest.mark.parametrize("text", ["FALSE", "0", "", "no"])
def test_only_true_and_false_turn_the_closed_form_on_and_off(train, text):
    from contract.container import UsageError

    with pytest.raises(UsageError, match=f"'{text}' is neither true nor false"):
        train(TINY, "--closed-form", text)


@pytest.mark.parametrize(("text", "meant"), [("true", True), ("True", True), ("false", False), ("False", False)])
def test_a_truth_value_is_read_as_json_and_as_the_images_toolkit_writes_it(text, meant):
    from train import parse

    assert parse(["--closed-form", text]).closed_form is meant


def test_a_checkpoint_with_the_closed_form_is_not_used_without_it(train, tmp_path):
    flags = ("--checkpoints", tmp_path / "checkpoints", "--epochs", 2)
    train(TINY, *flags, "--closed-form", "true")
    log, _ = train(TINY, *flags, "--closed-form", "false")
    assert "learn.npz is of another training: starting afresh" in log
    log, _ = train(TINY, *flags, "--closed-form", "false")
    assert "resumed after epoch 2" in log


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("other reviews of the same number", [("ann", "ale"), ("bob", "stout"), ("cid", "ale")]),
        ("other names", [("ann", "stout"), ("bob", "ale"), ("dan", "stout")]),
    ],
)
def test_a_checkpoint_of_other_data_is_not_used_and_told(train, tmp_path, name, changed):
    kept = tmp_path / "checkpoints"
    train(TINY, "--checkpoints", kept, "--epochs", 2)
    log, _ = train(changed, "--checkpoints", kept, "--epochs", 2)
    assert "learn.npz is of another training: starting afresh" in log, name
    assert epochs(log) == [(1, 2), (2, 2)]


def test_a_truncated_checkpoint_is_not_used_and_training_still_ends_well(tf, train, tmp_path):
    flags = ("--checkpoints", tmp_path / "checkpoints", "--epochs", 2)
    _, before = train(TINY, *flags)
    kept = tmp_path / "checkpoints" / "learn.npz"
    content = kept.read_bytes()
    kept.write_bytes(content[: len(content) // 2])
    log, after = train(TINY, *flags)
    assert "learn.npz cannot be read" in log
    assert epochs(log) == [(1, 2), (2, 2)]
    assert lists(tf, after, ["ann", "bob"]) == lists(tf, before, ["ann", "bob"])


def test_a_finished_training_that_is_started_again_repeats_no_epoch(tf, train, tmp_path):
    kept = tmp_path / "checkpoints"
    flags = ("--checkpoints", kept, "--epochs", 2)
    first_log, first = train(two_tastes(users=40), *flags)
    users = ["a000", "b001"]
    before = lists(tf, first, users)
    log, again = train(two_tastes(users=40), *flags)
    assert epochs(first_log)
    assert epochs(log) == epochs(log, "refit epoch") == []
    assert log.count("resumed after epoch") == 2
    assert lists(tf, again, users) == before
