"""The report of a run of a million reviews: small, and written in no time."""

from __future__ import annotations

import json
import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.taproom.report.runs import STEPS, registered

REVIEWS, USERS, ITEMS = 1_000_000, 50_000, 60_000
LARGEST, LONGEST = 2_000_000, 10.0  # bytes, seconds


def busy():
    """Processor seconds of this process and of those that it has waited for: other load does not count."""
    return sum(os.times()[:4])


@pytest.mark.slow
def test_the_report_of_a_million_reviews_is_small_and_soon_written(tmp_path):
    run, random = registered(tmp_path), np.random.default_rng(7)
    users, items = (pa.array([f"{kind} {n}" for n in range(size)]) for kind, size in (("user", USERS), ("Ale", ITEMS)))
    names = {"user": users, "item": items}
    for side, number in (("train", REVIEWS * 85 // 100), ("test", REVIEWS * 15 // 100)):
        drawn = {who: (random.pareto(1.0, number) * 20).astype(np.int64) % len(all_) for who, all_ in names.items()}
        columns = {who: names[who].take(pa.array(places)) for who, places in drawn.items()}
        scores = random.integers(2, 11, number) / 2
        pq.write_table(pa.table({**columns, "score": scores}), run.folder / "data" / f"{side}.parquet")
    files = [{"file": f"reviews/part-{n:05}.csv.gz", "rows": 100, "bytes": 4321} for n in range(10_000)]
    manifest = {"read": REVIEWS, "kept": REVIEWS, "dropped": {}, "files": {"read": files}}
    (run.folder / "data" / "manifest.json").write_text(json.dumps(manifest))
    log = "".join(f"epoch={n} of=1000 loss={9 - n / 200} validation={n / 2000} seconds=1\n" for n in range(1, 1001))
    for step in ("TrainRetrieval", "TrainRanking"):
        (run.folder / "logs" / f"{STEPS[step]}.log").write_text(log)
    begin = busy()
    report = run.report()
    assert busy() - begin < LONGEST
    assert report.stat().st_size < LARGEST
    assert "and 9,980 more" in report.read_text()
