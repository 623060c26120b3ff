"""`taproom recommend`, end to end: versions of a local AWS, their artifacts, their SavedModels, a list."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from tests.taproom.small_models import SmallRanking, SmallRetrieval, packed

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).resolve().parents[2]
EVIL = "[red]Evil\x1b[31m\n"
LATIN = b"K\xf6lsch"  # bytes that are no UTF-8
ITEMS = ["Alt", "Bock", "Cream", "Dubbel", EVIL, LATIN]
SEEN = {"ann": "Alt", "bob": "Bock"}
SCORES = {"Alt": 2.0, "Bock": 2.0, "Cream": 2.5, "Dubbel": 4.75, EVIL: 3.0, LATIN: 3.0}
FEATURES = pa.table(
    {"item": ["Bock", "Dubbel"], "style": ["Lager", "Abbey [ale]"], "brewery": ["One", None], "abv": [6.5, 7.0]}
)
RETRIEVAL = ("serving_default", "recommend", "recommend_history", "candidates", "known")
RANKING = ("serving_default", "known")


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    retrieval, ranking = SmallRetrieval(ITEMS, SEEN, most=5), SmallRanking(SCORES, ["ann"])
    return {
        "retrieval": packed(retrieval, folder / "1", RETRIEVAL, FEATURES),
        "without known": packed(retrieval, folder / "2", RETRIEVAL[:-1]),
        "ranking": packed(ranking, folder / "3", RANKING),
        "broken": packed(SmallRanking({"Alt": float("nan")}, ["ann"]), folder / "4", RANKING),
    }


@pytest.fixture
def both(registered, artifacts):
    registered.add("retrieval", artifact=artifacts["retrieval"])
    registered.add("ranking", artifact=artifacts["ranking"])
    return registered


def items(document):
    return [one["item"] for one in document["items"]]


def test_candidates_of_retrieval_are_ordered_by_both_models(both, command):
    document = command.json("recommend", "ann", "--k", "3")
    assert (document["known"], document["notes"]) == (True, [])
    assert (document["retrieval"]["version"], document["ranking"]["version"]) == (1, 1)
    # left are the other five, whose scores are 5 to 1 and, half a point higher for ann, 2.5, 3, 5.25, 3.5, 3.5:
    # standardised 1.41, 0.71, 0, -0.71, -1.41 and -1.13, -0.59, 1.83, -0.05, -0.05; sums 0.28, 0.11, 1.83, -0.76, -1.47
    assert items(document) == ["Dubbel", "Bock", "Cream"]
    first = document["items"][0]
    assert first["predicted_score"] == 5.25
    assert (first["retrieval_place"], first["retrieval_score"]) == (3, 3.0)
    assert (first["style"], first["abv"]) == ("Abbey [ale]", 7.0)
    assert "brewery" not in first


def test_seen_items_are_left_out_unless_asked_for(both, command):
    assert "Alt" not in items(command.json("recommend", "ann", "--k", "5"))
    assert "Alt" in items(command.json("recommend", "ann", "--k", "5", "--include-seen"))


def test_an_unknown_user_is_served_and_told_so(both, command):
    document = command.json("recommend", "Zoë [x]", "--k", "5")
    assert document["known"] is False
    assert len(document["items"]) == 5
    (note,) = document["notes"]
    assert "'Zoë [x]' is not in the training data of retrieval version 1: this is what is popular" in note
    assert "'Zoë [x]' is not in the training data" in command.succeeds("recommend", "Zoë [x]")


def test_a_history_stands_for_what_the_user_reviewed(both, command):
    document = command.json("recommend", "nobody", "--history", "Dubbel", "--history", "No such beer", "--k", "5")
    assert "Dubbel" not in items(document)
    assert document["notes"] == ["not in the catalogue of retrieval version 1: 'No such beer'"]
    (note,) = command.json("recommend", "nobody", "--history", "No such beer", "--k", "5")["notes"]
    assert "none of the history is in the catalogue" in note


def test_names_are_shown_and_not_interpreted(both, command):
    shown = command.succeeds("recommend", "bob", "--k", "5")
    assert "\x1b" not in shown
    assert "[red]Evil\\x1b[31m\\n" in shown
    assert "Abbey [ale]" in shown
    assert "K\\udcf6lsch" in command.succeeds("recommend", "nobody", "--history", "Alt", "--k", "5")


def test_more_than_the_model_serves_is_not_to_be_had_and_told_so(both, command):
    document = command.json("recommend", "ann", "--k", "6")
    assert len(document["items"]) == 5
    assert document["notes"] == ["retrieval version 1 serves at most 5 items"]


def test_a_model_that_does_not_tell_whom_it_knows_is_served_all_the_same(registered, artifacts, command):
    registered.add("retrieval", artifact=artifacts["without known"])
    document = command.json("recommend", "nobody", "--k", "5")
    assert document["known"] is None
    assert len(document["notes"]) == 1


def test_without_a_ranking_version_the_order_is_retrievals_and_it_says_so(registered, artifacts, command):
    registered.add("retrieval", artifact=artifacts["retrieval"])
    document = command.json("recommend", "ann", "--k", "2")
    assert items(document) == ["Bock", "Cream"]
    assert [one["predicted_score"] for one in document["items"]] == [None, None]
    assert "not ranked, but in retrieval's order: taproom-ranking has no version yet" in document["notes"][0]
    assert "taproom-ranking has no version yet" in command.fails("recommend", "ann", "--ranking", "1")


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("broken", "does not give a finite score"),
        ("retrieval", "does not answer 'serving_default'"),
        ("no archive", "cannot be unpacked"),
    ],
)
def test_a_ranking_version_that_cannot_be_used_is_told_and_left_out_unless_named(
    registered, artifacts, command, kind, told
):
    registered.add("retrieval", artifact=artifacts["retrieval"])
    registered.add("ranking", artifact=artifacts.get(kind, b"none"))
    document = command.json("recommend", "bob", "--k", "2")
    assert items(document) == ["Alt", "Cream"]
    assert document["ranking"] is None
    assert told in document["notes"][0]
    assert told in command.fails("recommend", "bob", "--ranking", "latest")


def test_the_champions_are_asked_unless_others_are_named(registered, artifacts, command):
    registered.add("retrieval", "Approved", artifact=artifacts["retrieval"])
    registered.add("retrieval", artifact=artifacts["without known"])
    assert command.json("recommend", "ann")["retrieval"]["version"] == 1
    assert command.json("recommend", "ann", "--retrieval", "latest")["retrieval"]["version"] == 2
    assert "is no ranking version" in command.fails("recommend", "ann", "--ranking", "retrieval/1")


def test_without_a_champion_it_fails_and_says_so(registered, artifacts, command):
    assert "no version yet, so no champion" in command.fails("recommend", "ann")
    registered.add("retrieval", "Rejected", artifact=artifacts["retrieval"])
    assert "has no champion" in command.fails("recommend", "ann")
    assert "Bock" in command.succeeds("recommend", "ann", "--retrieval", "1")


def test_an_artifact_without_a_model_is_named(registered, artifacts, command):
    registered.add("retrieval", artifact=artifacts["ranking"])
    assert "has no signature 'recommend'" in command.fails("recommend", "ann")
    registered.add("retrieval", artifact=b"")
    assert "the artifact of retrieval version 2 cannot be unpacked" in command.fails("recommend", "ann")


def test_tensorflow_says_nothing_on_the_terminal(both, local_aws, tmp_path):
    arguments = ["recommend", "ann", "--json", "--work", str(tmp_path), "--region", "us-east-1"]
    command = [sys.executable, "-m", "taproom", *arguments, "--endpoint-url", local_aws.endpoint_url]
    run = subprocess.run(command, cwd=PROJECT, env=dict(os.environ), capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    assert items(json.loads(run.stdout))[0] == "Dubbel"
