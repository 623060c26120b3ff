"""The champion that a model is compared with, as the state before an evaluation hands it over.

It arrives as an input channel of which the job knows the folder alone: champion.json lies somewhere below it and says
whether there is a champion and may be compared with, and ``artifact``, its model.tar.gz as a path from that folder.
A champion that cannot be used is no failure of the job: the evaluation goes on and tells why.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

DOCUMENT = "champion.json"
SCHEMA_VERSION = 1
FOUND, NONE, NOT_COMPARABLE, UNUSABLE = "found", "none", "not comparable", "unusable"
SCORED = "scored"  # in evaluation.json: found, loaded and measured
FEWEST_KNOWN = 0.5  # share of the held-out reviews whose items (ranking: users) a champion must know
STATUSES = (FOUND, NONE, NOT_COMPARABLE, UNUSABLE)


@dataclass(frozen=True)
class Champion:
    """``archive`` is there when ``status`` is "found", and only then."""

    status: str  # one of STATUSES
    reason: str
    model_package_arn: str | None = None
    version: int | None = None
    archive: Path | None = None

    def unusable(self, reason: object) -> Champion:
        """The same champion, once it has turned out that it cannot be measured."""
        return replace(self, status=UNUSABLE, reason=str(reason), archive=None)

    def of_other_reviews(self, what: str, share: float) -> Champion:
        """The same champion, not comparable: it knows only a ``share`` of ``what``, so to beat it tells nothing."""
        reason = f"it knows {share:.0%} of {what}, less than {FEWEST_KNOWN:.0%}: it was trained on other reviews"
        return replace(self, status=NOT_COMPARABLE, reason=reason, archive=None)

    def document(self, measured: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """``champion`` of evaluation.json; with ``measured`` (metrics, slices) its status is "scored"."""
        told = {
            "status": self.status if measured is None else SCORED,
            "reason": self.reason,
            "model_package_arn": self.model_package_arn,
            "version": self.version,
        }
        return told | dict(measured or {})


NO_CHAMPION = Champion(NONE, f"there is no {DOCUMENT}")


def read_champion(folder: Path | None) -> Champion:
    """What ``folder`` tells of the champion; never raises for what is in it.

    No folder and no document: "none". A document that cannot be read or has another form, an artifact that is missing
    or lies outside of ``folder``: "unusable".
    """
    documents = sorted(folder.rglob(DOCUMENT)) if folder is not None and folder.is_dir() else []
    if folder is None or not documents:
        return NO_CHAMPION
    if len(documents) > 1:
        return Champion(UNUSABLE, f"expected one {DOCUMENT} below {folder}, found {len(documents)}")
    try:
        told = json.loads(documents[0].read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        return Champion(UNUSABLE, f"{DOCUMENT} cannot be read: {error}")
    problem = _problem(told)
    if problem:
        return Champion(UNUSABLE, f"{DOCUMENT} is malformed: {problem}")
    champion = Champion(told["status"], told.get("reason") or "", told.get("model_package_arn"), told.get("version"))
    if champion.status != FOUND:
        return champion
    try:
        archive = (folder / told["artifact"]).resolve()
        if not archive.is_relative_to(folder.resolve()):
            return champion.unusable(f"artifact {told['artifact']!r} of {DOCUMENT} leads out of the champion's folder")
        if not archive.is_file():
            return champion.unusable(f"artifact {told['artifact']!r} of {DOCUMENT} is missing")
    except (OSError, ValueError, RuntimeError) as error:  # no name of a file, a loop of links
        return champion.unusable(f"artifact {told['artifact']!r} of {DOCUMENT} cannot be looked up: {error}")
    return replace(champion, archive=archive)


def _problem(told: Any) -> str | None:
    """What is wrong with the document's form, if anything."""
    if not isinstance(told, dict):
        return f"expected an object, got {type(told).__name__}"
    if told.get("schema_version") != SCHEMA_VERSION:
        return f"schema_version must be {SCHEMA_VERSION}, got {told.get('schema_version')!r}"
    if told.get("status") not in STATUSES:
        return f"status must be one of {', '.join(STATUSES)}, got {told.get('status')!r}"
    kinds = {"reason": str, "model_package_arn": str, "version": int, "artifact": str}
    for name, kind in kinds.items():
        value = told.get(name)
        if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
            return f"{name} must be {kind.__name__} or null, got {value!r}"
    if told["status"] == FOUND and not told.get("artifact"):
        return "status is found, but there is no artifact"
    return None
