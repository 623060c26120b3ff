"""moto's ASL interpreter, run in this process on the rendered definition, with the tasks' outcomes given as data.

Only each SageMaker task's resource is exchanged, for the same call through ``aws-sdk``: moto can take that call's
outcome from a script, and does not know the ``.sync`` form.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from moto.stepfunctions.parser.api import StateMachineType
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.evaluation_details import AWSExecutionDetails
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.mocking.mock_config import MockedResponseReturn, MockedResponseThrow

RENDERED = Path(__file__).resolve().parents[2] / "statemachine" / "retraining.asl.json"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd"
EXECUTION = {
    "Id": "arn:aws:states:us-east-1:123456789012:execution:taproom:weekly",
    "Name": "weekly",
    "RoleArn": "arn:aws:iam::123456789012:role/states",
    "StartTime": "2025-01-06T06:00:00.000Z",
}


def returns(payload: Any) -> MockedResponseReturn:
    """A task's outcome: a result."""
    return MockedResponseReturn(0, 0, payload)


def raises(error: str, cause: str = "") -> MockedResponseThrow:
    """A task's outcome: an error."""
    return MockedResponseThrow(0, 0, error, cause)


class OneAfterAnother:
    """A state's outcomes by visit, where moto would take them by retry."""

    def __init__(self, state: str, outcomes: list[Any]) -> None:
        self.state, self.outcomes = state, list(outcomes)
        self.mocked_responses = self

    def __len__(self) -> int:
        return 1_000_000

    def __getitem__(self, retry: int) -> Any:
        assert self.outcomes, f"{self.state} was visited more often than the test says"
        return self.outcomes.pop(0)


@dataclass
class Script:
    """What moto asks for a state's outcome."""

    state_mocked_responses: Mapping[str, OneAfterAnother]


@dataclass(frozen=True)
class Run:
    """What came of an execution; ``requests`` holds each task's parameters, by state, in order."""

    succeeded: bool
    output: Any
    error: str
    cause: str
    visited: list[str]
    requests: dict[str, list[dict[str, Any]]] = field(repr=False)


def states_in(definition: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every (name, state), branches included."""
    for name, state in definition["States"].items():
        yield name, state
        for branch in state.get("Branches", ()):
            yield from states_in(branch)


def execute(outcomes: Mapping[str, list[Any]], *, given: Any = None, redrives: int = 0) -> Run:
    """Execute the rendered definition; a task visited without an outcome fails the execution."""
    definition, program = parsed()
    tasks = {name: state for name, state in states_in(definition) if state["Type"] == "Task"}
    environment = Environment(
        aws_execution_details=AWSExecutionDetails("123456789012", "us-east-1", EXECUTION["RoleArn"]),
        execution_type=StateMachineType.STANDARD,
        context={
            "Execution": {**EXECUTION, "Input": given or {}, "RedriveCount": redrives},
            "StateMachine": {"Id": "arn:aws:states:us-east-1:123456789012:stateMachine:taproom", "Name": "taproom"},
        },
        event_history_context=EventHistoryContext.of_program_start(),
        cloud_watch_logging_session=None,
        activity_store={},
        mock_test_case=Script({name: OneAfterAnother(name, outcomes.get(name, [])) for name in tasks}),
    )
    program.eval(environment)
    return read_run(environment)


@cache
def parsed() -> tuple[dict[str, Any], Any]:
    """The definition with its resources exchanged, and moto's program of it, which an execution does not change."""
    definition = json.loads(
        RENDERED.read_text().replace("${Partition}", "aws").replace("${TrainingNetwork}", "VpcConfig")
    )
    for name, state in states_in(definition):
        if state.get("Resource") == f"${{{name}Arn}}":
            state["Resource"] = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
        if ":sagemaker:" in state.get("Resource", ""):
            state["Resource"] = state["Resource"].replace(":sagemaker:", ":aws-sdk:sagemaker:").removesuffix(".sync")
    return definition, AmazonStateLanguageParser.parse(json.dumps(definition))[0]


def read_run(environment: Environment) -> Run:
    visited, requests, state_of = [], {}, {}
    events = environment.event_manager.get_event_history()
    for event in events:
        if event["type"].endswith("StateEntered"):
            visited.append(event["stateEnteredEventDetails"]["name"])
            state_of[event["id"]] = visited[-1]
        else:
            state_of[event["id"]] = state_of.get(event["previousEventId"], "")
        if event["type"] == "TaskScheduled":
            asked = event["taskScheduledEventDetails"]["parameters"]
        elif event["type"] == "LambdaFunctionScheduled":
            asked = event["lambdaFunctionScheduledEventDetails"]["input"]
        else:
            continue
        requests.setdefault(state_of[event["id"]], []).append(json.loads(asked))
    failed = events[-1].get("executionFailedEventDetails") or {}
    return Run(
        succeeded=isinstance(environment.program_state(), ProgramEnded),
        output=environment.states.get_input(),
        error=failed.get("error") or "",
        cause=failed.get("cause") or "",
        visited=visited,
        requests=requests,
    )


def planned(model: str) -> dict[str, Any]:
    """What Prepare plans for a model's branch."""
    key = model.lower()
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/tensorflow-training:2.19-cpu-py312"
    return {
        "Train": {
            "Run": "weekly-0123456789ab",
            "JobStem": f"weekly-train-{key}",
            "Image": image,
            "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.2xlarge", "VolumeSizeInGB": 40},
            "StoppingCondition": {"MaxRuntimeInSeconds": 43_200, "MaxWaitTimeInSeconds": 50_000},
            "UseSpot": True,
            "TimeoutSeconds": 53_600,
            "HyperParameters": {"epochs": "20", "sagemaker_program": '"train.py"'},
            "OutputDataConfig": {"S3OutputPath": f"s3://bucket/runs/weekly/models/{key}/", "KmsKeyId": KEY},
            "Network": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
            "CheckpointPrefix": f"s3://bucket/checkpoints/weekly/{key}/",
            "Round": 0,
        },
        "Evaluate": {
            "Run": "weekly-0123456789ab",
            "JobStem": f"weekly-evaluate-{key}",
            "Image": image,
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 50},
            "StoppingCondition": {"MaxRuntimeInSeconds": 14_400},
            "KmsKeyId": "",
            "NetworkConfig": {"EnableNetworkIsolation": False},
            "TimeoutSeconds": 18_000,
            "Arguments": ["evaluate.py", "--k", "500"],
            "OutputPrefix": f"s3://bucket/runs/weekly/evaluation/{key}/",
            "Round": 0,
        },
        "ChampionPrefix": f"s3://bucket/runs/weekly/champion/{key}/",
        "GateUri": f"s3://bucket/runs/weekly/gate/{key}/gate.json",
    }


