from __future__ import annotations

import importlib

import pytest
from botocore.exceptions import IncompleteReadError
from botocore.response import StreamingBody
from rules.cache_entry import read_entry
from rules.step_output import OutputBroken

from tests.functions.step_cases import (
    BUCKET,
    MONDAY,
    TUESDAY,
    archive,
    data_of,
    execution,
    key_of,
    model_of,
    preprocess,
    put_data,
    put_reviews,
    run_of,
    train,
)

BEERS = {"beers.csv.gz": b"a beer"}
EVALUATION = {"Prefix": f"s3://{BUCKET}/runs/monday-run/evaluation/retrieval/"}


@pytest.fixture
def record(call, runs_table):
    return lambda asked, output: call("record_step", asked | {"Output": output})


@pytest.fixture
def looked_up(call, runs_table, put):
    """Monday's look-ups were misses, so its jobs ran; gives the key of each step."""
    put_reviews(put, BEERS)
    put_data(put)
    return {asked["Step"]: call("look_up_step", asked)["Key"] for asked in (preprocess(), train(), evaluate())}


@pytest.fixture
def rows(runs_table):
    """The rows of a kind."""
    return lambda kind: {row.name: row for row in importlib.import_module("runs_table").read_rows(kind)}


def evaluate(arn=MONDAY, **changes):
    return train(arn, Step="EvaluateRetrieval") | changes | {"DocumentUri": f"s3://{BUCKET}/{run_of(arn)}/cache/E.json"}


def test_what_a_step_made_is_remembered_with_all_its_objects(record, looked_up, rows, runs_table):
    assert record(preprocess(), data_of()) == {"Recorded": True, "Reason": "its inputs are as they were looked up"}
    key = looked_up["Preprocess"]
    (row,) = rows("step#Preprocess").values()
    assert row.name == key
    objects = row.document.pop("Objects")
    assert [one["Key"] for one in objects] == [
        f"runs/monday-run/data/{name}" for name in ("items.parquet", "manifest.json", "test.parquet", "train.parquet")
    ]
    assert objects[3] == {
        "Key": "runs/monday-run/data/train.parquet",
        "ETag": "b4e5fc22584e4725a3d207d953c5fa80",
        "Size": 13,
    }
    newest = {
        "Key": key,
        "ExecutionArn": MONDAY,
        "RecordedAt": "2026-11-23T06:00:00+00:00",
        "DocumentUri": preprocess()["DocumentUri"],
    }
    assert row.document == newest | {"Step": "Preprocess", "Output": data_of()}
    assert rows("newest")["Preprocess"].document == newest
    found = runs_table("dynamodb").scan(TableName="taproom-runs")["Items"]
    assert {item["ForgetAt"]["N"] for item in found} == {"1826949600"}  # 2027-11-23T06:00:00Z


def test_asked_again_it_remembers_the_same(record, looked_up, rows):
    first = record(preprocess(), data_of())
    row = rows("step#Preprocess")
    assert record(preprocess(), data_of()) == first
    assert {name: one.document for name, one in rows("step#Preprocess").items()} == {
        name: one.document for name, one in row.items()
    }


def test_what_was_recorded_later_stays(call, record, looked_up, rows, put):
    later = preprocess(TUESDAY, Execution=execution(TUESDAY, "2026-11-24T06:00:00.000Z"))
    put_reviews(put, BEERS, TUESDAY)
    call("look_up_step", later)
    put_data(put, TUESDAY)
    record(later, data_of(TUESDAY))
    assert record(preprocess(), data_of())["Recorded"] is True
    assert rows("newest")["Preprocess"].document["ExecutionArn"] == TUESDAY
    (row,) = rows("step#Preprocess").values()
    assert read_entry(row.document).output == data_of(TUESDAY)


def test_inputs_that_were_overwritten_while_the_job_ran_are_not_recorded(record, looked_up, rows, put):
    put("reviews/beers.csv.gz", b"overwritten")
    answer = record(preprocess(), data_of())
    assert answer["Recorded"] is False
    assert "overwritten while the job ran" in answer["Reason"]
    assert rows("step#Preprocess") == rows("newest") == {}


def test_without_a_look_up_nothing_is_recorded(record, put, rows):
    put_reviews(put, BEERS)
    put_data(put)
    answer = record(preprocess(), data_of())
    assert answer["Recorded"] is False
    assert "cache/Preprocess.json is missing" in answer["Reason"]
    assert rows("step#Preprocess") == {}


