"""What `taproom doctor` takes for the default instances are those that the first state takes."""

from __future__ import annotations

from rules.execution_input import ExecutionInput

from taproom.doctor.site import DEFAULTS


def test_the_doctor_s_defaults_are_the_parameters():
    assert ExecutionInput().model_dump(by_alias=True).items() >= DEFAULTS.items()
