"""What a step's key, a run's fingerprint and the differences tell apart, and what they do not."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rules.cache_entry import objects_document
from rules.cached_step import CachedStep
from rules.canonical_json import canonical_json
from rules.common_folder import common_folder
from rules.contents import ending
from rules.differences import differences
from rules.execution_input import ExecutionInput
from rules.input_manifest import named_in
from rules.json_document import DocumentMissing, DocumentUnreadable
from rules.reviews import Reviews, StoredObject
from rules.run_fingerprint import LEFT_OUT, run_fingerprint
from rules.s3_uri import S3Uri
from rules.validation import validated

from tests.functions.step_cases import TUESDAY, preprocess, train

ETAGS = st.sampled_from(["aa", "bb", "cc", "dd"])
SIZES = st.integers(1, 3)
ENDINGS = st.sampled_from([".csv", ".csv.gz", ".parquet"])
NAMES = st.text("abc/ü", min_size=1, max_size=4)
FILES = st.dictionaries(st.tuples(NAMES, ENDINGS), st.tuples(ETAGS, SIZES), min_size=1, max_size=5)
PROPERTIES = settings(max_examples=300, deadline=None, derandomize=True)


def step(document):
    return validated(CachedStep, document)


def stored(files, folder="reviews/"):
    return [StoredObject(f"{folder}{name}{end}", etag, size) for (name, end), (etag, size) in files.items()]


def key(objects, document=None):
    return step(document or preprocess()).key({"reviews": objects})


def multiset(files):
    return sorted((end, etag, size) for (_, end), (etag, size) in files.items())


def fingerprint(objects, code="c0de", images=None, parameters=None):
    reviews = Reviews(S3Uri("taproom-data", "reviews/"), tuple(objects))
    return run_fingerprint(reviews, code, images or {"Training": "i"}, parameters or {"SplitSeed": 42})


@PROPERTIES
@given(FILES, st.randoms(use_true_random=False))
def test_neither_names_nor_places_nor_the_order_of_a_listing_are_told(files, random):
    renamed = [
        StoredObject(f"elsewhere/{number}{ending(one.key).upper()}", one.etag, one.size)
        for number, one in enumerate(stored(files))
    ]
    random.shuffle(renamed)
    assert key(renamed) == key(stored(files))
    assert fingerprint(renamed) == fingerprint(stored(files))


@PROPERTIES
@given(FILES, FILES)
def test_the_differences_name_something_exactly_where_the_contents_differ(before, now):
    same = multiset(before) == multiset(now)
    assert (key(stored(before)) == key(stored(now))) is same
    assert (fingerprint(stored(before)) == fingerprint(stored(now))) is same
    told = differences(document(stored(before)), document(stored(now)))
    assert (not told) is same
    assert len(told) == len(set(told))


def document(objects, asked=None, name="reviews"):
    asked = step(asked or preprocess())
    return json.loads(
        json.dumps(
            {
                "Attributes": asked.attributes.document(),
                "Code": asked.code,
                "Inputs": [{"Name": name, "Objects": objects_document(objects)}],
            }
        )
    )


CHANGES = {
    "code": ("Code", "c0ffee"),
    "image": ("Attributes", "Image", "another"),
    "value": ("Attributes", "Arguments", 4, "7"),
    "order": ("Attributes", "Arguments", ["preprocess.py", "--split-seed", "42", "--output", "/out"]),
    "variable": ("Attributes", "Environment", "PYTHONUNBUFFERED", "0"),
    "new variable": ("Attributes", "Environment", "SEED", "1"),
    "entrypoint": ("Attributes", "Entrypoint", 0, "sh"),
}
HYPERPARAMETERS = {
    "hyperparameter": ("Attributes", "HyperParameters", "epochs", "3"),
    "new hyperparameter": ("Attributes", "HyperParameters", "batch-size", "64"),
    "script": ("Attributes", "HyperParameters", "sagemaker_program", '"other.py"'),
}


def changed(asked, path):
    asked = copy.deepcopy(asked)
    *way, last, value = path
    place = asked
    for part in way:
        place = place[part]
    place[last] = value
    return asked


def test_all_that_a_job_is_told_decides_the_key_and_every_change_has_its_own_and_is_named():
    objects = [StoredObject("reviews/a.csv", "aa", 1)]
    for asked, changes in ((preprocess(), CHANGES), (train(), HYPERPARAMETERS)):
        others = [changed(asked, path) for path in changes.values()]
        assert len({key(objects, one) for one in [asked, *others]}) == len(changes) + 1
        for other in others:
            assert len(differences(document(objects, asked), document(objects, other))) == 1
    assert key(objects, preprocess()) != key(objects, preprocess(Step="EvaluateRetrieval"))


@pytest.mark.parametrize(
    "path",
    [
        ("Attributes", "HyperParameters", "sagemaker_submit_directory", '"s3://elsewhere/sourcedir.tar.gz"'),
        ("CacheConfig", "ExpireAfter", "P1D"),
        ("RerunOf", TUESDAY),
        ("DocumentUri", "s3://taproom-data/runs/x/cache/y.json"),
        ("Execution", "Now", "2027-01-01T00:00:00Z"),
    ],
)
def test_places_times_and_what_may_be_reused_decide_nothing(path):
    objects = [StoredObject("runs/x/data/train.parquet", "aa", 1)]
    assert key(objects, changed(train(), path)) == key(objects, train())


def test_an_instance_type_is_nothing_that_a_step_can_be_asked():
    with pytest.raises(ValueError, match=r"unknown key Attributes\.InstanceType"):
        step(changed(train(), ("Attributes", "InstanceType", "ml.m5.large")))


def test_what_jobs_made_is_told_by_its_files_names():
    def key_of(*objects):
        return step(train()).key({"train": [StoredObject(*one) for one in objects]})

    here = ("runs/monday/data/train.parquet", "aa", 1)
    assert key_of(here) == key_of(("runs/tuesday/data/train.parquet", "aa", 1))
    assert key_of(here) != key_of(("runs/monday/data/other.parquet", "aa", 1))
    assert key_of(here) != step(train()).key({"items": [StoredObject(*here)]})


# ---- The sentences


def told(before, now, name="reviews"):
    return differences(
        document([StoredObject(*one) for one in before], name=name),
        document([StoredObject(*one) for one in now], name=name),
    )


A, B = ("reviews/w/a.csv", "aa", 5), ("reviews/w/x/b.csv", "bb", 6)


@pytest.mark.parametrize(
    ("before", "now", "sentences"),
    [
        ([A, B], [A, ("reviews/w/x/b.csv", "b2", 6)], ['x/b.csv was overwritten (ETag "bb" is now "b2")']),
        ([A, B], [A, ("reviews/w/x/b.csv", "bb", 7)], ["x/b.csv was overwritten (6 bytes are now 7)"]),
        ([A], [A, B], ["x/b.csv was added"]),
        ([A, B], [B], ["a.csv was removed"]),
        ([A, B], [("reviews/w/c.csv", "aa", 5), B], []),  # renamed
        ([A], [A, ("reviews/w/copy.csv", "aa", 5)], ["copy.csv was added"]),
        ([A, ("reviews/w/b.csv", "aa", 5)], [A, ("reviews/w/b.csv", "b2", 5)], ["b.csv was overwritten (ETag "]),
        ([A], [("reviews/w/a.parquet", "aa", 5)], ["a.csv was removed", "a.parquet was added"]),
        (
            [A],
            [("reviews/w/a.csv", "a2", 5), ("reviews/w/b.csv", "aa", 5)],
            ['a.csv was overwritten (ETag "aa"'],
        ),
        ([("reviews/a\n.csv", "a", 1)], [("reviews/b", "b", 1)], ["a\\n.csv was removed", "b was added"]),
    ],
)
def test_a_change_of_the_reviews_is_told_by_its_file(before, now, sentences):
    found = told(before, now)
    assert len(found) == len(sentences)
    assert all(one.startswith(f"reviews: {start}") for one, start in zip(found, sentences, strict=True))


def test_what_a_job_made_differs_by_its_name_wherever_it_lies():
    before = [("runs/1/data/train.parquet", "aa", 1), ("runs/1/data/items.parquet", "bb", 1)]
    now = [("runs/2/data/train.parquet", "a2", 1), ("runs/2/data/items.parquet", "bb", 1)]
    assert told(before, now, "data") == ["data: train.parquet differs"]
    assert told(before, now[:1], "data") == ["data: items.parquet was removed", "data: train.parquet differs"]


def test_an_input_that_is_new_or_gone_is_told():
    one, other = document([], name="data"), document([], name="model")
    assert differences(one, other) == ["the input data is gone", "the input model is new"]


def test_arguments_are_told_by_their_flags_or_whole_where_they_are_anything_else():
    def arguments(before, now):
        def asked(given):
            return changed(preprocess(), ("Attributes", "Arguments", given))

        return differences(document([], asked(before)), document([], asked(now)))

    assert arguments(["a.py", "--k", "5"], ["b.py", "--k=6", "--min", "1"]) == [
        "Arguments: --k was 5, now 6",
        "Arguments: --min was not set, now 1",
        "Arguments: script was a.py, now b.py",
    ]
    assert arguments(["a.py", "--k", "5"], ["a.py", "--k"]) == [
        'Arguments were ["a.py", "--k", "5"], now ["a.py", "--k"]'
    ]
    assert arguments(["a.py", "b"], ["a.py"]) == ['Arguments were ["a.py", "b"], now ["a.py"]']


# ---- The run's fingerprint


def test_the_fingerprint_leaves_out_what_only_costs_and_knows_every_parameter_that_it_leaves_out():
    names = ExecutionInput().document().keys() | {"InputData", "MaxUsd", "MaxWaitInSeconds"}  # which have no default
    assert names >= LEFT_OUT
    objects = [StoredObject("reviews/a.csv", "aa", 1)]
    assert fingerprint(objects, parameters={"SplitSeed": 42, "MaxUsd": 5}) == fingerprint(objects)
    others = [
        fingerprint(objects),
        fingerprint(objects, code="x"),
        fingerprint(objects, images={"Training": "j"}),
        fingerprint(objects, parameters={"SplitSeed": 7}),
    ]
    assert len(set(others)) == 4


# ---- Small rules


@PROPERTIES
@given(st.lists(st.text("ab/", max_size=6), min_size=1, max_size=4))
def test_the_common_folder_holds_all_keys_and_no_deeper_one_does(keys):
    folder = common_folder(keys)
    assert folder == "" or folder.endswith("/")
    assert all(one.startswith(folder) for one in keys)
    deeper = [one[len(folder) :].partition("/") for one in keys]
    assert not (all(slash for _, slash, _ in deeper) and len({name for name, _, _ in deeper}) == 1)


def test_common_folders():
    assert common_folder([]) == ""
    assert common_folder(["reviews/week-1/a.csv"]) == "reviews/week-1/"
    assert common_folder(["reviews/week-1/a.csv", "reviews/week-12/a.csv"]) == "reviews/"


def test_one_text_for_each_document():
    assert canonical_json({"b": [1, "ü"], "a": {}}) == '{"a":{},"b":[1,"\\u00fc"]}'
    with pytest.raises(ValueError, match="JSON"):
        canonical_json(float("nan"))


def test_a_manifest_names_its_objects():
    body = b'[{"prefix": "s3://b/p/"}, "a.csv", "x/b.csv"]'
    assert named_in(body, "s3://m") == [S3Uri("b", "p/a.csv"), S3Uri("b", "p/x/b.csv")]
    with pytest.raises(DocumentMissing, match="s3://m is missing"):
        named_in(None, "s3://m")
    for broken in (b"{}", b"[]", b'["a"]', b'[{"prefix": 1}]', b'[{"prefix": "s3://b/"}, 2]', b"["):
        with pytest.raises(DocumentUnreadable, match="s3://m"):
            named_in(broken, "s3://m")
