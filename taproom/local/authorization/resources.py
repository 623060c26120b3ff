"""How a request names what it is about, and the ARN that it comes to; one builder per kind of resource."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

from taproom.local.authorization.actions import Parameters, Site

Builder = Callable[[Site, Parameters], Iterator[str]]
FUNCTION = re.compile(
    r"(?:arn:[^:]+:lambda:[^:]*:\d+:function:|(?:\d+:)?function:|\d+:)?(?P<name>[^:]+)(?::(?P<qualifier>[^:]+))?"
)


def anything(site: Site, parameters: Parameters) -> Iterator[str]:
    """For actions that know no resource."""
    yield "*"


def named(service: str, kind: str, parameter: str) -> Builder:
    """``kind`` with the parameter's value at its end; a value that is an ARN stands for itself."""

    def build(site: Site, parameters: Parameters) -> Iterator[str]:
        value = str(parameters.get(parameter, ""))
        yield value if value.startswith("arn:") else site.arn(service, f"{kind}{value}")

    return build


def arn(parameter: str) -> Builder:
    """The parameter itself."""
    return lambda site, parameters: iter([str(parameters.get(parameter, "*"))])


def bucket(site: Site, parameters: Parameters) -> Iterator[str]:
    yield f"arn:{site.partition}:s3:::{parameters['Bucket']}"


def object_in_bucket(site: Site, parameters: Parameters) -> Iterator[str]:
    yield f"arn:{site.partition}:s3:::{parameters['Bucket']}/{parameters.get('Key', '*')}"


def copied(site: Site, parameters: Parameters) -> Iterator[str]:
    """The source of a copy."""
    yield f"arn:{site.partition}:s3:::{unquote(parameters['CopySource'].lstrip('/').partition('?')[0])}"


def table(site: Site, parameters: Parameters) -> Iterator[str]:
    (whole,) = named("dynamodb", "table/", "TableName")(site, parameters)
    yield f"{whole}/index/{parameters['IndexName']}" if "IndexName" in parameters else whole


def tables(site: Site, parameters: Parameters) -> Iterator[str]:
    """Of a batch."""
    for name in parameters.get("RequestItems", {}):
        yield from table(site, {"TableName": name})


def transaction(member: str) -> Builder:
    """The tables that a transaction has such items for: {"Put": {"TableName": ...}}."""

    def build(site: Site, parameters: Parameters) -> Iterator[str]:
        for item in parameters.get("TransactItems", []):
            if member in item:
                yield from table(site, item[member])

    return build


def function(site: Site, parameters: Parameters) -> Iterator[str]:
    """A function by its name or (partial) ARN, with the version or alias that is asked for."""
    found = FUNCTION.fullmatch(str(parameters.get("FunctionName", "")))
    name, qualifier = (found["name"], found["qualifier"]) if found else (str(parameters.get("FunctionName")), None)
    qualifier = parameters.get("Qualifier") or qualifier
    yield site.arn("lambda", f"function:{name}" + (f":{qualifier}" if qualifier else ""))


def queue(site: Site, parameters: Parameters) -> Iterator[str]:
    name = parameters.get("QueueName") or str(parameters.get("QueueUrl", "")).rstrip("/").rsplit("/", 1)[-1]
    yield site.arn("sqs", name)


def buses(site: Site, parameters: Parameters) -> Iterator[str]:
    """The buses that events are put on."""
    for name in {str(entry.get("EventBusName", "default")) for entry in parameters.get("Entries", [])}:
        yield from named("events", "event-bus/", "EventBusName")(site, {"EventBusName": name})


def log_group(site: Site, parameters: Parameters) -> Iterator[str]:
    """A group, or one stream of it, as CloudWatch Logs names them when it refuses."""
    given = str(parameters.get("logGroupName") or parameters.get("logGroupIdentifier") or "")
    name = given.partition(":log-group:")[2].removesuffix(":*") or given
    yield site.arn("logs", f"log-group:{name}:log-stream:{parameters.get('logStreamName', '')}")


def versions(site: Site, parameters: Parameters) -> Iterator[str]:
    """The group of a new model version, and what is to be in it."""
    group = str(parameters.get("ModelPackageGroupName") or parameters.get("ModelPackageName") or "").rsplit("/", 1)[-1]
    if "ModelPackageGroupName" in parameters:
        yield site.arn("sagemaker", f"model-package-group/{group}")
        yield site.arn("sagemaker", f"model-package/{group}/*")
    else:
        yield site.arn("sagemaker", f"model-package/{group}")


def role(site: Site, parameters: Parameters) -> Iterator[str]:
    yield f"arn:{site.partition}:iam::{site.account}:role/{parameters.get('RoleName', '')}"


def at(*path: str) -> Callable[[Parameters], Any]:
    """What a request has at a path of members; None where it has nothing."""

    def look(parameters: Parameters) -> Any:
        found: Any = parameters
        for member in path:
            found = found.get(member) if isinstance(found, dict) else None
        return found

    return look


def key(*path: str) -> Builder:
    """A KMS key at a path of members, by ARN or id; "*" where a request names none, as its ciphertext does."""

    def build(site: Site, parameters: Parameters) -> Iterator[str]:
        given = str(at(*path)(parameters) or "")
        yield given if given.startswith("arn:") else site.arn("kms", f"key/{given}") if given else "*"

    return build
