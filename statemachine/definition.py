"""The retraining state machine, top to bottom.

    Prepare -> ReviewsFound? -> Rounds -> Preprocess -> PreprocessCompleted? -> Models -> Outcome -> AnyModelFailed?
                     |                                                                                  |       |
                  NoData                                                                          ModelsFailed  Finished

    each model's branch of Models:

    Train -> TrainCompleted? -> Evaluate -> EvaluateCompleted? -> ParseEvaluation -> MeetsThreshold? -> RegisterModel
                                                                                          |                  |
                                                                                       Rejected          Registered

A job that failed or was stopped is triaged: a capacity or internal error goes round again, bounded, under a new name.
Any other failure is final. Before the branches it fails the execution at a Task, so that a redrive runs that Task
again; inside a branch it becomes the branch's result, so that the other models still finish.

Each state writes a key of its own. The one key written again is ``$.Rounds``: a triage replaces its own job's round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stepfunctions.steps import Catch, Chain, Choice, ChoiceRule, Parallel, Pass, Succeed, Task, Wait
from stepfunctions.steps.states import Graph, State

from statemachine.jobs import processing, read_from, training, write_to
from statemachine.states import Fail, LambdaStep, Path, Retry, formatted


@dataclass(frozen=True)
class Model:
    """A model that is trained, and the metric by which it is let through."""

    name: str
    metric: str  # as people call it
    value: str  # where ParseEvaluation's result holds it
    threshold: str  # the execution parameter it must reach

    @property
    def plan(self) -> str:
        """Where Prepare's result plans this model's jobs."""
        return f"$.Prepare.{self.name}"

    @property
    def jobs(self) -> dict[str, str]:
        """The branch's job states and where each one's plan is."""
        return {f"Train{self.name}": f"{self.plan}.Train", f"Evaluate{self.name}": f"{self.plan}.Evaluate"}


RETRIEVAL = Model("Retrieval", metric="top-500 accuracy", value="Accuracy", threshold="AccuracyTop500Threshold")
MODELS = (RETRIEVAL,)
EXECUTION = {key: Path(f"$$.Execution.{key}") for key in ("Id", "Name", "StartTime")}


def definition() -> Graph:
    """The whole state machine."""
    prepare = Task(
        "Prepare",
        # Not lambda:invoke: so the answer itself is the result, whether or not it holds the jobs' plans.
        resource="${PrepareArn}",
        parameters={"Input": Path("$"), "Execution": EXECUTION},
        result_path="$.Prepare",
        timeout_seconds=120,
        retry=function_unavailable(),
        comment="Checks the input, finds the reviews and plans every job, so that bad input costs no job.",
    )
    found = Choice("ReviewsFound?", comment="A scheduled run before the first upload has nothing to do.")
    no_data = Succeed("NoData", comment="No reviews yet is no failure of a scheduled run.")
    found.add_choice(ChoiceRule.BooleanEquals("$.Prepare.Found", False), no_data)

    rounds = Pass(
        "Rounds",
        parameters={state: {"Round": Path(f"{plan}.Round")} for state, plan in all_jobs().items()},
        result_path="$.Rounds",
        comment="Every job starts in its first round; its name counts the rounds, because no name can be used twice.",
    )
    preprocess = processing(
        "Preprocess",
        plan="$.Prepare.Preprocess",
        instance_count=Path("$.Prepare.Preprocess.InstanceCount"),
        inputs=[
            read_from("$.Prepare.Code.SourcePrefix", "code"),
            read_from("$.Prepare.Reviews.ManifestUri", "reviews", kind="ManifestFile"),
        ],
        outputs=[write_to("$.Prepare.DataPrefix", "data")],
        hours=2,
        retry=not_accepted(),
        comment="Cleans and splits the reviews once, for all models.",
    )
    preprocess_completed = triaged(preprocess, "ProcessingJobStatus")

    models = Parallel("Models", result_path="$.Models", comment="One branch per model; each ends in a result document.")
    for model in MODELS:
        models.add_branch(branch(model))

    outcome = Pass(
        "Outcome",
        parameters={
            "Statuses": Path("$.Models[*].Status"),
            "AnyModelFailed": Path("States.ArrayContains($.Models[*].Status, 'Failed')"),
        },
        result_path="$.Outcome",
        comment="A Choice cannot look through a list, so this does.",
    )
    any_failed = Choice("AnyModelFailed?", comment="Nothing that failed may end green.")
    failed_models = Pass(
        "FailedModels",
        parameters={"Failed": Path("$.Models[?(@.Status=='Failed')]")},
        result_path="$.FailedModels",
        comment="The result documents that name step, error and cause of each failure.",
    )
    models_failed = Fail(
        "ModelsFailed",
        error="ModelsFailed",
        cause_path="States.JsonToString($.FailedModels.Failed)",
        comment="Ends red after every model had its chance; start a new execution once the cause is removed.",
    )
    any_failed.add_choice(ChoiceRule.BooleanEquals("$.Outcome.AnyModelFailed", True), failed_models)
    Chain([failed_models, models_failed])
    finished = Succeed("Finished", comment="Every model was registered, or rejected with a reason.")

    story = Chain([prepare, found, rounds, preprocess, preprocess_completed, models, outcome, any_failed, finished])
    return Graph(
        story, comment="Retrains the recommender: prepare, preprocess, then train, evaluate, gate and register."
    )


def branch(model: Model) -> Chain:
    """Train, evaluate, gate and register one model. Every end of it is a result document with a Status."""
    name = model.name
    train_name, evaluate_name = model.jobs
    train = training(
        train_name,
        plan=model.jobs[train_name],
        channels={
            "train": formatted("{}train.parquet", "$.Prepare.DataPrefix"),
            "items": formatted("{}items.parquet", "$.Prepare.DataPrefix"),
        },
        hours=12,
        retry=not_accepted(),
        comment="Trains the model on the reviews that preprocessing kept for training.",
    )
    train_completed = triaged(train, "TrainingJobStatus", model)

    evaluate = processing(
        evaluate_name,
        plan=model.jobs[evaluate_name],
        inputs=[
            read_from("$.Prepare.Code.SourcePrefix", "code"),
            read_from("$.Prepare.DataPrefix", "data"),
            read_from(f"$.{train_name}.ModelArtifacts.S3ModelArtifacts", "model"),
        ],
        outputs=[write_to(f"{model.plan}.Evaluate.OutputPrefix", "evaluation")],
        hours=4,
        retry=not_accepted(),
        comment="Measures the exported model on the held-out reviews, as a server would load it.",
    )
    evaluate_completed = triaged(evaluate, "ProcessingJobStatus", model)

    evaluation_uri = formatted("{}evaluation.json", f"{model.plan}.Evaluate.OutputPrefix")
    parse = call(
        f"ParseEvaluation{name}",
        function="ParseEvaluation",
        payload={"EvaluationUri": evaluation_uri, "Execution": EXECUTION},
        keep=["Accuracy", "Baseline", "Metrics", "EvaluationUri"],
        comment="Reads the metrics out of evaluation.json, which a Choice cannot.",
    )
    caught(model, parse)

    gate = Choice(f"{name}MeetsThreshold?", comment="Only a model under its threshold is refused.")
    reached = (f"$.{parse.state_id}.{model.value}", f"$.Prepare.Parameters.{model.threshold}")
    rejected = result(
        model,
        "Rejected",
        reason=formatted(f"{model.metric} {{}} is below {model.threshold} {{}}", *reached),
        comment="A model below the gate is no error: the execution succeeds and says why.",
        Metrics=Path(f"$.{parse.state_id}.Metrics"),
        EvaluationUri=Path(f"$.{parse.state_id}.EvaluationUri"),
    )
    register = call(
        f"RegisterModel{name}",
        function="RegisterModel",
        payload={
            "Model": name.lower(),
            "ModelPackageGroupName": f"${{{name}ModelPackageGroupName}}",
            "ModelDataUrl": Path(f"$.{train_name}.ModelArtifacts.S3ModelArtifacts"),
            "EvaluationUri": Path(f"$.{parse.state_id}.EvaluationUri"),
            "Metrics": Path(f"$.{parse.state_id}.Metrics"),
            "Execution": EXECUTION,
            "Reviews": Path("$.Prepare.Reviews"),
            "Code": Path("$.Prepare.Code"),
            "ModelApprovalStatus": Path("$.Prepare.Parameters.ModelApprovalStatus"),
        },
        keep=["ModelPackageArn", "ModelPackageVersion", "ModelApprovalStatus"],
        comment="Adds a version to the model's group; it answers with the same version when it is tried again.",
    )
    caught(model, register)
    registered = result(
        model,
        "Registered",
        reason=formatted(f"{model.metric} {{}} reaches {model.threshold} {{}}", *reached),
        comment="The branch's result: which version was registered, and why.",
        Metrics=Path(f"$.{parse.state_id}.Metrics"),
        EvaluationUri=Path(f"$.{parse.state_id}.EvaluationUri"),
        ModelPackageArn=Path(f"$.{register.state_id}.ModelPackageArn"),
        ModelPackageVersion=Path(f"$.{register.state_id}.ModelPackageVersion"),
        ModelApprovalStatus=Path(f"$.{register.state_id}.ModelApprovalStatus"),
    )
    gate.add_choice(ChoiceRule.NumericGreaterThanEqualsPath(*reached), Chain([register, registered]))
    gate.default_choice(rejected)
    return Chain([train, train_completed, evaluate, evaluate_completed, parse, gate])


def triaged(job: State, status: str, model: Model | None = None) -> Choice:
    """Send what goes wrong with ``job`` to triage; returns the Choice that follows the job.

    A failed job is caught, a stopped one is seen by its ``status``. Triage answers ``Retry`` with the next round, or
    the failure is final: in a ``model``'s branch it becomes the branch's result, before the branches triage raises it.
    """
    name = job.state_id
    error = f"$.{name}Error"
    triage = call(
        f"Triage{name}",
        function="TriageFailure",
        payload={
            "Step": name,
            "Round": Path(f"$.Rounds.{name}.Round"),
            "Failure": Path(error),
            "RedriveCount": Path("$$.Execution.RedriveCount"),
            "Execution": EXECUTION,
            "Final": "Return" if model else "Raise",
        },
        keep=["Retry", "Round", "WaitSeconds", "Step", "Error", "Cause", "JobName"],
        result_path=f"$.Rounds.{name}",
        comment="Reads the failure: only capacity and internal errors may be tried again, and not forever.",
    )
    # In a branch even a timeout must end in a result. Before the branches it fails right here, and can be redriven.
    job.add_catch(Catch(triage, error_equals=["States.ALL" if model else "States.TaskFailed"], result_path=error))
    completed = Choice(f"{name}Completed?", comment="A stopped job is no failed task, but no completed one either.")
    stopped = Pass(
        f"{name}Stopped",
        input_path=f"$.{name}",
        result_path=error,
        comment="What Describe said of the stopped job is the failure that triage looks at.",
    )
    completed.add_choice(ChoiceRule.Not(ChoiceRule.StringEquals(f"$.{name}.{status}", "Completed")), stopped)
    again = Choice(f"Retry{name}?", comment="Another round, or the end of it.")
    wait = Wait(f"Wait{name}", seconds_path=f"$.Rounds.{name}.WaitSeconds", comment="Capacity needs time to come back.")
    again.add_choice(ChoiceRule.BooleanEquals(f"$.Rounds.{name}.Retry", True), wait)
    Chain([stopped, triage, again])
    wait.next(job)
    if model:
        caught(model, triage)
        again.default_choice(failed(model, name, told=f"$.Rounds.{name}", JobName=Path(f"$.Rounds.{name}.JobName")))
    else:
        again.default_choice(
            Fail(
                f"{name}Failed",
                error_path=f"$.Rounds.{name}.Error",
                cause_path=f"$.Rounds.{name}.Cause",
                comment="Triage raises what is final here, so this is not reached; were it to answer, it ends red too.",
            )
        )
    return completed


def caught(model: Model, task: State) -> None:
    """Turn any failure of a Lambda state in a branch into the branch's result."""
    error = f"$.{task.state_id}Error"
    task.add_catch(Catch(failed(model, task.state_id, told=error), error_equals=["States.ALL"], result_path=error))


