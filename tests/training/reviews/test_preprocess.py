"""What preprocessing keeps, drops and counts, and how it refuses what it cannot read."""

from __future__ import annotations

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from preprocess import NothingLeftError, main

from contract.container import UsageError
from reviews.errors import MissingColumnError, NoReviewsError, UnreadableFileError

HEADER = ("username", "beer_name", "score", "timestamp", "style", "brewery_name", "abv")
PLAIN = ("username", "beer_name", "score")


@pytest.fixture
def prepare(tmp_path):
    """Run preprocessing on tmp_path/reviews; return the manifest and the rows of train and test together."""

    def run(*flags: object):
        output = tmp_path / "data"
        main(["--reviews", str(tmp_path / "reviews"), "--output", str(output), *map(str, flags)])
        manifest = json.loads((output / "manifest.json").read_text())
        rows = [row for side in ("train", "test") for row in pq.read_table(output / f"{side}.parquet").to_pylist()]
        assert manifest["read"] == manifest["kept"] + sum(manifest["dropped"].values())
        assert manifest["kept"] == manifest["train"] + manifest["test"] == len(rows)
        return manifest, {(row["user"], row["item"]): row for row in rows}

    return run


def many(user="ann", count=40):
    """Enough reviews for both sides of the split to have some."""
    return [(user, f"beer {n}", 3) for n in range(count)]


def test_every_cause_is_counted_and_the_rest_is_kept(tmp_path, write_csv, prepare):
    write_csv(
        tmp_path / "reviews" / "a.csv",
        PLAIN,
        *many(),
        ("", "x", 3),
        ("  ", "x", 3),
        ("ann", "", 3),
        ("ann", "y", ""),
        ("ann", "y", "nan"),
        ("ann", "y", "inf"),
        ("ann", "y", "-Infinity"),
        ("ann", "y", "four"),
        ("ann", "beer 0", 5),
        ("rare", "beer 1", 5),
    )
    manifest, rows = prepare()
    assert manifest["dropped"] == {
        "missing_user": 2,
        "missing_item": 1,
        "name_too_long": 0,
        "missing_score": 1,
        "not_a_number_score": 4,
        "duplicate": 1,
        "item_below_min": 0,
        "item_above_max": 0,
        "user_below_min": 1,
        "user_above_max": 0,
    }
    assert manifest["read"] == 50
    assert set(rows) == {("ann", f"beer {n}") for n in range(40)}
    assert manifest["users"] == 1
    assert manifest["items"] == 40
    assert manifest["score"]["maximum"] == 5.0  # of the two equally old reviews of beer 0 the higher one


def test_the_newest_review_of_a_repeated_pair_is_kept_whatever_its_place(tmp_path, write_csv, prepare):
    rows = [(*row, 1000, "", "", "") for row in many()]
    write_csv(
        tmp_path / "reviews" / "a.csv",
        HEADER,
        ("ann", "beer 1", 5, 2000, "", "", ""),
        ("ann", "beer 2", 5, "", "", "", ""),
        *rows,
        ("ann", "beer 3", 5, "2020-01-02", "", "", ""),
    )
    manifest, kept = prepare()
    assert kept["ann", "beer 1"]["score"] == 5.0
    assert kept["ann", "beer 2"]["score"] == 3.0  # an undated one is the oldest
    assert kept["ann", "beer 3"]["timestamp"] == 1_577_923_200
    assert manifest["dropped"]["duplicate"] == 3


def test_of_three_reviews_of_a_pair_two_are_dropped(tmp_path, write_csv, prepare):
    again = [("ann", "beer 1", score, moment, "", "", "") for score, moment in ((1, 30), (2, 50), (4, 50))]
    write_csv(tmp_path / "reviews" / "a.csv", HEADER, *again, *[(*row, 40, "", "", "") for row in many()])
    manifest, kept = prepare()
    assert manifest["dropped"]["duplicate"] == 3  # four in all
    assert kept["ann", "beer 1"]["score"] == 4.0  # the newest, of two equally old ones the higher
    assert kept["ann", "beer 1"]["timestamp"] == 50.0


