"""A header is told from a review, whose words must not be shown as names of columns."""

from __future__ import annotations

import pytest

from reviews.first_line import of_a_review


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (["ann", "Porter", "4"], "a number"),
        (["ann", "Porter", "nan"], "a number"),
        (["ann", "Porter", "1e3"], "a number"),
        (["ann", "Porter", "4/5"], "a number"),
        (["ann", "Porter", "4,5"], "a number"),
        (["ann", "Porter", "13 of 20"], "a number"),
        (["ann", "Porter", "4/5 stars"], "a number"),
        (["ann", "Porter", "★★★☆"], "a number"),
        (["ann", "Porter", "good", "2011-12-24"], "a number"),
        (["ann", "Porter", "good", "2011-12-24T18:00:00Z"], "a number"),
        (["ann", "Porter", "good", "12/24/2011 6:00 PM"], "a number"),
        (["ann;Porter;4"], "a number"),
        (["ann;Porter", " a dark one;4"], "a number"),
        (["ann\tPorter\t4"], "a number"),
        (["ann@example.org", "Porter", "good"], "an address"),
        (["ann", "https://example.org/porter", "good"], "an address"),
        (['{"user": "ann"', ' "item": "Porter"}'], "JSON"),
        (['[{"user": "ann"}'], "JSON"),
        (["ann", "Porter", "good", "x" * 101], "a long text"),
        (["ann", "Porter", ""], "nothing in a name's place"),
    ],
)
def test_a_review_is_known_by_what_no_column_is_called(line, what):
    assert of_a_review(line) == what


@pytest.mark.parametrize(
    "line",
    [
        ["username", "beer_name", "score", "text"],
        ["", "#", "user id", "score (1-5)", "q1", "2nd_score", "%"],
        ["[User]", "{item}", "x" * 100],
        ["user;item;score"],
        ["Prénom", "ビール", "تقييم"],
    ],
)
def test_a_header_is_none(line):
    assert of_a_review(line) is None
