"""What a row of the table of faults says."""

from __future__ import annotations

from dataclasses import dataclass

from tests.chaos.faults import Fault

SUCCEEDED, FAILED, ABORTED = "SUCCEEDED", "FAILED", "ABORTED"
NONE, REDRIVE, RERUN = "none", "redrive", "rerun"
ALL, TRAIN, LITTLE = "all", "train", "little"  # jobs that run: what is older is taken from an earlier execution


@dataclass(frozen=True)
class Row:
    """One fault and its end.

    ``status`` and ``cause`` are of the execution that it happens to: how it ends, and what its cause names.
    ``recovery`` is what then ends well. ``scene`` is what is going on meanwhile, a function's name in scenes.py.
    """

    name: str
    state: str
    fault: Fault
    status: str = SUCCEEDED
    cause: tuple[str, ...] = ()
    recovery: str = NONE
    anew: str = TRAIN
    scene: str = "started_by_hand"
    lease_stays: bool = False  # until the next execution sees that its holder is over
    quick: bool = False  # part of `make test`