def test_a_parquet_file_and_a_csv_file_of_the_same_reviews_give_the_same(tmp_path, write_csv):
    rows = [(user, f"beer {n}", n % 5 + 1, n, "Stout", "B&Co", 5.5) for user in ("ann", "bob") for n in range(60)]
    rows += [(user, "beer 7", 1, 99, "", "", None) for user in ("", "cid", "ann")]  # no user, a rare one, a repetition
    write_csv(tmp_path / "csv" / "a.csv", HEADER, *rows)
    (tmp_path / "parquet").mkdir()
    table = pa.table(dict(zip(HEADER, map(list, zip(*rows, strict=True)), strict=True)))
    pq.write_table(table, tmp_path / "parquet" / "a.parquet")
    manifests = {}
    for kind in ("csv", "parquet"):
        output = tmp_path / f"{kind}-data"
        main(["--reviews", str(tmp_path / kind), "--output", str(output)])
        manifests[kind] = json.loads((output / "manifest.json").read_text()) | {"files": None}
    assert manifests["csv"] == manifests["parquet"]
    assert manifests["csv"]["dropped"]["missing_user"] == manifests["csv"]["dropped"]["duplicate"] == 1
    for file in ("train.parquet", "test.parquet", "items.parquet"):
        assert (tmp_path / "csv-data" / file).read_bytes() == (tmp_path / "parquet-data" / file).read_bytes(), file


def test_minimums_drop_items_first_and_then_users(tmp_path, write_csv, prepare):
    shared = [(user, f"beer {n}", 3) for user in ("ann", "bob") for n in range(40)]
    write_csv(
        tmp_path / "reviews" / "a.csv", PLAIN, *shared, *[("cid", f"beer {n}", 3) for n in range(3)], ("cid", "own", 1)
    )
    manifest, rows = prepare("--min-reviews-per-item", 2, "--min_reviews_per_user", 4)
    assert manifest["dropped"]["item_below_min"] == 1
    assert manifest["dropped"]["user_below_min"] == 3
    assert {user for user, _ in rows} == {"ann", "bob"}


def test_maximums_leave_out_items_first_and_then_users(tmp_path, write_csv, prepare):
    everybodys = [(f"user {n}", "lager", 3) for n in range(9)]
    rows = [(user, f"beer {n}", 3) for user, count in (("ann", 40), ("bob", 41), ("cid", 2)) for n in range(count)]
    write_csv(tmp_path / "reviews" / "a.csv", PLAIN, *everybodys, *rows, ("bob", "lager", 5), ("ann", "lager", 5))
    bounds = ("--max-reviews-per-item", 10, "--max-reviews-per-user", 40, "--min-reviews-per-user", 3)
    manifest, rows = prepare(*bounds)
    assert manifest["dropped"]["item_above_max"] == 11  # without lager ann has 40
    assert manifest["dropped"]["user_above_max"] == 41
    assert manifest["dropped"]["user_below_min"] == 2
    assert manifest["dropped"]["item_below_min"] == 0
    assert {user for user, _ in rows} == {"ann"}
    assert manifest["filters"] == {
        "min_reviews_per_user": 3,
        "max_reviews_per_user": 40,
        "min_reviews_per_item": 1,
        "max_reviews_per_item": 10,
    }


def test_a_maximum_below_the_minimum_is_refused(prepare):
    with pytest.raises(UsageError, match=r"--max-reviews-per-user 4 is below --min-reviews-per-user 5"):
        prepare("--max-reviews-per-user", 4)


def test_all_formats_are_read_and_other_files_counted(tmp_path, write_csv, prepare):
    folder = tmp_path / "reviews"
    write_csv(folder / "deep" / "a.csv", PLAIN, *many("ann"))
    with gzip.open(folder / "b.CSV.GZ", "wt", encoding="utf-8") as stream:
        stream.write("score,unused,username,beer_name\n" + "".join(f'4,,"bob, ""b""",ale {n}\n' for n in range(40)))
    pq.write_table(
        pa.table({"username": [7] * 40, "beer_name": [f"ale {n}" for n in range(40)], "score": pa.array([2] * 40)}),
        folder / "c.parquet",
    )
    (folder / "readme.txt").write_text("not a review")
    manifest, rows = prepare()
    assert manifest["files"]["ignored"] == 1
    assert [(file["file"], file["rows"]) for file in manifest["files"]["read"]] == [
        ("b.CSV.GZ", 40),
        ("c.parquet", 40),
        ("deep/a.csv", 40),
    ]
    assert {user for user, _ in rows} == {"ann", 'bob, "b"', "7"}
    assert rows["7", "ale 3"]["score"] == 2.0
    assert manifest["columns"]["timestamp"] is None
    assert "timestamp" not in rows["7", "ale 3"]


