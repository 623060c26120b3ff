"""The SageMaker jobs: the SageMaker SDK's job configuration, turned into states.

Everything that an execution may choose (names, images, instance types, arguments, URIs) is read from what Prepare
returned; everything written here is the same in every execution. Nothing here calls AWS or needs credentials.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.processing import ProcessingInput, ProcessingOutput, Processor
from sagemaker.session import Session
from stepfunctions.steps import Retry

from statemachine.states import Path, ProcessingStep, TrainingStep, formatted

REPLACED = "ml.m5.xlarge"  # the SDK insists on an instance type where it writes what is replaced by a path
ENVIRONMENT = {"PYTHONUNBUFFERED": "1"}  # log lines, and so the metrics in them, arrive as they are written
# A training job in a VPC has a VpcConfig; any other must not even have an empty one, and a state cannot leave a key
# out. So the template names the key, once for the stack: VpcConfig, or EnableNetworkIsolation with the usual false.
TRAINING_NETWORK = "${TrainingNetwork}"
INPUT = "/opt/ml/processing/input"
OUTPUT = "/opt/ml/processing/output"
ENTRYPOINT = ["python3", f"{INPUT}/code/bootstrap.py"]  # installs requirements.txt, then runs the script it is given

# What a training log line such as "epoch=3 of=20 loss=5.1 validation=0.4" tells, for the metrics in the console.
METRICS = [
    {"Name": "train:epoch", "Regex": r"epoch=([0-9]+)"},
    {"Name": "train:loss", "Regex": r" loss=([-+.0-9eE]+)"},
    {"Name": "validation:score", "Regex": r" validation=([-+.0-9eE]+)"},
]


def read_from(uri: str | Path, name: str, kind: str = "S3Prefix") -> ProcessingInput:
    """An input of a processing job, found by the script in the folder ``name``. ``kind``: S3Prefix or ManifestFile."""
    source = uri if isinstance(uri, Path) else Path(uri)
    return ProcessingInput(source=source, destination=f"{INPUT}/{name}", input_name=name, s3_data_type=kind)


def write_to(uri: str, name: str) -> ProcessingOutput:
    """An output of a processing job, left by the script in the folder ``name``."""
    return ProcessingOutput(source=f"{OUTPUT}/{name}", destination=Path(uri), output_name=name)


def processing(
    name: str,
    *,
    plan: str,
    inputs: list[ProcessingInput],
    outputs: list[ProcessingOutput],
    retry: Retry,
    comment: str,
) -> ProcessingStep:
    """A processing job that keeps its name, ARN and status at ``$.<name>``.

    ``plan`` is the path at which Prepare put Run, JobStem, Image, ClusterConfig, StoppingCondition, KmsKeyId (empty
    where there is none), NetworkConfig, TimeoutSeconds and Arguments.
    """
    processor = Processor(
        image_uri=Path(f"{plan}.Image"),
        role="${JobRoleArn}",
        instance_count=1,  # this and the type are replaced below
        instance_type=REPLACED,
        entrypoint=[*ENTRYPOINT],
        env={**ENVIRONMENT},
        base_job_name=name,  # else the SDK derives one from the image, which is not known yet
        sagemaker_session=_offline_session(),
    )
    return ProcessingStep(
        name,
        processor=processor,
        job_name=_job_name(name, plan),
        inputs=inputs,
        outputs=outputs,
        container_entrypoint=ENTRYPOINT,
        container_arguments=Path(f"{plan}.Arguments"),
        parameters={
            "ProcessingResources": {"ClusterConfig": Path(f"{plan}.ClusterConfig")},
            "StoppingCondition": Path(f"{plan}.StoppingCondition"),
            "ProcessingOutputConfig": {"KmsKeyId": Path(f"{plan}.KmsKeyId")},
            "NetworkConfig": Path(f"{plan}.NetworkConfig"),
        },
        tags=_tags(name, plan),
        timeout_seconds_path=f"{plan}.TimeoutSeconds",
        retry=retry,
        result_selector=_kept("ProcessingJobName", "ProcessingJobArn", "ProcessingJobStatus"),
        result_path=f"$.{name}",
        comment=comment,
    )


def training(name: str, *, plan: str, channels: dict[str, Path], retry: Retry, comment: str) -> TrainingStep:
    """A training job that keeps its name, ARN, status and artifacts at ``$.<name>``.

    ``plan`` is the path at which Prepare put Run, JobStem, Image, ResourceConfig, StoppingCondition, UseSpot, Network,
    TimeoutSeconds, HyperParameters, OutputDataConfig and CheckpointPrefix.
    """
    estimator = Estimator(
        image_uri=Path(f"{plan}.Image"),
        role="${JobRoleArn}",
        instance_count=1,
        instance_type=REPLACED,
        output_path="s3://replaced-below/",
        debugger_hook_config=False,
        base_job_name=name,
        sagemaker_session=_offline_session(),
    )
    return TrainingStep(
        name,
        estimator=estimator,
        job_name=_job_name(name, plan),
        data={channel: TrainingInput(uri) for channel, uri in channels.items()},
        hyperparameters=Path(f"{plan}.HyperParameters"),
        parameters={
            "ResourceConfig": Path(f"{plan}.ResourceConfig"),
            "StoppingCondition": Path(f"{plan}.StoppingCondition"),
            "OutputDataConfig": Path(f"{plan}.OutputDataConfig"),
            TRAINING_NETWORK: Path(f"{plan}.Network"),
            # what the SDK leaves out of an estimator's configuration
            "AlgorithmSpecification": {"MetricDefinitions": METRICS},
            "EnableManagedSpotTraining": Path(f"{plan}.UseSpot"),
            # Another round, SageMaker's own restart or the next spot instance goes on from here.
            "CheckpointConfig": {"S3Uri": Path(f"{plan}.CheckpointPrefix")},
            "Environment": ENVIRONMENT,
        },
        tags=_tags(name, plan),
        timeout_seconds_path=f"{plan}.TimeoutSeconds",
        retry=retry,
        result_selector=_kept(
            "TrainingJobName", "TrainingJobArn", "TrainingJobStatus", "SecondaryStatus", "ModelArtifacts"
        ),
        result_path=f"$.{name}",
        comment=comment,
    )


def _job_name(name: str, plan: str) -> Path:
    """A name never used before: it counts the rounds of triage, the state's retries and the execution's redrives."""
    round_number = f"$.Rounds.{name}.Round"
    counts = (round_number, "$$.State.RetryCount", "$$.Execution.RedriveCount")
    return formatted("{}-{}-{}-{}", f"{plan}.JobStem", *counts)


def _kept(*keys: str) -> dict[str, Path]:
    """The parts of Describe's answer that are always there; FailureReason and ExitMessage are not."""
    return {key: Path(f"$.{key}") for key in keys}


def _tags(name: str, plan: str) -> dict[str, Any]:
    return {"taproom:stack": "${StackName}", "taproom:run": Path(f"{plan}.Run"), "taproom:step": name}


@cache
def _offline_session() -> Session:
    """The session that the SDK's job classes insist on: it has a region, no credentials and no user's defaults."""
    return Session(boto_session=boto3.Session(region_name="us-east-1"), sagemaker_config={})