def failed(model: Model, step: str, *, told: str, **more: Any) -> Pass:
    """The end of a branch whose ``step`` failed; ``told`` is the path that holds its Error and Cause."""
    return result(
        model,
        "Failed",
        name=f"{step}Failed",
        reason=formatted(f"{step} failed with {{}}", f"{told}.Error"),
        comment="A failure is this branch's result, so that the other models still finish.",
        Step=step,
        Error=Path(f"{told}.Error"),
        Cause=Path(f"{told}.Cause"),
        **more,
    )


def result(model: Model, status: str, *, reason: Path, comment: str, name: str = "", **more: Any) -> Pass:
    """The end of a branch: its result document."""
    return Pass(
        name or f"{model.name}{status}",
        parameters={"Model": model.name, "Status": status, "Reason": reason, **more},
        comment=comment,
    )


def call(
    name: str, *, function: str, payload: dict[str, Any], keep: list[str], comment: str, result_path: str = ""
) -> LambdaStep:
    """Ask a function and keep the named parts of its answer."""
    return LambdaStep(
        name,
        parameters={"FunctionName": f"${{{function}Arn}}", "Payload": payload},
        result_selector={key: Path(f"$.Payload.{key}") for key in keep},
        result_path=result_path or f"$.{name}",
        timeout_seconds=120,
        retry=function_unavailable(),
        comment=comment,
    )