def test_numbers_of_parquet_files_mean_what_they_mean_as_text(tmp_path, write_csv, prepare):
    folder = tmp_path / "reviews"
    names = [f"beer {n}" for n in range(40)]
    score = pa.array([0.1, float("nan"), float("inf"), None, *[3.5] * 36], pa.float64())
    date = pa.array([1_577_923_200_000_000] * 40, pa.timestamp("us"))
    dated = {"username": ["ann"] * 40, "beer_name": names, "score": score, "timestamp": date}
    folder.mkdir()
    pq.write_table(pa.table(dated), folder / "a.parquet")
    small = {"username": ["bob"] * 40, "beer_name": names, "score": pa.array([0.1] * 40, pa.float32())}
    pq.write_table(pa.table(small), folder / "b.parquet")
    manifest, rows = prepare()
    assert manifest["dropped"]["not_a_number_score"] == 2
    assert manifest["dropped"]["missing_score"] == 1
    assert rows["ann", "beer 0"] == {"user": "ann", "item": "beer 0", "score": 0.1, "timestamp": 1_577_923_200}
    assert rows["bob", "beer 0"]["score"] == 0.1
    assert rows["bob", "beer 0"]["timestamp"] is None
    counted = {"username": ["bob"] * 40, "beer_name": names, "score": [4] * 40, "timestamp": range(40)}
    (folder / "a.parquet").unlink()
    pq.write_table(pa.table(counted), folder / "b.parquet")
    manifest, rows = prepare()
    assert rows["bob", "beer 9"]["timestamp"] == 9.0
    assert manifest["score"]["mean"] == 4.0


def test_a_timestamp_that_is_no_finite_number_is_none(tmp_path, write_csv, prepare):
    moments = ["nan", "inf", "-Infinity", "infinity", "yesterday", *range(35)]
    rows = [("ann", f"beer {n}", 3, moment) for n, moment in enumerate(moments)]
    write_csv(tmp_path / "reviews" / "a.csv", HEADER[:4], *rows)
    _, kept = prepare()
    assert [kept["ann", f"beer {n}"]["timestamp"] for n in range(6)] == [None] * 5 + [0.0]


def test_the_score_distribution_worked_out_by_hand(tmp_path, write_csv, prepare):
    scores = [1, 2, 2, 3, 3, 3, 4, 4, 4, 4]
    write_csv(tmp_path / "reviews" / "a.csv", PLAIN, *[("ann", f"beer {n}", score) for n, score in enumerate(scores)])
    manifest, _ = prepare("--test-fraction", 0.5)
    assert manifest["score"] == {
        "mean": 3.0,
        "standard_deviation": 1.0,
        "minimum": 1.0,
        "maximum": 4.0,
        "q5": 1.0,
        "q25": 2.0,
        "q50": 3.0,
        "q75": 4.0,
        "q95": 4.0,
    }


