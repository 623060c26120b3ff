"""The model registry: model package groups and model packages, with all their fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taproom.local.durable.encoding import decode, encode
from taproom.local.durable.store import Store

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

GROUP, PACKAGE = "sagemaker.model-package-group", "sagemaker.model-package"


def install(aws: LocalAws, store: Store) -> None:
    from moto.sagemaker.models import SageMakerModelBackend as Backend
    from moto.sagemaker.models import sagemaker_backends

    backend = sagemaker_backends[aws.account_id][aws.region]
    for name, document, _ in store.all(GROUP):
        backend.model_package_groups[name] = decode(document)
    for arn, document, _ in store.all(PACKAGE):
        backend.model_packages[arn] = decode(document)
        backend.model_package_name_mapping[arn] = arn

    def keep_group(self: Any, name: str) -> None:
        _put_or_delete(store, GROUP, name, self.model_package_groups.get(name))

    def keep_package(self: Any, arn: str) -> None:
        """A package, and the group that counts its versions."""
        package = self.model_packages.get(arn)
        with store.transaction():
            _put_or_delete(store, PACKAGE, arn, package)
            if package is not None and package.model_package_group_name:
                keep_group(self, package.model_package_group_name)

    def create_model_package_group(self: Any, model_package_group_name: str, *args: Any, **kwargs: Any) -> Any:
        answer = original_create_group(self, model_package_group_name, *args, **kwargs)
        keep_group(self, model_package_group_name)
        return answer

    def delete_model_package_group(self: Any, name: str) -> None:
        original_delete_group(self, name)
        keep_group(self, name)

    def create_model_package(self: Any, *args: Any, **kwargs: Any) -> str:
        arn = original_create(self, *args, **kwargs)
        keep_package(self, arn)
        return arn

    def update_model_package(self: Any, *args: Any, **kwargs: Any) -> str:
        arn = original_update(self, *args, **kwargs)
        keep_package(self, arn)
        return arn

    def delete_model_package(self: Any, *args: Any, **kwargs: Any) -> str:
        arn = original_delete(self, *args, **kwargs)
        keep_package(self, arn)
        return arn

    original_create_group = aws.patch(Backend, "create_model_package_group", create_model_package_group)
    original_delete_group = aws.patch(Backend, "delete_model_package_group", delete_model_package_group)
    original_create = aws.patch(Backend, "create_model_package", create_model_package)
    original_update = aws.patch(Backend, "update_model_package", update_model_package)
    original_delete = aws.patch(Backend, "delete_model_package", delete_model_package)


def _put_or_delete(store: Store, kind: str, name: str, model: Any) -> None:
    if model is None:
        store.delete(kind, name)
    else:
        store.put(kind, name, encode(model))
