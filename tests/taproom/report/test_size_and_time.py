"""The report of a run of a million reviews: small, and written in no time."""

from __future__ import annotations

import json
import os

import pytest

from tests.taproom.report.runs import STEPS, registered

REVIEWS = 1_000_000
LARGEST, LONGEST = 2_000_000, 10.0  # bytes, seconds


def busy():
    """Processor seconds of this process and of those that it has waited for: other load does not count."""
    return sum(os.times()[:4])


@pytest.mark.slow
def test_the_report_of_a_million_reviews_is_small_and_soon_written(tmp_path):
    run = registered(tmp_path)
    files = [{"file": f"reviews/part-{n:05}.csv.gz", "rows": 100, "bytes": 4321} for n in range(10_000)]
    spans = [{"from": 2**n, "to": 2 ** (n + 1) - 1, "number": 10**6 >> n, "reviews": 10**6} for n in range(21)]
    counted = {"most": 2**20, "top_tenth": 0.9, "counts": spans}
    scores = [{"from": n / 20, "to": (n + 1) / 20, "train": REVIEWS // 20, "test": 0} for n in range(20)]
    distributions = {"scores": scores, "reviews_per_item": counted, "reviews_per_user": counted}
    manifest = {"read": REVIEWS, "kept": REVIEWS, "dropped": {}, "files": {"read": files}}
    manifest["distributions"] = distributions
    (run.folder / "data" / "manifest.json").write_text(json.dumps(manifest))
    log = "".join(f"epoch={n} of=1000 loss={9 - n / 200} validation={n / 2000} seconds=1\n" for n in range(1, 1001))
    for step in ("TrainRetrieval", "TrainRanking"):
        (run.folder / "logs" / f"{STEPS[step]}.log").write_text(log)
    begin = busy()
    report = run.report()
    assert busy() - begin < LONGEST
    assert report.stat().st_size < LARGEST
    assert "and 9,980 more" in report.read_text()
