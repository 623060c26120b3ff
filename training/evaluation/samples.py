"""samples.json: a few users, what they liked and what the model would recommend them, for people to look at.

    {"schema_version": 1, "samples": [{"kind", "user", "liked": [{"item", "score"}],
                                       "recommended": [{"item", "score", "found"}]}]}

``kind`` is known (a user of the data), history (nobody of the data, who liked the same as one) or new (of whom nothing
is known); ``user`` is null for all but the first. Scores of what is liked are the user's own, null where the data has
none; the others are the model's. ``found``: the user reviewed it in the held-out reviews.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow.parquet as pq

from dataset.interactions import Interactions
from evaluation.scorers import Scorer

SCHEMA_VERSION = 1
KNOWN = 3  # users
LIKED, SHOWN, HISTORY = 5, 10, 3  # items: liked and recommended ones that are shown, and of which a history is made
NOBODY = ""  # a name that no user of the data has


class Recommender(Scorer, Protocol):
    def for_history(self, history: Sequence[str], k: int) -> list[tuple[str, float]]:
        """Items and their scores, best first, without those of the history; none where the model cannot be asked."""
        ...


def samples(model: Recommender, train_file: Path, train: Interactions, test: Interactions) -> dict[str, Any]:
    """The content of samples.json. ``train_file`` is where ``train`` was read from. Raises ScoresError."""
    users = choose(train, test)
    reviews = {user: _of_user(train_file, user) for user in users}
    scores = model.score([*users, NOBODY])
    place = {item: position for position, item in enumerate(model.items)}
    told = []
    for user, row in zip(users, scores, strict=False):
        seen = [place[one["item"]] for one in reviews[user] if one["item"] in place]
        found = _held_out(test, user)
        shown = [{"item": item, "score": score, "found": item in found} for item, score in _best(model, row, seen)]
        told.append(_sample("known", user, reviews[user][:LIKED], shown))
    if users:
        liked = reviews[users[len(users) // 2]][:HISTORY]
        listed = model.for_history([one["item"] for one in liked], SHOWN)
        if listed:
            told.append(_sample("history", None, liked, _unmarked(listed)))
    told.append(_sample("new", None, [], _unmarked(_best(model, scores[-1], []))))
    return {"schema_version": SCHEMA_VERSION, "samples": told}


def choose(train: Interactions, test: Interactions) -> list[str]:
    """Users with reviews on both sides: one with few in train, one with as many as most, one with many."""
    numbers = np.bincount(train.users, minlength=len(train.user_names))
    held_out = set(test.user_names[np.unique(test.users)])
    both = [(number, name) for number, name in zip(numbers.tolist(), train.user_names, strict=True) if name in held_out]
    both.sort()
    places = sorted({len(both) * (2 * number + 1) // (2 * KNOWN) for number in range(KNOWN)}) if both else []
    return [both[place][1] for place in places]


def _of_user(train_file: Path, user: str) -> list[dict[str, Any]]:
    """The user's reviews in train, best liked first, equal ones by name."""
    has_scores = "score" in pq.read_schema(train_file).names
    columns = ["item", "score"] if has_scores else ["item"]
    rows = pq.read_table(train_file, columns=columns, filters=[("user", "==", user)]).to_pylist()
    told = [{"item": row["item"], "score": row.get("score")} for row in rows]
    return sorted(told, key=lambda one: (-(one["score"] or 0.0), one["item"]))


def _held_out(test: Interactions, user: str) -> set[str]:
    place = int(np.searchsorted(test.user_names, user))
    return set(test.item_names[test.items[test.users == place]])


def _best(model: Scorer, row: np.ndarray, seen: Sequence[int]) -> list[tuple[str, float]]:
    """Equal scores stand in the order of the catalogue, as in evaluation."""
    row = np.array(row, dtype=np.float64)
    row[list(seen)] = -np.inf
    order = np.argsort(-row, kind="stable")[:SHOWN]
    return [(str(model.items[place]), float(row[place])) for place in order if np.isfinite(row[place])]


def _unmarked(listed: Sequence[tuple[str, float]]) -> list[dict[str, Any]]:
    return [{"item": item, "score": score, "found": False} for item, score in listed]


def _sample(kind: str, user: str | None, liked: list[Any], recommended: list[Any]) -> dict[str, Any]:
    return {"kind": kind, "user": user, "liked": liked, "recommended": recommended}
