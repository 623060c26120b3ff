"""One model's branch: train, find the champion, evaluate beside it, let the gate decide, register.

    Train -> FindChampion -> Evaluate -> ParseEvaluation -> Gate -> PassesGate? -> RegisterModel -> Registered
                                                                         |
                                                                     Rejected

Train and Evaluate are looked up first, and recorded when they were run (caching.py).
Every end of it is a result document with a Status: Registered, Rejected, or Failed with the step, error and cause.
"""

from __future__ import annotations

from stepfunctions.steps import Chain, Choice, ChoiceRule
from stepfunctions.steps.states import State

from statemachine.asking import call, not_accepted
from statemachine.caching import Step, attributes, cached
from statemachine.jobs import processing, read_from, training, write_to
from statemachine.models import Model
from statemachine.results import caught, result
from statemachine.states import Path, formatted

DATA = "$.PreprocessOutput.Prefix"
MANIFEST = formatted("{}manifest.json", DATA)


def branch(model: Model) -> Chain:
    """All states of one model."""
    train, find_champion, evaluate = _train(model), _find_champion(model), _evaluate(model)
    parse, gate = _parse_evaluation(model), _gate(model)
    for task in (find_champion, parse, gate):
        caught(model, task)
    passes = Choice(f"{model.name}PassesGate?", comment="A refused model is no error: the execution says why.")
    passes.add_choice(ChoiceRule.BooleanEquals(f"$.{gate.state_id}.Passed", True), _registered(model))
    passes.default_choice(
        result(
            model,
            "Rejected",
            reason=Path(f"$.{gate.state_id}.Reason"),
            comment="The gate refused the model: the execution succeeds, and names the rules and their numbers.",
            **_judged(model),
        )
    )
    train.then(find_champion)
    find_champion.next(evaluate.first)
    evaluate.then(parse)
    Chain([parse, gate, passes])
    return Chain([train.first])


def _train(model: Model) -> Step:
    name = f"Train{model.name}"
    channels = {channel: formatted(f"{{}}{channel}.parquet", DATA) for channel in ("train", "items")}
    job = training(
        name,
        plan=model.jobs[name],
        channels=channels,
        retry=not_accepted(),
        comment="Trains the model on the reviews that preprocessing kept for training.",
    )
    return cached(
        job,
        status="TrainingJobStatus",
        attributes=attributes(model.jobs[name], "HyperParameters"),
        inputs={channel: (uri, "S3Prefix") for channel, uri in channels.items()},
        made={"ModelDataUrl": Path(f"$.{name}.ModelArtifacts.S3ModelArtifacts")},
        model=model,
    )


def _find_champion(model: Model) -> State:
    return call(
        f"FindChampion{model.name}",
        function="FindChampion",
        payload={
            "Model": model.key,
            "ModelPackageGroupName": f"${{{model.name}ModelPackageGroupName}}",
            "ModelDataUrl": _artifact(model),
            "ManifestUri": MANIFEST,
            "OutputPrefix": Path(f"{model.plan}.ChampionPrefix"),
        },
        keep=["Status", "Reason", "ModelPackageArn", "Version", "ManifestUri"],
        comment="Finds the version to beat, and whether it may be measured on this run's test set.",
    )


def _evaluate(model: Model) -> Step:
    name = f"Evaluate{model.name}"
    output = f"{model.jobs[name]}.OutputPrefix"
    inputs = {
        "data": (Path(DATA), "S3Prefix"),
        "model": (_artifact(model), "S3Prefix"),
        "champion": (Path(f"$.FindChampion{model.name}.ManifestUri"), "ManifestFile"),
    }
    job = processing(
        name,
        plan=model.jobs[name],
        inputs=[
            read_from("$.Prepare.Code.SourcePrefix", "code"),
            *(read_from(uri, key, kind=kind) for key, (uri, kind) in inputs.items()),
        ],
        outputs=[write_to(output, "evaluation")],
        retry=not_accepted(),
        comment="Measures the exported model and the champion on the same held-out reviews, as a server loads them.",
    )
    return cached(
        job,
        status="ProcessingJobStatus",
        attributes=attributes(model.jobs[name], "Arguments"),
        inputs=inputs,
        made={"Prefix": Path(output)},
        model=model,
    )


def _artifact(model: Model) -> Path:
    return Path(f"$.Train{model.name}Output.ModelDataUrl")


def _parse_evaluation(model: Model) -> State:
    uri = formatted("{}evaluation.json", f"$.Evaluate{model.name}Output.Prefix")
    return call(
        f"ParseEvaluation{model.name}",
        function="ParseEvaluation",
        payload={"Model": model.key, "EvaluationUri": uri},
        keep=["Metrics", "EvaluationUri"],
        comment="Reads the metrics out of evaluation.json, which a state machine cannot.",
    )


def _gate(model: Model) -> State:
    return call(
        f"Gate{model.name}",
        function="Gate",
        payload={
            "Model": model.key,
            "EvaluationUri": Path(f"$.ParseEvaluation{model.name}.EvaluationUri"),
            "Rules": Path(f"$.Prepare.Gate.{model.name}"),
            "OutputUri": Path(f"{model.plan}.GateUri"),
        },
        keep=["Passed", "Reason", "Rules", "GateUri"],
        comment="Holds the evaluation against every rule, and writes down each rule's verdict with its numbers.",
    )


def _registered(model: Model) -> Chain:
    name = model.name
    register = call(
        f"RegisterModel{name}",
        function="RegisterModel",
        payload={
            "Model": model.key,
            "ModelPackageGroupName": f"${{{name}ModelPackageGroupName}}",
            "ModelDataUrl": _artifact(model),
            "EvaluationUri": Path(f"$.ParseEvaluation{name}.EvaluationUri"),
            "GateUri": Path(f"$.Gate{name}.GateUri"),
            "ManifestUri": MANIFEST,
            "Metrics": Path(f"$.ParseEvaluation{name}.Metrics"),
            "Reviews": Path("$.Prepare.Reviews"),
            "Code": Path("$.Prepare.Code"),
            "Parameters": Path("$.Prepare.Parameters"),
            "ParentVersion": Path(f"$.FindChampion{name}.ModelPackageArn"),
            "ModelApprovalStatus": Path("$.Prepare.Parameters.ModelApprovalStatus"),
        },
        keep=["ModelPackageArn", "ModelPackageVersion", "ModelApprovalStatus"],
        comment="Adds a version to the model's group; it answers with the same version when it is tried again.",
    )
    caught(model, register)
    registered = result(
        model,
        "Registered",
        reason=Path(f"$.Gate{name}.Reason"),
        comment="The branch's result: which version was registered, and why.",
        **_judged(model),
        ModelPackageArn=Path(f"$.{register.state_id}.ModelPackageArn"),
        ModelPackageVersion=Path(f"$.{register.state_id}.ModelPackageVersion"),
        ModelApprovalStatus=Path(f"$.{register.state_id}.ModelApprovalStatus"),
    )
    return Chain([register, registered])


def _judged(model: Model) -> dict[str, Path]:
    """What a result says of the evaluation and of the gate."""
    name = model.name
    return {
        "Gate": Path(f"$.Gate{name}.Rules"),
        "GateUri": Path(f"$.Gate{name}.GateUri"),
        "Metrics": Path(f"$.ParseEvaluation{name}.Metrics"),
        "EvaluationUri": Path(f"$.ParseEvaluation{name}.EvaluationUri"),
        "Champion": Path(f"$.FindChampion{name}"),
    }
