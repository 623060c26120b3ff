"""A stranger's way by the README alone: a CSV file with columns of its own, its input file, two commands."""

from __future__ import annotations

import csv
import json
import random
import re
import subprocess
import sys

import pytest

from tests.docs.written import PROJECT, blocks

pytestmark = pytest.mark.slow
README = (PROJECT / "README.md").read_text(encoding="utf-8")
SECTION = README.split("## Your own data\n")[1].split("\n## ")[0]
ITEMS, USER = 300, "42"  # as many as the README's example of a small catalogue, and the user of its command


def books(path, columns):
    """Some 13,000 ratings by 700 users, each of whom likes two of five kinds."""
    made = random.Random(11)
    kinds = ITEMS // 5
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        rows = csv.writer(file)
        rows.writerow(columns)
        for user in range(700):
            likes = made.sample(range(5), 2)
            for item in made.sample(range(ITEMS), made.randint(30, 80)):
                liked, volume = item // kinds in likes, item % kinds % 10
                if (liked or made.random() > 0.8) and made.random() > volume / 14:
                    stars = min(10, max(1, round((8 if liked else 5) - volume / 5 + made.gauss(0, 1))))
                    rows.writerow(
                        [user, f"Kind {item // kinds}, no. {item}", stars, f"{made.randint(2015, 2025)}-06-01"]
                    )
    return path


def taproom(work, *arguments):
    command = [sys.executable, "-m", "taproom", *map(str, arguments), "--work", work]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=280)


def test_own_columns_and_a_small_catalogue_end_in_registered_models_and_recommendations(tmp_path):
    (block,) = [text for language, text in blocks(SECTION) if language == "json"]
    (small,) = re.findall(r'`("ReturnRecommendationsNumber": [^`]+)`', SECTION.replace("\n", " "))
    given = json.loads(block) | json.loads(f"{{{small}}}")
    columns = [given["Columns"][role] for role in ("User", "Item", "Score", "Timestamp")]
    reviews, input_file = books(tmp_path / "books.csv", columns), tmp_path / "books.json"
    input_file.write_text(json.dumps(given))
    assert [line for line in SECTION.splitlines() if line.startswith("    ")] == [
        "    make run REVIEWS=ratings.csv INPUT=examples/movielens.json",
        f"    .venv/bin/taproom recommend {USER}",
    ]

    work = tmp_path / "work"
    run = taproom(work, "run", "--reviews", reviews, "--input", input_file, "--runs", tmp_path / "runs")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Retrieval: Registered" in run.stdout
    assert "Ranking: Registered" in run.stdout
    assert "Next: .venv/bin/taproom recommend USER" in run.stdout

    recommended = taproom(work, "recommend", USER)
    assert recommended.returncode == 0, recommended.stderr
    assert "not in the training data" not in recommended.stdout
    assert len(re.findall(r"^ *\d+  Kind \d, no\. \d+", recommended.stdout, re.MULTILINE)) == 10
