"""Custom resources: the function is invoked, and the stack waits for its answer at the ResponseURL.

One difference from AWS: when the function itself fails, the stack fails at once with the function's error, where AWS
would wait an hour for an answer that cannot come.
"""

from __future__ import annotations

import json
import logging
import threading
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from taproom.local.cloudformation_types import LocalResource, ResourceRequest

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

log = logging.getLogger(__name__)
SERVICE_TIMEOUT = 3600.0  # seconds, CloudFormation's own


@dataclass
class Awaited:
    """A request to a custom resource's function that has not been answered yet."""

    came: threading.Event = field(default_factory=threading.Event)
    answer: dict[str, Any] = field(default_factory=dict)


class CustomResourceFailed(Exception):
    """The function answered FAILED, failed itself, or did not answer."""


_awaited: dict[str, Awaited] = {}  # by request id


def install(aws: LocalAws) -> None:
    """Take the answers that functions PUT to their ResponseURL."""
    from moto.cloudformation.responses import CloudFormationResponse

    def process_cfn_response(self: Any) -> tuple[int, dict[str, int], str]:
        body = self.body.decode() if isinstance(self.body, bytes) else self.body
        answer = json.loads(body)
        awaited = _awaited.get(answer.get("RequestId", ""))
        if awaited is None:
            log.warning("an answer for no waiting custom resource: %s", answer)
        else:
            awaited.answer = answer
            awaited.came.set()
        return 200, {"status": 200}, ""

    aws.patch(CloudFormationResponse, "process_cfn_response", process_cfn_response)

    def give_up() -> None:
        for awaited in list(_awaited.values()):
            awaited.answer = {"Status": "FAILED", "Reason": "the local AWS was stopped"}
            awaited.came.set()

    aws.on_stop(give_up)


@dataclass(frozen=True)
class CustomResourceType:
    aws: LocalAws

    def create(self, request: ResourceRequest) -> LocalResource:
        return self._asked("Create", request, {})

    def update(self, resource: LocalResource, request: ResourceRequest) -> LocalResource:
        old = {
            "PhysicalResourceId": resource.physical_resource_id,
            "OldResourceProperties": texts(request.old_properties),
        }
        updated = self._asked("Update", request, old)
        if updated.physical_resource_id != resource.physical_resource_id:
            replaced = ResourceRequest(
                request.logical_id, request.type, request.old_properties, request.stack, request.declared, {}
            )
            self.delete(resource, replaced)
        return updated

    def delete(self, resource: LocalResource, request: ResourceRequest) -> None:
        self._asked("Delete", request, {"PhysicalResourceId": resource.physical_resource_id})

    def _asked(self, what: str, request: ResourceRequest, more: dict[str, Any]) -> LocalResource:
        request_id = str(uuid.uuid4())
        token = request.properties["ServiceToken"]
        event = {
            "RequestType": what,
            "ServiceToken": token,
            "ResponseURL": f"{self.aws.endpoint_url}/cloudformation_{self.aws.region}/cfnresponse?request={request_id}",
            "StackId": request.stack.stack_id,
            "RequestId": request_id,
            "LogicalResourceId": request.logical_id,
            "ResourceType": request.type,
            "ResourceProperties": texts(request.properties),
            **more,
        }
        answer = self._answer(request_id, event, float(request.properties.get("ServiceTimeout", SERVICE_TIMEOUT)))
        if answer.get("Status") != "SUCCESS":
            raise CustomResourceFailed(
                f"Received response status [FAILED] from custom resource. {answer.get('Reason')}"
            )
        data = answer.get("Data") or {}
        return LocalResource(answer.get("PhysicalResourceId") or request_id, data)

    def _answer(self, request_id: str, event: dict[str, Any], timeout: float) -> dict[str, Any]:
        awaited = _awaited[request_id] = Awaited()
        try:
            invoked = threading.Thread(target=self._invoke, args=(event, awaited), daemon=True)
            invoked.start()
            if not awaited.came.wait(timeout):
                raise CustomResourceFailed(f"CloudFormation did not receive a response within {timeout:.0f} s")
            return awaited.answer
        finally:
            del _awaited[request_id]

    def _invoke(self, event: dict[str, Any], awaited: Awaited) -> None:
        from moto.awslambda.models import lambda_backends

        try:
            backend = lambda_backends[self.aws.account_id][self.aws.region]
            headers: dict[str, str] = {}
            payload = backend.invoke(event["ServiceToken"], None, json.dumps(event), {}, headers)
            failed = "x-amz-function-error" in headers
            why = payload.decode() if isinstance(payload, bytes) else payload
        except Exception as error:  # noqa: BLE001 - it is the reason of the resource's failure
            failed, why = True, repr(error)
        if failed:
            awaited.answer = {"Status": "FAILED", "Reason": f"its function failed before it answered: {why}"}
            awaited.came.set()


def texts(node: Any) -> Any:
    """Properties as CloudFormation sends them to functions: every scalar is a text."""
    if isinstance(node, dict):
        return {key: texts(value) for key, value in node.items()}
    if isinstance(node, list):
        return [texts(item) for item in node]
    return str(node).lower() if isinstance(node, bool) else str(node)
