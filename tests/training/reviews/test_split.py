"""The random split loses nothing, and a review's side depends on the review alone."""

from __future__ import annotations

import hashlib

import duckdb
import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviews.coding import coded, numbered
from reviews.engine import sql
from reviews.split import PRIME, RULE, Draw, threshold

NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8)
PAIRS = st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=60, unique=True)
SEEDS = st.integers(0, 2**31)
FRACTIONS = st.floats(0.05, 0.95)
REVIEWS = ibis.table({"user": "string", "item": "string"}, name="reviews")


def sides(pairs, seed, fraction):
    """(user, item) -> whether the engine puts it into test."""
    draw = Draw(seed, fraction)
    names = {role: REVIEWS.select(role).distinct() for role in ("user", "item")}
    users, items = (numbered(of, role, draw.drawn(of, role)) for role, of in names.items())
    reviews = coded(REVIEWS, users, items)
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE reviews (user VARCHAR, item VARCHAR)")
        connection.executemany("INSERT INTO reviews VALUES (?, ?)", pairs)
        query = sql(reviews.select("user", "item", held_out=draw.in_test(reviews)))
        return {(user, item): held_out for user, item, held_out in connection.execute(query).fetchall()}


def numbers(seed, role, name):
    """Factor and term as the module's docstring defines them."""
    digest = hashlib.md5(f"{seed}\x1f{role}\x1f{name}".encode()).hexdigest()
    digits = digest.translate(str.maketrans("abcdef", "012345"))
    return int(digits[:15]) % PRIME, int(digits[15:30]) % PRIME


@settings(deadline=None, derandomize=True, max_examples=40)
@given(PAIRS, SEEDS, FRACTIONS)
def test_nothing_is_lost_and_the_side_is_the_hash_of_user_and_item(pairs, seed, fraction):
    found = sides(pairs, seed, fraction)
    assert set(found) == set(pairs)
    for (user, item), held_out in found.items():
        user_factor, user_term = numbers(seed, "user", user)
        item_factor, item_term = numbers(seed, "item", item)
        number = (user_factor * item_factor + user_term + item_term) % PRIME
        assert held_out == (number < int(fraction * PRIME))


@settings(deadline=None, derandomize=True, max_examples=40)
@given(PAIRS, PAIRS, SEEDS)
def test_a_side_does_not_change_with_other_rows_or_their_order(pairs, others, seed):
    alone = sides(pairs, seed, 0.3)
    together = sides(list(dict.fromkeys([*others, *reversed(pairs)])), seed, 0.3)
    assert {pair: together[pair] for pair in pairs} == alone


def test_sides_are_what_this_version_of_the_rule_has_always_drawn():
    """A model is compared on the test set of a later run by trusting the rule's text: a change needs another one."""
    found = sides([(f"user {n}", f"beer {n % 7}") for n in range(24)], 42, 0.5)
    assert RULE == "md5 of seed, user and item, 1"
    assert "".join("tr"[not found[f"user {n}", f"beer {n % 7}"]] for n in range(24)) == "trrtrtrrrrrrtttttrrrrtrt"


def test_the_share_is_near_the_fraction_and_the_seed_changes_the_draw():
    pairs = [(f"u{n % 97}", f"i{n}") for n in range(4000)]
    first, second = sides(pairs, 1, 0.2), sides(pairs, 2, 0.2)
    assert 0.18 < sum(first.values()) / 4000 < 0.22
    assert first != second


def test_two_users_do_not_share_their_held_out_items_nor_two_items_their_users():
    users, items = [f"u{n}" for n in range(60)], [f"i{n}" for n in range(60)]
    found = sides([(user, item) for user in users for item in items], 5, 0.5)

    def agreement(one, other):
        return sum(a == b for a, b in zip(one, other, strict=True)) / 60

    rows = [[found[user, item] for item in items] for user in users]
    columns = [[found[user, item] for user in users] for item in items]
    for lines in (rows, columns):
        agreements = [agreement(lines[a], lines[b]) for a in range(60) for b in range(a)]
        assert 0.49 < sum(agreements) / len(agreements) < 0.51
        assert max(agreements) < 0.85
        spread = sum((value - 0.5) ** 2 for value in agreements) / len(agreements)
        assert spread == pytest.approx(0.25 / 60, rel=0.2)  # as of independent draws


def test_a_larger_fraction_only_adds_to_the_test_set():
    pairs = [(f"u{n}", "i") for n in range(500)]
    small, large = sides(pairs, 1, 0.1), sides(pairs, 1, 0.4)
    assert all(large[pair] for pair in pairs if small[pair])


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5])
def test_a_fraction_that_leaves_a_side_empty_is_refused(fraction):
    with pytest.raises(ValueError, match="between 0 and 1"):
        threshold(fraction)
