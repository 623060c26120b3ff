"""What goes wrong at Lambda, and at what the functions ask of S3, DynamoDB and the model registry."""

from __future__ import annotations

from collections.abc import Iterator

from tests.chaos.faults import ALWAYS, DENIED, S3_DENIED, S3_INTERNAL, SLOW_DOWN, ApiError, Killed, TimedOut, Twice
from tests.chaos.row import FAILED, LITTLE, REDRIVE, RERUN, TRAIN, Row

INVOKE = "lambda.Invoke"
BUSY = {"code": "TooManyRequestsException", "status": 429, "message": "Rate Exceeded."}
BROKEN = {"code": "ServiceException", "status": 500, "message": "The Lambda service encountered an error"}
TABLE_BUSY = {"code": "ProvisionedThroughputExceededException", "message": "The level of throughput was exceeded"}
TABLE_BROKEN = {"code": "InternalServerError", "status": 500, "message": "The service could not answer"}
REGISTRY_BUSY = {"code": "ThrottlingException", "message": "Rate exceeded"}
GET, PUT = "dynamodb.GetItem", "dynamodb.PutItem"
CREATE = "sagemaker.CreateModelPackage"


def at_each_function() -> Iterator[Row]:
    for state, anew in (
        ("TakeLease", LITTLE),
        ("Prepare", LITTLE),
        ("LookUpTrainRanking", LITTLE),
        ("RecordTrainRanking", TRAIN),
        ("FindChampionRetrieval", LITTLE),
        ("ParseEvaluationRanking", LITTLE),
        ("GateRetrieval", LITTLE),
        ("RegisterModelRanking", TRAIN),
        ("RecordRun", LITTLE),
    ):
        yield Row(f"{state}: Lambda is throttled", state, ApiError(INVOKE, **BUSY, times=2), anew=anew)
        yield Row(f"{state}: its answer is lost", state, ApiError(INVOKE, **BROKEN, lost=True), anew=anew)
        yield Row(f"{state}: delivered twice", state, Twice(), anew=anew)
    for state in ("TakeLease", "Prepare", "RegisterModelRetrieval"):
        anew = TRAIN if state.startswith("Register") else LITTLE
        yield Row(f"{state}: delivered twice at once", state, Twice(at_once=True), anew=anew)


def killed() -> Iterator[Row]:
    for after in (False, True):
        when = "after" if after else "before"
        told = ("RegisterModelRetrieval", "Runtime.ExitError")
        yield Row(
            f"RegisterModelRetrieval: killed {when} the version is made",
            "RegisterModelRetrieval",
            Killed(CREATE, after),
            FAILED,
            told,
            RERUN,
            quick=after,
        )
        told = ("Runtime.ExitError",)
        fault = Killed("s3.PutObject", after)
        name = f"Prepare: killed {when} it writes"
        yield Row(name, "Prepare", fault, FAILED, told, REDRIVE, LITTLE)
        name = f"TakeLease: killed {when} the lease is written"
        yield Row(name, "TakeLease", Killed(PUT, after), FAILED, told, REDRIVE, LITTLE)
    told = ("Task timed out",)
    yield Row("Prepare: its time is up", "Prepare", TimedOut(), FAILED, told, REDRIVE, LITTLE)
    yield Row("GateRanking: its time is up", "GateRanking", TimedOut(), FAILED, ("GateRanking", *told), RERUN, LITTLE)
    # what only spares or records work is done without
    yield Row("LookUpTrainRetrieval: its time is up", "LookUpTrainRetrieval", TimedOut(), anew=LITTLE)
    yield Row("RecordTrainRetrieval: its time is up", "RecordTrainRetrieval", TimedOut())
    yield Row("RecordRun: killed before it is written", "RecordRun", Killed(PUT), anew=LITTLE)


def services() -> Iterator[Row]:
    """The SDK tries twice here; a function that got no answer then is asked again by the state machine."""
    for state in ("TakeLease", "Prepare", "LookUpTrainRetrieval", "RecordRun"):
        busy = ApiError(PUT if state == "RecordRun" else GET, **TABLE_BUSY, times=4)
        yield Row(f"{state}: the table is throttled", state, busy, anew=LITTLE)
    lost = ApiError(PUT, **TABLE_BROKEN, lost=True)
    yield Row("TakeLease: the write's answer is lost", "TakeLease", lost, anew=LITTLE, quick=True)
    yield Row("RecordTrainRanking: the write's answer is lost", "RecordTrainRanking", lost)
    denied = ApiError(GET, **DENIED, times=ALWAYS)
    told = ("AccessDeniedException",)
    yield Row("TakeLease: the table may not be read", "TakeLease", denied, FAILED, told, REDRIVE, LITTLE)
    yield Row("LookUpTrainRanking: the table may not be read", "LookUpTrainRanking", denied, anew=LITTLE)
    yield Row("RecordTrainRanking: the table may not be read", "RecordTrainRanking", denied)
    slow = ApiError("s3.ListObjectsV2", **SLOW_DOWN, times=4)
    yield Row("Prepare: S3 is slow to list", "Prepare", slow, anew=LITTLE)
    for state in ("ParseEvaluationRetrieval", "GateRanking", "RegisterModelRanking"):
        anew = TRAIN if state.startswith("Register") else LITTLE
        broken = ApiError("s3.GetObject", **S3_INTERNAL, times=4)
        yield Row(f"{state}: S3 has an internal error", state, broken, anew=anew)
    denied = ApiError("s3.PutObject", **S3_DENIED, times=ALWAYS)
    told = ("GateRetrieval", "AccessDenied")
    yield Row("GateRetrieval: gate.json may not be written", "GateRetrieval", denied, FAILED, told, RERUN, LITTLE)
    busy = ApiError(CREATE, **REGISTRY_BUSY, times=4)
    yield Row("RegisterModelRetrieval: the registry is throttled", "RegisterModelRetrieval", busy)
    lost = ApiError(CREATE, code="InternalFailure", status=500, lost=True)
    yield Row("RegisterModelRanking: the registry's answer is lost", "RegisterModelRanking", lost)
    busy = ApiError("sagemaker.ListModelPackages", **REGISTRY_BUSY, times=4)
    yield Row("FindChampionRanking: the registry is throttled", "FindChampionRanking", busy, anew=LITTLE)


FUNCTION_ROWS = [*at_each_function(), *killed(), *services()]
