"""Approve, reject, roll back. Each returns sentences on what came of it, and raises before it changes anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from taproom.printable import printable
from taproom.registry.errors import NotAllowed
from taproom.registry.registry import Registry
from taproom.registry.version import APPROVED, APPROVED_AT, REJECTED, ROLLED_BACK_AT, Version, champion_of

# characters; SageMaker's ApprovalDescription holds 1,024, and a rollback says more than the comment
COMMENT_LIMIT = 900


@dataclass(frozen=True)
class Decided:
    """What came of a decision: the version it was about, whether anything changed, and sentences for a person."""

    version: Version
    changed: bool
    sentences: tuple[str, ...]


class Decisions:
    """Decides on versions of ``registry``; ``now`` is asked for the time that is noted."""

    def __init__(self, registry: Registry, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._registry = registry
        self._now = now

    def approve(self, version: Version, comment: str = "", force: bool = False) -> Decided:
        """Raises NotAllowed for a rejected version without ``force``, and for one that SageMaker calls failed."""
        if version.approval_status == APPROVED:
            return Decided(version, False, (f"{version.name} is approved already: nothing was changed",))
        if version.failed:
            raise NotAllowed(f"{version.name} cannot be approved: SageMaker could not make a model package of it")
        if version.approval_status == REJECTED and not force:
            said = f" ({version.comment})" if version.comment else ""
            raise NotAllowed(f"{version.name} is rejected{said}: to approve it all the same, give --force")
        self._approve(version, _one_line(comment) or "approved with taproom approve")
        return Decided(version, True, (f"{version.name} is approved", self._champion_now(version.model)))

    def reject(self, version: Version, comment: str = "") -> Decided:
        if version.approval_status == REJECTED:
            return Decided(version, False, (f"{version.name} is rejected already: nothing was changed",))
        self._registry.decide(version, REJECTED, _one_line(comment) or "rejected with taproom reject", {})
        return Decided(version, True, (f"{version.name} is rejected", self._champion_now(version.model)))

    def rollback(self, model: str, comment: str = "") -> Decided:
        """Approve the version that was approved before the champion, then reject the champion.

        In this order, so that a crash in between leaves two approved versions and never none; run again, it does
        the rest. Raises NotAllowed where no version is approved or none was before.
        """
        said = _one_line(comment)
        reason = f": {said}" if said else ""
        bad, previous = rollback_of(self._registry.described(self._registry.summaries(model)), model)
        self._approve(previous, f"approved again in place of version {bad.number}{reason}")
        self._registry.decide(
            bad, REJECTED, f"rolled back to version {previous.number}{reason}", {ROLLED_BACK_AT: self._stamp()}
        )
        return Decided(
            previous, True, (f"{previous.name} is approved again", f"{bad.name} is rejected", self._champion_now(model))
        )

    def _approve(self, version: Version, comment: str) -> None:
        self._registry.decide(version, APPROVED, comment, {APPROVED_AT: self._stamp()}, forgotten=[ROLLED_BACK_AT])

    def _stamp(self) -> str:
        return self._now().astimezone(UTC).isoformat(timespec="seconds")

    def _champion_now(self, model: str) -> str:
        champion = champion_of(self._registry.summaries(model))
        if champion is None:
            return f"{self._registry.group(model)} has no champion now: the next model has none to be compared with"
        return f"champion is {champion.name} ({champion.approval_status})"


def _one_line(comment: str) -> str:
    """``comment`` as SageMaker takes it. Raises NotAllowed where it is too long."""
    line = printable(" ".join(comment.split()))
    if len(line) > COMMENT_LIMIT:
        raise NotAllowed(f"the comment has {len(line)} characters; allowed are {COMMENT_LIMIT}")
    return line


def rollback_of(versions: Sequence[Version], model: str) -> tuple[Version, Version]:
    """The version to take back and the one to go back to. Raises NotAllowed.

    Back from the newest approved one; to the newest older one that is approved, else to the newest older one that was
    once approved and not itself rolled back.
    """
    falling = sorted((one for one in versions if not one.failed), key=lambda one: one.number, reverse=True)
    approved = [one for one in falling if one.approval_status == APPROVED]
    if not approved:
        raise NotAllowed(f"no {model} version is approved, so there is none to roll back from: see taproom versions")
    bad = approved[0]
    older = [one for one in falling if one.number < bad.number and one.was_approved]
    if not older:
        raise NotAllowed(
            f"no {model} version before {bad.number} was ever approved, so there is none to go back to: nothing was "
            f"changed. To take {bad.number} back all the same: taproom reject {model}/{bad.number}"
        )
    return bad, next((one for one in older if one.approval_status == APPROVED), older[0])
