"""Both strategies on whole runs of preprocessing: nothing is lost, and time or hash alone decides."""

from __future__ import annotations

import csv
import json
import tempfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from preprocess import NothingLeftError, main

from reviews.errors import MissingColumnError

HEADER = ("username", "beer_name", "score", "timestamp")
REVIEW = st.tuples(
    st.integers(0, 5).map("user {}".format),
    st.integers(0, 9).map("beer {}".format),
    st.integers(1, 5),
    st.none() | st.integers(0, 12).map(lambda day: 1_500_000_000 + 86_400 * day),
)
REVIEWS = st.lists(REVIEW, min_size=2, max_size=50, unique_by=lambda review: review[:2])
FRACTIONS = st.sampled_from([0.1, 0.3, 0.5, 0.9])
EVERYTHING = ("--min-reviews-per-user", 1)


def run(files, *flags, header=HEADER):
    """Preprocess ``files`` (name -> rows); the manifest, and (user, item) -> timestamp of train and of test."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "in").mkdir()
        for name, rows in files.items():
            with (place / "in" / name).open("w", newline="") as stream:
                csv.writer(stream).writerows([header, *rows])
        main(["--reviews", str(place / "in"), "--output", str(place / "out"), *map(str, [*EVERYTHING, *flags])])
        manifest = json.loads((place / "out" / "manifest.json").read_text())
        sides = [pq.read_table(place / "out" / f"{side}.parquet").to_pylist() for side in ("train", "test")]
    return manifest, *[{(row["user"], row["item"]): row.get("timestamp") for row in rows} for rows in sides]


def run_or_nothing(files, *flags):
    """``run``, or None where a split of so few reviews leaves a side empty."""
    try:
        return run(files, *flags)
    except NothingLeftError:
        return None


@pytest.mark.slow  # dozens of whole runs
@settings(deadline=None, derandomize=True, max_examples=25)
@given(REVIEWS, FRACTIONS, st.integers(0, 99), st.sampled_from(["random", "temporal"]))
def test_train_and_test_are_what_was_kept_and_the_same_again(reviews, fraction, seed, strategy):
    flags = ("--split-strategy", strategy, "--test-fraction", fraction, "--split-seed", seed)
    found = run_or_nothing({"a.csv": reviews}, *flags)
    half = len(reviews) // 2
    again = run_or_nothing({"z.csv": reviews[:half][::-1], "b.csv": reviews[half:][::-1]}, *flags)
    assert (found is None) == (again is None)
    if found:
        manifest, train, test = found
        assert not train.keys() & test.keys()
        assert train | test == {review[:2]: review[3] for review in reviews}
        assert manifest["kept"] == manifest["read"] == len(train) + len(test) == len(reviews)
        assert again[1:] == (train, test)
        assert again[0]["split"] == manifest["split"]


@pytest.mark.slow  # dozens of whole runs
@settings(deadline=None, derandomize=True, max_examples=25)
@given(REVIEWS, FRACTIONS)
def test_by_time_train_is_strictly_before_test(reviews, fraction):
    found = run_or_nothing({"a.csv": reviews}, "--split-strategy", "temporal", "--test-fraction", fraction)
    moments = {moment for *_, moment in reviews if moment is not None}
    undated = sum(moment is None for *_, moment in reviews)
    if not found:
        assert not moments or (len(moments) == 1 and not undated)
        return
    manifest, train, test = found
    cut = manifest["split"]["cut"]
    assert all(moment is not None and moment >= cut for moment in test.values())
    assert all(moment is None or moment < cut for moment in train.values())
    assert manifest["split"]["undated_in_train"] == undated

    def distance(cut):
        tested = sum(moment is not None and moment >= cut for *_, moment in reviews)
        return abs(tested - fraction * len(reviews)) if tested < len(reviews) else float("inf")

    assert distance(cut) == pytest.approx(min(map(distance, moments)))


@pytest.mark.slow  # dozens of whole runs
@settings(deadline=None, derandomize=True, max_examples=20)
@given(REVIEWS, REVIEWS)
def test_by_chance_a_review_never_changes_sides_when_others_come(reviews, more):
    known = {review[:2] for review in reviews}
    others = [review for review in more if review[:2] not in known]
    alone = run_or_nothing({"a.csv": reviews}, "--test-fraction", 0.4)
    together = run_or_nothing({"new.csv": others, "renamed.csv": reviews[::-1]}, "--test-fraction", 0.4)
    if alone and together:
        assert alone[1].keys() <= together[1].keys()
        assert alone[2].keys() <= together[2].keys()


def test_the_cut_worked_out_by_hand_stands_in_the_manifest():
    days = [0, 0, 1, 2, 3, 4, 5, 6, 6, 6]
    reviews = [("ann", f"beer {n}", 3, 1_500_000_000 + 86_400 * day) for n, day in enumerate(days)]
    manifest, _, test = run({"a.csv": reviews}, "--split-strategy", "temporal", "--test-fraction", 0.25)
    assert manifest["split"] == {
        "strategy": "temporal",
        "rule": "test at or after the cut, 1",
        "seed": 42,
        "test_fraction": 0.25,
        "cut": 1_500_518_400.0,  # day 6: of 10 reviews 3 lie at or after it, nearer to 2.5 than the 4 of day 5 on
        "cut_date": "2017-07-20T02:40:00+00:00",
        "undated_in_train": 0,
    }
    assert set(test) == {("ann", f"beer {n}") for n in (7, 8, 9)}


def test_dates_are_a_timestamp_and_years_are_no_date():
    dated = [("ann", f"beer {n}", 3, f"2024-05-{n + 1:02d}") for n in range(10)]
    manifest, _, test = run({"a.csv": dated}, "--split-strategy", "temporal", "--test-fraction", 0.2)
    assert manifest["split"]["cut_date"] == "2024-05-09T00:00:00+00:00"
    assert len(test) == 2
    years = [("ann", f"beer {n}", 3, 2010 + n) for n in range(10)]
    manifest, _, _ = run({"a.csv": years}, "--split-strategy", "temporal", "--test-fraction", 0.2)
    assert (manifest["split"]["cut"], manifest["split"]["cut_date"]) == (2018.0, None)


def test_undated_reviews_are_trains_and_counted():
    undated = [("bob", f"beer {n}", 3, "") for n in range(4)]
    same_day = [("ann", f"beer {n}", 3, "2024-05-01") for n in range(2)]
    manifest, train, test = run({"a.csv": [*undated, *same_day]}, "--split-strategy", "temporal")
    assert {user for user, _ in train} == {"bob"}
    assert {user for user, _ in test} == {"ann"}
    assert manifest["split"]["undated_in_train"] == 4
    assert manifest["users_only_in_test"] == 1
    assert manifest["items_only_in_test"] == 0


def test_a_temporal_split_without_the_column_names_parameter_and_column():
    rows = [("ann", f"beer {n}", 3) for n in range(9)]
    with pytest.raises(MissingColumnError, match=r"SplitStrategy temporal.*'timestamp'.*a\.csv.*Columns.*Timestamp"):
        run({"a.csv": rows}, "--split-strategy", "temporal", header=HEADER[:3])


@pytest.mark.parametrize("moment", ["", "2024-05-01"])
def test_a_temporal_split_of_a_single_moment_or_of_none_says_so(moment):
    rows = [("ann", f"beer {n}", 3, moment) for n in range(9)]
    with pytest.raises(NothingLeftError, match=r"temporal split leaves no test review.*SplitStrategy random"):
        run({"a.csv": rows}, "--split-strategy", "temporal")
