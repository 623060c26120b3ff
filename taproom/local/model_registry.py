"""The model registry, where moto's falls short of SageMaker's.

A version's number is never given twice, even after the version was deleted; a ClientToken makes one version however
often it is sent; an update changes what it names and nothing else; model cards are kept; groups and versions can be
deleted; requests are held against SageMaker's own limits; CreateModel knows whether its model package exists.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from taproom.local import sagemaker_shapes

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

Request = dict[str, Any]
# members that moto's ModelPackage has no place for
MORE = (
    "ManagedStorageType",
    "ModelCard",
    "ModelLifeCycle",
    "ModelPackageRegistrationType",
    "SecurityConfig",
    "SkipModelValidation",
    "SourceUri",
)
_lock = threading.RLock()  # moto answers each request on a thread of its own


def install(aws: LocalAws) -> None:
    from moto.core.responses import ActionResult, EmptyResult
    from moto.sagemaker.models import ModelPackage, SageMakerModelBackend
    from moto.sagemaker.responses import SageMakerResponse

    def described(self: Any) -> dict[str, Any]:
        return original_described(self) | getattr(self, "more", {})

    def create_model_package_group(self: Any, model_package_group_name: str, *args: Any, **kwargs: Any) -> str:
        if existing := self.model_package_groups.get(model_package_group_name):
            raise invalid(f"Model Package Group already exists: {existing.arn}")
        return original_create_group(self, model_package_group_name, *args, **kwargs)

    def describe_model_package_group(self: Any, model_package_group_name: str) -> Any:
        return original_describe_group(self, _plain(model_package_group_name))

    def create_model(self: Any, *args: Any, **kwargs: Any) -> Any:
        for container in [kwargs.get("primary_container") or {}, *(kwargs.get("containers") or [])]:
            if name := container.get("ModelPackageName"):
                find(self, name)
        return original_create_model(self, *args, **kwargs)

    def answer(operation: str, call: Callable[[Any, Request], Any]) -> None:
        snake = _snake(operation)

        def method(self: Any) -> Any:
            request = json.loads(self.body)
            if errors := sagemaker_shapes.value_errors(operation, request):
                raise invalid(f"{len(errors)} validation error(s) detected: {'; '.join(errors)}")
            with _lock:
                result = call(self.sagemaker_backend, request)
            return EmptyResult() if result is None else ActionResult(result)

        aws.patch(SageMakerResponse, snake, method)

    original_described = aws.patch(ModelPackage, "gen_response_object", described)
    original_create_group = aws.patch(SageMakerModelBackend, "create_model_package_group", create_model_package_group)
    original_describe_group = aws.patch(
        SageMakerModelBackend, "describe_model_package_group", describe_model_package_group
    )
    original_create_model = aws.patch(SageMakerModelBackend, "create_model", create_model)
    aws.patch(SageMakerModelBackend, "create_model_package", create)
    aws.patch(SageMakerModelBackend, "update_model_package", update)
    aws.patch(SageMakerModelBackend, "describe_model_package", find)
    aws.patch(SageMakerModelBackend, "delete_model_package", delete)
    aws.patch(SageMakerModelBackend, "delete_model_package_group", delete_group)
    answer("CreateModelPackage", lambda backend, request: {"ModelPackageArn": backend.create_model_package(request)})
    answer("UpdateModelPackage", lambda backend, request: {"ModelPackageArn": backend.update_model_package(request)})
    answer("DeleteModelPackage", lambda backend, request: backend.delete_model_package(request["ModelPackageName"]))
    answer(
        "DeleteModelPackageGroup",
        lambda backend, request: backend.delete_model_package_group(request["ModelPackageGroupName"]),
    )


def create(backend: Any, request: Request) -> str:
    """CreateModelPackage: the new version's ARN, or that of the version which the same ClientToken made before."""
    token, content = request.get("ClientToken"), digest(request)
    for package in backend.model_packages.values():
        if token and package.client_token == token:
            if package.request_digest != content:
                raise conflict(f"ClientToken {token} was used for another request, which made {package.arn}")
            return package.arn
    package = _new(backend, request)
    package.request_digest = content
    package.more = {name: request[name] for name in MORE if name in request}
    backend.model_packages[package.arn] = package
    backend.model_package_name_mapping[package.arn] = package.arn
    return package.arn


