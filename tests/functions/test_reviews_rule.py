from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from rules.reviews import StoredObject, choose_reviews, is_review
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