def test_the_distributions_worked_out_by_hand(tmp_path, write_csv, prepare):
    # ann has 20 reviews, bob 6 and cid 5 of the same items: 5 items have 3 reviews, 1 has 2, 14 have 1
    rows = [
        (user, f"beer {n}", score)
        for user, most, score in (("ann", 20, 4), ("bob", 6, 2.5), ("cid", 5, 4))
        for n in range(most)
    ]
    write_csv(tmp_path / "reviews" / "a.csv", PLAIN, *rows)
    manifest, _ = prepare("--test-fraction", 0.5)
    told = manifest["distributions"]
    given = [(one["from"], one["to"], one["train"] + one["test"]) for one in told["scores"]]
    assert given == [(2.5, 2.5, 6), (4, 4, 25)]
    assert sum(one["test"] for one in told["scores"]) == manifest["test"]
    assert told["reviews_per_item"] == {
        "most": 3,
        "top_tenth": round(6 / 31, 6),  # 2 of 20 items
        "counts": [
            {"from": 1, "to": 1, "number": 14, "reviews": 14},
            {"from": 2, "to": 3, "number": 6, "reviews": 17},
        ],
    }
    assert told["reviews_per_user"] == {
        "most": 20,
        "top_tenth": round(20 / 31, 6),  # 1 of 3 users
        "counts": [
            *({"from": of, "to": 2 * of - 1, "number": 0, "reviews": 0} for of in (1, 2)),
            {"from": 4, "to": 7, "number": 2, "reviews": 11},
            {"from": 8, "to": 15, "number": 0, "reviews": 0},
            {"from": 16, "to": 31, "number": 1, "reviews": 20},
        ],
    }


def test_names_with_quotes_commas_newlines_and_apostrophes_survive(tmp_path, write_csv, prepare):
    names = [f'it\'s "no. {n}",\nreally; ünïcode' for n in range(40)]
    write_csv(tmp_path / "reviews" / "it's.csv", ("who's", *PLAIN[1:]), *[("o'neil", name, 3) for name in names])
    _, rows = prepare("--user-column", "who's")
    assert {item for _, item in rows} == set(names)


def test_items_have_the_attributes_that_most_reviews_tell(tmp_path, write_csv, prepare):
    told = [("ann", f"beer {n}", 3, "", "Stout", "B&Co", "5.5") for n in range(40)]
    other = [("bob", f"beer {n}", 3, "", "Stout" if n else "IPA", "", "nan") for n in range(40)]
    third = [("cid", f"beer {n}", 3, "", "Stout" if n else "IPA", "", "") for n in range(40)]
    write_csv(tmp_path / "reviews" / "a.csv", HEADER, *told, *other, *third)
    prepare()
    items = pq.read_table(tmp_path / "data" / "items.parquet").to_pylist()
    assert [item["item"] for item in items] == sorted(f"beer {n}" for n in range(40))
    assert items[0] == {"item": "beer 0", "style": "IPA", "brewery": "B&Co", "abv": 5.5}
    assert items[1]["style"] == "Stout"


def test_output_is_the_same_bytes_for_any_order_and_names_of_files(tmp_path, write_csv):
    rows = [(user, f"beer {n}", n % 5 + 1, n) for user in ("ann", "bob", "cid") for n in range(60)]
    header = HEADER[:4]
    write_csv(tmp_path / "one" / "a.csv", header, *rows)
    write_csv(tmp_path / "two" / "z.csv", header, *reversed(rows[:100]))
    write_csv(tmp_path / "two" / "b.csv", header, *rows[100:])
    for name in ("one", "two"):
        main(["--reviews", str(tmp_path / name), "--output", str(tmp_path / f"{name}-data")])
    for file in ("train.parquet", "test.parquet", "items.parquet"):
        assert (tmp_path / "one-data" / file).read_bytes() == (tmp_path / "two-data" / file).read_bytes(), file


def test_manifest_tells_rows_and_bytes_of_what_was_written(tmp_path, write_csv, prepare):
    write_csv(tmp_path / "reviews" / "a.csv", PLAIN, *many())
    manifest, _ = prepare("--split-seed", 7, "--test-fraction", 0.25)
    for written in manifest["files"]["written"]:
        file = tmp_path / "data" / written["file"]
        assert written["bytes"] == file.stat().st_size
        assert written["rows"] == pq.read_metadata(file).num_rows
    assert manifest["split"] == {
        "strategy": "random",
        "rule": "md5 of seed, user and item, 1",
        "seed": 7,
        "test_fraction": 0.25,
    }


