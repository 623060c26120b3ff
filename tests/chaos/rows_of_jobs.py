"""What goes wrong at SageMaker: calls that are refused, jobs that fail, are killed, hang, and leave rubbish."""

from __future__ import annotations

from collections.abc import Iterator

from tests.chaos.faults import (
    ALWAYS,
    DENIED,
    INTERNAL,
    NO_CAPACITY,
    S3_DENIED,
    SAGEMAKER_INTERNAL,
    THROTTLED,
    ApiError,
    JobActs,
    JobFails,
    Stopped,
    Truncated,
)
from tests.chaos.row import ABORTED, ALL, FAILED, REDRIVE, RERUN, TRAIN, Row

STATES = ("Preprocess", "TrainRetrieval", "TrainRanking", "EvaluateRetrieval", "EvaluateRanking")
QUOTA = {"code": "ResourceLimitExceeded", "message": "The account-level service limit 'ml.m5' is 1 Instances"}
QUICK = {"TrainRanking: create is throttled twice", "TrainRetrieval: its process is killed"}


def call(verb: str, state: str) -> str:
    return f"sagemaker.{verb}{'Training' if state.startswith('Train') else 'Processing'}Job"


def at_each_job(state: str) -> Iterator[Row]:
    """Before the branches a redrive goes on; a branch's failure is its result, and takes a rerun."""

    def row(what: str, fault: object, *cause: str) -> Row:
        ends = {"status": FAILED, "cause": (state, *cause), "recovery": recovery} if cause else {}
        name = f"{state}: {what}"
        return Row(name, state, fault, **ends, anew=anew, quick=name in QUICK)

    create = call("Create", state)
    recovery, anew = (REDRIVE, ALL) if state == "Preprocess" else (RERUN, TRAIN)
    yield row("create is throttled twice", ApiError(create, **THROTTLED, times=2))
    yield row("create fails inside SageMaker", ApiError(create, **INTERNAL))
    yield row("no capacity twice", JobFails(NO_CAPACITY, times=2))
    yield row("its process is killed", JobActs("is killed"), "exit code: 137")
    if state not in ("TrainRanking", "EvaluateRetrieval"):
        yield row("it runs past its limit", JobActs("hangs"), "JobStopped", "limit")
        yield row("an internal error of SageMaker", JobFails(SAGEMAKER_INTERNAL))
    else:
        denied = ApiError(create, **DENIED, times=ALWAYS)
        yield row("create is not allowed", denied, "AccessDeniedException", "not authorized")


def at_some_jobs() -> Iterator[Row]:
    for state, recovery, anew in (("Preprocess", REDRIVE, ALL), ("TrainRanking", RERUN, TRAIN)):
        quota = ApiError(call("Create", state), **QUOTA, times=3)
        yield Row(f"{state}: no instance is free yet", state, quota, anew=anew)
        fault = JobFails(NO_CAPACITY, times=ALWAYS)
        yield Row(f"{state}: no capacity at all", state, fault, FAILED, (state, "CapacityError"), recovery, anew)
        lost = ApiError(call("Create", state), **INTERNAL, lost=True)
        yield Row(f"{state}: create's answer is lost", state, lost, anew=anew)
    for state, anew in (("Preprocess", ALL), ("EvaluateRetrieval", TRAIN)):
        throttled = ApiError(call("Describe", state), **THROTTLED)
        yield Row(f"{state}: describe is throttled", state, throttled, anew=anew)
    for state in ("Preprocess", "TrainRanking", "EvaluateRetrieval"):
        anew = ALL if state == "Preprocess" else TRAIN
        told = ("stopped by the user",)
        yield Row(f"{state}: the user stops the execution", state, Stopped(), ABORTED, told, REDRIVE, anew)


def rubbish() -> Iterator[Row]:
    """Full disks, missing and truncated files, data that cannot be brought in or out."""
    full, nothing, half = JobActs("fills the disk"), JobActs("writes nothing"), JobActs("half an output")
    space = "No space left on device"
    yield Row("Preprocess: the disk is full", "Preprocess", full, FAILED, ("Preprocess", "exit code"), REDRIVE, ALL)
    yield Row("TrainRetrieval: the disk is full", "TrainRetrieval", full, FAILED, ("TrainRetrieval", space), RERUN)
    yield Row("TrainRanking: out of memory", "TrainRanking", JobActs("runs out of memory"), FAILED, ("Memory",), RERUN)
    told = ("OutputBroken", "test.parquet")
    yield Row("Preprocess: a file is missing", "Preprocess", half, FAILED, told, RERUN, ALL)
    yield Row("Preprocess: writes nothing", "Preprocess", nothing, FAILED, ("OutputBroken",), RERUN, ALL)
    told = ("RecordTrainRetrieval", "OutputBroken", "saved_model.pb")
    yield Row("TrainRetrieval: no model in the archive", "TrainRetrieval", half, FAILED, told, RERUN)
    cut = Truncated("/model.tar.gz", by="train-ranking")
    told = ("RecordTrainRanking", "OutputBroken", "model.tar.gz")
    yield Row("TrainRanking: the artifact is truncated", "TrainRanking", cut, FAILED, told, RERUN, quick=True)
    told = ("ParseEvaluationRanking", "evaluation.json")
    yield Row("EvaluateRanking: writes nothing", "EvaluateRanking", nothing, FAILED, told, RERUN)
    cut = Truncated("/evaluation.json", by="evaluation/retrieval")
    told = ("ParseEvaluationRetrieval", "evaluation.json")
    yield Row("EvaluateRetrieval: the evaluation is truncated", "EvaluateRetrieval", cut, FAILED, told, RERUN)
    get, put = ApiError("s3.GetObject", **S3_DENIED, key="reviews/"), ApiError("s3.PutObject", **S3_DENIED, key="data/")
    told = ("Preprocess", "Data download failed")
    yield Row("Preprocess: the reviews may not be read", "", get, FAILED, told, REDRIVE, ALL)
    yield Row("Preprocess: the data may not be written", "", put, FAILED, ("Data upload failed",), REDRIVE, ALL)


JOB_ROWS = [*(row for state in STATES for row in at_each_job(state)), *at_some_jobs(), *rubbish()]
