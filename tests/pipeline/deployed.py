"""A deployed stack on a local AWS, and the reviews files that script what its tiny jobs do."""

from __future__ import annotations

import itertools
import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from taproom.deploy import deploy
from taproom.follow import Snapshot, follow
from taproom.local.aws import LocalAws
from taproom.upload import started_by

# What has an execution do everything again, although nothing is new.
AGAIN = {"Force": True, "CacheConfig": {"Enabled": False}}
PROJECT = Path(__file__).resolve().parents[2]
_numbers = itertools.count(1)  # of scripts: no two are the same, so that nothing is cached where a test does not ask
TINY_TRAINING = Path(__file__).parent / "tiny_training"


@dataclass
class Pipeline:
    """A deployed stack."""

    aws: LocalAws
    outputs: dict[str, str]

    @property
    def machine(self) -> str:
        return self.outputs["StateMachineArn"]

    @property
    def bucket(self) -> str:
        return self.outputs["DataBucketName"]

    def put(self, key: str, body: bytes | str) -> str:
        """Upload an object; returns its key."""
        self.aws.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body)
        return key

    def upload(self, key: str, body: bytes | str) -> Snapshot:
        """Upload an object, and wait for the end of the execution which that starts."""
        known = [one["executionArn"] for one in self.executions()]
        self.put(key, body)
        return self.finished(started_by(self.aws.client("stepfunctions"), self.machine, key, known=known))

    def start(self, execution_input: Any) -> Snapshot:
        """Start an execution by hand, as the console does, and wait for its end."""
        text = execution_input if isinstance(execution_input, str) else json.dumps(execution_input)
        started = self.aws.client("stepfunctions").start_execution(stateMachineArn=self.machine, input=text)
        return self.finished(started["executionArn"])

    def finished(self, execution_arn: str) -> Snapshot:
        stepfunctions = self.aws.client("stepfunctions")
        while stepfunctions.describe_execution(executionArn=execution_arn)["status"] == "RUNNING":
            time.sleep(0.05)  # its history is long: it is read once
        (last,) = follow(stepfunctions, execution_arn)
        return last

    def executions(self) -> list[dict[str, Any]]:
        return self.aws.client("stepfunctions").list_executions(stateMachineArn=self.machine)["executions"]

    def registered(self, model: str = "Retrieval") -> list[dict[str, Any]]:
        group = self.outputs[f"{model}ModelPackageGroupName"]
        packages = self.aws.client("sagemaker").list_model_packages(ModelPackageGroupName=group)
        return packages["ModelPackageSummaryList"]

    def document(self, uri: str) -> Any:
        """A JSON document in S3."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return json.loads(self.aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


def project_with(training: Path, folder: Path) -> Path:
    """A copy of what is deployed, with other job scripts in ``training/`` (as a user edits them)."""
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("functions", "layers", "statemachine"):
        shutil.copytree(PROJECT / name, folder / name, ignore=ignored)
    shutil.copytree(PROJECT / "publish", folder / "publish", ignore=ignored, symlinks=True)
    shutil.copy(PROJECT / "template.yaml", folder)
    shutil.copytree(training, folder / "training", ignore=ignored)
    for name in ("bootstrap.py", "requirements.txt"):
        shutil.copy(PROJECT / "training" / name, folder / "training")
    shutil.copytree(PROJECT / "report", folder / "report", ignore=ignored)
    return folder


def deployed(aws: LocalAws, template: Path, **parameters: str) -> Pipeline:
    """Unless ``parameters`` say so, no report is written and nobody is told: two processes fewer for each end."""
    outputs = deploy(
        aws.client,
        template,
        stack_name="taproom",
        parameters={"NotificationState": "DISABLED", "ReportState": "DISABLED"} | parameters,
        artifact_bucket=f"taproom-artifacts-{aws.account_id}",
    )
    return Pipeline(aws, outputs)


def script(**outcomes: Any) -> str:
    """A reviews file for the tiny jobs, unlike any other; both models are good where nothing else is said."""
    usual = {"number": next(_numbers), "evaluation": evaluation(), "ranking_evaluation": ranking_evaluation()}
    return json.dumps(usual | outcomes) + "\n"


def evaluation(accuracy: Any = 0.75, popularity: float = 0.25, random: float = 0.05, **more: Any) -> dict[str, Any]:
    """An evaluation.json of a retrieval model with the given top-500 accuracy."""
    best_constant = {"value": popularity, "standard_deviation": "NaN"}
    return {
        "schema_version": 1,
        "k": 500,
        "items": 10_000,
        "multiclass_classification_metrics": {
            "accuracy": {"value": accuracy, "standard_deviation": "NaN"},
            "accuracy_best_constant_classifier": best_constant,
            **more,
        },
        "baselines": {"popularity": {"accuracy": {"value": popularity}}, "random": {"accuracy": {"value": random}}},
    }


def ranking_evaluation(rmse: Any = 0.5, bias: float = 0.6, global_mean: float = 0.9) -> dict[str, Any]:
    """An evaluation.json of a ranking model with the given RMSE."""

    def metrics(rmse: Any) -> dict[str, Any]:
        return {"rmse": {"value": rmse}, "mse": {"value": rmse}, "mae": {"value": rmse}, "r2": {"value": 0.5}}

    return {
        "schema_version": 1,
        "regression_metrics": metrics(rmse),
        "baselines": {"bias": metrics(bias), "global_mean": metrics(global_mean)},
    }