def _new(backend: Any, request: Any) -> Any:
    """moto's annotations ask for what may be left out of a Request."""
    from moto.sagemaker.models import ModelPackage

    group, name = request.get("ModelPackageGroupName"), request.get("ModelPackageName")
    if bool(group) == bool(name):
        raise invalid("give either ModelPackageGroupName or ModelPackageName, and not both")
    version = _next_version(backend, group) if group else None
    if name and any(package.model_package_name == name for package in backend.model_packages.values()):
        raise conflict(f"ModelPackage {name} already exists")
    return ModelPackage(
        model_package_name=name or _plain(group),
        model_package_group_name=_plain(group) if group else None,
        model_package_version=version,
        model_package_type="Versioned" if group else "Unversioned",
        model_package_description=request.get("ModelPackageDescription"),
        inference_specification=request.get("InferenceSpecification"),
        source_algorithm_specification=request.get("SourceAlgorithmSpecification"),
        validation_specification=request.get("ValidationSpecification"),
        certify_for_marketplace=request.get("CertifyForMarketplace", False),
        model_approval_status=request.get("ModelApprovalStatus", "PendingManualApproval" if group else None),
        metadata_properties=request.get("MetadataProperties"),
        model_metrics=request.get("ModelMetrics"),
        approval_description=None,
        customer_metadata_properties=request.get("CustomerMetadataProperties"),
        drift_check_baselines=request.get("DriftCheckBaselines"),
        domain=request.get("Domain"),
        task=request.get("Task"),
        sample_payload_url=request.get("SamplePayloadUrl"),
        additional_inference_specifications=request.get("AdditionalInferenceSpecifications"),
        client_token=request.get("ClientToken"),
        region_name=backend.region_name,
        account_id=backend.account_id,
        tags=request.get("Tags"),
    )


def _next_version(backend: Any, group_name: str) -> int:
    """One more than the highest number that the group has ever given; the group remembers it."""
    group = backend.describe_model_package_group(group_name)
    group.last_version = getattr(group, "last_version", 0) + 1
    return group.last_version


def update(backend: Any, request: Request) -> str:
    """UpdateModelPackage."""
    package = find(backend, request["ModelPackageArn"])
    if "ModelApprovalStatus" in request:
        package.set_model_approval_status(request["ModelApprovalStatus"])
    if "ApprovalDescription" in request:
        package.approval_description = request["ApprovalDescription"]
    if "InferenceSpecification" in request:
        package.inference_specification = request["InferenceSpecification"]
    removed = set(request.get("CustomerMetadataPropertiesToRemove", ()))
    properties = (package.customer_metadata_properties or {}) | request.get("CustomerMetadataProperties", {})
    package.customer_metadata_properties = {key: properties[key] for key in properties if key not in removed}
    if added := request.get("AdditionalInferenceSpecificationsToAdd"):
        package.add_additional_inference_specifications(added)
    package.more |= {name: request[name] for name in MORE if name in request}
    package.modifications_done()
    return package.arn


def delete(backend: Any, name: str) -> str:
    """DeleteModelPackage; returns the ARN of what is gone."""
    arn = find(backend, name).arn
    del backend.model_packages[arn]
    return arn


def delete_group(backend: Any, name: str) -> None:
    """DeleteModelPackageGroup: refused as long as the group holds versions."""
    group = backend.describe_model_package_group(name).model_package_group_name
    held = [package for package in backend.model_packages.values() if package.model_package_group_name == group]
    if held:
        raise conflict(f"model package group {group} still holds {len(held)} model package(s): delete them first")
    del backend.model_package_groups[group]


def find(backend: Any, model_package_name: str) -> Any:
    """A model package by its ARN, or an unversioned one by its name. Raises ValidationException."""
    found = backend.model_packages.get(model_package_name)
    if found is None:
        unversioned = [one for one in backend.model_packages.values() if one.model_package_version is None]
        found = next((one for one in unversioned if one.model_package_name == model_package_name), None)
    if found is None:
        raise invalid(f"ModelPackage {model_package_name} does not exist.")
    return found


def digest(request: Request) -> str:
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()


def invalid(message: str) -> Exception:
    from moto.sagemaker.exceptions import ValidationError

    return ValidationError(message)


def conflict(message: str) -> Exception:
    from moto.sagemaker.exceptions import ConflictException

    return ConflictException(message)


def _plain(group: str) -> str:
    """A group's name; requests may name it by its ARN."""
    return group.rsplit("/", 1)[-1]


def _snake(operation: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation).lstrip("_")
