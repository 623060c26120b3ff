"""What a rule sends to its target: the event, a part of it, a constant, or an InputTransformer's text."""

from __future__ import annotations

import json
import re
from typing import Any

_PLACEHOLDER = re.compile(r"<([A-Za-z0-9_.-]+)>")


class InputTransformError(ValueError):
    """An InputTransformer made something that is no JSON; AWS drops such an event."""


def target_input(target: dict[str, Any], event: dict[str, Any], rule_arn: str, rule_name: str) -> str:
    """The input of one target as JSON text."""
    if "Input" in target:
        return target["Input"]
    if "InputPath" in target:
        return _compact(find(event, target["InputPath"]))
    if "InputTransformer" in target:
        transformer = target["InputTransformer"]
        reserved = {
            "aws.events.rule-arn": rule_arn,
            "aws.events.rule-name": rule_name,
            "aws.events.event.ingestion-time": event.get("time"),
            "aws.events.event": {key: value for key, value in event.items() if key != "detail"},
            "aws.events.event.json": event,
        }
        values = {name: find(event, path) for name, path in transformer.get("InputPathsMap", {}).items()}
        return transform(transformer["InputTemplate"], {**reserved, **values})
    return _compact(event)


def transform(template: str, values: dict[str, Any]) -> str:
    """Replace each ``<name>``: bare ones by JSON, ones inside a quoted text by their text.

    A value that the event does not have is null when bare and empty inside a text. The answer is JSON.
    """
    pieces = []
    at = 0
    quoted = False
    for match in _PLACEHOLDER.finditer(template):
        name = match.group(1)
        before = template[at : match.start()]
        quoted = _quoted_after(before, quoted)
        pieces.append(before)
        if name in values:
            pieces.append(_inside_text(values[name]) if quoted else _compact(values[name]))
        else:
            pieces.append(match.group(0))
        at = match.end()
    pieces.append(template[at:])
    made = "".join(pieces)
    try:
        json.loads(made)
    except ValueError as error:
        raise InputTransformError(f"the InputTemplate gives no JSON ({error}): {made}") from error
    return made


def find(event: dict[str, Any], path: str) -> Any:
    """The value at a path such as ``$.detail.object.key`` or ``$.resources[0]``; None where there is none."""
    node: Any = event
    for name, index in re.findall(r"\.([^.\[\]]+)|\[(\d+)\]", path):
        if name and isinstance(node, dict) and name in node:
            node = node[name]
        elif index and isinstance(node, list) and int(index) < len(node):
            node = node[int(index)]
        else:
            return None
    return node


def _quoted_after(text: str, quoted: bool) -> bool:
    """Whether the place after ``text`` lies inside a quoted text."""
    escaped = False
    for character in text:
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
    return quoted


def _inside_text(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else _compact(value)
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
