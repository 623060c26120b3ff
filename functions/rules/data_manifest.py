"""The data manifest that preprocessing writes: which reviews a model learnt from, and how they were split.

{"train": 1700, "test": 300, "split": {"strategy": "random", "rule": "...", "seed": 42, "test_fraction": 0.15}, ...}
or with {"strategy": "temporal", "cut": 1710000000.0, ...}
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from rules.json_document import DocumentUnreadable, parse_object
from rules.wording import shown

SIZE_LIMIT = 2**24  # bytes; it names every file of reviews
DRAWN_BY = ("rule", "seed", "test_fraction")  # what draws the line of a random split


def read_manifest(body: bytes | None, uri: str) -> dict[str, Any]:
    """The manifest at ``uri``. Raises DocumentMissing, or DocumentUnreadable where it tells of no split."""
    manifest = parse_object(body, uri, written_by="preprocessing", limit=SIZE_LIMIT)
    if not isinstance(manifest.get("split"), dict):
        raise DocumentUnreadable(f"{uri}: $.split must be an object, but is {shown(manifest.get('split'))}")
    return manifest


def unfair(own: Mapping[str, Any], champions: Mapping[str, Any]) -> str | None:
    """Why the champion may have learnt from this run's test set, judged by both manifests; None if it has not.

    Fair is a random split drawn by the same rule, seed and fraction, where each review has its side for good, or a
    temporal one that the champion's cut precedes.
    """
    ours, theirs = own["split"], champions["split"]
    strategies = ours.get("strategy"), theirs.get("strategy")
    if strategies == ("random", "random"):
        return _drawn_otherwise(ours, theirs)
    if strategies == ("temporal", "temporal"):
        return _cut_later(ours, theirs)
    if strategies[0] == strategies[1]:
        return f"nothing is known of the split {shown(strategies[0])}"
    return f"its data was split by the strategy {shown(strategies[1])}, this run's by {shown(strategies[0])}"


def _drawn_otherwise(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> str | None:
    for name in DRAWN_BY:
        if not ours.get(name) and ours.get(name) != 0:
            return f"this run's data manifest does not tell the split's {name}"
        if not theirs.get(name) and theirs.get(name) != 0:
            return f"its data manifest does not tell the split's {name}"
        if ours[name] != theirs[name]:
            return f"its split has {name} {shown(theirs[name])}, this run's has {shown(ours[name])}"
    return None


def _cut_later(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> str | None:
    for whose, split in (("this run's", ours), ("its", theirs)):
        cut = split.get("cut")
        if isinstance(cut, bool) or not isinstance(cut, int | float) or not math.isfinite(cut):
            return f"{whose} data manifest does not tell where its temporal split cuts"
    if theirs["cut"] > ours["cut"]:
        return f"its split cuts at {shown(theirs['cut'])}, later than this run's at {shown(ours['cut'])}"
    return None
