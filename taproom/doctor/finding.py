"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass

OK, WARN, FAIL, NOT_CHECKED = "ok", "warn", "fail", "not checked"
DEPLOY = "deploy this version of the template"


def changed_beside(stack: str) -> str:
    """What to do about a resource that is not as the template has it: a deployment would not see that."""
    drift = f"aws cloudformation detect-stack-drift --stack-name {stack}"
    return f"it was changed beside CloudFormation: put it back; `{drift}` finds all that was"


@dataclass(frozen=True)
class Finding:
    """``status`` is one of the above, ``seen`` what was seen, or why nothing was; ``what_now`` is "" where all is well.

    A warning is of something that may be meant, such as a schedule that is off. With a failure a run would fail.
    """

    check: str
    status: str
    seen: str
    what_now: str = ""

    def document(self) -> dict[str, str]:
        return {"check": self.check, "status": self.status, "seen": self.seen, "what_now": self.what_now}
