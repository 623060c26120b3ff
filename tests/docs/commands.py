"""How each command of the documentation is tested: here, by another test, by what `make` would do, or not at all."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Here:
    """Typed as it stands, on a deployed stack with a finished run.

    ``says`` is in its output, and ``makes`` is a file that is there afterwards. ``before`` and ``after`` are typed too;
    ``for_names`` stands for names that only a reader knows, such as an execution's.
    """

    says: str
    code: int = 0
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    for_names: tuple[tuple[str, str], ...] = ()
    makes: str = ""


@dataclass(frozen=True)
class By:
    """Another test does it: ``<file below tests/>::<function>``."""

    test: str


@dataclass(frozen=True)
class Would:
    """`make --dry-run` tells that it ``does`` this: it runs this very test, changes files or asks the network."""

    does: str


@dataclass(frozen=True)
class NotRun:
    because: str


BENCH = By("bench/test_command.py::test_a_run_writes_json_without_paths_or_names_of_the_machine")
REAL_RATINGS = By(
    "pipeline/test_real_run.py::test_real_ratings_end_in_registered_models_better_than_their_peers_with_nothing_set"
)
SERVED = "taproom/test_aws_server.py::test_it_prints_its_endpoint_and_how_to_lead_others_there"
UPLOADED = By("sam/test_deploy_with_sam.py::test_an_upload_starts_an_execution_that_registers_models")
LATEST = (("EXECUTION", "latest"),)

# Those that are typed here are typed in this order: what starts, stops and decides comes last.
COMMANDS: dict[str, Here | By | Would | NotRun] = {
    # a look at what there is
    "taproom doctor": Here("credentials"),
    "taproom watch": Here("Finished succeeded"),
    "taproom runs --status failed": Here("No execution"),
    "taproom runs --status running": Here("No execution"),
    "taproom logs TrainRanking --follow": Here("train_ranking acts on"),
    "taproom explain-cache": Here("Preprocess"),
    "taproom graph": Here("flowchart TB"),
    "taproom graph -o states.svg": Here("", makes="states.svg"),
    "taproom graph --run latest -o run.svg": Here("", makes="run.svg"),
    "taproom graph --run runs/latest -o run.svg": By(
        "taproom/graph/test_graph_command.py::test_a_collected_run_colours_it"
    ),
    "taproom graph --json --run runs/latest": By("taproom/graph/test_graph_command.py::test_scripts_get_a_document"),
    "taproom versions": Here("★"),
    "taproom show retrieval/1": Here("report.html"),
    "taproom show retrieval/3": Here("report.html"),
    "taproom diff 2 3": Here("accuracy"),
    "taproom compare": Here("compare.html", makes="compare.html"),
    "aws cloudformation describe-stack-resources --stack-name taproom --logical-resource-id UploadDeadLetters": Here(
        '"PhysicalResourceId": "http'
    ),
    "aws cloudformation describe-stack-events --stack-name taproom": Here("CREATE_COMPLETE"),
    "aws logs describe-log-groups --log-group-name-prefix /aws/lambda/taproom": Here('"/aws/lambda/taproom"'),
    "aws sqs receive-message --queue-url QUEUE-URL --message-attribute-names All": Here("NO_PERMISSIONS"),
    "aws sqs purge-queue --queue-url QUEUE-URL": Here(""),
    # decisions
    'taproom approve 3 --comment "..."': Here("Approved"),
    'taproom approve retrieval/1 --comment "better than popularity, report read"': Here("Approved"),
    "taproom approve ranking/1": Here("Approved"),
    "taproom rollback --model ranking": Here(
        "version 3 is rejected", before=("taproom approve ranking/2", "taproom approve ranking/3")
    ),
    # what begins and ends
    "taproom schedule off": Here("off"),
    "taproom start --set TrainingEpochs=3": Here(":execution:", after=("taproom stop",)),
    "taproom stop": Here("", before=("taproom start --set TrainingEpochs=4",)),
    "taproom start --set MaxUsd=0.01 --watch": Here("the jobs may cost up to 13.364 USD", code=1),
    """taproom start --set 'Columns={"User": "userId", "Item": "title"}' --watch""": Here("Finished succeeded"),
    "taproom rerun EXECUTION": Here(" again", for_names=LATEST),
    "aws logs delete-log-group --log-group-name /aws/lambda/taproom": Here(""),
    # the way to AWS
    "sam build": By("sam/test_deploy_with_sam.py::test_an_artifact_is_code_alone_and_the_layers_hold_the_packages"),
    "sam deploy": By("sam/test_deploy_with_sam.py::test_a_parameter_and_code_are_changed"),
    "sam deploy --parameter-overrides BucketName=DATA-BUCKET": By(
        "sam/test_deploy_with_sam.py::test_deploying_again_changes_nothing"
    ),
    "sam deploy --guided": NotRun("it asks its questions at a terminal; tests/sam deploys with the answers"),
    "sam delete --stack-name taproom": By("sam/test_deploy_with_sam.py::test_deleting_leaves_what_is_retained"),
    "aws s3 cp reviews.csv.gz s3://<DataBucketName>/reviews/": UPLOADED,
    "aws s3 cp reviews.csv.gz s3://DATA-BUCKET/reviews/": UPLOADED,
    "make deploy-local": UPLOADED,
    "taproom aws up": By(SERVED),
    "taproom aws down": By("taproom/test_aws_server.py::test_down_ends_it_and_then_there_is_none"),
    'eval "$(taproom aws env)"': By(
        "taproom/test_shell_environment.py::test_a_shell_that_reads_the_lines_has_the_same"
    ),
    # real models
    "make run": By(
        "pipeline/test_real_run.py::test_a_model_below_the_threshold_is_not_registered_the_other_is_and_the_accuracy_can_be_recomputed"
    ),
    "make run REVIEWS=ratings.csv INPUT=examples/movielens.json": REAL_RATINGS,
    "make run REVIEWS=ml-latest-small/ratings.csv INPUT=examples/movielens.json": REAL_RATINGS,
    "make run INPUT=examples/beers.json": By("examples/test_inputs.py::test_beers_json_spells_out_defaults"),
    "make run INPUT=examples/temporal.json": By(
        "examples/test_walkthrough.py::test_it_runs_from_parameters_to_recommendations"
    ),
    ".venv/bin/python examples/join_movies.py ml-latest-small movies.csv": By(
        "examples/test_inputs.py::test_movies_are_joined_with_their_features"
    ),
    "make run REVIEWS=movies.csv INPUT=examples/features.json": By(
        "examples/test_runs.py::test_features_of_movies_reach_the_models"
    ),
    ".venv/bin/taproom recommend 42": By(
        "examples/test_walkthrough.py::test_it_runs_from_parameters_to_recommendations"
    ),
    "taproom recommend USER --k 10": By(
        "taproom/test_recommend.py::test_candidates_of_retrieval_are_ordered_by_both_models"
    ),
    # measuring
    "make bench": BENCH,
    "make bench REVIEWS=ratings.csv INPUT=examples/movielens.json": BENCH,
    "make bench PARTS=quality SIZE=0 REVIEWS=ratings.csv": BENCH,
    "make bench SIZE=0 REVIEWS=ratings.csv INPUT=examples/movielens.json PARTS=quality": BENCH,
    "make bench SIZE=0 REVIEWS=ratings.csv INPUT=examples/movielens.json PARTS=ranking": BENCH,
    "make bench PARTS=ranking": BENCH,
    "make bench SIZE=200000 PARTS=ranking": BENCH,
    "make bench PARTS=ranking SIZE=200000": BENCH,
    "make bench PARTS=ranking SIZE=0 REVIEWS=ratings.csv INPUT=examples/movielens.json": BENCH,
    "make bench PARTS=recipe RECIPE_EPOCHS=2": BENCH,
    "make bench SIZE=200000 PARTS=recipe RECIPE_EPOCHS=4": BENCH,
    "make bench PARTS=scaling SIZES=100000,1000000,10000000": BENCH,
    "make bench SIZE=200000 PARTS=evaluation,preprocess": BENCH,
    # developing
    "make test": Would('pytest -n auto --dist loadfile -m "not chaos and not long"'),
    "make test-fast": Would('pytest -n auto --dist loadfile -m "not slow and not chaos and not long"'),
    "make test-long": Would("pytest -n auto --dist loadfile -m long"),
    "make lint": Would("ruff check .\n.venv/bin/python -m ruff format --check .\n.venv/bin/python -m mypy\n"),
    "make lock": Would("uv pip compile"),
    "make render": By("statemachine/test_rendered.py::test_check_tells_a_stale_file_from_a_fresh_one"),
    "make chaos": By("chaos/test_chaos.py::test_row"),
    'make chaos ROW="TrainRanking: no capacity twice"': By("chaos/test_chaos.py::test_row"),
    "make chaos ROW=mutations": By("chaos/test_mutations.py::test_a_row_sees_that_a_protection_is_gone"),
    ".venv/bin/python -m pytest tests/functions/test_gate.py": By(
        "functions/test_gate.py::test_a_good_model_passes_every_rule_and_is_told_why"
    ),
    "apt-get install chromium": NotRun("it changes the machine; .ci/run does it before these tests"),
}