PREPARED = {
    "schema_version": 1,
    "Outcome": "Run",
    "Parameters": {
        "AccuracyTop500Threshold": 0.5,
        "ModelApprovalStatus": "PendingManualApproval",
        "CacheConfig": {"Enabled": True, "ExpireAfter": "P30D"},
    },
    "Trigger": None,
    "RerunOf": None,
    "Triggers": {"Count": 0, "Uri": ""},
    "Fingerprint": "f",
    "Reviews": {"Count": 1, "Bytes": 2, "ManifestUri": "s3://bucket/runs/weekly/reviews.manifest", "Digest": "r"},
    "Code": {
        "Digest": "c",
        "SourcePrefix": "s3://bucket/code/c/src/",
        "SubmitUri": "s3://bucket/code/c/sourcedir.tar.gz",
    },
    "RunPrefix": "s3://bucket/runs/weekly/",
    "DataPrefix": "s3://bucket/runs/weekly/data/",
    "Preprocess": {
        "Run": "weekly-0123456789ab",
        "JobStem": "weekly-preprocess",
        "Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/tensorflow-training:2.19-cpu-py312",
        "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 60},
        "StoppingCondition": {"MaxRuntimeInSeconds": 7_200},
        "KmsKeyId": KEY,
        "NetworkConfig": {
            "EnableNetworkIsolation": False,
            "VpcConfig": {"Subnets": ["s-1"], "SecurityGroupIds": ["g"]},
        },
        "TimeoutSeconds": 10_800,
        "Arguments": ["preprocess.py", "--test-fraction", "0.15"],
        "Round": 0,
    },
    **{name: planned(name) for name in ("Retrieval", "Ranking")},
    "Gate": {"Retrieval": {"Threshold": 0.5}, "Ranking": {"Threshold": None}},
}


def answers(**payload: Any) -> MockedResponseReturn:
    """A function's answer, as Lambda's Invoke gives it to the interpreter."""
    return returns({"StatusCode": 200, "Payload": payload})


def processed(status: str = "Completed") -> MockedResponseReturn:
    """What a processing job's Describe says, as far as it always says it."""
    return returns({"ProcessingJobName": "p", "ProcessingJobArn": "arn:p", "ProcessingJobStatus": status})


def trained(status: str = "Completed", model: str = "retrieval") -> MockedResponseReturn:
    """What a training job's Describe says, as far as it always says it."""
    artifacts = {"S3ModelArtifacts": f"s3://bucket/runs/weekly/models/{model}/t/output/model.tar.gz"}
    job = {"TrainingJobName": "t", "TrainingJobArn": "arn:t", "TrainingJobStatus": status, "SecondaryStatus": status}
    return returns({**job, "ModelArtifacts": artifacts})


