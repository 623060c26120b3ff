"""The state machine's definition, found as deploying finds it: by template.yaml's DefinitionUri."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"


def definition_file(template: Path = TEMPLATE) -> Path:
    """The file of the template's one state machine. Raises ValueError where it has none, or several."""
    from taproom.package import load_template  # needs YAML, which who is given a definition can do without

    resources = load_template(template)["Resources"]
    found = [one for one in resources.values() if one["Type"] == "AWS::Serverless::StateMachine"]
    if len(found) != 1:
        raise ValueError(f"{template} has {len(found)} state machines, not one")
    return template.resolve().parent / found[0]["Properties"]["DefinitionUri"]


def load_definition(template: Path = TEMPLATE) -> dict[str, Any]:
    return json.loads(definition_file(template).read_text(encoding="utf-8"))
