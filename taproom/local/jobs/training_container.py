"""The contract of a Training container: SageMaker's part of it; toolkit.py is the image's.

The toolkit unpacks ``sagemaker_submit_directory`` to /opt/ml/code, installs its requirements.txt and runs
``sagemaker_program`` there with the other hyperparameters as arguments.
"""

from __future__ import annotations

import json
import os
import sys
import tarfile
import zlib
from functools import cached_property
from pathlib import Path
from typing import Any

from taproom.local.jobs import toolkit
from taproom.local.jobs.archive import pack
from taproom.local.jobs.container import HOST, OPT_ML, Container
from taproom.local.jobs.pins import missing_pins
from taproom.local.jobs.transfer import NothingFound, TransferError, download, upload, upload_file

GROUP = "homogeneousCluster"  # SageMaker's name of the one group of equal instances
NETWORK = "eth0"
CONFIGURATION = ("input", "config")


class TrainingContainer(Container):
    """Channels under /opt/ml/input/data, SM_* variables, the model from /opt/ml/model."""

    def prepare(self) -> list[str]:
        """Bring code, channels and checkpoints in, write the configuration, and return the command to run."""
        for channel in self._channels:
            source = channel["DataSource"]["S3DataSource"]
            target = self.path("input", "data", channel["ChannelName"])
            download(self.s3, source["S3Uri"], source["S3DataType"], target)
        for folder in (("model",), ("output", "data"), ("output", "intermediate"), ("checkpoints",)):
            self.path(*folder)
        self._restore_checkpoints()
        self._write_configuration()
        code = self._unpack(self._parameters.get("sagemaker_submit_directory"))
        program = self._program
        if not program or not (code / program).is_file():
            raise TransferError(f"sagemaker_program {program!r} is not in the submit directory")
        if missing := missing_pins(code / "requirements.txt"):
            raise TransferError(
                f"requirements.txt asks for {', '.join(missing)}, which this environment has not. "
                "Jobs run in the environment of this command: pin what pyproject.toml pins, or add it there"
            )
        return self._command()

    def working_folder(self) -> Path:
        return self.base / "code"

    def environment(self) -> dict[str, str]:
        """SageMaker's variables and the toolkit's."""
        described = self._described()
        parameters = {f"hp_{name}": value for name, value in self._user_parameters.items()}
        folders = {f"channel_{name}": folder for name, folder in described["channel_input_dirs"].items()}
        short = {
            "channels": sorted(described["channel_input_dirs"]),
            "framework_params": described["additional_framework_parameters"],
            "hps": described["hyperparameters"],
            "training_env": described,
            "user_args": toolkit.arguments(self._user_parameters),
        }
        renamed = {"channel_input_dirs", "additional_framework_parameters", "hyperparameters", "is_master", "job_name"}
        plain = {name: value for name, value in described.items() if name not in renamed}
        return {
            **super().environment(),
            "TRAINING_JOB_NAME": self.request["TrainingJobName"],
            "TRAINING_JOB_ARN": self.arn,
            **toolkit.variables({**plain, **short, **folders, **parameters}),
        }

    def message(self) -> str:
        """Why the script failed, in its own words (the start of FailureReason)."""
        return self.read_output("failure")

    def failure(self, code: int, last_line: str) -> str:
        """FailureReason of a script that ended with ``code``; the toolkit speaks where the script was silent."""
        message = self.message() or toolkit.failure_message(code, last_line, ["python3", *self._command()[1:]])
        return f"AlgorithmError: {message}, exit code: {code}"

    def upload(self) -> None:
        """Pack the model, and bring it, extra output and checkpoints out."""
        output = self.base / "output"
        if any((self.base / "model").iterdir()):
            upload_file(self.s3, pack(self.base / "model", output / "model.tar.gz"), self._artifact)
        if any((output / "data").iterdir()):
            place = self._artifact.replace("/model.tar.gz", "/output.tar.gz")
            upload_file(self.s3, pack(output / "data", output / "output.tar.gz"), place)
        self.save_progress()

    def save_progress(self) -> None:
        """Bring the checkpoints out: SageMaker does so all the time, thus a failed job's are kept too."""
        if checkpoints := self.request.get("CheckpointConfig"):
            upload(self.s3, self._checkpoints, checkpoints["S3Uri"])

    def outcome(self) -> dict[str, Any]:
        """What Describe adds once the job has ended."""
        return {"ModelArtifacts": {"S3ModelArtifacts": self._artifact}}

    @property
    def _artifact(self) -> str:
        folder = self.request["OutputDataConfig"]["S3OutputPath"].rstrip("/")
        return f"{folder}/{self.request['TrainingJobName']}/output/model.tar.gz"

    @property
    def _channels(self) -> list[dict[str, Any]]:
        return self.request.get("InputDataConfig", [])

    @property
    def _checkpoints(self) -> Path:
        return Path(self.mapped(self.request["CheckpointConfig"].get("LocalPath", f"{OPT_ML}/checkpoints")))

    @cached_property
    def _parameters(self) -> dict[str, Any]:
        given = self.request.get("HyperParameters", {})
        return {name: self.mapped_all(toolkit.decoded(value)) for name, value in given.items()}

    @cached_property
    def _user_parameters(self) -> dict[str, Any]:
        return toolkit.user_parameters(self._parameters)

    @property
    def _program(self) -> str:
        return str(self._parameters.get("sagemaker_program") or "")

    def _command(self) -> list[str]:
        return [sys.executable, self._program, *toolkit.arguments(self._user_parameters)]

    def _described(self) -> dict[str, Any]:
        """The toolkit's Environment of this job; its SM_TRAINING_ENV."""
        resources, program = self._resources(), self._program
        own = {name: value for name, value in self._parameters.items() if name.startswith(toolkit.PREFIX)}
        spoken_for = {"sagemaker_program", "sagemaker_submit_directory", "sagemaker_region"}
        return {
            "additional_framework_parameters": {
                name: value for name, value in own.items() if name not in spoken_for | {"sagemaker_container_log_level"}
            },
            "channel_input_dirs": {
                channel["ChannelName"]: str(self.base / "input" / "data" / channel["ChannelName"])
                for channel in self._channels
            },
            "current_host": HOST,
            "current_instance_group": GROUP,
            "current_instance_group_hosts": [HOST],
            "current_instance_type": resources["current_instance_type"],
            "distribution_hosts": [],
            "distribution_instance_groups": [],
            "framework_module": toolkit.FRAMEWORK_MODULE,
            "hosts": [HOST],
            "hyperparameters": self._user_parameters,
            "input_config_dir": str(self.base.joinpath(*CONFIGURATION)),
            "input_data_config": self._inputs(),
            "input_dir": str(self.base / "input"),
            "instance_groups": [GROUP],
            "instance_groups_dict": {GROUP: resources["instance_groups"][0]},
            "is_hetero": False,
            "is_master": True,
            "job_name": self.request["TrainingJobName"],
            "log_level": self._parameters.get("sagemaker_container_log_level", 20),
            "master_hostname": HOST,
            "model_dir": str(self.base / "model"),
            "module_dir": self._parameters.get("sagemaker_submit_directory"),
            "module_name": program.removesuffix(".py"),
            "network_interface_name": NETWORK,
            "num_cpus": os.cpu_count() or 1,
            "num_gpus": 0,
            "num_neurons": 0,
            "output_data_dir": str(self.base / "output" / "data"),
            "output_dir": str(self.base / "output"),
            "output_intermediate_dir": str(self.base / "output" / "intermediate"),
            "resource_config": resources,
            "user_entry_point": program,
        }

    def _write_configuration(self) -> None:
        folder = self.path(*CONFIGURATION)
        given = self.request.get("HyperParameters", {})
        values = {name: self._mapped_text(value) for name, value in given.items()}
        self.write_config(folder, "hyperparameters.json", values)
        self.write_config(folder, "inputdataconfig.json", self._inputs())
        self.write_config(folder, "resourceconfig.json", self._resources())

    def _mapped_text(self, value: str) -> str:
        """A hyperparameter as it was sent, its paths mapped; most are JSON in a text."""
        before = toolkit.decoded(value)
        after = self.mapped_all(before)
        if after == before:
            return value
        return after if before == value else json.dumps(after)

    def _inputs(self) -> dict[str, Any]:
        return {
            channel["ChannelName"]: {
                **({"ContentType": channel["ContentType"]} if "ContentType" in channel else {}),
                "TrainingInputMode": "File",
                "S3DistributionType": "FullyReplicated",
                "RecordWrapperType": channel.get("RecordWrapperType", "None"),
            }
            for channel in self._channels
        }

    def _resources(self) -> dict[str, Any]:
        instance = self.request["ResourceConfig"].get("InstanceType", "")
        return {
            "current_host": HOST,
            "hosts": [HOST],
            "current_instance_type": instance,
            "current_group_name": GROUP,
            "instance_groups": [{"instance_group_name": GROUP, "instance_type": instance, "hosts": [HOST]}],
            "network_interface_name": NETWORK,
        }

    def _unpack(self, submit_uri: Any) -> Path:
        code = self.path("code")
        if not isinstance(submit_uri, str):
            raise TransferError("the hyperparameter sagemaker_submit_directory is missing: there is no script to run")
        arrived = self.base.parent / "submit"  # beside /opt/ml: the toolkit keeps it in a place of its own too
        download(self.s3, submit_uri, "S3Prefix", arrived)
        try:
            with tarfile.open(arrived / Path(submit_uri).name) as tar:
                tar.extractall(code, filter="data")
        except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
            raise TransferError(f"{submit_uri} cannot be unpacked: {error}") from error
        return code

    def _restore_checkpoints(self) -> None:
        if checkpoints := self.request.get("CheckpointConfig"):
            self._checkpoints.mkdir(parents=True, exist_ok=True)
            try:
                download(self.s3, checkpoints["S3Uri"].rstrip("/") + "/", "S3Prefix", self._checkpoints)
            except NothingFound:  # the first attempt of a job has no checkpoint yet
                return
