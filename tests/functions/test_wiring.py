"""The functions against template.yaml and the lock: names, variables, packages."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
FUNCTIONS = PROJECT / "functions"
HANDLERS = {
    "TakeLease": "take_lease",
    "Prepare": "prepare",
    "LookUpStep": "look_up_step",
    "RecordStep": "record_step",
    "RecordRun": "record_run",
    "CloseRun": "close_run",
    "RetakeLease": "retake_lease",
    "FindChampion": "find_champion",
    "ParseEvaluation": "parse_evaluation",
    "Gate": "gate",
    "RegisterModel": "register_model",
    "TriageFailure": "triage_failure",
    "PublishTraining": "publish_training",
    "TellOutcome": "tell_outcome",
    "WatchFreshness": "watch_freshness",
}
SET_BY_LAMBDA = {"LAMBDA_TASK_ROOT"}


def test_the_template_names_every_handler(template):
    functions = {
        name: resource["Properties"]["Handler"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function" and resource["Properties"].get("CodeUri") != "report/"
    }
    assert functions == {name: f"{module}.handler" for name, module in HANDLERS.items()}


@pytest.mark.parametrize("name", HANDLERS)
def test_the_template_sets_every_variable_that_a_function_reads(template, environment, name):
    module = importlib.import_module(HANDLERS[name])
    common = template["Globals"]["Function"]["Environment"]["Variables"]
    own = template["Resources"][name]["Properties"].get("Environment", {}).get("Variables", {})
    config = getattr(module, "Config", None)
    read = {field.name.upper() for field in dataclasses.fields(config)} if config else set()
    assert read - SET_BY_LAMBDA <= common.keys() | own.keys()
    assert own.keys() <= read, "variables that nothing reads"
    assert {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE"} <= common.keys()


@pytest.mark.parametrize("name", HANDLERS)
def test_importing_a_function_makes_no_client(environment, name):
    client = importlib.import_module("aws").client
    client.cache_clear()
    importlib.reload(importlib.import_module(HANDLERS[name]))
    assert client.cache_info().currsize == 0


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def test_the_rules_know_neither_aws_nor_the_environment():
    files = sorted((FUNCTIONS / "rules").glob("*.py"))
    assert len(files) > 5
    for path in files:
        assert not set(imported(path)) & {"boto3", "botocore", "aws", "aws_lambda_powertools", "os", "time"}, path.name


def test_the_requirements_are_what_the_lock_pins():
    lock = (PROJECT / "requirements" / "run.lock").read_text()
    required = (PROJECT / "layers" / "functions" / "requirements.txt").read_text()
    pins = re.findall(r"^([a-z0-9-]+)(?:\[[a-z]+\])?==([0-9.]+)(?: #.*)?$", required, re.MULTILINE)
    # boto3 too: the tracer brings botocore, which would meet the Lambda runtime's own, older boto3
    assert [name for name, _ in pins] == ["aws-lambda-powertools", "boto3", "pydantic"]
    assert len(pins) == len(required.splitlines())
    for name, version in pins:
        assert re.search(rf"^{name}(\[[a-z,]+\])?=={re.escape(version)}\b", lock, re.MULTILINE), f"{name}=={version}"
