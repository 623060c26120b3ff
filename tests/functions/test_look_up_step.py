from __future__ import annotations

import importlib
import json

import pytest
from rules.validation import InvalidPayload
from stored_objects import InputMissing

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

BEERS = {"beers.csv.gz": b"a beer", "week 2/more.csv": b"two beers"}


@pytest.fixture
def look_up(call, runs_table):
    return lambda asked: call("look_up_step", asked)


@pytest.fixture
def record(call, runs_table):
    return lambda asked, output: call("record_step", asked | {"Output": output})


@pytest.fixture
def monday(look_up, record, put):
    """Monday's run has preprocessed."""
    put_reviews(put, BEERS)
    look_up(preprocess())
    put_data(put)
    assert record(preprocess(), data_of())["Recorded"] is True


@pytest.fixture
def told(aws):
    """The document that a look-up wrote."""

    def read(asked):
        return json.loads(aws("s3").get_object(Bucket=BUCKET, Key=key_of(asked["DocumentUri"]))["Body"].read())

    return read


@pytest.fixture
def calls(aws):
    """The requests that the functions send to S3, by operation."""
    sent = []
    events = importlib.import_module("aws").client("s3").meta.events
    events.register("provide-client-params.s3", lambda model, **_: sent.append(model.name))
    return sent


def test_the_first_run_finds_nothing_and_says_what_was_asked(look_up, put, told):
    put_reviews(put, BEERS)
    answer = look_up(preprocess())
    assert answer == {"Hit": False, "Output": {}, "From": "", "Reason": "no run is recorded yet", "Key": answer["Key"]}
    document = told(preprocess())
    etags = {one["Key"]: one.pop("ETag") for one in document["Inputs"][0]["Objects"]}
    assert etags["reviews/beers.csv.gz"] == "f1794e8603034116673c545bc39aebca"  # MD5 of "a beer"
    assert document == {
        "schema_version": 1,
        "Step": "Preprocess",
        "Key": answer["Key"],
        "Hit": False,
        "Reason": "no run is recorded yet",
        "From": "",
        "Attributes": preprocess()["Attributes"],
        "Code": "c0de",
        "Inputs": [
            {
                "Name": "reviews",
                "Objects": [
                    {"Key": "reviews/beers.csv.gz", "Size": 6},
                    {"Key": "reviews/week 2/more.csv", "Size": 9},
                ],
            }
        ],
        "Differences": [],
        "RecordedAt": None,
        "ExecutionArn": MONDAY,
        "At": "2026-11-23T06:00:00.000Z",
    }


def test_what_a_run_made_is_found_by_the_next_of_the_same_contents_whatever_they_are_called(look_up, monday, put, told):
    renamed = {"2.csv": BEERS["week 2/more.csv"], "all.CSV.gz": BEERS["beers.csv.gz"]}
    put_reviews(put, renamed, TUESDAY, folder="reviews/elsewhere/")
    answer = look_up(preprocess(TUESDAY))
    assert answer == {
        "Hit": True,
        "Output": data_of(MONDAY),
        "From": MONDAY,
        "Reason": f"{MONDAY} had the same code, settings and inputs",
        "Key": answer["Key"],
    }
    assert told(preprocess(TUESDAY))["Hit"] is True
    assert told(preprocess(TUESDAY))["From"] == MONDAY
    assert told(preprocess(TUESDAY))["RecordedAt"].startswith("2026-11-23T")
    assert told(preprocess(TUESDAY))["Differences"] == []


def test_a_file_that_was_overwritten_is_a_miss_that_names_it_and_so_is_one_that_came(look_up, monday, put, told):
    put_reviews(put, BEERS | {"beers.csv.gz": b"A beer", "new.csv": b"three"}, TUESDAY)
    answer = look_up(preprocess(TUESDAY))
    assert (answer["Hit"], answer["Output"]) == (False, {})
    assert answer["Reason"] == "no recorded run had the same code, settings and inputs"
    assert told(preprocess(TUESDAY))["Differences"] == [
        'reviews: beers.csv.gz was overwritten (ETag "f1794e8603034116673c545bc39aebca" is now '
        '"5b772adebeea5f708bc1b0805ddff8ee")',
        "reviews: new.csv was added",
    ]


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"Code": "c0ffee"}, "the code changed (digest c0de to c0ffee)"),
        ({"Image": "an/image:3"}, f"the image changed from {preprocess()['Attributes']['Image']} to an/image:3"),
        (
            {"Arguments": ["preprocess.py", "--output", "/out", "--split-seed", "7"]},
            "Arguments: --split-seed was 42, now 7",
        ),
        ({"Environment": {}}, 'Environment.PYTHONUNBUFFERED was "1", now not set'),
        ({"Entrypoint": ["sh"]}, 'Entrypoint was ["python3", "bootstrap.py"], now ["sh"]'),
    ],
)
def test_another_code_image_argument_or_variable_is_a_miss_that_names_it(
    look_up, monday, put, told, changes, difference
):
    put_reviews(put, BEERS, TUESDAY)
    code = {"Code": changes["Code"]} if "Code" in changes else {}
    attributes = preprocess()["Attributes"] | {name: value for name, value in changes.items() if name != "Code"}
    asked = preprocess(TUESDAY, Attributes=attributes, **code)
    assert look_up(asked)["Hit"] is False
    assert told(asked)["Differences"] == [difference]


