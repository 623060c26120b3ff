"""Resource types that moto's CloudFormation leaves out, made by calling the local AWS's own API.

The API checks the properties against its own shapes, so a property that it does not know fails the stack.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taproom.local.cloudformation_import import only as only_value
from taproom.local.cloudformation_types import LocalResource, ResourceRequest, ResourceType

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws


@dataclass(frozen=True)
class Call:
    """An API call: service, method, and the arguments that a request and its physical id lead to."""

    service: str
    method: str
    arguments: Callable[[dict[str, Any], str], dict[str, Any]]


@dataclass(frozen=True)
class ApiType:
    """A type made by one call. ``name`` is the property that names it; without an update call it is made again."""

    aws: LocalAws
    name: str | None
    create_call: Call
    delete_call: Call | None = None
    update_call: Call | None = None
    attributes: Callable[[str, dict[str, Any]], dict[str, Any]] = lambda name, answer: {}
    reference: Callable[[str, dict[str, Any]], str] = lambda name, answer: name

    def create(self, request: ResourceRequest) -> LocalResource:
        return self._made(self.create_call, request, request.name(self.name))

    def update(self, resource: LocalResource, request: ResourceRequest) -> LocalResource:
        name = request.properties.get(self.name) if self.name else None
        physical_name = resource.attributes["__name__"]
        if name and name != physical_name:
            created = self.create(request)
            self.delete(resource, request)
            return created
        return self._made(self.update_call or self.create_call, request, physical_name)

    def delete(self, resource: LocalResource, request: ResourceRequest) -> None:
        if self.delete_call is not None:
            self._perform(self.delete_call, request.properties, resource.attributes["__name__"])

    def _made(self, call: Call, request: ResourceRequest, name: str) -> LocalResource:
        answer = self._perform(call, request.properties, name)
        attributes = {**self.attributes(name, answer), "__name__": name}
        return LocalResource(self.reference(name, answer), attributes)

    def _perform(self, call: Call, properties: dict[str, Any], name: str) -> dict[str, Any]:
        client = self.aws.client(call.service)
        operation = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[call.method])
        arguments = coerced(operation.input_shape, call.arguments(properties, name))
        answer = getattr(client, call.method)(**arguments)
        answer.pop("ResponseMetadata", None)
        return answer


def coerced(shape: Any, value: Any) -> Any:
    """Texts that stand for numbers and booleans as what the API's shape asks for: templates hold either."""
    if shape.type_name == "structure" and isinstance(value, dict):
        return {key: coerced(shape.members[key], item) if key in shape.members else item for key, item in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [coerced(shape.member, item) for item in value]
    if isinstance(value, str) and shape.type_name in ("integer", "long"):
        return int(value)
    if isinstance(value, str) and shape.type_name in ("float", "double"):
        return float(value)
    if isinstance(value, str) and shape.type_name == "boolean":
        return value.lower() == "true"
    if not isinstance(value, str | dict | list) and shape.type_name == "string":
        return str(value)
    return value


def types(aws: LocalAws) -> dict[str, ResourceType]:
    def named(key: str) -> Callable[[dict[str, Any], str], dict[str, Any]]:
        return lambda properties, name: {**properties, key: name}

    def only(key: str) -> Callable[[dict[str, Any], str], dict[str, Any]]:
        return lambda properties, name: {key: name}

    def schedule_to_delete(properties: dict[str, Any], name: str) -> dict[str, Any]:
        return {"Name": name, "GroupName": properties.get("GroupName", "default")}

    return {
        "AWS::Scheduler::Schedule": ApiType(
            aws,
            "Name",
            Call("scheduler", "create_schedule", named("Name")),
            Call("scheduler", "delete_schedule", schedule_to_delete),
            Call("scheduler", "update_schedule", named("Name")),
            attributes=lambda name, answer: {"Arn": answer["ScheduleArn"]},
        ),
        "AWS::Scheduler::ScheduleGroup": ApiType(
            aws,
            "Name",
            Call("scheduler", "create_schedule_group", named("Name")),
            Call("scheduler", "delete_schedule_group", only("Name")),
            attributes=lambda name, answer: {"Arn": answer["ScheduleGroupArn"]},
        ),
        "AWS::SageMaker::ModelPackageGroup": _ModelPackageGroup(aws),
        "AWS::CloudWatch::Alarm": ApiType(
            aws,
            "AlarmName",
            Call("cloudwatch", "put_metric_alarm", named("AlarmName")),
            Call("cloudwatch", "delete_alarms", lambda properties, name: {"AlarmNames": [name]}),
            attributes=lambda name, answer: {"Arn": f"arn:aws:cloudwatch:{aws.region}:{aws.account_id}:alarm:{name}"},
        ),
        "AWS::S3::BucketPolicy": ApiType(
            aws,
            None,
            Call("s3", "put_bucket_policy", _bucket_policy),
            Call("s3", "delete_bucket_policy", lambda properties, name: {"Bucket": properties["Bucket"]}),
        ),
        "AWS::SNS::Subscription": ApiType(
            aws,
            None,
            Call("sns", "subscribe", lambda properties, name: {**properties, "ReturnSubscriptionArn": True}),
            reference=lambda name, answer: answer["SubscriptionArn"],
        ),
        "AWS::SNS::TopicPolicy": _PolicyOnEach(aws, "sns", "Topics", "set_topic_attributes", _topic_policy),
        "AWS::SQS::QueuePolicy": _PolicyOnEach(aws, "sqs", "Queues", "set_queue_attributes", _queue_policy),
        "AWS::Logs::MetricFilter": ApiType(
            aws,
            "FilterName",
            Call("logs", "put_metric_filter", _metric_filter),
            Call(
                "logs",
                "delete_metric_filter",
                lambda properties, name: {"logGroupName": properties["LogGroupName"], "filterName": name},
            ),
        ),
    }


def _bucket_policy(properties: dict[str, Any], name: str) -> dict[str, Any]:
    return {"Bucket": properties["Bucket"], "Policy": json.dumps(properties["PolicyDocument"])}


def _topic_policy(target: str, policy: str) -> dict[str, Any]:
    return {"TopicArn": target, "AttributeName": "Policy", "AttributeValue": policy}


def _queue_policy(target: str, policy: str) -> dict[str, Any]:
    return {"QueueUrl": target, "Attributes": {"Policy": policy}}


def _metric_filter(properties: dict[str, Any], name: str) -> dict[str, Any]:
    def lower(node: Any) -> Any:
        if isinstance(node, dict):
            return {key[0].lower() + key[1:]: lower(value) for key, value in node.items()}
        return [lower(item) for item in node] if isinstance(node, list) else node

    arguments = {**lower(properties), "filterName": name}
    for transformation in arguments["metricTransformations"]:
        transformation["metricValue"] = str(transformation["metricValue"])
    return arguments


@dataclass(frozen=True)
class _PolicyOnEach:
    """A policy that is put on each of several topics or queues."""

    aws: LocalAws
    service: str
    targets: str
    method: str
    arguments: Callable[[str, str], dict[str, Any]]

    def create(self, request: ResourceRequest) -> LocalResource:
        policy = json.dumps(request.properties["PolicyDocument"])
        for target in request.properties[self.targets]:
            getattr(self.aws.client(self.service), self.method)(**self.arguments(target, policy))
        return LocalResource(request.name(None))

    def update(self, resource: LocalResource, request: ResourceRequest) -> LocalResource:
        self.create(request)
        return resource

    def delete(self, resource: LocalResource, request: ResourceRequest) -> None:
        """Nothing: the topics and queues go with the stack, and their policies with them."""


@dataclass(frozen=True)
class _ModelPackageGroup:
    """A group of the Model Registry: Ref is its ARN. A group that still holds versions is not deleted, as on AWS."""

    aws: LocalAws

    def create(self, request: ResourceRequest) -> LocalResource:
        name = request.name("ModelPackageGroupName")
        arguments = {**request.properties, "ModelPackageGroupName": name}
        arn = self.aws.client("sagemaker").create_model_package_group(**arguments)["ModelPackageGroupArn"]
        return self._group(name, arn)

    def adopt(self, request: ResourceRequest, identifier: dict[str, str]) -> LocalResource:
        arn = only_value(identifier, "ModelPackageGroupArn")
        found = self.aws.client("sagemaker").describe_model_package_group(ModelPackageGroupName=arn)
        name = found["ModelPackageGroupName"]
        if request.properties.get("ModelPackageGroupName") != name:
            raise ValueError(f"the template names the group {request.properties['ModelPackageGroupName']}, not {name}")
        return self._group(name, arn)

    @staticmethod
    def _group(name: str, arn: str) -> LocalResource:
        status = {"ModelPackageGroupArn": arn, "ModelPackageGroupStatus": "Completed", "__name__": name}
        return LocalResource(arn, status)

    def update(self, resource: LocalResource, request: ResourceRequest) -> LocalResource:
        changed = {key for key in request.properties if request.properties[key] != request.old_properties.get(key)}
        if changed - {"Tags"}:
            raise ValueError(f"a model package group's {', '.join(sorted(changed))} cannot be changed in place")
        return resource

    def delete(self, resource: LocalResource, request: ResourceRequest) -> None:
        self.aws.client("sagemaker").delete_model_package_group(ModelPackageGroupName=resource.attributes["__name__"])
