"""Whole runs beside the rules written plainly, on names of every kind; and runs that cannot write."""

from __future__ import annotations

import csv
import json
import random
import resource
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from preprocess import main

JOB = Path(__file__).parents[3] / "training" / "preprocess.py"
HEADER = ("username", "beer_name", "score", "timestamp", "style", "brewery_name", "abv")
# In no order that a locale would give; some need quotes in CSV.
NAMES = (
    "b",
    "B",
    "a",
    "é",
    "e",
    "ß",
    "日本",
    "𝄞",
    "o'neil",
    'the "best"',
    "x,y",
    " lead",
    "trail ",
    "ab",
    "a\tb",
    "zz",
)
USERS = [f"user {name}" for name in NAMES]
ITEMS = [f"{name} ale" for name in NAMES] + [*NAMES]
FEWEST, MOST, FEWEST_OF_ITEM = 12, 25, 9
FLAGS = ("--min-reviews-per-user", FEWEST, "--max-reviews-per-user", MOST, "--min-reviews-per-item", FEWEST_OF_ITEM)


def reviews(seed):
    """Many repeated, some undated, some equally old; of some items different things are told, and of some nothing."""
    draw = random.Random(seed)
    rows = []
    for _ in range(700):
        user, item = draw.choice(USERS[: draw.randint(1, 16)]), draw.choice(ITEMS)
        kind = ITEMS.index(item)
        style = draw.choice(("Stout", "IPA", "")) if kind % 5 == 0 else f"Style {kind % 4}"
        abv = draw.choice(("4.5", "5.5", "nan")) if kind % 3 == 0 else ""
        moment = draw.choice((None, *range(1_500_000_000, 1_500_000_006)))
        rows.append((user, item, draw.randint(1, 10) / 2, moment, style, "B&Co" if kind % 7 else "", abv))
    return rows


def once(rows):
    """(user, item) -> score and timestamp of the newest review."""
    found = {}
    for user, item, score, moment, *_ in rows:
        age = (float("-inf") if moment is None else moment, score)
        found[user, item] = max(age, found.get((user, item), age))
    return {pair: (score, None if age == float("-inf") else age) for pair, (age, score) in found.items()}


def bounded(found, place, fits):
    counts = Counter(pair[place] for pair in found)
    return {pair: value for pair, value in found.items() if fits(counts[pair[place]])}


def kept(rows):
    of_items = bounded(once(rows), 1, lambda count: count >= FEWEST_OF_ITEM)
    return bounded(of_items, 0, lambda count: FEWEST <= count <= MOST)


def told(rows, items):
    """Of each of the ``items`` what most reviews say, of equally many the first."""
    votes = defaultdict(Counter)
    for _, item, _, _, *said in rows:
        for name, value in zip(("style", "brewery", "abv"), said, strict=True):
            if value not in ("", "nan"):
                votes[item, name][float(value) if name == "abv" else value] += 1
    of = {key: min(counted, key=lambda value: (-counted[value], value)) for key, counted in votes.items()}
    return [{"item": item} | {name: of.get((item, name)) for name in ("style", "brewery", "abv")} for item in items]


@pytest.mark.parametrize("strategy", ["random", "temporal"])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_what_is_written_is_what_the_rules_say(tmp_path, strategy, kind):
    rows = reviews(seed=3)
    (tmp_path / "in").mkdir()
    if kind == "csv":
        with (tmp_path / "in" / "a.csv").open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([HEADER, *rows])
    else:
        columns = dict(zip(HEADER, map(list, zip(*rows, strict=True)), strict=True))
        pq.write_table(pa.table(columns), tmp_path / "in" / "a.parquet", row_group_size=100)
    output = tmp_path / "out"
    flags = map(str, ("--split-strategy", strategy, *FLAGS))
    main(["--reviews", str(tmp_path / "in"), "--output", str(output), *flags])
    manifest = json.loads((output / "manifest.json").read_text("utf-8"))
    sides = {side: pq.read_table(output / f"{side}.parquet").to_pylist() for side in ("train", "test")}
    for side in sides.values():
        pairs = [(row["user"], row["item"]) for row in side]
        assert pairs == sorted(pairs, key=lambda pair: [name.encode() for name in pair])
    found = {(row["user"], row["item"]): (row["score"], row["timestamp"]) for side in sides.values() for row in side}
    expected = kept(rows)
    assert found == expected
    assert len(expected) == sum(map(len, sides.values())) == manifest["kept"]
    items = sorted({item for _, item in expected}, key=str.encode)
    assert pq.read_table(output / "items.parquet").to_pylist() == told(rows, items)

    of_items = bounded(once(rows), 1, lambda count: count >= FEWEST_OF_ITEM)
    assert manifest["dropped"]["duplicate"] == len(rows) - len(once(rows))
    assert manifest["dropped"]["item_below_min"] == len(once(rows)) - len(of_items)
    dropped = sum(manifest["dropped"][f"user_{bound}"] for bound in ("below_min", "above_max"))
    assert dropped == len(of_items) - len(expected)
    assert min(manifest["dropped"][f"user_{bound}"] for bound in ("below_min", "above_max")) > 0
    assert manifest["items"] == len(items) < len(ITEMS)
    assert manifest["items_only_in_test"] == len(set(items) - {row["item"] for row in sides["train"]})
    assert manifest["distributions"]["reviews_per_item"]["most"] == max(Counter(item for _, item in expected).values())
    given = Counter(score for score, _ in expected.values())
    scores = {one["from"]: one["train"] + one["test"] for one in manifest["distributions"]["scores"]}
    assert scores == given


def limited():
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))


@pytest.mark.parametrize("fault", ["no file can be opened", "the disk is full"])
def test_a_run_that_cannot_write_fails_soon_and_says_why(tmp_path, fault):
    (tmp_path / "in").mkdir()
    with (tmp_path / "in" / "a.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([HEADER, *reviews(seed=3)])
    if fault == "no file can be opened":
        (tmp_path / "out" / "test.parquet").mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, str(JOB), "--reviews", str(tmp_path / "in"), "--output", str(tmp_path / "out")],
        env={"SAGEMAKER_BASE_DIR": str(tmp_path)},
        preexec_fn=limited if fault == "the disk is full" else None,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert ("Is a directory" if fault == "no file can be opened" else "File too large") in done.stderr
    assert not (tmp_path / "out" / "manifest.json").exists()
