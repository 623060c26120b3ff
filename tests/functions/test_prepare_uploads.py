"""Uploads that came while another run had the lease: Prepare claims those that its run reads, and loses none."""

from __future__ import annotations

import importlib
import json

import pytest
from botocore.exceptions import ClientError
from rules.budget import OverBudget
from rules.naming import execution_slug
from rules.reviews import EmptyReviewsFile, NoReviews

BUCKET = "taproom-data"
MACHINE = "arn:aws:states:eu-west-1:123456789012:execution:Retraining"
EXECUTION = {
    "Id": f"{MACHINE}:monday-run",
    "Name": "monday-run",
    "StartTime": "2026-11-12T06:00:00.123Z",
    "Now": "2026-11-12T06:01:00.456Z",
}
COALESCED = {"DefaultInput": {}, "Trigger": {"Coalesced": f"{MACHINE}:sunday-run"}}


@pytest.fixture
def prepare(call, runs_table):
    return lambda given: call("prepare", {"Input": given, "Execution": EXECUTION})


@pytest.fixture
def table(runs_table):
    return importlib.import_module("runs_table")


@pytest.fixture
def pend(table, put):
    """An upload that waits: its object, if it has a body, and its row. Gives what triggers.json tells of it."""

    def upload(key, at="2026-11-12T05:00:00Z", etag="e1", body=b"a,b\n1,2\n"):
        if body is not None:
            put(key, body)
        trigger = {"Bucket": BUCKET, "Key": key, "ETag": etag}
        row = {"Trigger": trigger, "DefaultInput": {}, "Execution": f"{MACHINE}:upload-{etag}", "At": at}
        table.put_row("pending", f"upload#{key}", row)
        return trigger | {"Execution": row["Execution"], "At": at}

    return upload


@pytest.fixture
def waiting(table):
    return lambda: [row.name for row in table.read_rows("pending")]


@pytest.fixture
def read(aws):
    def read_json(uri):
        bucket, key = uri.removeprefix("s3://").split("/", 1)
        return json.loads(aws("s3").get_object(Bucket=bucket, Key=key)["Body"].read())

    return read_json


def uploaded(key):
    return {"DefaultInput": {}, "Trigger": {"Bucket": BUCKET, "Key": key, "ETag": "e0"}}


def test_an_upload_trains_on_the_folder_that_holds_all_that_wait(prepare, put, pend, waiting, read):
    put("reviews/2026/week 46/a.csv")
    later = pend("reviews/2026/week 47/b.csv", "2026-11-12T05:30:00Z", "e2")
    sooner = pend("reviews/2026/week 46/deep/c.csv")
    answer = prepare(uploaded("reviews/2026/week 46/a.csv"))
    assert answer["Parameters"]["InputData"] == f"s3://{BUCKET}/reviews/2026/"
    assert answer["Reviews"]["Count"] == 3
    uri = answer["Triggers"]["Uri"]
    assert answer["Triggers"] == {"Count": 2, "Uri": f"{answer['RunPrefix']}triggers.json"}
    assert read(uri) == {"schema_version": 1, "triggers": [sooner, later]}
    assert waiting() == []


def test_a_run_for_what_came_meanwhile_reads_it_all_whatever_the_default_input_says(prepare, pend, waiting):
    pend("reviews/x/a.csv")
    pend("reviews/x/b.csv")
    answer = prepare(COALESCED | {"DefaultInput": {"InputData": f"s3://{BUCKET}/reviews/z/", "SplitSeed": 7}})
    assert answer["Parameters"]["InputData"] == f"s3://{BUCKET}/reviews/x/"
    assert answer["Parameters"]["SplitSeed"] == 7
    assert (answer["Outcome"], answer["Reviews"]["Count"], answer["Triggers"]["Count"]) == ("Run", 2, 2)
    assert waiting() == []


def test_a_run_for_what_came_meanwhile_has_nothing_to_do_where_another_has_claimed_it(prepare, put):
    put("reviews/a.csv")
    answer = prepare(COALESCED)
    told = {name: answer[name] for name in ("Outcome", "LastRun", "Fingerprint", "Triggers")}
    assert told == {"Outcome": "NothingNew", "LastRun": None, "Fingerprint": "", "Triggers": {"Count": 0, "Uri": ""}}
    assert "claimed" in answer["Reason"]


