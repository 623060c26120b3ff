"""Everything told of a version: by its model package, its model card, and the documents of its run in S3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taproom.registry.documents import Document, at, objects, parse_document, read_document
from taproom.registry.quality import Quality, quality_of
from taproom.registry.version import Version


@dataclass(frozen=True)
class Record:
    """A version with its documents: evaluation.json, gate.json, the data's manifest.json and the model card."""

    version: Version
    evaluation: Document
    gate: Document
    manifest: Document
    card: Document

    @property
    def quality(self) -> Quality:
        return quality_of(self.version.model, self.evaluation.content, self.version.metadata)

    @property
    def parameters(self) -> dict[str, Any]:
        return parameters_of(self.card.content)

    @property
    def rules(self) -> list[dict[str, Any]]:
        """The gate's rules, as gate.json has them."""
        return objects(self.gate.content.get("rules"))

    @property
    def missing(self) -> dict[str, str]:
        """Why a document cannot be had, by what it tells of."""
        documents = {"evaluation": self.evaluation, "gate": self.gate, "data": self.manifest, "model card": self.card}
        return {name: one.missing for name, one in documents.items() if one.missing}

    def told(self, key: str) -> str:
        """A value of the customer metadata; "" where there is none."""
        return self.version.metadata.get(key, "")

    def document(self, champion: bool) -> dict[str, Any]:
        """All of it as JSON."""
        version = self.version
        return {
            "schema_version": 1,
            "model": version.model,
            "version": version.number,
            "model_package_arn": version.arn,
            "approval_status": version.approval_status,
            "package_status": version.package_status,
            "champion": champion,
            "created": version.created.isoformat(),
            "description": version.description,
            "comment": version.comment,
            **self.quality.document(),
            "gate": self.gate.content or None,
            "data": self.manifest.content or None,
            "parameters": self.parameters,
            "artifact": version.artifact_uri,
            "image": version.image,
            "evaluation_uri": version.evaluation_uri,
            "metadata": version.metadata,
            "missing": self.missing,
        }


def read_record(s3: Any, version: Version) -> Record:
    card = parse_document(version.card, "the model card") if version.card else Document(missing="the version has none")
    return Record(
        version,
        evaluation=read_document(s3, version.evaluation_uri),
        gate=read_document(s3, version.metadata.get("GateUri", "")),
        manifest=read_document(s3, version.metadata.get("ManifestUri", "")),
        card=card,
    )


def parameters_of(card: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that a model card tells of, in either of the places which SageMaker's schema has for them."""
    job = at(card, "training_details", "training_job_details")
    listed = objects(at(job, "hyper_parameters")) + objects(at(job, "user_provided_hyper_parameters"))
    return {str(one["name"]): one.get("value") for one in listed if "name" in one}
