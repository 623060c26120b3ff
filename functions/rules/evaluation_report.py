"""evaluation.json, read: whatever is asked of it must be there and a number in its range.

retrieval: {"multiclass_classification_metrics": {"accuracy": {"value": 0.7, "standard_deviation": "NaN", ...}},
            "retrieval_metrics": {"recall_at_10": {"value": 0.5, "lower": 0.4, "upper": 0.6}, ...},
            "baselines": {"popularity": {the same metrics}, "random": {...}},
ranking:   {"regression_metrics": {"rmse": {"value": 0.9, ...}, ...},
            "baselines": {"bias": {...}, "global_mean": {...}},
both:       "differences": {"popularity": {"accuracy": {"value": 0.1, "lower": 0.0, "upper": 0.2}, ...}, ...},
            "slices": {"items_tail": {"held_out": 9, "recall_at_10": {...}}, ...},
            "champion": {"status": "scored", "version": 3, "metrics": {the same metrics}, "slices": {...}}}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rules.json_document import parse_json
from rules.measured import Measured, Range
from rules.wording import shown


class EvaluationMissing(ValueError):
    """The evaluation job left no evaluation.json."""


class EvaluationUnreadable(ValueError):
    """evaluation.json is no JSON document."""


class EvaluationInvalid(ValueError):
    """A field of evaluation.json that is read is missing or no number in its range."""


@dataclass(frozen=True)
class Report:
    """The document that stands at ``uri``."""

    document: Any
    uri: str

    def at(self, *path: str) -> Any:
        """What stands at ``path``. Raises EvaluationInvalid if nothing does."""
        found = self.document
        for depth, name in enumerate(path):
            if name not in self._object(found, path[:depth]):
                raise EvaluationInvalid(f"{self.uri}: {_place(path[: depth + 1])} is missing")
            found = found[name]
        return found

    def has(self, *path: str) -> bool:
        """Whether anything stands at ``path``. Raises EvaluationInvalid if what should hold it is no object."""
        found = self.document
        for depth, name in enumerate(path):
            if name not in self._object(found, path[:depth]):
                return False
            found = found[name]
        return True

    def number(self, *path: str, allowed: Range) -> float:
        """The number at ``path``. Raises EvaluationInvalid if it is missing or not ``allowed``."""
        found = self.at(*path)
        # bool is an int to Python, but no number to JSON
        if isinstance(found, bool) or not isinstance(found, int | float) or found not in allowed:
            raise EvaluationInvalid(f"{self.uri}: {_place(path)} must be {allowed}, but is {shown(found)}")
        return float(found)

    def _object(self, found: Any, path: tuple[str, ...]) -> dict[str, Any]:
        if not isinstance(found, dict):
            raise EvaluationInvalid(f"{self.uri}: {_place(path)} must be an object, but is {shown(found)}")
        return found


def read_report(body: bytes | None, uri: str) -> Report:
    """Read the bytes of evaluation.json (None: there is none). Raises EvaluationMissing or EvaluationUnreadable."""
    if body is None:
        raise EvaluationMissing(f"{uri} is missing: the evaluation job did not write evaluation.json")
    return Report(parse_json(body, uri, unreadable=EvaluationUnreadable), uri)


def flat_metrics(report: Report, measured: Measured) -> dict[str, float]:
    """Every metric that was measured by a flat name: the model's own, then ``<baseline>_<name>``, ``champion_<name>``.

    The model's main metric must be there, any other may be missing. Raises EvaluationInvalid.
    """
    main = measured.main
    flat = {main: report.number(measured.sections[main], main, "value", allowed=measured.ranges[main])}
    flat |= _found(report, measured, {name: (section, name) for name, section in measured.sections.items()})
    for baseline in measured.baselines:
        at = {f"{baseline}_{name}": ("baselines", baseline, name) for name in measured.sections}
        flat |= _found(report, measured, at)
    if report.has("champion", "status") and report.at("champion", "status") == "scored":
        at = {f"champion_{name}": ("champion", "metrics", name) for name in measured.sections}
        flat |= _found(report, measured, at)
    return flat


def _found(report: Report, measured: Measured, paths: Mapping[str, tuple[str, ...]]) -> dict[str, float]:
    """The values of the metrics that stand at ``paths``, by flat name; the last key of a path is the metric's name."""
    return {
        flat: report.number(*path, "value", allowed=measured.ranges[path[-1]])
        for flat, path in paths.items()
        if report.has(*path)
    }


def _place(path: tuple[str, ...]) -> str:
    return ".".join(["$", *path])
