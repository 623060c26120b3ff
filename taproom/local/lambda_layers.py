"""Layers of a Lambda function: their contents as one folder, which on Lambda is /opt, and the packages in it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taproom.local.lambda_unpacked import digest, unpacked

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

PACKAGES = "python"  # where Lambda's Python looks for packages in a layer


def install(aws: LocalAws) -> None:
    """Have every function keep what its layers hold: it goes on with a version that is deleted."""
    from moto.awslambda.models import LambdaFunction, lambda_backends

    shutil.rmtree(aws.root / "layers", ignore_errors=True)  # of earlier runs

    def get_layers_data(self: Any, arns: list[str]) -> Any:
        described = original(self, arns)
        backend = lambda_backends[self.account_id][self.region]
        versions = [version for arn in arns if (version := backend.layers_versions_by_arn(arn))]
        self.layer_contents = {version.code_digest: version.code_bytes for version in versions}
        return described

    original = aws.patch(LambdaFunction, "_get_layers_data", get_layers_data)


def packages_of(function: Any, folder: Path) -> tuple[Path, ...]:
    """Folders of packages in a function's layers, unpacked below ``folder``; a later layer covers an earlier one."""
    contents = function.layer_contents
    if not contents:
        return ()
    opt = unpacked(list(contents.values()), folder / digest("".join(contents).encode()), PACKAGES)
    return opt / PACKAGES / "lib" / function.run_time / "site-packages", opt / PACKAGES
