"""Allowed or not: an explicit Deny wins, then one Allow is needed, and one of the boundary where there is one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from taproom.local.authorization.documents import Request, Statement


@dataclass(frozen=True)
class Decision:
    """What came of a request. ``why`` is empty where it is allowed; ``by`` are the grants that allow it."""

    why: str = ""
    by: tuple[tuple[Statement, str], ...] = ()  # the statements, and their action as it is written there

    @property
    def allowed(self) -> bool:
        return not self.why


def decide(
    request: Request, identity: Iterable[Statement], boundary: Iterable[Statement] | None = None, kind: str = "identity"
) -> Decision:
    """Hold a request against the statements of a role, and against its boundary. ``kind``: "identity" or "resource"."""
    context = dict(request.context)
    denied, allowing = _sift(request, context, identity)
    if denied:
        return Decision(f"with an explicit deny in {_article(kind)} {kind}-based policy")
    if not allowing:
        return Decision(f"because no {kind}-based policy allows the {request.action} action")
    if boundary is not None:
        denied, within = _sift(request, context, boundary)
        if denied:
            return Decision("with an explicit deny in a permissions boundary")
        if not within:
            return Decision(f"because no permissions boundary allows the {request.action} action")
    return Decision(by=tuple(allowing))


def _sift(
    request: Request, context: dict[str, str], statements: Iterable[Statement]
) -> tuple[bool, list[tuple[Statement, str]]]:
    """Whether a Deny applies, and which Allows do."""
    denied, allowing = False, []
    for statement in statements:
        written = statement.concerns(request.action)
        if written and statement.applies(request, context):
            if statement.allows:
                allowing.append((statement, written))
            else:
                denied = True
    return denied, allowing


def _article(kind: str) -> str:
    return "an" if kind[0] in "aeiou" else "a"
