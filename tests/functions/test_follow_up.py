from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from rules.follow_up import follow_up_called, follow_ups
from rules.pending import NAME_LIMIT, Pending, upload_name

from tests.functions.world import arn_of, at

ENDED = arn_of("one")


def upload(key, hours, token="t", **parameters):
    document = {"Trigger": {"Key": key}, "DefaultInput": parameters, "Execution": arn_of(key), "At": at(hours=hours)}
    return Pending(upload_name(key), token, document)


def start(name, hours, given_input=None):
    return Pending(f"start#{name}", "t", {"Input": given_input or {}, "Execution": arn_of(name), "At": at(hours=hours)})


def test_where_nothing_waits_nothing_follows():
    assert follow_ups([], ENDED) == []
    assert follow_up_called("uploads-0123456789ab", []) is None


def test_the_uploads_come_as_early_as_the_oldest_and_train_as_the_newest_says():
    waiting = [start("b", 2), upload("new", 3, TrainingEpochs=3), upload("old", 1, TrainingEpochs=1), start("a", 4)]
    found = follow_ups(waiting, ENDED)
    assert [one.start.name if one.start else "uploads" for one in found] == ["uploads", "start#b", "start#a"]
    assert found[0].input == {"DefaultInput": {"TrainingEpochs": 3}, "Trigger": {"Coalesced": ENDED}}


def test_times_are_compared_whatever_their_zones():
    early = Pending("start#a", "t", {"Input": {}, "Execution": "a", "At": "2026-11-12T08:30:00+02:00"})
    late = Pending("start#b", "t", {"Input": {}, "Execution": "b", "At": "2026-11-12T07:00:00+00:00"})
    assert [one.start for one in follow_ups([late, early], ENDED)] == [early, late]


def test_the_same_uploads_have_the_same_follow_up_whatever_ended_and_others_have_another():
    waiting = [upload("a", 1), upload("b", 2)]
    (one,) = follow_ups(waiting, ENDED)
    (same,) = follow_ups(reversed(waiting), arn_of("another"))
    assert one.name == same.name
    others = ([waiting[0]], [*waiting, upload("c", 3)], [waiting[0], upload("b", 2, token="written anew")])
    assert one.name not in {follow_ups(other, ENDED)[0].name for other in others}


def test_a_reserved_name_is_for_the_uploads_that_wait_now():
    (before,) = follow_ups([upload("a", 1)], ENDED)
    waiting = [upload("a", 1), upload("b", 2, TrainingEpochs=9)]
    promised = follow_up_called(before.name, follow_ups(waiting, ENDED))
    assert promised.name == before.name
    assert promised.input["DefaultInput"] == {"TrainingEpochs": 9}
    assert follow_up_called(before.name, follow_ups([start("b", 1)], ENDED)) is None


def test_a_reserved_name_of_a_start_is_for_that_start_only():
    found = follow_ups([start("a", 1), start("b", 2), upload("c", 0)], ENDED)
    for one in found:
        assert follow_up_called(one.name, found) == one
    assert follow_up_called("again-0123456789ab", found) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(JSON)
def test_an_input_is_started_again_as_it_was(document):
    (again,) = follow_ups([start("a", 1, {"Input": document})], ENDED)
    assert json.loads(again.text()) == {"Input": document}
    assert len(again.text()) <= len(json.dumps({"Input": document}, ensure_ascii=False))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.integers(1000, 1024), st.sampled_from("aü漢𝄞"), st.sampled_from("ab"))
def test_a_rows_name_is_as_long_as_dynamodb_allows_and_every_keys_own(length, letter, last):
    key = (letter * length).encode()[:length].decode(errors="ignore") + last
    name = upload_name(key)
    assert len(name.encode()) <= NAME_LIMIT
    assert name.startswith("upload#" + letter * 100)
    assert name != upload_name(key[:-1] + "c")
    assert len(("upload#" + key).encode()) > NAME_LIMIT or name == "upload#" + key