def function_unavailable() -> Retry:
    """Lambda's own passing troubles; never an error that the function raised."""
    return Retry(
        error_equals=[
            "Lambda.ClientExecutionTimeoutException",
            "Lambda.ServiceException",
            "Lambda.AWSLambdaException",
            "Lambda.SdkClientException",
            "Lambda.TooManyRequestsException",
        ],
        interval_seconds=2,
        max_attempts=5,
        backoff_rate=2.0,
        max_delay_seconds=60,
        jitter_strategy="FULL",
    )


def not_accepted() -> Retry:
    """SageMaker did not take the job: too many calls or instances at once. A refused request costs nothing.

    Throttling comes as AmazonSageMakerException, which a request that can never be accepted may be called too: hence
    few attempts. A job that was accepted and failed is States.TaskFailed, and triage's business.
    """
    return Retry(
        error_equals=[
            "SageMaker.AmazonSageMakerException",
            "SageMaker.ResourceLimitExceededException",
            "ThrottlingException",
        ],
        interval_seconds=20,
        max_attempts=4,
        backoff_rate=2.0,
        max_delay_seconds=300,
        jitter_strategy="FULL",
    )


def all_jobs() -> dict[str, str]:
    """Every job state and the path of its plan in Prepare's result."""
    return {"Preprocess": "$.Prepare.Preprocess"} | {
        state: plan for model in MODELS for state, plan in model.jobs.items()
    }
