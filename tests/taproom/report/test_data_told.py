"""What is told of the data: distributions counted by hand, and the change since the run before."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from taproom.report.data import data_of, run_before
from taproom.report.distributions import distributions
from tests.taproom.report.runs import registered, write_reviews

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def earlier(runs, name, began, **manifest):
    (runs / name / "data").mkdir(parents=True)
    (runs / name / "execution.json").write_text(json.dumps({"name": name, "startDate": began.isoformat()}))
    (runs / name / "data" / "manifest.json").write_text(json.dumps(manifest))


def test_scores_and_reviews_are_counted(tmp_path):
    # on both sides: ale has 2 reviews, bock 1; u has 2, v has 1
    write_reviews(tmp_path, [("u", "ale", 4.5), ("u", "bock", 3.0), ("v", "ale", 4.5)])
    scores, items, users = distributions(tmp_path)
    assert scores.rows == [["3", 1, 1], ["4.5", 2, 2]]
    assert items.rows == [["1", 0, 0], ["2–3", 1, 2], ["4–7", 1, 4]]
    assert users.rows == [["1", 0, 0], ["2–3", 1, 2], ["4–7", 1, 4]]


def test_scores_of_many_values_are_put_together(tmp_path):
    write_reviews(tmp_path, [("u", "ale", number / 100) for number in range(100)])
    (scores, *_) = distributions(tmp_path)
    assert len(scores.rows) == 20
    assert [sum(row[place] for row in scores.rows) for place in (1, 2)] == [100, 100]


def test_no_files_and_no_reviews_have_no_charts(tmp_path):
    assert distributions(tmp_path) == []
    (tmp_path / "train.parquet").write_text("no Parquet")
    assert distributions(tmp_path) == []


def test_the_run_before_is_the_newest_that_began_earlier_and_had_reviews(tmp_path):
    earlier(tmp_path, "old", NOON - timedelta(hours=3), read=1)
    earlier(tmp_path, "before", NOON - timedelta(hours=1), read=2)
    earlier(tmp_path, "quiet", NOON - timedelta(minutes=5))
    earlier(tmp_path, "later", NOON + timedelta(hours=1), read=4)
    (tmp_path / "broken").mkdir()
    (tmp_path / "latest").symlink_to("later")
    (tmp_path / "now").mkdir()
    assert run_before(tmp_path / "now", NOON).name == "before"
    assert run_before(tmp_path / "now", NOON - timedelta(days=1)) is None


def test_each_count_stands_beside_that_of_the_run_before(tmp_path):
    run = registered(tmp_path)
    earlier(tmp_path, "before", NOON - timedelta(hours=1), read=7, kept=6, dropped={"duplicate": 1})
    told = data_of(run.folder, NOON)
    assert told.rows[:4] == [
        ("read", 9, 7),
        ("dropped: duplicate", 2, 1),
        ("dropped: missing user", 1, None),
        ("kept", 6, 6),
    ]
    page = run.report().read_text()
    assert '<td class="number soft">+2</td>' in page
    assert '<td class="number soft">±0</td>' in page
