"""How two models' scores become one list."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from taproom.recommend.order import Candidate, ordered

SCORES = st.floats(-1e6, 1e6)


def candidates(*scores):
    return [
        Candidate(name, place, score) for place, (name, score) in enumerate(zip("abcdefgh", scores, strict=False), 1)
    ]


def names(list_):
    return "".join(one.item for one in list_)


def test_both_scores_count_alike_whatever_their_units():
    # standardised over a to d: 1.34, 0.45, -0.45, -1.34 by retrieval, and by ranking -1, -1, 1, 1
    found = candidates(4.0, 3.0, 2.0, 1.0)
    assert names(ordered(found, [3.0, 3.0, 5.0, 5.0], 4)) == "cadb"
    assert names(ordered(found, [30.0, 30.0, 50.0, 50.0], 4)) == "cadb"
    large = [Candidate(one.item, one.place, one.score * 1e6) for one in found]
    assert names(ordered(large, [3.0, 3.0, 5.0, 5.0], 2)) == "ca"


def test_where_one_model_sees_no_difference_the_other_decides():
    assert names(ordered(candidates(3.0, 2.0, 1.0), [4.0, 4.0, 4.0], 3)) == "abc"
    assert names(ordered(candidates(1.0, 1.0, 1.0), [3.0, 5.0, 4.0], 3)) == "bca"


def test_without_ranking_the_order_is_retrievals_and_no_score_is_told():
    found = ordered(candidates(3.0, 2.0, 1.0), None, 2)
    assert names(found) == "ab"
    assert [one.predicted for one in found] == [None, None]


def test_nothing_found_is_nothing_recommended():
    assert ordered([], [], 10) == []
    assert ordered([], None, 10) == []


@given(st.lists(st.tuples(SCORES, SCORES), min_size=1, max_size=30), st.integers(1, 40))
def test_the_list_is_of_different_candidates_each_with_its_own_score(scores, k):
    falling = sorted((score for score, _ in scores), reverse=True)
    found = [Candidate(str(place), place, score) for place, score in enumerate(falling, 1)]
    predicted = {one.item: score for one, (_, score) in zip(found, scores, strict=True)}
    recommended = ordered(found, [predicted[one.item] for one in found], k)
    assert len(recommended) == min(k, len(found))
    assert len({one.item for one in recommended}) == len(recommended)
    assert all(one.predicted == predicted[one.item] for one in recommended)
