"""A deployed stack with a finished run and three versions of each model, where a reader's commands are typed."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from taproom.cli import taproom
from taproom.sam_cli import Tools
from tests.pipeline.deployed import Pipeline, script
from tests.taproom.registered import BUCKET, Registered

MODELS = ("retrieval", "ranking")
USUAL = ("PendingManualApproval", "Approved", "PendingManualApproval")  # of versions 1 to 3


@dataclass(frozen=True)
class Typed:
    code: int
    output: str


class Site:
    """Commands are typed in ``folder``."""

    def __init__(self, pipeline: Pipeline, folder: Path) -> None:
        self.pipeline, self.folder = pipeline, folder
        self.work = pipeline.aws.root.parent
        pipeline.upload("reviews/first/reviews.csv", script())
        registered = Registered(pipeline.aws, models=())
        self.versions = {model: [f"{self._group(model)}/1"] for model in MODELS}
        for model in MODELS:
            self.versions[model] += [registered.add(model), registered.add(model)]
        self.queue = pipeline.aws.client("sqs").get_queue_url(QueueName=self._queue())["QueueUrl"]
        self.names = {"DATA-BUCKET": BUCKET, "QUEUE-URL": self.queue}

    def _group(self, model: str) -> str:
        return f"arn:aws:sagemaker:us-east-1:123456789012:model-package/taproom-{model}"

    def _queue(self) -> str:
        cloudformation = self.pipeline.aws.client("cloudformation")
        asked = {"StackName": "taproom", "LogicalResourceId": "UploadDeadLetters"}
        (told,) = cloudformation.describe_stack_resources(**asked)["StackResources"]
        return told["PhysicalResourceId"].rpartition("/")[2]

    def undecided(self) -> None:
        """Every version has its usual status again."""
        sagemaker = self.pipeline.aws.client("sagemaker")
        for versions in self.versions.values():
            for arn, status in zip(versions, USUAL, strict=True):
                sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus=status)

    def types(self, command: str) -> Typed:
        """Type a command of `taproom` or `aws`; what it prints, on either stream."""
        for name, value in self.names.items():
            command = command.replace(name, value)
        program, *arguments = shlex.split(command)
        return self._taproom(*arguments) if program == "taproom" else self._aws(*arguments)

    def _taproom(self, name: str, *arguments: str) -> Typed:
        aws = self.pipeline.aws
        place = ("--endpoint-url", aws.endpoint_url, "--region", aws.region, "--work", str(self.work))
        result = CliRunner().invoke(taproom, [name, *place, *arguments])
        return Typed(result.exit_code, result.output)

    def _aws(self, *arguments: str) -> Typed:
        cli, endpoint_url = self.cli, self.pipeline.aws.endpoint_url
        done = subprocess.run(  # version 1 asks SQS at AWS, whatever AWS_ENDPOINT_URL says
            [str(cli.venv / "bin" / "aws"), "--endpoint-url", endpoint_url, *arguments],
            cwd=self.folder,
            env=dict(cli.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return Typed(done.returncode, done.stdout + done.stderr)

    @property
    def cli(self) -> Tools:
        from taproom.sam_cli import tools

        return tools(self.folder, self.pipeline.aws.endpoint_url, self.pipeline.aws.root)
