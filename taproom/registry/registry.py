"""The one door to the Model Registry of a stack: its groups <stack>-retrieval and <stack>-ranking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from taproom.registry.errors import NotAllowed, RegistryError, UnknownGroup, UnknownVersion
from taproom.registry.names import MODELS, VersionName
from taproom.registry.version import Summary, Version, champion_of, summary_of, version_of

AT_ONCE = 8  # requests to AWS, where many versions are described
NAMED = 10  # versions that an error message lists


class Registry:
    """Versions of the stack's models. ``sagemaker`` is a boto3 client."""

    def __init__(self, sagemaker: Any, stack: str) -> None:
        self._sagemaker = sagemaker
        self.stack = stack

    def group(self, model: str) -> str:
        return f"{self.stack}-{model}"

    def summaries(self, model: str) -> list[Summary]:
        """All versions of a model, the newest first. Raises UnknownGroup."""
        group = self.group(model)
        self._require(group)
        pages = self._sagemaker.get_paginator("list_model_packages").paginate(
            ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending"
        )
        listed = [summary_of(model, one) for page in pages for one in page["ModelPackageSummaryList"]]
        return sorted(listed, key=lambda one: one.number, reverse=True)

    def described(self, summaries: Sequence[Summary]) -> list[Version]:
        """Everything that SageMaker tells of these versions, in their order."""
        if len(summaries) < 2:
            return [self._describe(one.model, one.arn) for one in summaries]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(lambda one: self._describe(one.model, one.arn), summaries))

    def find(self, name: VersionName, model: str) -> Version:
        """The version of that name; ``model`` where the name tells none. Raises RegistryError and its kinds."""
        if name.arn:
            return self._by_arn(name.arn)
        model = name.model or model
        summaries = self.summaries(model)
        if not summaries:
            raise UnknownVersion(f"{self.group(model)} has no version yet, so no {name.text}: {how_to_register()}")
        if name.role == "champion":
            return self.described([self.champion(model, summaries)])[0]
        if name.role == "latest":
            return self.described(summaries[:1])[0]
        chosen = [one for one in summaries if one.number == name.number]
        if not chosen:
            raise UnknownVersion(f"{self.group(model)} has no version {name.number}: it has {_listed(summaries)}")
        return self.described(chosen)[0]

    def champion(self, model: str, summaries: Iterable[Summary]) -> Summary:
        """The champion among all versions of a model. Raises NotAllowed where there is none."""
        known = list(summaries)
        found = champion_of(known)
        if found is None and not known:
            raise UnknownVersion(f"{self.group(model)} has no version yet, so no champion: {how_to_register()}")
        if found is None:
            raise NotAllowed(
                f"{self.group(model)} has no champion: every version is rejected or failed ({_listed(known)}). "
                f"Approve one: taproom approve {model}/{known[0].number} --force"
            )
        return found

    def decide(
        self, version: Version, status: str, comment: str, noted: Mapping[str, str], forgotten: Iterable[str] = ()
    ) -> None:
        """Set a version's approval status and comment; add to its customer metadata, and remove from it."""
        metadata = {
            "CustomerMetadataProperties": dict(noted),
            "CustomerMetadataPropertiesToRemove": [key for key in forgotten if key in version.metadata],
        }
        self._sagemaker.update_model_package(
            ModelPackageArn=version.arn,
            ModelApprovalStatus=status,
            ApprovalDescription=comment,
            **{name: value for name, value in metadata.items() if value},  # SageMaker refuses an empty map
        )

    def _require(self, group: str) -> None:
        """Raises UnknownGroup where listing would tell of an empty group."""
        try:
            self._sagemaker.describe_model_package_group(ModelPackageGroupName=group)
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
            region = self._sagemaker.meta.region_name
            raise UnknownGroup(
                f"there is no model package group {group} in {region}: the stack {self.stack} was never deployed "
                "there, which make run does here and sam deploy on AWS, or is elsewhere (--stack, --profile, --region, "
                "--work)"
            ) from error

    def _by_arn(self, arn: str) -> Version:
        try:
            described = self._sagemaker.describe_model_package(ModelPackageName=arn)
        except ClientError as error:
            if not _says_unknown(error):
                raise
            raise UnknownVersion(f"there is no model package {arn}: taproom versions lists those there are") from error
        group = described.get("ModelPackageGroupName", "")
        for model in MODELS:
            if group == self.group(model):
                return version_of(model, described)
        groups = " and ".join(self.group(model) for model in MODELS)
        raise RegistryError(
            f"{arn} is of the group {group}, which is not of the stack {self.stack} ({groups}): see --stack"
        )

    def _describe(self, model: str, arn: str) -> Version:
        return version_of(model, self._sagemaker.describe_model_package(ModelPackageName=arn))


def how_to_register() -> str:
    return "make run here, or an upload to reviews/ on AWS, trains a model and registers it if it passes the gate"


def _says_unknown(error: ClientError) -> bool:
    return any(sign in str(error) for sign in ("does not exist", "not found", "Cannot find"))


def _listed(summaries: Sequence[Summary]) -> str:
    """Numbers of versions, the newest first."""
    shown = ", ".join(str(one.number) for one in summaries[:NAMED])
    return shown if len(summaries) <= NAMED else f"{shown} and {len(summaries) - NAMED} older ones"
