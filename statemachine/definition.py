"""The retraining state machine, top to bottom.

    Prepare -> ReviewsFound? -> Rounds -> Preprocess -> PreprocessCompleted? -> Models -> Outcome -> AnyModelFailed?
                     |                                                                                  |       |
                  NoData                                                                          ModelsFailed  Finished

Models is one branch per model (branch.py): train, evaluate beside the champion, gate, register.

A job that failed or was stopped is triaged (triage.py): a capacity or internal error goes round again, bounded, under a
new name. Any other failure is final. Before the branches it fails the execution at a Task, so that a redrive runs that
Task again; inside a branch it becomes the branch's result (results.py), so that the other models still finish.

Each state writes a key of its own. The one key written again is ``$.Rounds``: a triage replaces its own job's round.
"""

from __future__ import annotations

from stepfunctions.steps import Chain, Choice, ChoiceRule, Parallel, Pass, Succeed, Task
from stepfunctions.steps.states import Graph

from statemachine.asking import EXECUTION, TIMEOUT, function_unavailable, not_accepted
from statemachine.branch import branch
from statemachine.jobs import processing, read_from, write_to
from statemachine.models import MODELS, all_jobs
from statemachine.states import Fail, Path
from statemachine.triage import triaged


def definition() -> Graph:
    """The whole state machine."""
    prepare = Task(
        "Prepare",
        # Not lambda:invoke: so the answer itself is the result, whether or not it holds the jobs' plans.
        resource="${PrepareArn}",
        parameters={"Input": Path("$"), "Execution": EXECUTION},
        result_path="$.Prepare",
        timeout_seconds=TIMEOUT,
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