def triaged(retry: bool, number: int = 0, step: str = "TrainRetrieval") -> MockedResponseReturn:
    """Triage's answer; the wait is 0 so that no test waits."""
    error = {"Error": "AlgorithmError", "Cause": "it said {} and 'no'", "JobName": "t"}
    return answers(Retry=retry, Round=number, WaitSeconds=0, Step=step, **error)


def leased(taken: bool = True, wait: int = 0) -> MockedResponseReturn:
    """TakeLease's answer."""
    reason = "nobody has it" if taken else "another execution is running"
    return answers(schema_version=1, Taken=taken, WaitSeconds=wait, Holder="arn:holder", Reason=reason)


def missed() -> MockedResponseReturn:
    """A look-up's answer where no earlier run did the same."""
    return answers(Hit=False, Output={}, From="", Reason="never done before", Key="k")


def found(**output: str) -> MockedResponseReturn:
    """A look-up's answer where an earlier run did, and what it made."""
    return answers(Hit=True, Output=output, From="arn:earlier", Reason="done before", Key="k")


def recorded() -> MockedResponseReturn:
    return answers(Recorded=True, Reason="")


def cache_outcomes(step: str) -> dict[str, list[Any]]:
    """A step's outcomes around its job, which runs."""
    return {f"LookUp{step}": [missed()], f"Record{step}": [recorded()]}


def branch_outcomes(model: str, passed: bool) -> dict[str, list[Any]]:
    """Every task's outcome in one model's branch."""
    rules = [{"Rule": "threshold", "Verdict": "passed" if passed else "failed", "Value": 0.75, "Limit": 0.5}]
    champion = {"Status": "found", "Reason": "newest Approved", "ModelPackageArn": "arn:m/0", "Version": 0}
    parsed = {"Metrics": {"accuracy": 0.75}, "EvaluationUri": f"s3://e/{model.lower()}"}
    verdict = {"Passed": passed, "Reason": "0.75 and 0.5", "Rules": rules, "GateUri": "s3://g"}
    registered = {"ModelPackageArn": "arn:m/1", "ModelPackageVersion": 1, "ModelApprovalStatus": "Approved"}
    return {
        **cache_outcomes(f"Train{model}"),
        **cache_outcomes(f"Evaluate{model}"),
        f"Train{model}": [trained(model=model.lower())],
        f"FindChampion{model}": [answers(**champion, ManifestUri="s3://bucket/runs/weekly/champion/m.json")],
        f"Evaluate{model}": [processed()],
        f"ParseEvaluation{model}": [answers(**parsed)],
        f"Gate{model}": [answers(**verdict)],
        f"RegisterModel{model}": [answers(**registered)],
    }


class Interpreter:
    """What the tests need of this module, as a fixture: test modules cannot import one another."""

    prepared = staticmethod(lambda: copy.deepcopy(PREPARED))
    states_in, execute = staticmethod(states_in), staticmethod(execute)
    returns, raises, answers = staticmethod(returns), staticmethod(raises), staticmethod(answers)
    processed, trained, triaged = staticmethod(processed), staticmethod(trained), staticmethod(triaged)
    steps = ("Preprocess", "TrainRetrieval", "EvaluateRetrieval", "TrainRanking", "EvaluateRanking")
    leased, missed, found, recorded = (staticmethod(one) for one in (leased, missed, found, recorded))

    def outcomes(self, *, passed: bool = True, **other: list[Any]) -> dict[str, list[Any]]:
        """Every task's outcome in an execution whose models are let through or not; ``other`` replaces some."""
        usual = {
            "TakeLease": [leased()],
            "Prepare": [answers(**self.prepared())],
            **cache_outcomes("Preprocess"),
            "Preprocess": [processed()],
            "RecordRun": [answers(Recorded=True)],
        }
        for model in ("Retrieval", "Ranking"):
            usual |= branch_outcomes(model, passed)
        return usual | other


@pytest.fixture(scope="session")
def interpreter() -> Interpreter:
    return Interpreter()


@pytest.fixture(scope="session")
def definition() -> dict[str, Any]:
    return json.loads(RENDERED.read_text())


@pytest.fixture
def states(definition) -> dict[str, dict[str, Any]]:
    return dict(states_in(definition))


@pytest.fixture(scope="session")
def rule_of_ends() -> list[str]:
    """The statuses on which the template has CloseRun asked."""
    from samtranslator.yaml_helper import yaml_parse

    template = yaml_parse((RENDERED.parents[1] / "template.yaml").read_text())
    rule = template["Resources"]["CloseRun"]["Properties"]["Events"]["ExecutionEnded"]["Properties"]
    return rule["Pattern"]["detail"]["status"]
