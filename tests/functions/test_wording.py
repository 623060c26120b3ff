"""What was received is quoted, but for what would let the reader of a log in."""

from __future__ import annotations

import pytest
from rules.wording import shown


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("fast", '"fast"'),
        ("s3://bucket/reviews/who?/", '"s3://bucket/reviews/who?/"'),
        ("https://bucket.s3.amazonaws.com/a.csv", '"https://bucket.s3.amazonaws.com/a.csv"'),
        (
            "https://bucket.s3.amazonaws.com/a.csv?X-Amz-Signature=c0ffee&x=1",
            '"https://bucket.s3.amazonaws.com/a.csv?…"',
        ),
        ("HTTP://ann:secret@example.org/a?b", '"HTTP://…@example.org/a?…"'),
        ("https://ann@corp:secret@example.org/@a", '"https://…@example.org/@a"'),
        ("https://example.org/a#access_token=c0ffee?b", '"https://example.org/a#…"'),
        (["http://a/?b=1 c", "http://d?e"], '["http://a/?… c", "http://d?…"]'),
    ],
)
def test_of_a_web_address_what_opens_it_is_left_out(value, quoted):
    assert shown(value, 200) == quoted


def test_a_signature_is_left_out_before_the_text_is_cut():
    address = "https://bucket.s3.amazonaws.com/" + "x" * 60 + "?X-Amz-Signature=c0ffee"
    assert "c0ffee" not in shown(address, 120)
    assert shown("x" * 100, 10) == '"' + "x" * 8 + "…"
