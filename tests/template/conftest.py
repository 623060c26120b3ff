"""The template as data, with CloudFormation's functions as they stand in it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

PROJECT = Path(__file__).resolve().parents[2]


NOTHING = object()  # what AWS::NoValue comes to: the value or the key is not there


class Template:
    """template.yaml, and what its parts come to in a stack called ``taproom`` in some region.

    ``conditions`` holds those that are true there; none are where all parameters have their defaults.
    """

    conditions: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.document = yaml_parse((PROJECT / "template.yaml").read_text())
        self.resources: dict[str, dict[str, Any]] = self.document["Resources"]
        self.machine = self.resources["RetrainingStateMachine"]["Properties"]
        self.definition = json.loads((PROJECT / self.machine["DefinitionUri"]).read_text())

    def functions(self) -> dict[str, dict[str, Any]]:
        """The properties of each function, by logical id."""
        functions = {}
        for name, resource in self.resources.items():
            if resource["Type"] == "AWS::Serverless::Function":
                functions[name] = resource["Properties"]
        return functions

    def value(self, given: Any, region: str = "us-east-1", **names: str) -> Any:
        """What a value comes to; what only a deploy knows stands as <LogicalId.Attribute>. ``names`` replaces some."""
        known = {
            "AWS::Partition": "aws",
            "AWS::Region": region,
            "AWS::AccountId": "123456789012",
            "AWS::StackName": "taproom",
            "AWS::URLSuffix": "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com",
            **names,
        }
        if isinstance(given, list):
            values = [self.value(one, region, **names) for one in given]
            return [one for one in values if one is not NOTHING]
        if not isinstance(given, dict):
            return given
        if given == {"Ref": "AWS::NoValue"}:
            return NOTHING
        if "Fn::If" in given:
            condition, first, second = given["Fn::If"]
            return self.value(first if condition in self.conditions else second, region, **names)
        if "Ref" in given:
            return known.get(given["Ref"], f"<{given['Ref']}>")
        if "Fn::GetAtt" in given:
            parts = given["Fn::GetAtt"]
            return f"<{parts if isinstance(parts, str) else '.'.join(parts)}>"
        if "Fn::FindInMap" in given:
            mapping, first, second = self.value(given["Fn::FindInMap"], region, **names)
            return self.document["Mappings"][mapping][first][second]
        if "Fn::Join" in given:
            separator, parts = self.value(given["Fn::Join"], region, **names)
            return separator.join(parts)
        if "Fn::Split" in given:
            separator, text = self.value(given["Fn::Split"], region, **names)
            return text.split(separator)
        if "Fn::Sub" in given:
            text, more = given["Fn::Sub"] if isinstance(given["Fn::Sub"], list) else (given["Fn::Sub"], {})
            known |= {key: self.value(one, region, **names) for key, one in more.items()}
            return re.sub(r"\$\{([^}]+)\}", lambda found: known.get(found[1], f"<{found[1]}>"), text)
        values = {key: self.value(one, region, **names) for key, one in given.items()}
        return {key: one for key, one in values.items() if one is not NOTHING}

    def statements(self, logical_id: str) -> Iterator[dict[str, Any]]:
        """The policy statements of a role or function, with lists for Action and Resource."""
        properties = self.resources[logical_id]["Properties"]
        alone = [properties] if "PolicyDocument" in properties else []  # a policy that is a resource of its own
        for policy in properties.get("Policies", alone):
            for found in self.value(policy.get("PolicyDocument", policy)["Statement"]):
                yield {
                    **found,
                    "Action": [found["Action"]] if isinstance(found["Action"], str) else found["Action"],
                    "Resource": [found["Resource"]] if isinstance(found["Resource"], str) else found["Resource"],
                }

    def granted(self, logical_id: str) -> set[tuple[str, str]]:
        """Every (action, resource) that the role or function is allowed, where ``conditions`` are true."""
        return {
            (action, resource)
            for statement in self.statements(logical_id)
            if statement["Effect"] == "Allow"
            for action in statement["Action"]
            for resource in statement["Resource"]
        }


@pytest.fixture(scope="session")
def template() -> Template:
    return Template()


@pytest.fixture(scope="session")
def protected() -> Template:
    """The template where key, boundary and subnets are given."""
    found = Template()
    found.conditions = frozenset(("HasKey", "HasBoundary", "InVpc"))
    return found


class NoManagedPolicies:
    """The translator asks for the names of AWS's managed policies; none is needed to look at the outcome."""

    def load(self):
        return {"AWSXRayDaemonWriteAccess": "arn:x", "AWSLambdaBasicExecutionRole": "arn:b"}


@pytest.fixture(scope="session")
def expanded(template):
    """The template as CloudFormation sees it, the local paths replaced as `sam package` does."""
    document = copy.deepcopy(template.document)
    document["Globals"]["Function"]["CodeUri"] = "s3://artifacts/functions"
    for name in ("WriteReport", "PublishTraining"):
        document["Resources"][name]["Properties"]["CodeUri"] = f"s3://artifacts/{name}"
    for name in ("FunctionsLayer", "ReportLayer"):
        document["Resources"][name]["Properties"]["ContentUri"] = f"s3://artifacts/{name}"
    document["Resources"]["RetrainingStateMachine"]["Properties"]["DefinitionUri"] = "s3://artifacts/definition"
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        return transform(document, {}, NoManagedPolicies())
