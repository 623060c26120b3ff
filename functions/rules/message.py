"""A message to people, as SNS takes it: a subject that e-mail can carry, a plain text, and attributes to filter by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rules.wording import clipped, printable

SUBJECT_LIMIT = 99  # characters; SNS takes less than 100
TEXT_LIMIT = 60_000  # characters; SNS takes 256 KiB, and a character has up to four bytes


@dataclass(frozen=True)
class Message:
    """``outcomes`` say what came to pass (Registered, Rejected, ...), for the filter policies of subscribers."""

    subject: str
    text: str
    outcomes: tuple[str, ...]

    def request(self, topic: str) -> dict[str, Any]:
        """Publish's arguments. Outcome is an array, as a run may register one model and reject the other."""
        quoted = ", ".join(f'"{one}"' for one in self.outcomes)
        return {
            "TopicArn": topic,
            "Subject": subject(self.subject),
            "Message": clipped(self.text, TEXT_LIMIT),
            "MessageAttributes": {"Outcome": {"DataType": "String.Array", "StringValue": f"[{quoted}]"}},
        }


def subject(text: str) -> str:
    """``text`` as a subject: ASCII in one line, beginning with a letter or digit, cut where it is too long."""
    plain = printable(text).encode("ascii", "backslashreplace").decode()
    plain = plain.lstrip("".join(chr(code) for code in range(32, 127) if not chr(code).isalnum())).rstrip()
    plain = plain or "Taproom"
    return plain if len(plain) <= SUBJECT_LIMIT else f"{plain[: SUBJECT_LIMIT - 3]}..."
