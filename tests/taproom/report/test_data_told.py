"""What is told of the data: the distributions of the manifest, and the change since the run before."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from taproom.report.data import data_of, run_before
from taproom.report.distributions import distributions
from tests.taproom.report.runs import DISTRIBUTIONS, registered

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def earlier(runs, name, began, **manifest):
    (runs / name / "data").mkdir(parents=True)
    (runs / name / "execution.json").write_text(json.dumps({"name": name, "startDate": began.isoformat()}))
    (runs / name / "data" / "manifest.json").write_text(json.dumps(manifest))


def test_scores_and_reviews_are_shown_as_they_were_counted():
    scores, items, users = distributions({"distributions": DISTRIBUTIONS})
    assert scores.rows == [["3", 2, 2], ["4.5", 2, 2], ["5", 2, 2]]
    assert items.rows == users.rows == [["1", 0, 0], ["2–3", 0, 0], ["4–7", 1, 4], ["8–15", 1, 8]]
    assert "the most reviewed item has 8 reviews, the most reviewed tenth of items 75% of all" in items.svg


def test_a_span_of_scores_is_called_by_both_its_ends():
    (scores,) = distributions({"distributions": {"scores": [{"from": 0.5, "to": 1.25, "train": 3, "test": 0}]}})
    assert scores.rows == [["0.5 to 1.25", 3, 0]]


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        {"scores": [], "reviews_per_item": {"most": 0, "top_tenth": 0.0, "counts": []}},
        {"scores": [{"from": "low", "to": 1, "train": 1, "test": 1}], "reviews_per_user": {"counts": [{"from": 1}]}},
        {"scores": [{"from": 1, "to": 1, "train": -1, "test": 0.5}], "reviews_per_item": [1]},
    ],
)
def test_what_was_not_counted_has_no_chart(told):
    assert distributions({"distributions": told}) == []


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
