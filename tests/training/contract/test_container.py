"""Arguments as SageMaker hands them over, and where a failure is told."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import pytest
from train import parse as parse_train

from contract.argument_types import fraction, not_negative, positive_float, positive_int, seed
from contract.container import JobParser, UsageError

TRAINING = Path(__file__).resolve().parents[3] / "training"


def test_hyperparameters_may_be_written_with_underscores_or_hyphens():
    options = parse_train(["--batch_size", "7", "--learning-rate=0.5", "-k", "3", "--model_dir=/a_b=c_d"])
    assert (options.batch_size, options.learning_rate, options.k) == (7, 0.5, 3)
    assert str(options.model_dir) == "/a_b=c_d"
    assert parse_train(["--k", "9"]).k == 9


@pytest.mark.parametrize(
    "wrong", [["--epochs", "0"], ["--epoch", "3"], ["--learning-rate", "nan"], ["--l2", "-1"], ["--seed", "-1"], ["x"]]
)
def test_wrong_arguments_are_named_with_what_was_received(wrong):
    with pytest.raises(UsageError, match=wrong[-1]):
        parse_train(wrong)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (positive_int, "1", ["0", "-1", "1.5", "", "true"]),
        (positive_float, "0.1", ["0", "inf", "nan", "x"]),
        (not_negative, "0", ["-0.1", "inf", "nan", "x"]),
        (fraction, "0.5", ["0", "1", "-1", "nan", "x"]),
        (seed, "0", ["-1", "4294967296", "x"]),
    ],
)
def test_each_argument_type_refuses_what_it_cannot_be(kind, good, bad):
    assert kind(good) == float(good)
    for text in bad:
        with pytest.raises(argparse.ArgumentTypeError) as caught:
            kind(text)
        assert repr(text) in str(caught.value)


@pytest.mark.parametrize(("raised", "traced"), [("c.JobError", False), ("KeyError", True)])
def test_a_traceback_is_logged_of_what_nobody_foresaw(tmp_path, raised, traced):
    fail = f"import contract.container as c; c.report_failures(c.TRAINING_MESSAGE); raise {raised}('no room')"
    environment = {"SAGEMAKER_BASE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", fail], capture_output=True, text=True, cwd=TRAINING, env=environment)
    assert done.returncode == 1
    assert "no room" in (tmp_path / "output" / "failure").read_text()
    assert "no room" in done.stderr
    assert ("Traceback" in done.stderr) is traced


def test_help_tells_defaults_and_ends_well(capsys):
    parser = JobParser("job.py", "What it does.")
    parser.add_argument("--size", help="how large")
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(["--help"])
    assert ended.value.code == 0
    assert "how large" in capsys.readouterr().out


def test_paths_lie_below_the_base_folder_unless_the_container_says_otherwise():
    environment = {"SAGEMAKER_BASE_DIR": "/somewhere", "SM_CHANNEL_TRAIN": "/given/train"}
    show = "import contract.container as c; print(c.base_dir(), c.channel('train'), c.channel('items'), c.model_dir())"
    done = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, cwd=TRAINING, env=environment)
    assert done.stdout.split() == ["/somewhere", "/given/train", "/somewhere/input/data/items", "/somewhere/model"]
    done = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, cwd=TRAINING, env={})
    assert done.stdout.split()[0] == "/opt/ml"
