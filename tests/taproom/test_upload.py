"""The folder under which reviews are uploaded, and the execution that an upload starts."""

from __future__ import annotations

import json
import re

import pytest

from taproom.local.aws import LocalAws
from taproom.upload import NotStarted, reviews_prefix, started_by
from tests.local.small_stacks import PASS_THROUGH, make_machine


def test_the_same_file_has_the_same_folder_and_another_file_has_another(tmp_path):
    first, same, other = tmp_path / "a.csv", tmp_path / "copy" / "a.csv", tmp_path / "b" / "a.csv"
    for path, content in ((first, "x"), (same, "x"), (other, "y")):
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    assert reviews_prefix(first) == reviews_prefix(same) != reviews_prefix(other)


def test_hostile_file_names_become_plain_folders(tmp_path):
    file = tmp_path / "my bäd\n<reviews>.v2.csv.gz"
    file.write_bytes(b"x")
    assert re.fullmatch(r"reviews/my-b-d-reviews-[0-9a-f]{8}/", reviews_prefix(file))


def test_the_execution_of_a_repeated_upload_is_not_the_one_of_the_first(tmp_path):
    with LocalAws(tmp_path) as aws:
        stepfunctions = aws.client("stepfunctions")
        machine = make_machine(aws, "machine", PASS_THROUGH)

        def start(key):
            given = json.dumps({"Trigger": {"Key": key}})
            return stepfunctions.start_execution(stateMachineArn=machine, input=given)["executionArn"]

        first = start("reviews/a/a.csv")
        start("reviews/b/b.csv")
        assert started_by(stepfunctions, machine, "reviews/a/a.csv") == first
        with pytest.raises(NotStarted, match=r"upload of reviews/a/a\.csv within 0 s"):
            started_by(stepfunctions, machine, "reviews/a/a.csv", within=0.1, known={first})
        second = start("reviews/a/a.csv")
        assert started_by(stepfunctions, machine, "reviews/a/a.csv", known={first}) == second
