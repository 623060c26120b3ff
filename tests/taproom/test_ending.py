"""Executions that made nothing and did not fail: what is said of them."""

from __future__ import annotations

import pytest

from taproom.ending import moment, quiet_end
from tests.taproom.histories import LAST_RUN, cached, coalesced, nothing_new, taken


def test_nothing_new_names_the_run_that_has_the_results_and_when_it_finished():
    quiet = quiet_end(nothing_new(LAST_RUN).events)
    assert (quiet.kind, quiet.run) == ("NothingNew", "first")
    assert quiet.sentence == (
        "Nothing new: reviews, code and parameters are those of first (finished 2026-01-04 09:30 UTC): no job ran."
    )


def test_uploads_that_another_run_served_are_nothing_new_of_no_run():
    quiet = quiet_end(nothing_new(None).events)
    assert (quiet.kind, quiet.run) == ("NothingNew", "")
    assert quiet.sentence == "Nothing new: the uploads were served by an earlier run. No job ran."


def test_a_run_without_the_lease_names_who_has_it():
    quiet = quiet_end(coalesced().events)
    assert (quiet.kind, quiet.run) == ("Coalesced", "other")
    assert "Another run is under way, other: it, or the run after it, serves this one." in quiet.sentence


@pytest.mark.parametrize("prepare", [{"Outcome": "NoReviews"}, {"Found": False}])
def test_no_reviews_is_told_of_the_older_form_too(prepare):
    assert quiet_end(taken().passed("Prepare", Prepare=prepare).ended().events).kind == "NoReviews"


@pytest.mark.parametrize("prepare", [{"Outcome": "Run"}, {"Found": True}, {}, None])
def test_a_run_that_works_has_no_quiet_end(prepare):
    assert quiet_end(taken().passed("Prepare", Prepare=prepare).events) is None
    assert quiet_end(cached().events) is None
    assert quiet_end([]) is None


def test_moments_are_told_in_utc_and_what_is_none_as_it_is():
    assert moment("2026-01-05T00:10:00+02:00") == "2026-01-04 22:10 UTC"
    assert moment("2026-01-05T00:10:00Z") == "2026-01-05 00:10 UTC"
    assert moment("2026-01-05T00:10:00") == "2026-01-05T00:10:00"
    assert moment("soon") == "soon"
    assert moment(None) == "None"
