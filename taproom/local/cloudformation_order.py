"""What a template's resources need of one another: the order to make them in, and what refers to nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

_SUBSTITUTION = re.compile(r"\$\{([^!}][^}]*)\}")
PSEUDO = "AWS::"


def references(node: Any) -> Iterator[str]:
    """Every name that a part of a template refers to by Ref, GetAtt or Sub (attributes and own mappings left out)."""
    if isinstance(node, list):
        for item in node:
            yield from references(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "Ref" and isinstance(value, str):
                yield value
            elif key == "Fn::GetAtt":
                yield (value.split(".") if isinstance(value, str) else value)[0]
            elif key == "Fn::Sub":
                text, own = value if isinstance(value, list) else (value, {})
                yield from references(own)
                names = (name.split(".")[0].strip() for name in _SUBSTITUTION.findall(text))
                yield from (name for name in names if name not in own)
            else:
                yield from references(value)


def in_order(template: dict[str, Any]) -> list[str]:
    """Logical ids, each after those it needs. Raises ValidationError for a circle or a name that is not there."""
    from moto.cloudformation.exceptions import ValidationError

    resources = template["Resources"]
    parameters = template.get("Parameters", {})
    needs: dict[str, set[str]] = {}
    for name, resource in resources.items():
        depends_on = resource.get("DependsOn", [])
        depends_on = [depends_on] if isinstance(depends_on, str) else depends_on
        found = [*references(resource.get("Properties", {})), *depends_on]
        found = [one for one in found if not one.startswith(PSEUDO) and one not in parameters]
        if unknown := sorted(set(found) - set(resources)):
            raise ValidationError(
                message=f"Template format error: Unresolved resource dependencies {unknown} in the Resources block of "
                f"the template (needed by {name})"
            )
        needs[name] = set(found)
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        circle = ", ".join(error.args[1])
        raise ValidationError(message=f"Circular dependency between resources: [{circle}]") from error


def unresolved(node: Any) -> Iterator[str]:
    """Names of intrinsic functions that are still there after resolving: ones that nobody understood."""
    if isinstance(node, list):
        for item in node:
            yield from unresolved(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key.startswith("Fn::"):
                yield f"{key} {value}"
            else:
                yield from unresolved(value)


def without_no_value(node: Any) -> Any:
    """Resolved properties without what AWS::NoValue left in lists; of an object's keys moto drops it itself."""
    if isinstance(node, list):
        return [without_no_value(item) for item in node if item is not None]
    if isinstance(node, dict):
        return {key: without_no_value(value) for key, value in node.items()}
    return node
