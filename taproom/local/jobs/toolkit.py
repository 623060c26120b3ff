"""What the image's own toolkit does: hyperparameters as arguments and SM_* variables, and its word on a failure.

Contract: https://github.com/aws/sagemaker-training-toolkit (environment.py, mapping.py, errors.py)
"""

from __future__ import annotations

import json
from typing import Any

PREFIX = "sagemaker_"  # hyperparameters for the toolkit itself, not for the script
FRAMEWORK_MODULE = "sagemaker_tensorflow_container.training:main"  # what the TensorFlow images set


def decoded(value: str) -> Any:
    """A hyperparameter as the toolkit reads it: JSON where it can be, else text."""
    try:
        return json.loads(value)
    except ValueError:
        return value


def user_parameters(parameters: dict[str, Any]) -> dict[str, Any]:
    """The hyperparameters that are the script's, by name."""
    return {name: parameters[name] for name in sorted(parameters) if not name.startswith(PREFIX)}


def arguments(parameters: dict[str, Any]) -> list[str]:
    """--name value for each hyperparameter; a name of one letter gets one dash.

    Values are Python's texts of them (True, [1, 2]), except that a mapping becomes a=1,b=2.
    """
    parts = []
    for name, value in parameters.items():
        parts += [f"-{name}" if len(name) == 1 else f"--{name}", _argument(value)]
    return parts


def variables(described: dict[str, Any]) -> dict[str, str]:
    """SM_<NAME> for each: a text as it is, anything else as compact JSON."""
    return {f"SM_{name.upper()}": _variable(value) for name, value in described.items()}


def failure_message(code: int, last_line: str, command: list[str]) -> str:
    """What the toolkit writes to output/failure where the script wrote nothing."""
    return f'ExecuteUserScriptError:\nExitCode {code}\nErrorMessage "{last_line}"\nCommand "{" ".join(command)}"'


def _argument(value: Any) -> str:
    if isinstance(value, dict):
        return ",".join(f"{key}={value[key]}" for key in sorted(value))
    return "" if value is None else str(value)


def _variable(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, sort_keys=True, separators=(",", ":"))
