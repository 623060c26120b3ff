"""`taproom compare`, end to end on a local AWS."""

from __future__ import annotations

import re

import pytest

from tests.taproom.compared import gate
from tests.taproom.registered import manifest, retrieval_evaluation

RUN_2 = {
    "Usd": 0.75,
    "Jobs": [
        {"Step": "Preprocess", "JobName": "preprocess", "Seconds": 3.0},
        {"Step": "TrainRetrieval", "JobName": "job", "Seconds": 40.5},
    ],
}


@pytest.fixture
def two_versions(registered):
    """Of the first no costs were kept; the second's run tells of them."""
    registered.add(status="Approved", evaluation=retrieval_evaluation(0.7))
    registered.add(evaluation=retrieval_evaluation(0.75), data=manifest(2_000), code="0ther")
    registered.put("runs/run-2/gate/retrieval/gate.json", gate())
    registered.put("runs/run-2/costs.json", RUN_2)
    yield registered
    registered.s3.delete_object(Bucket="taproom-data-123456789012", Key="runs/run-2/costs.json")


def test_it_prints_a_short_table_and_the_path_of_the_page_that_it_wrote(two_versions, command, tmp_path):
    page = tmp_path / "page.html"
    lines = command.succeeds("compare", "--model", "retrieval", "--output", str(page)).splitlines()
    assert [line.split() for line in lines[2:4]] == [
        ["2", "pending", "0.7500", "±0.0100", "0.5000", "2,000", "40", "s", "0.7500"],
        ["1", "★", "approved", "0.7000", "±0.0100", "0.5000", "1,000", "-", "-"],
    ]
    assert lines[-1] == str(page)
    assert max(map(len, lines[:-1])) <= 80
    text = page.read_text()
    assert "top-500 accuracy" in text
    assert re.search(r"kept .*>1,000<.* → .*>2,000<", text)


def test_json_prints_the_numbers_and_writes_no_page(two_versions, command, tmp_path):
    page = tmp_path / "page.html"
    document = command.json("compare", "--last", "1", "--output", str(page))
    retrieval, ranking = document["models"]
    assert (retrieval["champion"], retrieval["others"], ranking["versions"]) == (1, 1, [])
    (newest,) = retrieval["versions"]
    assert (newest["training_seconds"], newest["usd"], newest["threshold"]) == (40.5, 0.75, {"accuracy": 0.5})
    assert not page.exists()


def test_what_was_not_recorded_is_told_with_the_reason(two_versions, command):
    document = command.json("compare", "--model", "retrieval")
    missing = document["models"][0]["versions"][1]["missing"]
    assert set(missing) == {"cost", "training time"}
    assert "runs/run-1/costs.json cannot be read (NoSuchKey)" in missing["cost"]
    assert "no costs.json tells of the training job job, and SageMaker does not know it" in missing["training time"]
    (change,) = document["models"][0]["changes"]
    assert (change["first"], change["second"], change["same_code"]) == (1, 2, False)
    assert change["data"]["kept"] == {"first": 1_000, "second": 2_000}


def test_a_model_taken_from_an_earlier_run_was_trained_as_long_as_there(two_versions, command):
    image = two_versions.described(two_versions.add())["InferenceSpecification"]["Containers"][0]
    image["ModelDataUrl"] = image["ModelDataUrl"].replace("run-3", "run-2")
    two_versions.put("runs/run-4/costs.json", {"Usd": 0.0, "Jobs": []})
    two_versions.add(
        InferenceSpecification={"Containers": [image], "SupportedContentTypes": [], "SupportedResponseMIMETypes": []}
    )
    (newest,) = command.json("compare", "--model", "retrieval", "--last", "1")["models"][0]["versions"]
    assert (newest["usd"], newest["training_seconds"]) == (0.0, 40.5)


def test_nothing_to_compare_is_an_error_that_says_what_to_do(registered, command, tmp_path):
    told = command.fails("compare", "--output", str(tmp_path / "page.html"))
    assert "nothing to compare: no version yet: make run here" in told
    assert not (tmp_path / "page.html").exists()
    assert "no model package group elsewhere-retrieval" in command.fails("compare", "--stack", "elsewhere")


def test_a_page_that_cannot_be_written_is_an_error(two_versions, command, tmp_path):
    assert "cannot be written" in command.fails("compare", "--output", str(tmp_path / "none" / "page.html"))
