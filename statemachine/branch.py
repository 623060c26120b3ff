"""One model's branch: train, find the champion, evaluate beside it, let the gate decide, register.

    Train -> TrainCompleted? -> FindChampion -> Evaluate -> EvaluateCompleted? -> ParseEvaluation -> Gate -> PassesGate?
                                                                                             |            |
                                                                                         Rejected   RegisterModel
                                                                                                          |
                                                                                                     Registered

Every end of it is a result document with a Status: Registered, Rejected, or Failed with the step, error and cause.
"""

from __future__ import annotations

from stepfunctions.steps import Chain, Choice, ChoiceRule
from stepfunctions.steps.states import State

from statemachine.asking import call, not_accepted
from statemachine.jobs import processing, read_from, training, write_to
from statemachine.models import Model
from statemachine.results import caught, result
from statemachine.states import Path, formatted
from statemachine.triage import triaged

MANIFEST = formatted("{}manifest.json", "$.Prepare.DataPrefix")


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
    return Chain(
        [
            train,
            triaged(train, "TrainingJobStatus", model),
            find_champion,
            evaluate,
            triaged(evaluate, "ProcessingJobStatus", model),
            parse,
            gate,
            passes,
        ]
    )


def _train(model: Model) -> State:
    name = f"Train{model.name}"
    return training(
        name,
        plan=model.jobs[name],
        channels={
            "train": formatted("{}train.parquet", "$.Prepare.DataPrefix"),
            "items": formatted("{}items.parquet", "$.Prepare.DataPrefix"),
        },
        retry=not_accepted(),
        comment="Trains the model on the reviews that preprocessing kept for training.",
    )


def _find_champion(model: Model) -> State:
    return call(
        f"FindChampion{model.name}",
        function="FindChampion",
        payload={
            "Model": model.key,
            "ModelPackageGroupName": f"${{{model.name}ModelPackageGroupName}}",
            "ManifestUri": MANIFEST,
            "OutputPrefix": Path(f"{model.plan}.ChampionPrefix"),
        },
        keep=["Status", "Reason", "ModelPackageArn", "Version", "ManifestUri"],
        comment="Finds the version to beat, and whether it may be measured on this run's test set.",
    )


def _evaluate(model: Model) -> State:
    name = f"Evaluate{model.name}"
    return processing(
        name,
        plan=model.jobs[name],
        inputs=[
            read_from("$.Prepare.Code.SourcePrefix", "code"),
            read_from("$.Prepare.DataPrefix", "data"),
            read_from(f"$.Train{model.name}.ModelArtifacts.S3ModelArtifacts", "model"),
            read_from(f"$.FindChampion{model.name}.ManifestUri", "champion", kind="ManifestFile"),
        ],
        outputs=[write_to(f"{model.plan}.Evaluate.OutputPrefix", "evaluation")],
        retry=not_accepted(),
        comment="Measures the exported model and the champion on the same held-out reviews, as a server loads them.",
    )


def _parse_evaluation(model: Model) -> State:
    uri = formatted("{}evaluation.json", f"{model.plan}.Evaluate.OutputPrefix")
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
            "ModelDataUrl": Path(f"$.Train{name}.ModelArtifacts.S3ModelArtifacts"),
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
