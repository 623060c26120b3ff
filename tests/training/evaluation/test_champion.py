"""champion.json is found, read and trusted no further than its folder."""

from __future__ import annotations

import json
import re

import pytest

from evaluation.champion import Champion, read_champion

KEY = "runs/one/models/retrieval/job/output/model.tar.gz"
FOUND = {
    "schema_version": 1,
    "status": "found",
    "reason": "the newest approved version",
    "model_package_arn": "arn:aws:sagemaker:us-east-1:123456789012:model-package/taproom-retrieval/3",
    "version": 3,
    "approval_status": "Approved",
    "artifact": KEY,
}


@pytest.fixture
def channel(tmp_path):
    """Writes the input channel: a document (or its text) where its key is, and an artifact; returns the folder."""

    def write(document, artifact=KEY, below="runs/two/champion/retrieval"):
        folder = tmp_path / "champion"
        place = folder / below / "champion.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
        if artifact:
            (folder / artifact).parent.mkdir(parents=True, exist_ok=True)
            (folder / artifact).write_bytes(b"an archive")
        return folder

    return write


def test_a_champion_is_found_anywhere_below_the_folder_with_its_artifact(channel):
    folder = channel(FOUND)
    champion = read_champion(folder)
    assert champion == Champion(
        "found", FOUND["reason"], FOUND["model_package_arn"], 3, (folder / FOUND["artifact"]).resolve()
    )


def test_two_documents_are_one_too_many(channel):
    channel(FOUND)
    champion = read_champion(channel(FOUND, below="runs/three"))
    assert champion.status == "unusable"
    assert "found 2" in champion.reason


def test_no_folder_and_an_empty_one_hold_no_champion(tmp_path):
    for folder in (None, tmp_path / "nothing", tmp_path):
        champion = read_champion(folder)
        assert (champion.status, champion.archive) == ("none", None)
        assert champion.document() == {
            "status": "none",
            "reason": "there is no champion.json",
            "model_package_arn": None,
            "version": None,
        }


@pytest.mark.parametrize("status", ["none", "not comparable", "unusable"])
def test_what_was_decided_before_is_passed_on(channel, status):
    champion = read_champion(channel(FOUND | {"status": status, "reason": "because"}))
    assert (champion.status, champion.reason, champion.version, champion.archive) == (status, "because", 3, None)


@pytest.mark.parametrize(
    ("document", "part"),
    [
        (b"{", "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b"[" * 100_000, "cannot be read"),
        ([], "expected an object, got list"),
        ({}, "schema_version must be 1, got None"),
        (FOUND | {"schema_version": 2}, "schema_version must be 1, got 2"),
        (FOUND | {"status": "scored"}, "status must be one of.*got 'scored'"),
        (FOUND | {"status": ["found"]}, "status must be one of"),
        (FOUND | {"version": "3"}, "version must be int or null, got '3'"),
        (FOUND | {"version": True}, "version must be int or null, got True"),
        (FOUND | {"artifact": None}, "no artifact"),
        (FOUND | {"artifact": 7}, "artifact must be str"),
    ],
)
def test_a_malformed_document_is_unusable_and_says_why(channel, document, part):
    champion = read_champion(channel(document))
    assert (champion.status, champion.archive) == ("unusable", None)
    assert re.search(part, champion.reason)


@pytest.mark.parametrize("artifact", ["../model.tar.gz", "runs/../../model.tar.gz", "/etc/hostname", "runs/link"])
def test_an_artifact_outside_of_the_folder_is_not_taken(channel, tmp_path, artifact):
    (tmp_path / "model.tar.gz").write_bytes(b"somebody else's")
    folder = channel(FOUND | {"artifact": artifact})
    (folder / "runs" / "link").symlink_to(tmp_path / "model.tar.gz")
    champion = read_champion(folder)
    assert (champion.status, champion.archive, champion.version) == ("unusable", None, 3)
    assert "leads out of the champion's folder" in champion.reason


@pytest.mark.parametrize("artifact", [KEY, "runs"])
def test_an_artifact_that_is_no_file_is_missing(channel, artifact):
    champion = read_champion(channel(FOUND | {"artifact": artifact}, artifact=None))
    assert champion.status == "unusable"
    assert champion.reason == f"artifact {artifact!r} of champion.json is missing"


@pytest.mark.parametrize("artifact", ["a\0b", "x" * 5000])
def test_an_artifact_whose_name_no_file_can_have_is_told(channel, artifact):
    champion = read_champion(channel(FOUND | {"artifact": artifact}))
    assert champion.status == "unusable"
    assert "cannot be looked up" in champion.reason


def test_a_measured_champion_is_scored_and_one_that_failed_tells_why(channel):
    champion = read_champion(channel(FOUND))
    told = champion.document({"metrics": {"accuracy": {}}, "slices": {}})
    assert told["status"] == "scored"
    assert set(told) == {"status", "reason", "model_package_arn", "version", "metrics", "slices"}
    failed = champion.unusable(ValueError("no signature score"))
    assert failed.document() == {
        "status": "unusable",
        "reason": "no signature score",
        "model_package_arn": FOUND["model_package_arn"],
        "version": 3,
    }
