"""The contract of a Processing container."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from taproom.local.jobs.container import HOST, Container
from taproom.local.jobs.transfer import download, upload

PYTHON = re.compile(r"python(3(\.\d+)?)?")


class ProcessingContainer(Container):
    """Inputs under /opt/ml/processing, configuration under /opt/ml/config, no SM_* variables."""

    def prepare(self) -> list[str]:
        """Bring the inputs in, write the configuration, and return the command to run."""
        for given in self.request.get("ProcessingInputs", ()):
            source = given["S3Input"]
            target = Path(self.mapped(source["LocalPath"]))
            download(self.s3, source["S3Uri"], source.get("S3DataType", "S3Prefix"), target)
        for given in self._outputs():
            Path(self.mapped(given["S3Output"]["LocalPath"])).mkdir(parents=True, exist_ok=True)
        self.path("output")
        config = self.path("config")
        self.write_config(config, "processingjobconfig.json", {"ProcessingJobArn": self.arn, **self.request})
        self.write_config(config, "resourceconfig.json", {"current_host": HOST, "hosts": [HOST]})
        application = self.request["AppSpecification"]
        command = [*application.get("ContainerEntrypoint", ()), *application.get("ContainerArguments", ())]
        return [_interpreter(self.mapped(command[0])), *(self.mapped(argument) for argument in command[1:])]

    def environment(self) -> dict[str, str]:
        return super().environment() | {"PROCESSING_JOB_NAME": self.request["ProcessingJobName"]}

    def working_folder(self) -> Path:
        return self.base

    def message(self) -> str:
        """What the script says of its end (ExitMessage)."""
        return self.read_output("message")

    def failure(self, code: int, last_line: str) -> str:
        """FailureReason of a script that ended with ``code``; what it says itself is its ExitMessage."""
        return f"AlgorithmError: See job logs for more information, exit code: {code}"

    def save_progress(self) -> None:
        """Nothing: a processing job's outputs count at its end."""

    def upload(self) -> None:
        for given in self._outputs():
            target = given["S3Output"]
            upload(self.s3, Path(self.mapped(target["LocalPath"])), target["S3Uri"])

    def outcome(self) -> dict[str, Any]:
        """What Describe adds once the job has ended."""
        return {}

    def _outputs(self) -> list[dict[str, Any]]:
        return self.request.get("ProcessingOutputConfig", {}).get("Outputs", [])


def _interpreter(program: str) -> str:
    """The image's Python is this one."""
    return sys.executable if PYTHON.fullmatch(Path(program).name) else program
