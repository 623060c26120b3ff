"""A stranger's way by the README alone: a CSV file with columns of its own, its input file, two commands, a report."""

from __future__ import annotations

import csv
import json
import random
import re
import subprocess
import sys

import pytest

from tests.browser.looked import OPEN_ALL, OUTSIDE, rows
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


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The folder of the README's first command, and what it printed."""
    folder = tmp_path_factory.mktemp("stranger")
    (block,) = [text for language, text in blocks(SECTION) if language == "json"]
    (small,) = re.findall(r'`("ReturnRecommendationsNumber": [^`]+)`', SECTION.replace("\n", " "))
    given = json.loads(block) | json.loads(f"{{{small}}}")
    columns = [given["Columns"][role] for role in ("User", "Item", "Score", "Timestamp")]
    reviews, input_file = books(folder / "books.csv", columns), folder / "books.json"
    input_file.write_text(json.dumps(given))
    run = taproom(folder / "work", "run", "--reviews", reviews, "--input", input_file, "--runs", folder / "runs")
    assert run.returncode == 0, run.stdout + run.stderr
    return folder, run.stdout


def test_two_commands_end_in_registered_models_and_recommendations(ran):
    assert [line for line in SECTION.splitlines() if line.startswith("    ")] == [
        "    make run REVIEWS=ratings.csv INPUT=examples/movielens.json",
        f"    .venv/bin/taproom recommend {USER}",
    ]
    folder, told = ran
    assert "Retrieval: Registered" in told
    assert "Ranking: Registered" in told
    assert "Next: .venv/bin/taproom recommend USER" in told
    recommended = taproom(folder / "work", "recommend", USER)
    assert recommended.returncode == 0, recommended.stderr
    assert "not in the training data" not in recommended.stdout
    assert len(re.findall(r"^ *\d+  Kind \d, no\. \d+", recommended.stdout, re.MULTILINE)) == 10


def test_its_report_is_whole_and_has_the_numbers_of_its_documents(ran, opened):
    run = (ran[0] / "runs" / "latest").resolve()
    page = opened(run / "report.html")
    page.run(OPEN_ALL)
    assert page.complaints == []
    assert page.requests == [(run / "report.html").as_uri()]
    assert page.run("document.querySelector('h1').innerText").endswith("are registered and wait for approval.")
    for model, groups in (
        ("retrieval", ("multiclass_classification_metrics", "retrieval_metrics")),
        ("ranking", ("regression_metrics",)),
    ):
        evaluation = json.loads((run / "evaluation" / f"{model}.json").read_text())
        measured = {name: one for group in groups for name, one in evaluation[group].items()}
        told = rows(page, f"table.metrics[data-model={model}]", [1])
        assert {"recall_at_10", "ndcg_at_10"} <= told.keys() or {"rmse", "mae"} <= told.keys()
        for name, ((_, numbers),) in told.items():
            assert numbers == [measured[name][key] for key in ("value", "lower", "upper")]
        told = rows(page, f"table.gate[data-model={model}]", [1, 2])
        rules = json.loads((run / "gate" / model / "gate.json").read_text())["rules"]
        assert {name: (verdict, value) for name, ((verdict, _), (_, value)) in told.items()} == {
            rule["rule"]: (rule["verdict"], [] if rule["value"] is None else [rule["value"]]) for rule in rules
        }
    clipped = """[...document.querySelectorAll('figure svg')].flatMap(frame =>
        [...frame.querySelectorAll('text')].filter(one => outside(one, frame)).map(one => one.textContent))"""
    assert page.run(OUTSIDE + clipped) == []
    page.resize(390)
    assert page.run("[document.documentElement.scrollWidth, innerWidth]") == [390, 390]
