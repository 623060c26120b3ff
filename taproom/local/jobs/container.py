"""What both kinds of container have in common: a folder that plays /opt/ml, and an environment from nothing."""

from __future__ import annotations

import json
import os
import re
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taproom.local.authorization.authorizer import AccessDenied
from taproom.local.authorization.callers import Caller
from taproom.local.authorization.implied import of_job
from taproom.local.jobs.transfer import TransferError

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

OPT_ML = "/opt/ml"
MOUNTED = re.compile(r"(?:^|(?<==))/opt/ml(?=/|$)")  # a path, or the value of --option=path
HOST = "algo-1"


class Container:
    """Base of the two containers. ``base`` is the folder that plays /opt/ml."""

    def __init__(self, request: dict[str, Any], arn: str, base: Path, aws: LocalAws) -> None:
        """Whatever is brought in or out is so with the job's role."""
        self.request = request
        self.arn = arn
        self.base = base
        self.aws = aws
        self.caller = Caller(request["RoleArn"], "SageMaker", "sagemaker.amazonaws.com", arn)

    @cached_property
    def s3(self) -> Any:
        return self.aws.authorizer.clients.client("s3", self.caller)

    @property
    def image(self) -> str:
        """The image's URI."""
        named = self.request.get("AlgorithmSpecification", self.request.get("AppSpecification", {}))
        return named.get("TrainingImage") or named.get("ImageUri", "")

    def may_start(self) -> None:
        """Raise TransferError where the job's role may not pull the image, or use the network and the keys."""
        try:
            self.aws.authorizer.require(self.caller, of_job(self.request, self.image, self.aws.authorizer.site))
        except AccessDenied as error:
            raise TransferError(f"The role {self.caller.role} cannot start the image {self.image}: {error}") from error

    def mapped(self, text: str) -> str:
        """``text`` with a leading /opt/ml replaced by the job's folder: what a mount does in a container."""
        return MOUNTED.sub(lambda _: str(self.base), text)

    def mapped_all(self, document: Any) -> Any:
        """A JSON document with every text in it ``mapped``."""
        if isinstance(document, dict):
            return {key: self.mapped_all(value) for key, value in document.items()}
        if isinstance(document, list | tuple):
            return [self.mapped_all(value) for value in document]
        return self.mapped(document) if isinstance(document, str) else document

    def path(self, *parts: str) -> Path:
        """A folder below /opt/ml, made if it is not there."""
        folder = self.base.joinpath(*parts)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def write_config(self, folder: Path, name: str, document: Any) -> None:
        text = json.dumps(self.mapped_all(document), indent=2, default=str)
        (folder / name).write_text(text + "\n", encoding="utf-8")

    def environment(self) -> dict[str, str]:
        """Only what a container has: nothing of this process's environment, no credentials, no proxies."""
        given = {name: self.mapped(value) for name, value in self.request.get("Environment", {}).items()}
        return {
            # a process needs a search path; the interpreter's own folder comes first, as in the images
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
            "HOME": str(self.base.parent.parent),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_REGION": self.aws.region,
            "SAGEMAKER_BASE_DIR": str(self.base),
            **given,
        }

    def read_output(self, name: str) -> str:
        """The text that the script left in output/<name>; empty where it left none."""
        path = self.base / "output" / name
        return path.read_text(encoding="utf-8", errors="replace").strip() if path.is_file() else ""
