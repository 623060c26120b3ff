"""What the gate says: one verdict for each rule, and what follows from them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rules.wording import clipped

PASSED, FAILED, NOT_COMPARABLE, OFF = "passed", "failed", "not comparable", "off"
REASON_LIMIT = 2_000  # characters; a state machine's document carries it


@dataclass(frozen=True)
class Verdict:
    """What ``rule`` says. ``value`` was held against ``limit``, where there are numbers."""

    rule: str
    verdict: str  # one of the four above
    reason: str
    value: float | None = None
    limit: float | None = None

    def document(self) -> dict[str, Any]:
        """With the keys of gate.json."""
        return {
            "rule": self.rule,
            "verdict": self.verdict,
            "value": self.value,
            "limit": self.limit,
            "reason": self.reason,
        }

    def answer(self) -> dict[str, Any]:
        """With the keys of the state machine."""
        return {key.capitalize(): value for key, value in self.document().items()}


@dataclass(frozen=True)
class Decision:
    """All rules' verdicts, in the order of the rules."""

    verdicts: tuple[Verdict, ...]

    @property
    def passed(self) -> bool:
        return all(one.verdict != FAILED for one in self.verdicts)

    @property
    def reason(self) -> str:
        """Why the model was refused, by every rule that refused it; else by what it was let through."""
        if not self.passed:
            told = [one for one in self.verdicts if one.verdict == FAILED]
        else:
            heard = [one for one in self.verdicts if one.verdict != OFF]
            bar = [one for one in heard if one.rule in ("threshold", "baseline")][:1]
            told = bar + [one for one in heard if one.rule == "champion"]
        return clipped("; ".join(one.reason for one in told) or "no rule is on that could refuse it", REASON_LIMIT)
