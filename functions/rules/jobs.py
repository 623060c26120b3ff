"""The jobs' plans: images, instance types, arguments and hyperparameters, all as SageMaker takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rules.execution_input import ExecutionInput
from rules.naming import job_stem
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
        limit = parameters.max_runtime_in_seconds.preprocess
        return self._job("preprocess", self.images.processing, parameters.processing_instance_type, limit) | {
            "InstanceCount": parameters.processing_instance_count,
            "Arguments": preprocess_arguments(parameters),
        }

    def model(self, name: str) -> dict[str, Any]:
        """The plans of a model's jobs, and where its branch writes."""
        parameters, key, scripts = self.parameters, name.lower(), MODELS[name]
        instance_type, limits = parameters.training_instance_type, parameters.max_runtime_in_seconds
        train = self._job(f"train-{key}", self.images.training(instance_type), instance_type, limits.train) | {
            "HyperParameters": scripts.hyperparameters(parameters) | self._toolkit(scripts.train),
            "OutputPath": f"{self.run_prefix}models/{key}/",
            "CheckpointPrefix": f"{self.checkpoint_prefix}{key}/",
        }
        instance_type = parameters.processing_instance_type
        evaluate = self._job(f"evaluate-{key}", self.images.processing, instance_type, limits.evaluate) | {
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

    def _job(self, step: str, image: str, instance_type: str, max_runtime: int) -> dict[str, Any]:
        return {
            "JobStem": job_stem(step, self.execution_name, self.execution_arn),
            "Image": image,
            "InstanceType": instance_type,
            "MaxRuntimeInSeconds": max_runtime,
            "TimeoutSeconds": max_runtime + WAITING,
            "Round": 0,
        }