def test_reviews_that_are_gone_meanwhile_are_no_error(record, looked_up, aws):
    aws("s3").delete_object(Bucket=BUCKET, Key="reviews/beers.csv.gz")
    assert record(preprocess(), data_of()) == {
        "Recorded": False,
        "Reason": "reviews: s3://taproom-data/reviews/beers.csv.gz is missing",
    }


@pytest.mark.parametrize("name", ["train.parquet", "test.parquet", "items.parquet", "manifest.json"])
def test_data_without_one_of_its_files_or_with_an_empty_one_is_broken(record, looked_up, put, aws, rows, name):
    key = f"runs/monday-run/data/{name}"
    put(key, b"")
    with pytest.raises(OutputBroken, match=f"Preprocess: s3://{BUCKET}/{key} is broken: it is empty"):
        record(preprocess(), data_of())
    aws("s3").delete_object(Bucket=BUCKET, Key=key)
    with pytest.raises(OutputBroken, match=f"{key} is broken: the job did not write it.*taproom rerun {MONDAY}$"):
        record(preprocess(), data_of())
    assert rows("step#Preprocess") == {}


def test_a_model_that_is_whole_is_recorded(record, looked_up, put, rows):
    put(key_of(model_of()["ModelDataUrl"]), archive())
    assert record(train(), model_of())["Recorded"] is True
    (row,) = rows("step#TrainRetrieval").values()
    assert [one.key for one in read_entry(row.document).made] == [key_of(model_of()["ModelDataUrl"])]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (archive()[:-1], "it ends too soon"),
        (archive()[:100], "it ends too soon"),
        (b"", "no tar archive"),
        (b"not an archive", "no gzip file"),
        (archive({"01/variables": b"x"}), "there is no 01/saved_model.pb in it"),
        (archive({"01/saved_model.pb": b""}), "its 01/saved_model.pb is empty"),
        (archive() + b"more", "no gzip file"),
    ],
)
def test_a_broken_model_is_told_with_its_place_and_what_to_do(record, looked_up, put, rows, body, why):
    uri = model_of()["ModelDataUrl"]
    put(key_of(uri), body)
    with pytest.raises(OutputBroken) as caught:
        record(train(), model_of())
    assert str(caught.value).startswith(f"TrainRetrieval: {uri} is broken: ")
    assert why in str(caught.value)
    assert str(caught.value).endswith(f"Run it again: taproom rerun {MONDAY}")
    assert rows("step#TrainRetrieval") == {}


def test_a_model_that_is_not_there_is_broken(record, looked_up):
    with pytest.raises(OutputBroken, match="the job did not write it"):
        record(train(), model_of())


def test_a_connection_that_breaks_off_is_no_broken_model(call, looked_up, put, monkeypatch):
    put(key_of(model_of()["ModelDataUrl"]), archive())

    def breaks_off(parsed, **_):
        parsed["Body"] = StreamingBody(parsed["Body"]._raw_stream, parsed["ContentLength"] + 1)

    importlib.import_module("aws").client("s3").meta.events.register("after-call.s3.GetObject", breaks_off)
    aws = importlib.import_module("aws")
    with pytest.raises(aws.AwsUnavailable) as caught:
        call("record_step", train() | {"Output": model_of()})
    assert isinstance(caught.value.__cause__, IncompleteReadError)


def test_an_evaluation_that_is_missing_is_left_to_who_reads_it(record, looked_up, put, rows):
    put("runs/monday-run/evaluation/retrieval/notes.txt", b"x")
    answer = record(evaluate(), EVALUATION)
    assert answer["Recorded"] is False
    assert "evaluation.json is missing" in answer["Reason"]
    put("runs/monday-run/evaluation/retrieval/evaluation.json", b'{"cut off": ')
    answer = record(evaluate(), EVALUATION)
    assert answer["Recorded"] is False
    assert "is not JSON" in answer["Reason"]
    put("runs/monday-run/evaluation/retrieval/evaluation.json", b"{}")
    assert record(evaluate(), EVALUATION)["Recorded"] is True
    (row,) = rows("step#EvaluateRetrieval").values()
    assert len(row.document["Objects"]) == 2
