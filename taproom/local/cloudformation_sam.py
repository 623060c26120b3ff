"""`Transform: AWS::Serverless-2016-10-31`: what CloudFormation's macro does with a SAM template, done offline."""

from __future__ import annotations

import copy
import logging
from typing import Any

SAM = "AWS::Serverless-2016-10-31"


def expand(template: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
    """The template in plain CloudFormation; one without the Transform comes back as it is.

    Raises ValidationError (as the API does) with every complaint of the translator.
    """
    from moto.cloudformation.exceptions import ValidationError

    transforms = template.get("Transform") or []
    transforms = [transforms] if isinstance(transforms, str) else list(transforms)
    if SAM not in transforms:
        if transforms:
            raise ValidationError(message=f"No transform named {transforms[0]} found: only {SAM} is known here")
        return template
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.translator.transform import transform

    # it complains, whenever it is collected, of metrics that it would have sent to AWS
    logging.getLogger("samtranslator.metrics.metrics").setLevel(logging.CRITICAL)
    try:
        expanded = transform(copy.deepcopy(template), dict(parameters), _ManagedPolicies())
    except InvalidDocumentException as error:
        causes = "; ".join(str(cause.message) for cause in error.causes) or error.message
        raise ValidationError(message=f"Transform {SAM} failed with: {causes}") from error
    expanded.pop("Transform", None)
    return expanded


class _ManagedPolicies:
    """AWS's managed policies by name, as the macro looks them up; any name of theirs stands for its ARN."""

    def load(self) -> dict[str, str]:
        return _NameToArn()


class _NameToArn(dict[str, str]):
    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and not name.startswith("arn:")

    def get(self, name: Any, default: Any = None) -> Any:
        return f"arn:aws:iam::aws:policy/{name}" if name in self else default

    def __getitem__(self, name: str) -> str:
        return self.get(name)
