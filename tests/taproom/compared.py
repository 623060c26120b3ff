"""Versions of a model to compare, written by hand: each number is one that a test can work out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from taproom.compare.comparison import Comparison, Row
from taproom.compare.spending import Spending
from taproom.registry.documents import Document
from taproom.registry.listing import Listing
from taproom.registry.record import Record
from taproom.registry.version import APPROVED, PENDING, Version, champion_of
from tests.taproom.registered import card, manifest, measured, ranking_evaluation, retrieval_evaluation

GONE = Document(missing="s3://bucket/gone.json cannot be read (NoSuchKey)")
PATHS = {"retrieval": "multiclass_classification_metrics.accuracy", "ranking": "regression_metrics.rmse"}


def gate(model: str = "retrieval", threshold: float | None = 0.5, reason: str = "good enough") -> dict[str, Any]:
    parameters = {"metric": PATHS[model], "threshold": threshold}
    return {"schema_version": 1, "passed": True, "reason": reason, "rules": [], "parameters": parameters}


def record(
    number: int,
    model: str = "retrieval",
    status: str = PENDING,
    evaluation: dict[str, Any] | Document | None = None,
    data: dict[str, Any] | Document | None = None,
    parameters: dict[str, Any] | None = None,
    **told: str,
) -> Record:
    """Version ``number``, made on the day of that number; ``told`` is customer metadata."""

    def document(given: Any, usual: dict[str, Any]) -> Document:
        return given if isinstance(given, Document) else Document(given or usual)

    version = Version(
        model,
        number=number,
        arn=f"arn:aws:sagemaker:us-east-1:123456789012:model-package/taproom-{model}/{number}",
        approval_status=status,
        package_status="Completed",
        created=datetime(2026, 11, number, 6, tzinfo=UTC),
        group=f"taproom-{model}",
        description="",
        comment="",
        image="",
        artifact_uri=f"s3://bucket/runs/run-{number}/models/{model}/train-{number}/output/model.tar.gz",
        evaluation_uri="",
        card=card(**(parameters or {"TrainingEpochs": 20})),
        metadata={
            "ExecutionArn": f"arn:aws:states:us-east-1:123456789012:execution:taproom:run-{number}",
            "GateUri": f"s3://bucket/runs/run-{number}/gate/{model}/gate.json",
            "ManifestDigest": "d1",
            "CodeDigest": "c0de",
            **told,
        },
    )
    usual = retrieval_evaluation(0.7) if model == "retrieval" else ranking_evaluation(0.8)
    return Record(
        version,
        evaluation=document(evaluation, usual),
        gate=Document(gate(model)),
        manifest=document(data, manifest()),
        card=Document({"training_details": {}} if parameters is None else _card(parameters)),
    )


def _card(parameters: dict[str, Any]) -> dict[str, Any]:
    listed = [{"name": name, "value": str(value)} for name, value in parameters.items()]
    return {"training_details": {"training_job_details": {"user_provided_hyper_parameters": listed}}}


def comparison(records: list[Record], spent: dict[int, Spending] | None = None, others: int = 0) -> Comparison:
    """Of records from the oldest to the newest; each spent 10 s and 0.5 USD for its number where nothing is said."""
    newest_first = records[::-1]
    champion = champion_of(one.version for one in records)
    rows = [
        Row(
            one,
            champion is not None and one.version.arn == champion.arn,
            (spent or {}).get(one.version.number, Spending(10.0 * one.version.number, 0.5 * one.version.number, {})),
        )
        for one in newest_first
    ]
    return Comparison(Listing(records[0].version.model, newest_first, champion, others), rows)


def retrieval_with_a_gap() -> Comparison:
    """Four versions; of the second neither evaluation nor manifest nor costs are left. The third is the champion."""
    nothing = Spending(None, None, {"cost": "no costs.json", "training time": "no such job"})
    return comparison(
        [
            record(1, evaluation=retrieval_evaluation(0.6), data=manifest(1_000), parameters={"TrainingEpochs": 20}),
            record(2, evaluation=GONE, data=GONE, parameters={"TrainingEpochs": 20}),
            record(
                3,
                status=APPROVED,
                evaluation=retrieval_evaluation(0.65),
                data=manifest(2_000),
                parameters={"TrainingEpochs": 5},
                ManifestDigest="d2",
            ),
            record(
                4,
                evaluation=retrieval_evaluation(0.7) | {"retrieval_metrics": {"ndcg_at_10": measured(0.3)}},
                data=manifest(2_000),
                parameters={"TrainingEpochs": 5, "LearningRate": 0.1},
                ManifestDigest="d2",
                CodeDigest="0ther",
            ),
        ],
        {2: nothing},
    )
