"""The contract of a Training container: SageMaker's part, and that of the image's own toolkit.

The toolkit unpacks ``sagemaker_submit_directory`` to /opt/ml/code, installs its requirements.txt and runs
``sagemaker_program`` with the other hyperparameters as arguments.
Contract: https://github.com/aws/sagemaker-training-toolkit
"""

from __future__ import annotations

import json
import os
import sys
import tarfile
from pathlib import Path
from typing import Any

from taproom.local.jobs.archive import pack
from taproom.local.jobs.container import HOST, Container
from taproom.local.jobs.pins import missing_pins
from taproom.local.jobs.transfer import TransferError, download, upload, upload_file


class TrainingContainer(Container):
    """Channels under /opt/ml/input/data, SM_* variables, the model from /opt/ml/model."""

    def prepare(self) -> list[str]:
        """Bring code, channels and checkpoints in, write the configuration, and return the command to run."""
        for channel in self._channels():
            source = channel["DataSource"]["S3DataSource"]
            target = self.path("input", "data", channel["ChannelName"])
            download(self.s3, source["S3Uri"], source["S3DataType"], target)
        for folder in (("model",), ("output", "data"), ("checkpoints",)):
            self.path(*folder)
        if checkpoints := self.request.get("CheckpointConfig"):
            self._restore(checkpoints["S3Uri"])
        self._write_configuration()
        given = self._decoded()
        code = self._unpack(given.get("sagemaker_submit_directory"))
        program = given.get("sagemaker_program")
        if not program or not (code / str(program)).is_file():
            raise TransferError(f"sagemaker_program {program!r} is not in the submit directory")
        if missing := missing_pins(code / "requirements.txt"):
            raise TransferError(
                f"requirements.txt asks for {', '.join(missing)}, which this environment has not. "
                "Jobs run in the environment of this command: pin what pyproject.toml pins, or add it there"
            )
        return [sys.executable, str(code / str(program)), *_arguments(_user_parameters(given))]

    def working_folder(self) -> Path:
        return self.base / "code"

    def environment(self) -> dict[str, str]:
        user = _user_parameters(self._decoded())
        channels = [channel["ChannelName"] for channel in self._channels()]
        data = {name: str(self.base / "input" / "data" / name) for name in channels}
        return {
            **super().environment(),
            "TRAINING_JOB_NAME": self.request["TrainingJobName"],
            "TRAINING_JOB_ARN": self.arn,
            "SM_MODEL_DIR": str(self.base / "model"),
            "SM_INPUT_DIR": str(self.base / "input"),
            "SM_INPUT_CONFIG_DIR": str(self.base / "input" / "config"),
            "SM_OUTPUT_DIR": str(self.base / "output"),
            "SM_OUTPUT_DATA_DIR": str(self.base / "output" / "data"),
            "SM_MODULE_DIR": str(self.base / "code"),
            "SM_CURRENT_HOST": HOST,
            "SM_HOSTS": json.dumps([HOST]),
            "SM_NUM_CPUS": str(os.cpu_count() or 1),
            "SM_NUM_GPUS": "0",
            "SM_CHANNELS": json.dumps(channels),
            **{f"SM_CHANNEL_{name.upper()}": folder for name, folder in data.items()},
            "SM_HPS": json.dumps(user),
            **{f"SM_HP_{name.upper()}": _text(value) for name, value in user.items()},
            "SM_USER_ARGS": json.dumps(_arguments(user)),
        }

    def message(self) -> str:
        """Why the script failed, in its own words (the start of FailureReason)."""
        return self.read_output("failure")

    def upload(self) -> None:
        """Pack the model, and bring it, extra output and checkpoints out."""
        output = self.base / "output"
        if any((self.base / "model").iterdir()):
            upload_file(self.s3, pack(self.base / "model", output / "model.tar.gz"), self._artifact())
        if any((output / "data").iterdir()):
            place = self._artifact().replace("/model.tar.gz", "/output.tar.gz")
            upload_file(self.s3, pack(output / "data", output / "output.tar.gz"), place)
        if checkpoints := self.request.get("CheckpointConfig"):
            upload(self.s3, self.base / "checkpoints", checkpoints["S3Uri"])

    def outcome(self) -> dict[str, Any]:
        """What Describe adds once the job has ended."""
        return {"ModelArtifacts": {"S3ModelArtifacts": self._artifact()}}

    def _artifact(self) -> str:
        folder = self.request["OutputDataConfig"]["S3OutputPath"].rstrip("/")
        return f"{folder}/{self.request['TrainingJobName']}/output/model.tar.gz"

    def _channels(self) -> list[dict[str, Any]]:
        return self.request.get("InputDataConfig", [])

    def _decoded(self) -> dict[str, Any]:
        """Hyperparameters as the toolkit reads them: each value is JSON where it can be, else text."""
        return {name: _decoded(value) for name, value in self.request.get("HyperParameters", {}).items()}

    def _write_configuration(self) -> None:
        config = self.path("input", "config")
        self.write_config(config, "hyperparameters.json", self.request.get("HyperParameters", {}))
        channels = {
            channel["ChannelName"]: {
                "TrainingInputMode": channel.get("InputMode", "File"),
                "S3DistributionType": channel["DataSource"]["S3DataSource"].get(
                    "S3DataDistributionType", "FullyReplicated"
                ),
                "RecordWrapperType": channel.get("RecordWrapperType", "None"),
            }
            for channel in self._channels()
        }
        self.write_config(config, "inputdataconfig.json", channels)
        instance = self.request["ResourceConfig"].get("InstanceType", "")
        group = {"instance_group_name": "homogeneousCluster", "instance_type": instance, "hosts": [HOST]}
        self.write_config(
            config,
            "resourceconfig.json",
            {
                "current_host": HOST,
                "hosts": [HOST],
                "current_instance_type": instance,
                "current_group_name": "homogeneousCluster",
                "instance_groups": [group],
                "network_interface_name": "eth0",
            },
        )

    def _unpack(self, submit_uri: Any) -> Path:
        code = self.path("code")
        if not isinstance(submit_uri, str):
            raise TransferError("the hyperparameter sagemaker_submit_directory is missing: there is no script to run")
        download(self.s3, submit_uri, "S3Prefix", self.path("input", "submit"))
        archive = self.base / "input" / "submit" / Path(submit_uri).name
        try:
            with tarfile.open(archive) as tar:
                tar.extractall(code, filter="data")
        except tarfile.TarError as error:
            raise TransferError(f"{submit_uri} cannot be unpacked: {error}") from error
        return code

    def _restore(self, uri: str) -> None:
        try:
            download(self.s3, uri.rstrip("/") + "/", "S3Prefix", self.base / "checkpoints")
        except TransferError as error:
            if "no S3 objects" not in str(error):  # the first attempt of a job has no checkpoint yet
                raise


def _decoded(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _user_parameters(decoded: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in sorted(decoded.items()) if not name.startswith("sagemaker_")}


def _arguments(parameters: dict[str, Any]) -> list[str]:
    """--name value for each hyperparameter; a name of one letter gets one dash, as the toolkit has it."""
    pairs = [(f"-{name}" if len(name) == 1 else f"--{name}", _text(value)) for name, value in parameters.items()]
    return [part for pair in pairs for part in pair]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value) if isinstance(value, list | dict) else str(value)
