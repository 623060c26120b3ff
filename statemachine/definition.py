"""The retraining state machine, top to bottom.

    TakeLease -> LeaseTaken? -> Debounce -> Prepare -> AnythingToDo? -> Preprocess -> Models -> AnyModelFailed? -> end
                     |                                     |                                         |
                 Coalesced                          NoData, NoNewData                           ModelsFailed

One execution at a time has the lease, and what comes meanwhile is seen by its successor (functions/take_lease.py).
Models is one branch per model (branch.py): train, evaluate beside the champion, gate, register. A job that an earlier
run has done in the same way is skipped (caching.py).

A job that failed or was stopped is triaged (triage.py): a capacity or internal error goes round again, bounded, under a
new name. Any other failure is final. Before the branches it fails the execution at a Task, so that a redrive runs that
Task again; inside a branch it becomes the branch's result (results.py), so that the other models still finish.

Each state writes a key of its own. The one key written again is ``$.Rounds``: a triage replaces its own job's round.
"""

from __future__ import annotations

from stepfunctions.steps import Catch, Chain, Choice, ChoiceRule, Parallel, Pass, Succeed, Wait
from stepfunctions.steps.states import Graph

from statemachine.asking import ask_with_input, call, not_accepted
from statemachine.branch import branch
from statemachine.caching import Step, attributes, cached
from statemachine.jobs import processing, read_from, write_to
from statemachine.models import MODELS, all_jobs
from statemachine.states import Fail, Path

TIMEOUT_SECONDS = 7 * 24 * 3600  # of an execution: the lease, which it holds meanwhile, lasts an hour longer


def definition() -> Graph:
    """The whole state machine."""
    take_lease = ask_with_input(
        "TakeLease",
        comment="Checks the input and takes the lease: one run at a time, so that nothing is paid for twice.",
    )
    taken = Choice("LeaseTaken?", comment="Who does not get the lease leaves its upload to the run that has it.")
    coalesced = Succeed("Coalesced", comment="What this execution was started for is in another one's hands.")
    taken.add_choice(ChoiceRule.BooleanEquals("$.TakeLease.Taken", False), coalesced)
    debounce = Wait(
        "Debounce",
        seconds_path="$.TakeLease.WaitSeconds",
        comment="Uploads seldom come alone: those that come now are in this run too.",
    )
    prepare = ask_with_input(
        "Prepare",
        comment="Checks the input, finds the reviews and plans every job, so that bad input costs no job.",
    )
    anything = Choice("AnythingToDo?", comment="Nothing there, or nothing new, is no failure and costs no job.")
    no_data = Succeed("NoData", comment="No reviews yet is no failure of a scheduled run.")
    no_new_data = Succeed("NoNewData", comment="Reviews, code and parameters are those of the last finished run.")
    anything.add_choice(ChoiceRule.StringEquals("$.Prepare.Outcome", "NoReviews"), no_data)
    anything.add_choice(ChoiceRule.StringEquals("$.Prepare.Outcome", "NothingNew"), no_new_data)

    rounds = Pass(
        "Rounds",
        parameters={state: {"Round": Path(f"{plan}.Round")} for state, plan in all_jobs().items()},
        result_path="$.Rounds",
        comment="Every job starts in its first round; its name counts the rounds, because no name can be used twice.",
    )
    preprocess = _preprocess()
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
        comment="Ends red after every model had its chance; a redrive would end here again, `taproom rerun` goes on.",
    )
    any_failed.add_choice(ChoiceRule.BooleanEquals("$.Outcome.AnyModelFailed", True), failed_models)
    Chain([failed_models, models_failed])
    finished = Succeed("Finished", comment="Every model was registered, or rejected with a reason.")
    record_run = call(
        "RecordRun",
        function="RecordRun",
        payload={"Fingerprint": Path("$.Prepare.Fingerprint")},
        keep=["Recorded"],
        comment="Remembers what this run was made of, so that a run of the very same has nothing to do.",
    )
    # Forgotten, the next run does more than it must: no reason to call this one a failure.
    record_run.add_catch(Catch(finished, error_equals=["States.ALL"], result_path="$.RecordRunError"))

    preprocess.then(models)
    Chain([models, outcome, any_failed, record_run, finished])
    story = Chain([take_lease, taken, debounce, prepare, anything, rounds, preprocess.first])
    return Graph(
        story,
        comment="Retrains the recommender: prepare, preprocess, then train, evaluate, gate and register.",
        timeout_seconds=TIMEOUT_SECONDS,
    )


def _preprocess() -> Step:
    plan = all_jobs()["Preprocess"]
    reviews = Path("$.Prepare.Reviews.ManifestUri")
    job = processing(
        "Preprocess",
        plan=plan,
        inputs=[
            read_from("$.Prepare.Code.SourcePrefix", "code"),
            read_from(reviews, "reviews", kind="ManifestFile"),
        ],
        outputs=[write_to("$.Prepare.DataPrefix", "data")],
        retry=not_accepted(),
        comment="Cleans and splits the reviews once, for all models.",
    )
    return cached(
        job,
        status="ProcessingJobStatus",
        attributes=attributes(plan, "Arguments"),
        inputs={"reviews": (reviews, "ManifestFile")},
        made={"Prefix": Path("$.Prepare.DataPrefix")},
    )
