"""The generated reviews: as many as asked for, always the same, long-tailed, with tastes."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections import Counter

import numpy as np
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from taproom.sample import FAVOURITES_SHARE, chunks, kept_sample, write_sample

COLUMNS = ["username", "beer_name", "score", "timestamp", "style", "brewery_name", "abv", "text"]


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    return pq.read_table(write_sample(tmp_path_factory.mktemp("sample") / "s.parquet"))


def test_the_default_has_100_000_reviews_of_more_than_5_000_beers(sample):
    assert sample.column_names == COLUMNS
    assert sample.num_rows == 100_000
    assert len(sample["beer_name"].unique()) >= 5_000
    assert len(sample["style"].unique()) >= 30
    assert len(sample["username"].unique()) >= 3_000
    assert all(column.null_count == 0 for column in sample.columns)


def test_scores_are_halves_between_1_and_5(sample):
    scores = sample["score"].to_numpy()
    assert set(scores * 2) == set(range(2, 11))


def test_a_beer_has_one_style_one_brewery_and_one_strength(sample):
    about = sample.select(["beer_name", "style", "brewery_name", "abv"]).to_pylist()
    assert len({tuple(row.values()) for row in about}) == len({row["beer_name"] for row in about})


def test_popularity_has_a_long_tail_that_a_list_of_500_does_not_cover(sample):
    counts = np.sort(np.array(list(Counter(sample["beer_name"].to_pylist()).values())))[::-1]
    assert 0.4 < counts[:500].sum() / counts.sum() < 0.7
    assert counts[0] > 20 * np.median(counts)


def test_users_have_tastes(sample):
    """Three styles of a user take most of the reviews; of all reviews any three styles take far fewer."""
    styles: dict[str, Counter] = {}
    for user, style in zip(sample["username"].to_pylist(), sample["style"].to_pylist(), strict=True):
        styles.setdefault(user, Counter())[style] += 1
    busy = [counter for counter in styles.values() if counter.total() >= 20]
    own = np.mean([sum(n for _, n in counter.most_common(3)) / counter.total() for counter in busy])
    everybody = Counter(sample["style"].to_pylist())
    assert own > FAVOURITES_SHARE - 0.1
    assert sum(n for _, n in everybody.most_common(3)) / sample.num_rows < 0.35


def test_a_few_pairs_are_repeated_later(sample):
    pairs = Counter(zip(sample["username"].to_pylist(), sample["beer_name"].to_pylist(), strict=True))
    repeated = sum(count > 1 for count in pairs.values())
    assert 50 < repeated < 1000


def test_the_same_seed_gives_the_same_bytes_in_each_format(tmp_path):
    for suffix in (".csv", ".csv.gz", ".parquet"):
        first = write_sample(tmp_path / f"a{suffix}", reviews=500, seed=1).read_bytes()
        assert first == write_sample(tmp_path / f"b{suffix}", reviews=500, seed=1).read_bytes()
        assert first != write_sample(tmp_path / f"c{suffix}", reviews=500, seed=2).read_bytes()


def test_all_formats_hold_the_same_reviews(tmp_path):
    parquet = pq.read_table(write_sample(tmp_path / "s.parquet", reviews=700))
    plain = pyarrow.csv.read_csv(write_sample(tmp_path / "s.csv", reviews=700))
    packed = gzip.decompress(write_sample(tmp_path / "s.csv.gz", reviews=700).read_bytes())
    assert plain.to_pylist() == parquet.to_pylist()
    assert packed == (tmp_path / "s.csv").read_bytes()


def test_a_large_sample_comes_in_chunks_with_users_of_their_own():
    tables = list(chunks(500_000, seed=3))
    assert sum(table.num_rows for table in tables) == 500_000
    assert len(tables) > 1
    assert max(table.num_rows for table in tables) < 300_000
    users = [set(table["username"].unique().to_pylist()) for table in tables]
    assert not users[0] & users[1]


@pytest.mark.parametrize("reviews", [1, 11, 5000])
def test_exactly_as_many_reviews_as_asked_for(tmp_path, reviews):
    assert pq.read_table(write_sample(tmp_path / "s.parquet", reviews=reviews)).num_rows == reviews


def test_a_kept_sample_is_generated_once(tmp_path):
    said = []
    path = kept_sample(tmp_path / "sample", 50, said.append)
    before = path.stat().st_mtime_ns
    assert kept_sample(tmp_path / "sample", 50, said.append) == path
    assert (path.stat().st_mtime_ns, said) == (before, ["Generating 50 beer reviews ..."])
    assert [file.name for file in path.parent.iterdir()] == ["beer-reviews-50.csv.gz"]


def test_what_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"s\.xlsx.*\.csv\.gz"):
        write_sample(tmp_path / "s.xlsx")
    with pytest.raises(ValueError, match="1 or more, got 0"):
        write_sample(tmp_path / "s.csv", reviews=0)


def test_the_command_helps_and_writes(tmp_path):
    command = [sys.executable, "-m", "taproom.sample"]
    assert "--reviews" in subprocess.run([*command, "--help"], capture_output=True, text=True, check=True).stdout
    subprocess.run([*command, str(tmp_path / "s.csv"), "--reviews", "10"], capture_output=True, check=True)
    assert len((tmp_path / "s.csv").read_text().splitlines()) == 11
