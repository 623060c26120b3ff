from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rules.reviews import StoredObject, UnusableReviewsKey, choose_reviews, is_review
from rules.s3_uri import S3Uri

PLACE = S3Uri("taproom-data", "reviews/")


def chosen(*objects, place=PLACE):
    return choose_reviews(place, [StoredObject(*one) for one in objects])


def test_endings_decide_whatever_their_case():
    assert [is_review(f"reviews/{name}") for name in ("a.csv", "a.CSV", "a.csv.GZ", "a.Parquet")] == [True] * 4
    assert [is_review(f"reviews/{name}") for name in ("a.csv/", "", "a.gz", "a.csv.bak", "csv")] == [False] * 5


def test_the_digest_tells_contents_and_names_apart_but_not_places():
    first = chosen(("reviews/a.csv", "e1", 1), ("reviews/b.csv", "e2", 2))
    moved = chosen(
        ("reviews/x/b.csv", "e2", 2), ("reviews/x/a.csv", "e1", 1), place=S3Uri("taproom-data", "reviews/x/")
    )
    assert first.digest() == moved.digest()
    others = [
        chosen(("reviews/a.csv", "e1", 1)),
        chosen(("reviews/a.csv", "e1", 1), ("reviews/b.csv", "e3", 2)),
        chosen(("reviews/a.csv", "e1", 1), ("reviews/b.csv", "e2", 3)),
        chosen(("reviews/a.csv", "e1", 1), ("reviews/c.csv", "e2", 2)),
    ]
    assert len({one.digest() for one in [first, *others]}) == 5


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.permutations([("reviews/a.csv", "e1", 1), ("reviews/B.csv", "e2", 2), ("reviews/ü/c.parquet", "e3", 3)]))
def test_the_order_of_a_listing_changes_nothing(objects):
    reviews = chosen(*objects)
    assert reviews.manifest() == [{"prefix": "s3://taproom-data/reviews/"}, "B.csv", "a.csv", "ü/c.parquet"]
    assert reviews.digest() == chosen(*sorted(objects)).digest()


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("reviews/../../etc/x.csv", "path parts"),
        ("reviews/a/../b.csv", "path parts"),
        ("reviews/a/./b.csv", "path parts"),
        ("reviews//etc/passwd.csv", "path parts"),
        ("/reviews/a.csv", "path parts"),
        ("reviews/a\nb.csv", "invisible"),
        ("reviews/a\0b.csv", "invisible"),
        ("reviews/\x1b[2Jb.csv", "invisible"),
        ("reviews/\u202egpj.csv", "invisible"),
        ("reviews/a\u200bb.csv", "invisible"),
        ("reviews/" + "ü" * 126 + ".csv", "more than 255 bytes"),
        ("reviews/" + "x" * 1012 + ".csv", "more than 255 bytes"),
    ],
)
def test_a_key_that_is_no_path_of_a_file_is_refused_and_shown_safely(key, why):
    with pytest.raises(UnusableReviewsKey, match=why) as caught:
        chosen(
            ("reviews/good.csv", "e", 1), (key, "e", 1), place=S3Uri("taproom-data", key[: key.index("reviews/") + 8])
        )
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) <= 1000


def test_a_key_that_is_another_ones_folder_is_refused():
    with pytest.raises(UnusableReviewsKey, match=r'"reviews/a\.csv" is also the folder'):
        chosen(("reviews/a.csv", "e", 1), ("reviews/a.csv/b.csv", "e", 1))


@pytest.mark.parametrize(
    "key", ["reviews/..\\..\\x.csv", "reviews/" + "ü" * 125 + ".csv", "reviews/...csv", "reviews/~.csv"]
)
def test_an_odd_key_that_is_a_file_s_name_is_taken(key):
    assert chosen((key, "e", 1)).names() == [key.removeprefix("reviews/")]