def bad_folder(kind, folder, write_csv):
    """Make a folder of reviews that cannot be used; other, good files lie beside the bad one."""
    write_csv(folder / "good.csv", PLAIN, *many())
    if kind == "empty":
        (folder / "bad.csv").touch()
    elif kind == "column":
        write_csv(folder / "bad.csv", ("who", "beer_name", "score"), ("a", "b", 1))
    elif kind == "bytes":
        (folder / "bad.csv").write_bytes(b"username,beer_name,score\na,b,1\na,\xff\xfe,1\n")
    elif kind == "header":
        (folder / "bad.csv").write_bytes("username,beer_name,score\n".encode("utf-16"))
    elif kind == "ragged":
        (folder / "bad.csv").write_text("username,beer_name,score\na,b,1\na,b\n")
    elif kind == "parquet":
        (folder / "bad.parquet").write_text("these are not the columns you are looking for")
    elif kind == "footer":
        (folder / "bad.parquet").write_bytes(b"PAR1 and nothing that follows PAR1")
    elif kind == "gzip":
        (folder / "bad.csv.gz").write_text("username,beer_name,score\n")
    elif kind == "cut":
        whole = gzip.compress(b"username,beer_name,score\n" + b"".join(b"a,%d,1\n" % n for n in range(99999)))
        (folder / "bad.csv.gz").write_bytes(whole[: len(whole) // 2])


@pytest.mark.parametrize(
    ("kind", "error", "parts"),
    [
        ("empty", UnreadableFileError, ["bad.csv", "0 bytes"]),
        ("column", MissingColumnError, ["bad.csv", "'username'", "'who', 'beer_name', 'score'", "Columns", '"User"']),
        ("bytes", UnreadableFileError, ["bad.csv", "UTF-8", "line 3"]),
        ("header", UnreadableFileError, ["bad.csv", "UTF-8", "line 1"]),
        ("ragged", UnreadableFileError, ["bad.csv", "line 3", "2 values"]),
        ("parquet", UnreadableFileError, ["bad.parquet", "not a Parquet file"]),
        ("footer", UnreadableFileError, ["bad.parquet", "not a readable Parquet file"]),
        ("gzip", UnreadableFileError, ["bad.csv.gz", "gzip"]),
        ("cut", UnreadableFileError, ["bad.csv.gz", "end"]),
    ],
)
def test_an_unusable_file_is_named_with_what_is_wrong(tmp_path, write_csv, prepare, kind, error, parts):
    bad_folder(kind, tmp_path / "reviews", write_csv)
    with pytest.raises(error) as caught:
        prepare()
    for part in parts:
        assert part in str(caught.value)


def test_no_file_no_row_and_nothing_left_are_errors(tmp_path, write_csv, prepare):
    with pytest.raises(NoReviewsError, match="not a folder"):
        prepare()
    (tmp_path / "reviews").mkdir()
    (tmp_path / "reviews" / "notes.txt").touch()
    with pytest.raises(NoReviewsError, match=r"notes\.txt"):
        prepare()
    write_csv(tmp_path / "reviews" / "a.csv", PLAIN)
    with pytest.raises(NoReviewsError, match="hold no row"):
        prepare()
    write_csv(tmp_path / "reviews" / "a.csv", PLAIN, ("ann", "a", 1), ("ann", "b", 2), ("bob", "a", "nan"))
    with pytest.raises(NothingLeftError, match=r"of 3; dropped: not_a_number_score 1, user_below_min 2.*MinReviews"):
        prepare()
    with pytest.raises(NothingLeftError, match="leaves no test review"):
        prepare("--min-reviews-per-user", 1, "--test-fraction", 0.001)


def test_a_failure_reaches_the_message_file_and_the_log(tmp_path, base, run_job, write_csv):
    column = "x" * 2000
    write_csv(tmp_path / "reviews" / "a.csv", ("who", "what"), ("a", "b"))
    done = run_job("bootstrap.py", "preprocess.py", "--reviews", tmp_path / "reviews", "--user-column", column)
    message = (base / "output" / "message").read_text()
    assert done.returncode == 1
    assert message.startswith("MissingColumnError: a.csv has no column 'xxx")
    assert len(message) == 1024
    assert done.stderr.startswith("MissingColumnError: a.csv has no column 'xxx")
    assert "Traceback" not in done.stderr
    assert not (base / "output" / "failure").exists()


def test_wrong_arguments_reach_the_message_file(base, run_job):
    done = run_job("preprocess.py", "--test-fraction", "1.5")
    assert done.returncode == 1
    assert "--test-fraction: '1.5' is not between 0 and 1" in (base / "output" / "message").read_text()
