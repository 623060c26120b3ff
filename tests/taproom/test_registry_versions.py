"""Which version is the champion, and which a rollback goes back to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taproom.registry.decisions import rollback_of
from taproom.registry.errors import NotAllowed
from taproom.registry.version import APPROVED, PENDING, REJECTED, Version, champion_of, version_of

APPROVED_ONCE = {"ApprovedAt": "2026-01-05T12:00:00+00:00"}
ROLLED_BACK = APPROVED_ONCE | {"RolledBackAt": "2026-01-06T12:00:00+00:00"}


def version(number, status, metadata=None, package="Completed") -> Version:
    described = {
        "ModelPackageVersion": number,
        "ModelPackageArn": f"arn:{number}",
        "ModelApprovalStatus": status,
        "ModelPackageStatus": package,
        "CreationTime": datetime(2026, 1, 5, tzinfo=UTC) + timedelta(days=number),
        "CustomerMetadataProperties": metadata or {},
    }
    return version_of("retrieval", described)


def versions(*statuses):
    """Versions 1, 2, ... of these statuses; of a status and metadata where a pair is given."""
    pairs = [one if isinstance(one, tuple) else (one, None) for one in statuses]
    return [version(number, status, metadata) for number, (status, metadata) in enumerate(pairs, start=1)]


@pytest.mark.parametrize(
    ("statuses", "number"),
    [
        ([], None),
        ([REJECTED, REJECTED], None),
        ([PENDING, PENDING], 2),
        ([PENDING, REJECTED], 1),
        ([APPROVED, PENDING, PENDING], 1),
        ([APPROVED, APPROVED, REJECTED], 2),
    ],
)
def test_the_champion_is_the_newest_approved_else_the_newest_not_rejected(statuses, number):
    champion = champion_of(versions(*statuses))
    assert (champion.number if champion else None) == number


def test_a_package_that_failed_is_no_champion_even_if_approved():
    assert champion_of([version(1, PENDING), version(2, APPROVED, package="Failed")]).number == 1
    assert champion_of([version(1, PENDING), version(2, APPROVED, package="Deleting")]).number == 1


@pytest.mark.parametrize(
    ("statuses", "bad", "previous"),
    [
        ([APPROVED, APPROVED], 2, 1),
        ([APPROVED, APPROVED, APPROVED, PENDING], 3, 2),
        ([APPROVED, REJECTED, APPROVED], 3, 1),
        # approved goes before what was approved once, however new
        ([APPROVED, (REJECTED, APPROVED_ONCE), APPROVED], 3, 1),
        ([(REJECTED, APPROVED_ONCE), REJECTED, APPROVED], 3, 1),
        # what was rolled back from is not gone back to
        ([(REJECTED, APPROVED_ONCE), (REJECTED, ROLLED_BACK), APPROVED], 3, 1),
    ],
)
def test_a_rollback_goes_from_the_newest_approved_to_the_one_approved_before(statuses, bad, previous):
    found = rollback_of(versions(*statuses), "retrieval")
    assert [one.number for one in found] == [bad, previous]


@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        ([], "no retrieval version is approved"),
        ([PENDING, REJECTED], "no retrieval version is approved"),
        ([APPROVED], "no retrieval version before 1 was ever approved"),
        ([PENDING, REJECTED, APPROVED], "no retrieval version before 3 was ever approved"),
        ([(REJECTED, ROLLED_BACK), APPROVED], "no retrieval version before 2 was ever approved"),
        ([APPROVED, (REJECTED, APPROVED_ONCE)], "no retrieval version before 1"),
    ],
)
def test_without_one_to_go_back_to_a_rollback_is_refused(statuses, told):
    with pytest.raises(NotAllowed, match=told):
        rollback_of(versions(*statuses), "retrieval")


@given(
    st.lists(
        st.tuples(st.sampled_from([APPROVED, PENDING, REJECTED]), st.sampled_from([{}, APPROVED_ONCE, ROLLED_BACK]))
    )
)
def test_whatever_there_is_a_rollback_leaves_an_older_champion(statuses):
    before = versions(*statuses)
    try:
        bad, previous = rollback_of(before, "retrieval")
    except NotAllowed:
        return
    assert champion_of(before) == bad
    changed = {bad.number: REJECTED, previous.number: APPROVED}
    after = [version(one.number, changed.get(one.number, one.approval_status)) for one in before]
    assert champion_of(after).number == previous.number < bad.number
