"""The jobs' plans: images, instance types, arguments and hyperparameters, all as SageMaker takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rules.execution_input import ExecutionInput
from rules.job_request import machines, stopping
from rules.naming import job_stem
from rules.protection import Protection
from rules.scripts import MODELS, as_texts, preprocess_arguments

WAITING = 3600  # seconds that a state waits beyond its job's limit: for instances, downloads, and the job's own end


@dataclass(frozen=True)
class Images:
    """Container images by use."""

    processing: str
    training_cpu: str
    training_gpu: str

    def training(self, instance_type: str) -> str:
        """The GPU image for the families that have GPUs (g..., p...)."""
        family = instance_type.split(".")[1]
        return self.training_gpu if family[0] in "gp" else self.training_cpu


@dataclass(frozen=True)
class Plan:
    """What all jobs of one execution share. Prefixes are S3 URIs that end with a slash."""

    parameters: ExecutionInput
    images: Images
    execution_name: str
    execution_arn: str
    run_prefix: str
    checkpoint_prefix: str
    submit_uri: str
    region: str
    protection: Protection

    @property
    def run(self) -> str:
        """The name of the run's folder, which tells executions of one name apart."""
        return self.run_prefix.rstrip("/").rpartition("/")[2]

    def images_used(self) -> dict[str, str]:
        """The images of the jobs, by use."""
        training = self.images.training(self.parameters.training_instance_type)
        return {"Processing": self.images.processing, "Training": training}

    def document(self) -> dict[str, Any]:
        """Where the execution's files go, and every job's plan."""
        places = {"RunPrefix": self.run_prefix, "DataPrefix": f"{self.run_prefix}data/"}
        models = {name: self.model(name) for name in MODELS}
        return places | {"Preprocess": self.preprocess()} | models

    def preprocess(self) -> dict[str, Any]:
        parameters = self.parameters
        limit, volume = parameters.max_runtime_in_seconds.preprocess, parameters.volume_size_in_gb.preprocess
        count = parameters.processing_instance_count
        return self._processing("preprocess", limit, volume, count) | {
            "InstanceCount": count,
            "Arguments": preprocess_arguments(parameters),
        }

    def model(self, name: str) -> dict[str, Any]:
        """The plans of a model's jobs, and where its branch writes."""
        parameters, key, scripts = self.parameters, name.lower(), MODELS[name]
        limits, volumes = parameters.max_runtime_in_seconds, parameters.volume_size_in_gb
        train = self._training(f"train-{key}", limits.train, volumes.train) | {
            "HyperParameters": scripts.hyperparameters(parameters) | self._toolkit(scripts.train),
            "OutputDataConfig": self.protection.output(f"{self.run_prefix}models/{key}/"),
            "CheckpointPrefix": f"{self.checkpoint_prefix}{key}/",
        }
        evaluate = self._processing(f"evaluate-{key}", limits.evaluate, volumes.evaluate) | {
            "Arguments": scripts.evaluate_arguments(parameters),
            "OutputPrefix": f"{self.run_prefix}evaluation/{key}/",
        }
        return {
            "Train": train,
            "Evaluate": evaluate,
            "ChampionPrefix": f"{self.run_prefix}champion/{key}/",
            "GateUri": f"{self.run_prefix}gate/{key}/gate.json",
        }

    def _toolkit(self, script: str) -> dict[str, str]:
        """What the image's training toolkit is told, as the SageMaker SDK tells it."""
        return as_texts(
            {
                "sagemaker_program": script,
                "sagemaker_submit_directory": self.submit_uri,
                "sagemaker_region": self.region,
                "sagemaker_container_log_level": 20,  # logging.INFO
            }
        )

    def _processing(self, step: str, max_runtime: int, volume_gb: int, count: int = 1) -> dict[str, Any]:
        instance_type = self.parameters.processing_instance_type
        return self._job(step, self.images.processing, instance_type, max_runtime, max_runtime) | {
            "ClusterConfig": machines(instance_type, count, volume_gb) | self.protection.volume(instance_type),
            "StoppingCondition": stopping(max_runtime),
            "KmsKeyId": self.protection.kms_key_arn,
            "NetworkConfig": self.protection.network(),
        }

    def _training(self, step: str, max_runtime: int, volume_gb: int) -> dict[str, Any]:
        instance_type, max_wait = self.parameters.training_instance_type, self.parameters.max_wait
        image = self.images.training(instance_type)
        return self._job(step, image, instance_type, max_runtime, max_wait or max_runtime) | {
            "ResourceConfig": machines(instance_type, 1, volume_gb) | self.protection.volume(instance_type),
            "StoppingCondition": stopping(max_runtime, max_wait),
            "UseSpot": self.parameters.use_spot,
            "Network": self.protection.vpc() or False,  # see statemachine/jobs.py
        }

    def _job(self, step: str, image: str, instance_type: str, max_runtime: int, longest: int) -> dict[str, Any]:
        """``longest``: the seconds after which SageMaker has ended the job in any case."""
        return {
            "Run": self.run,
            "JobStem": job_stem(step, self.execution_name, self.execution_arn),
            "Image": image,
            "InstanceType": instance_type,
            "MaxRuntimeInSeconds": max_runtime,
            "TimeoutSeconds": longest + WAITING,
            "Round": 0,
        }
