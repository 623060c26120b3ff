"""Model versions as RegisterModel leaves them, made through the real API of a local AWS: packages and S3 documents."""

from __future__ import annotations

import json
from typing import Any

from taproom.local.aws import LocalAws

BUCKET = "taproom-data-123456789012"
STACK = "taproom"
EXECUTION = (
    "arn:aws:states:us-east-1:123456789012:execution:taproom-Retraining:"
    "1761e678-91d9-4c76-bb6e-8b4ca023aeda_faa65ddd-ff9a-4118-95df-{:012}"
)
IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-inference:2.19-cpu"


def measured(value: float, margin: float = 0.01) -> dict[str, float]:
    return {"value": value, "lower": value - margin, "upper": value + margin}


def retrieval_evaluation(accuracy: float) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "k": 500,
        "multiclass_classification_metrics": {"accuracy": measured(accuracy) | {"standard_deviation": "NaN"}},
        "retrieval_metrics": {"recall_at_10": measured(0.2), "mrr": measured(0.25)},
        "baselines": {
            "popularity": {"accuracy": measured(0.5), "recall_at_10": measured(0.1)},
            "random": {"accuracy": measured(0.05)},
        },
        "champion": {"status": "scored", "metrics": {"accuracy": measured(accuracy - 0.05)}},
    }


def ranking_evaluation(rmse: float) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "regression_metrics": {"rmse": measured(rmse), "mae": measured(0.6), "r2": measured(0.3)},
        "baselines": {"bias": {"rmse": measured(0.9)}, "global_mean": {"rmse": measured(1.1)}},
    }


def manifest(kept: int = 1_000) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "read": kept + 17,
        "kept": kept,
        "dropped": {"no_score": 12, "duplicate": 5, "no_item": 0},
        "train": kept - 150,
        "test": 150,
        "users": 90,
        "items": 40,
        "split": {"strategy": "random", "seed": 42, "test_fraction": 0.15},
    }


GATE = {
    "schema_version": 1,
    "passed": True,
    "reason": "top-500 accuracy 0.7000 reaches 0.5",
    "rules": [
        {"rule": "threshold", "verdict": "passed", "value": 0.7, "limit": 0.5, "reason": "0.7000 reaches 0.5"},
        {"rule": "champion", "verdict": "not comparable", "reason": "other seed [42]"},
    ],
}


def card(**parameters: Any) -> str:
    listed = [{"name": name, "value": str(value)} for name, value in parameters.items()]
    return json.dumps({"training_details": {"training_job_details": {"user_provided_hyper_parameters": listed}}})


class Registered:
    """The two groups of a stack on ``aws``, and versions in them."""

    def __init__(self, aws: LocalAws, stack: str = STACK, models: tuple[str, ...] = ("retrieval", "ranking")) -> None:
        self.aws, self.stack = aws, stack
        self.sagemaker, self.s3 = aws.client("sagemaker"), aws.client("s3")
        self.s3.create_bucket(Bucket=BUCKET)
        for model in models:
            self.sagemaker.create_model_package_group(ModelPackageGroupName=f"{stack}-{model}")
        self.made = 0

    def put(self, key: str, document: Any) -> str:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return f"s3://{BUCKET}/{key}"

    def add(
        self,
        model: str = "retrieval",
        status: str = "PendingManualApproval",
        evaluation: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        parameters: dict[str, Any] | None = None,
        code: str = "c0de",
        artifact: bytes = b"",
        **more: Any,
    ) -> str:
        """Registers a version with all its documents, and returns its ARN."""
        self.made += 1
        run = f"runs/run-{self.made}"
        data = data or manifest()
        if evaluation is None:
            evaluation = retrieval_evaluation(0.7) if model == "retrieval" else ranking_evaluation(0.8)
        metric = "accuracy" if model == "retrieval" else "rmse"
        quality = evaluation.get("multiclass_classification_metrics") or evaluation["regression_metrics"]
        metadata = {
            "ExecutionArn": EXECUTION.format(self.made),
            "Model": model,
            "ManifestUri": self.put(f"{run}/data/manifest.json", data),
            "ManifestDigest": f"digest-of-{data['kept']}",
            "GateUri": self.put(f"{run}/gate/{model}/gate.json", GATE),
            "ReportUri": f"s3://{BUCKET}/{run}/report.html",
            "ReviewsDigest": f"reviews-{data['kept']}",
            "ReviewsCount": "1",
            "CodeDigest": code,
            "ParentVersion": "none",
            f"Metric.{metric}": repr(quality[metric]["value"]),
        }
        request = {
            "ModelPackageGroupName": f"{self.stack}-{model}",
            "ModelPackageDescription": f"{model} of run {self.made}",
            "ModelApprovalStatus": status,
            "InferenceSpecification": {
                "Containers": [
                    {
                        "Image": IMAGE,
                        "ModelDataUrl": self.put(f"{run}/models/{model}/job/output/model.tar.gz", artifact),
                    }
                ],
                "SupportedContentTypes": ["application/json"],
                "SupportedResponseMIMETypes": ["application/json"],
            },
            "ModelMetrics": {
                "ModelQuality": {
                    "Statistics": {
                        "ContentType": "application/json",
                        "S3Uri": self.put(f"{run}/evaluation/{model}/evaluation.json", evaluation),
                    }
                }
            },
            "CustomerMetadataProperties": metadata,
            "ModelCard": {
                "ModelCardContent": card(**(parameters or {"TrainingEpochs": 20, "LearningRate": 0.005})),
                "ModelCardStatus": "PendingReview",
            },
        }
        return self.sagemaker.create_model_package(**request | more)["ModelPackageArn"]

    def delete_all(self) -> None:
        for group in self.sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]:
            name = group["ModelPackageGroupName"]
            pages = self.sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=name)
            for arn in [one["ModelPackageArn"] for page in pages for one in page["ModelPackageSummaryList"]]:
                self.sagemaker.delete_model_package(ModelPackageName=arn)
            self.sagemaker.delete_model_package_group(ModelPackageGroupName=name)

    def status(self, arn: str) -> str:
        return self.described(arn)["ModelApprovalStatus"]

    def described(self, arn: str) -> dict[str, Any]:
        return self.sagemaker.describe_model_package(ModelPackageName=arn)