def test_a_persons_run_claims_what_it_reads_and_leaves_the_rest(prepare, pend, waiting):
    pend("reviews/x/a.csv")
    pend("reviews/xy/b.csv", etag="e2")
    answer = prepare({"InputData": f"s3://{BUCKET}/reviews/x/"})
    assert (answer["Reviews"]["Count"], answer["Triggers"]["Count"]) == (1, 1)
    assert waiting() == ["upload#reviews/xy/b.csv"]
    pend("reviews/x/a.csv.csv", etag="e3")
    assert prepare({"InputData": f"s3://{BUCKET}/reviews/xy/b.csv"})["Triggers"]["Count"] == 2  # a.csv from before
    assert waiting() == ["upload#reviews/x/a.csv.csv"]


def test_a_persons_start_that_waits_is_nobodys_upload(prepare, put, table, waiting):
    put("reviews/a.csv")
    table.put_row("pending", "start#tuesday-run", {"Input": {}, "Execution": f"{MACHINE}:tuesday-run", "At": "x"})
    assert prepare({})["Triggers"]["Count"] == 0
    assert waiting() == ["start#tuesday-run"]


def test_asked_again_it_answers_the_same_and_adds_what_came_in_between(prepare, put, pend, read, waiting):
    put("reviews/x/a.csv")
    first = pend("reviews/y/b.csv")
    answer = prepare(uploaded("reviews/x/a.csv"))
    assert prepare(uploaded("reviews/x/a.csv")) == answer
    assert answer["Parameters"]["InputData"] == f"s3://{BUCKET}/reviews/"
    second = pend("reviews/y/b.csv", "2026-11-12T05:59:00Z", "e9")
    again = prepare(uploaded("reviews/x/a.csv"))
    assert read(again["Triggers"]["Uri"])["triggers"] == [first, second]
    assert waiting() == []


def test_a_run_for_what_came_meanwhile_keeps_it_when_it_is_asked_again(prepare, pend):
    pend("reviews/x/a.csv")
    answer = prepare(COALESCED)
    assert answer["Outcome"] == "Run"
    assert prepare(COALESCED) == answer


def test_an_upload_that_comes_anew_while_it_is_claimed_goes_on_waiting(prepare, pend, waiting, aws):
    pend("reviews/a.csv")
    again = [True]

    def upload_anew(**_):
        if again:
            again.pop()
            pend("reviews/a.csv", "2026-11-12T07:00:00Z", "e2")

    events = importlib.import_module("aws").client("s3").meta.events
    events.register("provide-client-params.s3.ListObjectsV2", upload_anew)
    assert prepare({})["Triggers"]["Count"] == 1
    assert waiting() == ["upload#reviews/a.csv"]


def test_nothing_is_lost_where_the_claim_cannot_be_written_down(prepare, pend, waiting, aws):
    pend("reviews/a.csv")

    def full(params, **_):
        if params["Key"].endswith("triggers.json"):
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "PutObject")

    importlib.import_module("aws").client("s3").meta.events.register("provide-client-params.s3.PutObject", full)
    with pytest.raises(ClientError, match="AccessDenied"):
        prepare({})
    assert waiting() == ["upload#reviews/a.csv"]


@pytest.mark.parametrize(
    ("body", "parameters", "error"),
    [(b"", {}, EmptyReviewsFile), (None, {}, NoReviews), (b"a,b\n", {"MaxUsd": 0.01}, OverBudget)],
)
def test_a_run_that_is_refused_takes_its_uploads_with_it_so_that_they_start_no_other(
    prepare, pend, waiting, read, body, parameters, error
):
    told = pend("reviews/x/a.csv", body=body)
    given = COALESCED | {"DefaultInput": parameters}
    with pytest.raises(error):
        prepare(given)
    assert waiting() == []
    with pytest.raises(error):  # redriven, it is refused for the same
        prepare(given)
    place = f"s3://{BUCKET}/runs/{execution_slug('monday-run', EXECUTION['Id'])}/triggers.json"
    assert read(place)["triggers"] == [told]


def test_a_schedule_without_reviews_takes_the_uploads_that_are_gone(prepare, pend, waiting):
    pend("reviews/a.csv", body=None)
    trigger = {"Schedule": "arn:aws:scheduler:eu-west-1:123456789012:schedule/default/weekly", "Time": "x"}
    assert prepare({"DefaultInput": {}, "Trigger": trigger})["Outcome"] == "NoReviews"
    assert waiting() == []
