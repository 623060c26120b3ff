"""Small templates, functions and state machines for the tests of the local AWS."""

from __future__ import annotations

import io
import json
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from taproom.deploy import deploy
from taproom.local.aws import LocalAws


def trusting(*services: str) -> dict[str, Any]:
    """A trust policy: ``trusting("lambda")``."""
    principal = {"Service": [f"{name}.amazonaws.com" for name in services]}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


TRUST = trusting("lambda", "states", "events", "scheduler", "sagemaker")
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
PASS_THROUGH = json.dumps({"StartAt": "Only", "States": {"Only": {"Type": "Pass", "End": True}}})


def eventually(look: Callable[[], Any], within: float = 10.0) -> Any:
    """What ``look`` gives once it is true; fails after ``within`` seconds."""
    deadline = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < deadline, f"nothing after {within:.0f} s"
        threading.Event().wait(0.01)
    return found


def machine_template(definition: dict[str, Any], **outputs: str) -> str:
    """A SAM template of one state machine, whose ARN is the output StateMachineArn; ``outputs`` are further ones."""
    machine = {"Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Definition": definition}
    document = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "AssumeRolePolicyDocument": TRUST,
                    "Policies": [{"PolicyName": "Everything", "PolicyDocument": EVERYTHING}],
                },
            },
            "Machine": {"Type": "AWS::Serverless::StateMachine", "Properties": machine},
        },
        "Outputs": {"StateMachineArn": {"Value": {"Ref": "Machine"}}}
        | {name: {"Value": value} for name, value in outputs.items()},
    }
    return json.dumps(document)


def make_role(aws: LocalAws, name: str = "role", policy: dict[str, Any] | None = None) -> str:
    """A role that every service may assume, for what a policy allows: everything where none is given."""
    iam = aws.client("iam")
    try:
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    except iam.exceptions.EntityAlreadyExistsException:
        return iam.get_role(RoleName=name)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="policy", PolicyDocument=json.dumps(policy or EVERYTHING))
    return role


def zip_of(**files: str) -> bytes:
    """A zip of Python modules: ``zip_of(app="def handler...")``."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.py", text)
    return buffer.getvalue()


def make_function(aws: LocalAws, name: str, source: str, **options: Any) -> None:
    arguments = {"Runtime": "python3.12", "Handler": "app.handler", "Timeout": 10, "MemorySize": 256, **options}
    code = arguments.pop("code", None) or zip_of(app=source)
    aws.client("lambda").create_function(FunctionName=name, Role=make_role(aws), Code={"ZipFile": code}, **arguments)


def invoke(aws: LocalAws, name: str, event: Any = None, **options: Any) -> tuple[Any, str | None]:
    """The payload of an invocation and its FunctionError."""
    answer = aws.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode(), **options)
    return json.loads(answer["Payload"].read() or b"null"), answer.get("FunctionError")


def make_machine(aws: LocalAws, name: str, definition: str = PASS_THROUGH) -> str:
    stepfunctions = aws.client("stepfunctions")
    made = stepfunctions.create_state_machine(name=name, definition=definition, roleArn=make_role(aws))
    return made["stateMachineArn"]


def inputs(aws: LocalAws, machine: str) -> list[Any]:
    """Inputs of all executions of a machine, the oldest first."""
    stepfunctions = aws.client("stepfunctions")
    executions = stepfunctions.list_executions(stateMachineArn=machine)["executions"]
    described = [stepfunctions.describe_execution(executionArn=one["executionArn"]) for one in executions]
    return [json.loads(one["input"]) for one in sorted(described, key=lambda one: one["startDate"])]


def deploy_text(aws: LocalAws, folder: Path, text: str, stack: str, **parameters: str) -> dict[str, str]:
    """Deploy a template given as text; its paths count from ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    template = folder / "template.yaml"
    template.write_text(text)
    return deploy(aws.client, template, stack, parameters, artifact_bucket="artifacts")
