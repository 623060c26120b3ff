from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rules.naming import RUNS_PREFIX, execution_slug, job_stem
from rules.report_uri import report_uri

from taproom.report.publish import PAGE
from taproom.report.run_uri import run_of, run_uri

STEPS = ("preprocess", "train-retrieval", "evaluate-retrieval")
JOB_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}\Z")
HOSTILE = st.text(max_size=100) | st.text(alphabet="-_./: ", max_size=80) | st.characters(categories=["Cs"])


@settings(max_examples=200, deadline=None, derandomize=True)
@given(HOSTILE, HOSTILE)
def test_any_execution_name_gives_legal_stems(name, arn):
    for step in STEPS:
        stem = job_stem(step, name, arn)
        assert len(stem) <= 50
        assert JOB_NAME.match(f"{stem}-11-4-14")
        assert stem.startswith(step)
    assert re.fullmatch(r"[a-zA-Z0-9-]{1,60}", execution_slug(name, arn))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(HOSTILE, st.sets(HOSTILE, min_size=2, max_size=2))
def test_executions_never_share_a_name(name, arns):
    one, other = arns
    assert job_stem("preprocess", name, one) != job_stem("preprocess", name, other)
    assert execution_slug(name, one) != execution_slug(name, other)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(HOSTILE.map(lambda name: name.replace(":", "")))
@example("a" * 41)
@example("a" * 39 + "-b")
@example("--")
def test_reports_are_written_into_the_folder_that_prepare_names(name):
    arn = f"arn:aws:states:eu-west-1:123456789012:execution:Retraining:{name}"
    folder = f"s3://data/{RUNS_PREFIX}{execution_slug(name, arn)}/"
    assert run_uri("data", arn) == folder
    assert report_uri(folder) == f"{folder}{PAGE}"
    assert run_of(f"{folder}models/retrieval/job/output/model.tar.gz") == folder


def test_the_names_are_readable_and_do_not_change():
    arn = "arn:aws:states:eu-west-1:123456789012:execution:Retraining:monday-run"
    assert execution_slug("monday-run", arn) == execution_slug("monday-run", arn)
    assert execution_slug("monday run!", arn).startswith("monday-run-")
    assert job_stem("train-retrieval", "monday-run", arn).startswith("train-retrieval-monday-run-")


@pytest.mark.parametrize("name", ["a" * 80, "5f0e4fd8-5d0a-4b1c-9a55-9b9a3c6f0a55_0d6c6e3e-1111-2222"])
def test_long_names_are_cut(name):
    assert len(job_stem("evaluate-retrieval", name, "arn")) <= 50
