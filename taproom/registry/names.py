"""How a version is called: 3, retrieval/3, ranking/champion, latest, or its model package ARN."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

MODELS = ("retrieval", "ranking")
FORMS = '3, retrieval/3, ranking/2, champion, retrieval/latest or a model package ARN ("arn:aws:sagemaker:...")'
ARN = re.compile(r"arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:[0-9]{12}:model-package/[a-zA-Z0-9-]+/[0-9]{1,9}")
SHORT = re.compile(rf"(?:(?P<model>{'|'.join(MODELS)})/)?(?:(?P<number>[0-9]{{1,9}})|(?P<role>champion|latest))")


class NotAVersionName(ValueError):
    """A text that names no version."""


@dataclass(frozen=True)
class VersionName:
    """A version as it was called. One of ``number``, ``role`` and ``arn`` is set; ``model`` is None if not told."""

    text: str
    model: str | None = None
    number: int | None = None
    role: Literal["champion", "latest"] | None = None
    arn: str | None = None


def parse_name(text: str) -> VersionName:
    """Raises NotAVersionName."""
    if ARN.fullmatch(text):
        return VersionName(text, arn=text)
    found = SHORT.fullmatch(text)
    if not found:
        raise NotAVersionName(f"{text!r} names no version: say {FORMS}")
    number = int(found["number"]) if found["number"] else None
    return VersionName(text, found["model"], number, found["role"])  # type: ignore[arg-type]  # by SHORT
