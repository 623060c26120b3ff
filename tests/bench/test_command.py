"""The command: options, tables, JSON and plot."""

from __future__ import annotations

import io
import json
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from bench import machine
from bench.errors import BenchError
from bench.execution_input import PREPROCESS, TRAIN, read_parameters
from bench.options import parse
from bench.plot import plot
from bench.results import document, write
from bench.tables import tables

PROJECT = Path(__file__).resolve().parents[2]
METRICS = {"accuracy": 0.7, "recall_at_10": 0.2, "recall_at_100": 0.5, "ndcg_at_10": 0.3}
TIMES = {"seconds": 2.0, "first_seconds": 2.5, "bare_seconds": 1.0, "ratio": 2.0, "first_ratio": 2.5}
QUALITY = {
    "k": 500,
    "seed": 42,
    "users": 10,
    "items": 20,
    "train": 100,
    "test": 15,
    "criterion": "ndcg_at_10",
    "rows": [
        {"model": "Taproom", "setting": "9 epochs", "fit_seconds": 1.5, "metrics": METRICS},
        {"model": "EASE", "skipped": "skipped: too many items"},
        {"model": "popularity", "setting": "", "fit_seconds": None, "metrics": {**METRICS, "accuracy": 0.5}},
    ],
}
RECIPE = {
    "epochs": 2,
    "all_epochs": 20,
    "recipe": {"seconds": 90.0},
    "ours": {"seconds": 10.0},
    "ratio": 9.0,
    "extrapolated": {"seconds": 630.0, "ratio": 63.0},
    "metrics": {"ours": METRICS, "recipe": METRICS},
}
RUN = {"seconds": 3.0, "cpu_seconds": 4.0, "peak_bytes": 2**30, "microseconds_per_rating": 30.0}
SIZE = {"reviews": 100_000, "items": 5200, "epochs": 9, "jobs": {"preprocess": RUN, "train": RUN, "evaluate": RUN}}
PARTS = {
    "quality": QUALITY,
    "ranking": {
        **{name: QUALITY[name] for name in ("users", "items", "train", "test")},
        "rows": [
            {"model": "Taproom", "setting": "9 epochs", "seconds": 9.5, "metrics": {"rmse": 0.8123, "mae": 0.6}},
            {"model": "biased MF", "setting": "factors 20", "seconds": 0.5, "metrics": {"rmse": 0.85, "mae": 0.65}},
        ],
    },
    "recipe": RECIPE,
    "evaluation": {**TIMES, "users": 10, "dimension": 64, "items": 20, "load_seconds": 0.5},
    "preprocess": {**TIMES, "bytes": 2**20, "columns": ["user", "item"]},
}


@pytest.fixture
def results():
    return document({"parts": ["quality"]}, [{"name": "some [reviews]", **PARTS}], [SIZE])


def rendered(results) -> str:
    console = Console(width=160, record=True, file=io.StringIO())
    for table in tables(results):
        console.print(table)
    return console.export_text()


def test_every_part_has_a_table(results):
    text = rendered(results)
    for word in (
        "Quality: some [reviews]",
        "Taproom",
        "too many items",
        "top-500",
        "0.3000",
        "1,024",
        "matrix products",
    ):
        assert word in text


def test_what_was_not_measured_is_called_so(results):
    text = rendered(results)
    assert re.search(r"2 epochs, measured *│ *90\.0 .* 9\.0 ", text)
    assert re.search(r"20 epochs, NOT measured: extrapolated *│ *630\.0 .* 63\.0 ", text)


def test_the_plot_is_written(results, tmp_path):
    pytest.importorskip("matplotlib")
    assert plot(results, tmp_path).read_bytes()[:4] == b"\x89PNG"
    assert plot(document({}, [{"name": "x"}], []), tmp_path) is None


def bench(*arguments: object) -> subprocess.CompletedProcess[str]:
    """In a process of its own: it changes its environment."""
    command = [sys.executable, "-m", "bench", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=PROJECT)


def test_a_run_writes_json_without_paths_or_names_of_the_machine(tmp_path):
    output = tmp_path / "out"
    done = bench("--size", 2000, "--parts", "preprocess", "--output", output)
    assert done.returncode == 0, done.stderr
    text = (output / "bench.json").read_text()
    measured = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert measured["schema_version"] == 1
    assert measured["machine"]["cores"] >= 1
    assert measured["datasets"][0]["preprocess"]["ratio"] > 0
    assert measured["datasets"][0]["preprocess"]["columns"][:2] == ["username", "beer_name"]
    assert not re.search(r'"[^"]*(/|\\\\)[^"]*"', text)
    assert platform.node() not in text
    assert "Preprocess beside a bare scan" in done.stdout


def test_a_failed_part_is_told_and_the_exit_code_says_so(tmp_path):
    done = bench("--size", 0, "--reviews", tmp_path / "none.csv", "--parts", "preprocess")
    assert done.returncode == 1
    assert "is no file of reviews" in done.stderr


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("userId,movieId,rating,timestamp", "ratings.csv has no column 'username' for the user"),
        ("userId,movieId,rating", "ratings.csv has none of the columns username, beer_name, score, timestamp"),
    ],
)
def test_reviews_without_the_columns_are_told_without_a_traceback(tmp_path, header, told):
    (tmp_path / "ratings.csv").write_text(f"{header}\n{','.join('1234'[: header.count(',') + 1])}\n", "utf-8")
    done = bench("--size", 0, "--reviews", tmp_path / "ratings.csv", "--parts", "preprocess", "--output", tmp_path)
    assert done.returncode == 1
    assert f"bench: {told}" in done.stderr
    assert "Traceback" not in done.stderr


def test_results_are_replaced_whole(results, tmp_path):
    write(results, tmp_path)
    write(results, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["bench.json"]


@pytest.mark.parametrize(
    "arguments", [["--parts", "speed"], ["--parts", ""], ["--size", "-1"], ["--sizes", "10,x"], ["--size", "0"]]
)
def test_wrong_options_are_refused(arguments, capsys):
    with pytest.raises(SystemExit):
        parse(arguments)
    assert "error:" in capsys.readouterr().err


def test_parts_are_run_in_one_order():
    assert parse(["--parts", "scaling,quality"]).parts == ("quality", "scaling")


def test_the_execution_input_becomes_the_jobs_flags(tmp_path):
    file = tmp_path / "input.json"
    file.write_text(
        '{"Columns": {"User": "userId"}, "SplitSeed": 7, "TestFraction": 0.2, "AccuracyTop500Threshold": 0}'
    )
    parameters = read_parameters(file)
    assert parameters.columns["User"] == "userId"
    assert parameters.columns["Item"] == "beer_name"
    assert parameters.flags(PREPROCESS) == ["--test-fraction", "0.2", "--split-seed", "7"]
    assert parameters.flags(TRAIN) == ["--seed", "7"]
    file.write_text('{"Epochs": 3}')
    with pytest.raises(BenchError, match="unknown key 'Epochs'"):
        read_parameters(file)


def test_a_kernel_chosen_by_hand_is_not_handed_to_what_is_measured():
    environment = {"OPENBLAS_CORETYPE": "Prescott", "OPENBLAS_NUM_THREADS": "64", "HOME": "h"}
    machine.prepare_environment(environment)
    assert "OPENBLAS_CORETYPE" not in environment
    assert environment["OPENBLAS_NUM_THREADS"] == str(machine.cores())