def test_what_another_run_preprocessed_is_the_same_data_and_the_codes_place_is_no_setting(look_up, record, put, told):
    put_data(put)
    look_up(train())
    put(key_of(model_of()["ModelDataUrl"]), archive())
    assert record(train(), model_of())["Recorded"] is True
    put_data(put, TUESDAY, test=b"another test set", manifest=b"{}")
    moved = train()["Attributes"]["HyperParameters"] | {"sagemaker_submit_directory": '"s3://elsewhere/x.tar.gz"'}
    asked = train(TUESDAY, Attributes=train()["Attributes"] | {"HyperParameters": moved})
    assert look_up(asked)["Output"] == model_of(MONDAY)
    fewer = train()["Attributes"] | {"HyperParameters": train()["Attributes"]["HyperParameters"] | {"epochs": "3"}}
    put_data(put, TUESDAY, train=b"more reviews")
    assert look_up(train(TUESDAY, Attributes=fewer))["Hit"] is False
    assert told(train(TUESDAY))["Differences"] == [
        'HyperParameters.epochs was "20", now "3"',
        "train: train.parquet differs",
    ]


def test_a_result_expires_and_a_rerun_may_have_it_all_the_same(look_up, monday, put):
    put_reviews(put, BEERS, TUESDAY)

    def at(now, expire_after="P1D", **changes):
        config = {"Enabled": True, "ExpireAfter": expire_after}
        return look_up(preprocess(TUESDAY, CacheConfig=config, Execution=execution(TUESDAY, now), **changes))

    assert at("2026-11-24T05:59:59.999Z")["Hit"] is True
    over = at("2026-11-24T06:00:00.000Z")
    assert over["Hit"] is False
    assert over["Reason"].startswith(f"CacheConfig.ExpireAfter P1D is over: {MONDAY} made it")
    assert at("2026-11-24T06:00:00.000Z", "P1DT1S")["Hit"] is True
    assert at("2027-06-24T06:00:00.000Z", RerunOf=MONDAY)["Output"] == data_of(MONDAY)


def test_a_cache_that_is_off_finds_nothing_but_for_a_rerun(look_up, monday, put, told):
    put_reviews(put, BEERS, TUESDAY)
    off = preprocess(TUESDAY, CacheConfig={"Enabled": False, "ExpireAfter": "P30D"})
    assert look_up(off)["Reason"] == "CacheConfig.Enabled is false"
    assert told(off)["Differences"] == []
    assert look_up(off | {"RerunOf": MONDAY})["Hit"] is True


def test_what_was_made_must_still_be_there_as_it_was(look_up, monday, put, aws):
    put_reviews(put, BEERS, TUESDAY)
    put(f"{run_of(MONDAY)}/data/items.parquet", b"something else")
    answer = look_up(preprocess(TUESDAY))
    assert answer["Hit"] is False
    assert answer["Reason"] == (
        f'what {MONDAY} made is no longer as it was: "runs/monday-run/data/items.parquet" was overwritten'
    )
    aws("s3").delete_object(Bucket=BUCKET, Key=f"{run_of(MONDAY)}/data/train.parquet")
    assert look_up(preprocess(TUESDAY, RerunOf=MONDAY))["Reason"].endswith('data/train.parquet" is gone')


def test_differences_that_nobody_can_tell_any_more_are_said_to_be_so(look_up, monday, put, aws, told):
    put_reviews(put, BEERS | {"beers.csv.gz": b"other"}, TUESDAY)
    aws("s3").delete_object(Bucket=BUCKET, Key=f"{run_of(MONDAY)}/cache/Preprocess.json")
    look_up(preprocess(TUESDAY))
    (sentence,) = told(preprocess(TUESDAY))["Differences"]
    assert sentence.startswith(f"what {MONDAY} was asked is no longer known: s3://{BUCKET}/runs/monday-run/cache/")


def test_a_thousand_files_are_listed_in_a_call_or_two_and_a_handful_asked_for_by_name(look_up, put, calls):
    put_reviews(put, {f"{number:04}.csv": b"%d" % number for number in range(1001)})
    calls.clear()
    look_up(preprocess())
    assert sorted(calls) == ["GetObject", "ListObjectsV2", "ListObjectsV2", "PutObject"]
    put_data(put)
    calls.clear()
    look_up(train())
    assert sorted(calls) == ["HeadObject", "HeadObject", "PutObject"]


def test_a_file_that_is_gone_since_it_was_listed_is_named(look_up, put, aws):
    put_reviews(put, BEERS)
    aws("s3").delete_object(Bucket=BUCKET, Key="reviews/beers.csv.gz")
    with pytest.raises(InputMissing, match=r"reviews: s3://taproom-data/reviews/beers\.csv\.gz is missing"):
        look_up(preprocess())
    with pytest.raises(InputMissing, match=r"train: s3://.*/train\.parquet is missing"):
        look_up(train())


def test_a_payload_that_does_not_fit_is_named(look_up):
    with pytest.raises(InvalidPayload, match=r'Step: received "Brew"; allowed is one of Preprocess, TrainRetrieval'):
        look_up(preprocess(Step="Brew"))
    with pytest.raises(InvalidPayload, match="RerunOf"):
        look_up(preprocess(RerunOf="yesterday's"))


def test_logs_carry_the_execution_and_no_file_name(look_up, monday, put, logged):
    put_reviews(put, BEERS | {"secret-name.csv": b"x"}, TUESDAY)
    lines = logged("look_up_step")
    look_up(preprocess(TUESDAY))
    (found,) = [line for line in lines() if line["message"] == "looked up"]
    assert (found["correlation_id"], found["hit"], found["differences"]) == (TUESDAY, False, 1)
    assert "secret-name" not in json.dumps(lines())
