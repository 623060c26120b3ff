"""A stack's parameters: what was given against what the template declares, complained about as CloudFormation does."""

from __future__ import annotations

import re
from typing import Any


def resolve(template: dict[str, Any], given: dict[str, Any]) -> dict[str, str]:
    """Given values and defaults together, as texts. Raises ValidationError naming the parameter and what is wrong."""
    declared = template.get("Parameters") or {}
    if unknown := sorted(set(given) - set(declared)):
        raise _error(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    values = {name: given.get(name, slot.get("Default")) for name, slot in declared.items()}
    if missing := sorted(name for name, value in values.items() if value is None):
        raise _error(f"Parameters: [{', '.join(missing)}] must have values")
    texts = {name: _text(value) for name, value in values.items()}
    for name, slot in declared.items():
        _check(name, slot, texts[name])
    return texts


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(_text(item) for item in value) if isinstance(value, list) else str(value)


def _check(name: str, slot: dict[str, Any], value: str) -> None:
    allowed = [str(one) for one in slot.get("AllowedValues", [])]
    if allowed and value not in allowed:
        raise _error(f"Parameter '{name}' must be one of AllowedValues: {', '.join(allowed)}; got '{value}'")
    pattern = slot.get("AllowedPattern")
    if pattern and not re.fullmatch(pattern, value):
        hint = slot.get("ConstraintDescription", f"must match pattern {pattern}")
        raise _error(f"Parameter '{name}' {hint}; got '{value}'")
    if not int(slot.get("MinLength", 0)) <= len(value) <= int(slot.get("MaxLength", 4096)):
        raise _error(f"Parameter '{name}' has {len(value)} characters, which is outside what the template allows")
    if slot.get("Type") == "Number":
        try:
            number = float(value)
        except ValueError as error:
            raise _error(f"Parameter '{name}' must be a number; got '{value}'") from error
        if not float(slot.get("MinValue", "-inf")) <= number <= float(slot.get("MaxValue", "inf")):
            raise _error(f"Parameter '{name}' is outside MinValue and MaxValue; got '{value}'")


def _error(message: str) -> Exception:
    from moto.cloudformation.exceptions import ValidationError

    return ValidationError(message=message)
