"""What a part of a template comes to, as far as its parameters and conditions tell: Ref, Sub and If."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_SUBSTITUTION = re.compile(r"\$\{(!?)([^}]+)\}")
_NOTHING = object()  # what AWS::NoValue comes to


class Unknown(ValueError):
    """A part of a template depends on what only CloudFormation knows."""


def value_of(node: Any, values: Mapping[str, str], template: Mapping[str, Any]) -> Any:
    """``node`` with its functions worked out; ``values`` are the parameters and pseudo parameters by name.

    Raises Unknown for anything else, such as an attribute of a resource.
    """
    if isinstance(node, list):
        items = [value_of(item, values, template) for item in node]
        return [item for item in items if item is not _NOTHING]
    if not isinstance(node, dict):
        return node
    if len(node) == 1:
        ((function, argument),) = node.items()
        if function == "Ref":
            return _NOTHING if argument == "AWS::NoValue" else _named(argument, values)
        if function == "Fn::Sub" and isinstance(argument, str):
            return _SUBSTITUTION.sub(lambda found: _substituted(found, values), argument)
        if function == "Fn::If":
            name, if_true, if_false = argument
            chosen = if_true if holds(template["Conditions"][name], values, template) else if_false
            return value_of(chosen, values, template)
        if function.startswith("Fn::"):
            raise Unknown(f"{function} is not worked out here")
    worked_out = {key: value_of(value, values, template) for key, value in node.items()}
    return {key: value for key, value in worked_out.items() if value is not _NOTHING}


def holds(condition: Any, values: Mapping[str, str], template: Mapping[str, Any]) -> bool:
    """Whether a condition is true. Raises Unknown for a function that is not known here."""
    ((function, argument),) = condition.items()
    if function == "Condition":
        return holds(template["Conditions"][argument], values, template)
    if function == "Fn::Equals":
        one, other = (value_of(side, values, template) for side in argument)
        return str(one) == str(other)
    if function == "Fn::Not":
        return not holds(argument[0], values, template)
    if function == "Fn::And":
        return all(holds(one, values, template) for one in argument)
    if function == "Fn::Or":
        return any(holds(one, values, template) for one in argument)
    raise Unknown(f"{function} is not worked out here")


def _named(name: str, values: Mapping[str, str]) -> str:
    if name not in values:
        raise Unknown(f"{name} is neither a parameter nor known beforehand")
    return values[name]


def _substituted(found: re.Match[str], values: Mapping[str, str]) -> str:
    literal, name = found.groups()
    return f"${{{name}}}" if literal else _named(name.strip(), values)
