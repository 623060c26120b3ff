"""Where an execution that did not succeed goes on: a pure reading of its definition and its history.

A state is unsuccessful when it was entered and not left (AWS's own rule). States of one scope (the state machine, or a
branch of a Parallel) follow one another, and a state's name is unique in the whole definition, so the last event about
a scope's states tells how far it came.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]
Followers = Mapping[str, str | None]  # of a state that was left: the next one, or None where it was the scope's last


@dataclass(frozen=True)
class Resumed:
    """A scope that goes on at ``state`` with ``input``.

    ``event``: the id of the event that what follows descends from. It is the state's own StateEntered event where
    ``entered``; else the one by which the state before it was left. ``branches``: of a Parallel that is entered again,
    each branch's continuation; None for a branch that begins at its start.
    """

    state: str
    input: Any
    event: int
    entered: bool
    branches: tuple[Resumed | Finished | None, ...] = ()
    started: int | None = None  # of a Parallel: its ParallelStateStarted event


@dataclass(frozen=True)
class Finished:
    """A branch that came to its end: it keeps its result."""

    output: Any


def continuation(
    scope: Document, events: Sequence[Document], followers: Followers, after: int = 0
) -> Resumed | Finished | None:
    """Where ``scope`` (an object with States) goes on by its events later than ``after``; None: it never began."""
    own = [
        (event, name)
        for event in events
        if event["id"] > after and (name := _state_of(event)) is not None and name in scope["States"]
    ]
    if not own:
        return None
    last, name = own[-1]
    if last["type"].endswith("StateExited"):
        output = json.loads(last["stateExitedEventDetails"]["output"])
        following = followers.get(name)
        if following is None:
            return Finished(output)
        return Resumed(following, output, last["id"], False)
    state_input = json.loads(last["stateEnteredEventDetails"]["input"])
    branches = scope["States"][name].get("Branches", ())
    return Resumed(
        name,
        state_input,
        last["id"],
        True,
        tuple(continuation(branch, events, followers, last["id"]) for branch in branches),
        _started(events, last["id"]),
    )


def _state_of(event: Document) -> str | None:
    """The state that an event enters or leaves."""
    details = event.get("stateEnteredEventDetails") or event.get("stateExitedEventDetails") or {}
    return details.get("name")


def _started(events: Sequence[Document], entered: int) -> int | None:
    found = (e["id"] for e in events if e["type"] == "ParallelStateStarted" and e["previousEventId"] == entered)
    return next(found, None)
