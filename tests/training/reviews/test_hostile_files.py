"""Review files as somebody with bad intentions makes them: each is refused by name, or its rows are counted.

No message and no log holds what a review says: files, lines and columns are named, and what is wrong.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from preprocess import main

from reviews.csv_lines import LONGEST, check_lines
from reviews.errors import MissingColumnError, UnreadableFileError
from reviews.packed import check_packed
from reviews.review_files import HEADER_LIMIT, open_file
from reviews.unreadable import PIECE, undecodable_line, unreadable

TRAINING = Path(__file__).resolve().parents[3] / "training"
HEADER = "username,beer_name,score,text\n"
GOOD = HEADER + "".join(f"ann,beer {n},3,nice\n" for n in range(40))
SECRETS = ("anna.miller@example.org", "Planted Porter", "planted words")
SECRET = f"{SECRETS[0]},{SECRETS[1]},5,{SECRETS[2]}"
MEASURED = """
import atexit, os, re, resource, runpy, sys
def peak():
    if os.path.exists("/proc/self/status"):  # what Linux says otherwise counts the starting process in
        return 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
atexit.register(lambda: print("peak", peak()))
sys.argv = sys.argv[1:]
sys.path.insert(0, os.path.dirname(sys.argv[0]))
runpy.run_path(sys.argv[0], run_name="__main__")
"""
MOST_MEMORY = 700 << 20  # bytes of a whole job, Python, its libraries and the engine among it


def columns(**others):
    rows = {"username": ["ann"] * 40, "beer_name": [f"beer {n}" for n in range(40)], "score": [3.0] * 40}
    return pa.table(rows | others)


def text_that_is_none():
    """An Arrow text column of 40 values that hold half a surrogate pair."""
    value = SECRETS[0].encode() + b"\xed\xa0\x80"
    places = b"".join((len(value) * n).to_bytes(4, "little") for n in range(41))
    return pa.Array.from_buffers(pa.string(), 40, [None, pa.py_buffer(places), pa.py_buffer(value * 40)])


def parquet_with_bytes_at(table, place, content):
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    whole = bytearray(sink.getvalue().to_pybytes())
    end = place + len(content) if place >= 0 else len(whole) + place + len(content)
    whole[end - len(content) : end] = content
    return bytes(whole)


REFUSED = {
    "too few values": (
        "bad.csv",
        GOOD + "a,b,3\n" + SECRET,
        "line 42 cannot be read: it has 3 values where the header",
    ),
    "a short secret row": ("bad.csv", GOOD + SECRETS[0] + ",5\n", "line 42 .* it has 2 values .* 4 columns"),
    "too many values": ("bad.csv", GOOD + SECRET + ",more\n", "line 42 .* it has more values .* 4 columns"),
    "an open quote": ("bad.csv", GOOD + f'"{SECRET}\n', "line 42 .* a quoted value does not end"),
    "text behind a quote": (
        "bad.csv",
        GOOD + f'"{SECRETS[0]}" x,b,3,t\n',
        "line 42 .* goes on after its closing quote",
    ),
    "semicolons": (
        "bad.csv",
        "username;beer_name;score\nann;a;3\n",
        "separated by semicolons: save the file with commas",
    ),
    "tabs": ("bad.csv", "username\tbeer_name\tscore\nann\ta\t3\n", "separated by tabs"),
    "two kinds of line ends": ("bad.csv", GOOD + SECRET + "\r\n", "line ends are mixed"),
    "not UTF-8": ("bad.csv", GOOD.encode() + SECRETS[0].encode() + b"\xff,b,3,t\n", "not UTF-8 text: line 42"),
    "no header": ("bad.csv", SECRET + "\n" + SECRET + "\n", "no column 'username' .* first line holds a number"),
    "no header, and a score out of five": ("bad.csv", (SECRET.replace(",5,", ",4/5,") + "\n") * 2, "holds a number"),
    "no header, and no score that is one": (
        "bad.csv",
        (SECRET.replace(",5,", ",good,") + "\n") * 2,
        "holds an address",
    ),
    "no header, and no score": ("bad.csv", f"{SECRETS[1]},{SECRETS[2]},\n" * 2, "holds nothing in a name's place"),
    "no header, and semicolons": (
        "bad.csv",
        (SECRET.replace(",", ";") + "\n") * 2,
        "holds a number, .* to be missing. Its columns seem to be separated by semicolons",
    ),
    "JSON lines": (
        "bad.csv",
        json.dumps({"username": SECRETS[0], "beer_name": SECRETS[1]}) + "\n",
        "so it seems to be",
    ),
    "a header without end": ("bad.csv", "x" * (LONGEST - 1), "first line is too long"),
    "a line without end": ("bad.csv", HEADER + SECRETS[0] * 200_000, "a line of more than 1048576 bytes"),
    "packed twice": ("bad.csv.gz", gzip.compress(gzip.compress(GOOD.encode())), "compressed once more"),
    "packed, but not so named": ("bad.csv", gzip.compress(GOOD.encode()), "compressed once more"),
    "not packed, but so named": ("bad.csv.gz", SECRET, "not a whole gzip file: it does not begin as one"),
    "a packed file cut off": ("bad.csv.gz", gzip.compress(GOOD.encode())[:-3], "ends before"),
    "something behind it": ("bad.csv.gz", gzip.compress(GOOD.encode()) + SECRET.encode(), "incorrect header"),
    "a wrong checksum": ("bad.csv.gz", gzip.compress(GOOD.encode())[:-8] + bytes(8), "incorrect data check"),
    "a packed line without end": ("bad.csv.gz", gzip.compress(HEADER.encode() + bytes(3 << 20)), "around byte 30: no"),
    "users that are structs": (
        "bad.parquet",
        columns(username=[{"name": SECRETS[0]}] * 40),
        "'username'.*holds structs",
    ),
    "scores that are lists": ("bad.parquet", columns(score=[[3.0]] * 40), "'score' for the score holds lists"),
    "items that are bytes": ("bad.parquet", columns(beer_name=[b"\xff"] * 40), "'beer_name' .* holds binary data"),
    "a text that is none": ("bad.parquet", columns(username=text_that_is_none()), "a text is not UTF-8"),
    "a damaged page": ("bad.parquet", parquet_with_bytes_at(columns(), 4, bytes(60)), "cannot be read"),
    "a damaged footer": ("bad.parquet", parquet_with_bytes_at(columns(), -60, b"\xff" * 50), "footer is damaged"),
    "a footer longer than the file": (
        "bad.parquet",
        parquet_with_bytes_at(columns(), -8, b"\xf0\xff\xff\xff"),
        "footer is damaged",
    ),
}


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, pa.Table):
        pq.write_table(content, path)
    else:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def prepared(tmp_path, **files):
    """The manifest, and the names of all users and items that are left."""
    for name, content in files.items():
        write(tmp_path / "reviews" / name.replace("_", "."), content)
    main(["--reviews", str(tmp_path / "reviews"), "--output", str(tmp_path / "data"), "--min-reviews-per-user", "1"])
    manifest = json.loads((tmp_path / "data" / "manifest.json").read_text())
    rows = [
        row for side in ("train", "test") for row in pq.read_table(tmp_path / "data" / f"{side}.parquet").to_pylist()
    ]
    return manifest, {row["user"] for row in rows}, {row["item"] for row in rows}


@pytest.mark.parametrize(("name", "content", "told"), REFUSED.values(), ids=REFUSED.keys())
def test_a_bad_file_is_named_with_what_is_wrong_and_nothing_of_what_it_says(tmp_path, name, content, told):
    write(tmp_path / "reviews" / "good.csv", GOOD)
    write(tmp_path / "reviews" / name, content)
    with pytest.raises((UnreadableFileError, MissingColumnError), match=told) as caught:
        main(["--reviews", str(tmp_path / "reviews"), "--output", str(tmp_path / "data")])
    assert name in str(caught.value)
    assert "good.csv" not in str(caught.value)
    shown = caught.value.__cause__ or (None if caught.value.__suppress_context__ else caught.value.__context__)
    assert not any(secret in f"{caught.value} {shown}" for secret in SECRETS)


def test_packed_members_behind_one_another_are_one_file(tmp_path):
    packed = gzip.compress(GOOD.encode()) + gzip.compress(f"{SECRET}\n".encode())
    manifest, users, _ = prepared(tmp_path, a_csv_gz=packed)
    assert manifest["read"] == manifest["kept"] == 41
    assert users == {"ann", SECRETS[0]}


def test_a_file_whose_lines_end_with_a_carriage_return_alone_is_read(tmp_path):
    assert prepared(tmp_path, a_csv=GOOD.replace("\n", "\r"))[0]["kept"] == 40


def test_numbers_that_are_none_are_counted_and_odd_types_read(tmp_path):
    odd = {
        "username": pa.array(["ann"] * 40).dictionary_encode(),
        "score": [float("nan"), float("inf"), -float("inf"), None, *[2.5] * 36],
        "timestamp": pa.array([2**62, None, *[0] * 38], pa.timestamp("us")),
    }
    manifest, _, _ = prepared(tmp_path, a_parquet=columns(**odd))
    assert manifest["dropped"] | {"not_a_number_score": 3, "missing_score": 1} == manifest["dropped"]
    assert manifest["kept"] == 36


def test_a_name_may_have_a_thousand_bytes_and_a_longer_one_is_counted(tmp_path):
    rows = [
        ("ü" * 500, "lager", 3),
        ("ü" * 500 + "x", "lager", 3),
        ("x" * 1000, "x" * 1000, 3),
        ("ann", "x" * 1_000_000, 3),
    ]
    more = "".join(f"{user},{item},{score},\n" for user, item, score in rows)
    manifest, users, items = prepared(tmp_path, a_csv=GOOD + more)
    assert manifest["dropped"]["name_too_long"] == 2
    assert manifest["kept"] == 42
    assert {len(user) for user in users} == {3, 500, 1000}
    assert max(map(len, items)) == 1000


def test_an_attribute_longer_than_a_name_says_nothing(tmp_path):
    header = "username,beer_name,score,style\n"
    rows = "".join(f"ann,beer {n},3,{'s' * (1000 + n % 2)}\n" for n in range(40))
    prepared(tmp_path, a_csv=header + rows)
    styles = pq.read_table(tmp_path / "data" / "items.parquet").column("style").to_pylist()
    assert sorted({style and len(style) for style in styles}, key=str) == [1000, None]


def test_names_with_signs_that_a_terminal_or_a_sheet_obeys_stay_as_they_are(tmp_path):
    odd = ["=HYPERLINK(A1)", "+cmd|' /C calc'!A0", "@SUM(A1)", "\x1b[31mred", "\u202egpj.exe", "a\u200bb", "\x07", "ﷺ"]
    rows = "".join(f'"{name}","{name}",3,t\n' for name in odd)
    manifest, users, items = prepared(tmp_path, a_csv=GOOD + rows)
    assert users - {"ann"} == set(odd)
    assert set(odd) < items
    assert sum(manifest["dropped"].values()) == 0


def test_lines_just_short_of_the_limit_are_no_lines_without_end(tmp_path):
    line = b"x" * (LONGEST - 1) + b"\n"
    path = write(tmp_path / "a.csv", b"h\n" + line * 5)
    check_lines(path, "a.csv", path.stat().st_size)
    packed = write(tmp_path / "a.csv.gz", gzip.compress(b"h\n" + line * 5))
    check_packed(SimpleNamespace(path=packed, name="a.csv.gz", size=packed.stat().st_size))


@pytest.mark.parametrize("before", [0, LONGEST // 2, 3 * LONGEST + 7])
def test_a_line_of_more_than_twice_the_limit_is_always_found(tmp_path, before):
    path = write(tmp_path / "a.csv", b"row\n" * (before // 4) + b"x" * (2 * LONGEST + 4097) + b"\nrow\n")
    with pytest.raises(UnreadableFileError, match="more than 1048576 bytes"):
        check_lines(path, "a.csv", path.stat().st_size)


def test_the_line_that_is_not_utf_8_is_found_whatever_lies_before(tmp_path):
    long = "ü".encode() * 600_000  # a sign lies on the border between two pieces
    assert undecodable_line(write(tmp_path / "a.csv", b"a\n" + long + b"\nb\n\xffc\n")) == 4
    assert undecodable_line(write(tmp_path / "b.csv", b"x" + long + b"\n\xc3")) == 2
    assert undecodable_line(write(tmp_path / "c.csv", b"x" + long)) is None


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_lines_are_counted_whatever_ends_them(tmp_path, end):
    long = b"x" * (PIECE - 2 - len(end))  # two signs that end a line lie on both sides of a border between pieces
    path = write(tmp_path / "a.csv", b"a" + end + long + end + b"b" + end + b"\xff" + end)
    assert undecodable_line(path) == 4


@pytest.mark.parametrize("shift", range(3))
def test_a_header_ends_with_a_carriage_return_alone_too(tmp_path, shift):
    header = "username,beer_name,score" + "x" * shift
    rows = "\u20ac,3\r" * (HEADER_LIMIT // 5)  # six bytes each: in one of three cases the limit cuts the sign
    path = write(tmp_path / "a.csv", f"{header}\r{rows}")
    assert open_file(path, tmp_path, dict).columns == tuple(header.split(","))


def test_a_line_behind_carriage_returns_alone_is_named(tmp_path):
    with pytest.raises(UnreadableFileError, match="not UTF-8 text: line 42;"):
        prepared(tmp_path, a_csv=GOOD.replace("\n", "\r").encode() + b"\xff,a,3,\r")


def bomb(path, unpacked, line=b"a,b,3,t\n"):
    """A .csv.gz of ``unpacked`` bytes and more, and about a thousandth of that."""
    with gzip.open(path, "wb") as stream:
        stream.write(GOOD.encode())
        for _ in range(unpacked >> 20):
            stream.write(line * ((1 << 20) // len(line)))
    return SimpleNamespace(path=path, name=path.name, size=path.stat().st_size)


def test_a_bomb_is_one_by_its_unpacked_size_and_how_well_it_packs(tmp_path, monkeypatch):
    file = bomb(tmp_path / "a.csv.gz", 4 << 20)
    check_packed(file)
    monkeypatch.setattr("reviews.packed.ANY_SIZE", 2 << 20)
    with pytest.raises(UnreadableFileError, match=r"a\.csv\.gz unpacks to more than 200 times its size"):
        check_packed(file)
    rows = "".join(f"user {n * 7919 % 10007},beer {n * 104729 % 50021},{n % 5},\n" for n in range(200_000))
    honest = write(tmp_path / "b.csv.gz", gzip.compress(rows.encode()))
    check_packed(SimpleNamespace(path=honest, name="b.csv.gz", size=honest.stat().st_size))


def test_a_parquet_file_of_more_rows_than_fit_is_refused_before_they_are_read(tmp_path):
    table = pa.table({name: pa.array(["a"] * 11_000_000).dictionary_encode() for name in ("username", "beer_name")})
    table = table.append_column("score", pa.array([3] * 11_000_000, pa.int8()))
    write(tmp_path / "reviews" / "bad.parquet", table)
    with pytest.raises(UnreadableFileError, match=r"bad\.parquet holds 11000000 rows in \d+ bytes"):
        main(["--reviews", str(tmp_path / "reviews"), "--output", str(tmp_path / "data")])


def test_too_little_memory_is_not_told_as_a_bad_file():
    problem = unreadable([], duckdb.OutOfMemoryException("Out of Memory Error: could not allocate"))
    assert not isinstance(problem, UnreadableFileError)
    assert "more memory or disk" in str(problem)


def limited_job(tmp_path, most_memory=MOST_MEMORY):
    """The message and the log of the job that fails, as a process of its own that never takes more memory."""
    base = tmp_path / "ml"
    base.mkdir()
    folders = ["--reviews", str(tmp_path / "reviews"), "--output", str(tmp_path / "data")]
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(TRAINING / "preprocess.py"), *folders, "--memory-limit", "256MB"],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "SAGEMAKER_BASE_DIR": str(base)},
    )
    assert done.returncode == 1, done.stdout
    assert int(re.search(r"^peak (\d+)", done.stdout, re.MULTILINE)[1]) < most_memory
    return (base / "output" / "message").read_text(), done.stdout + done.stderr


def test_the_job_refuses_a_huge_line_in_little_memory_and_its_log_holds_nothing_of_it(tmp_path):
    huge = write(tmp_path / "reviews" / "bad.csv", GOOD + SECRET)
    os.truncate(huge, 200 << 20)  # takes no room: what is not written is read as zeros
    message, log = limited_job(tmp_path)
    assert message.startswith("UnreadableFileError: bad.csv has a line of more than 1048576 bytes")
    assert not any(secret in log for secret in SECRETS)


def test_the_log_of_a_job_that_fails_at_a_row_holds_nothing_of_the_row(tmp_path):
    write(tmp_path / "reviews" / "bad.csv", GOOD + SECRET + ",more\n")
    message, log = limited_job(tmp_path)
    assert message.startswith("UnreadableFileError: bad.csv, line 42 cannot be read")
    assert message in log
    assert not any(secret in log for secret in SECRETS)


@pytest.mark.long
@pytest.mark.parametrize("kind", ["plain", "zeros", "rows", "quoted"])
def test_two_gigabytes_of_one_line_and_bombs_are_refused_in_little_memory(tmp_path, kind):
    path = write(tmp_path / "reviews" / ("bad.csv" if kind in ("plain", "quoted") else "bad.csv.gz"), GOOD)
    if kind == "plain":
        os.truncate(path, 2 << 30)
    elif kind == "quoted":
        with path.open("ab") as stream:
            stream.write(b'"')
            for _ in range(2 << 10):
                stream.write(b"x,\n" * ((1 << 20) // 3))
    else:
        bomb(path, 2 << 30, bytes(8) if kind == "zeros" else b"a,b,3,t\n")
    message, _ = limited_job(tmp_path, 1500 << 20)
    assert "bad.csv" in message
    told = {"plain": "a line of", "zeros": "a line of", "rows": "200 times", "quoted": "a quoted value"}
    assert told[kind] in message
