"""What goes wrong where executions take turns: events lost, late, doubled, out of order; and their functions."""

from __future__ import annotations

from collections.abc import Iterator

from tests.chaos.faults import ALWAYS, ApiError, Delivery, Killed, Nothing, TimedOut, Twice
from tests.chaos.row import ALL, FAILED, LITTLE, REDRIVE, RERUN, Row
from tests.chaos.rows_of_functions import BUSY, GET, INVOKE, PUT, TABLE_BROKEN, TABLE_BUSY

ENDED, REDRIVEN, UPLOADED = "CloseRunExecutionEnded", "RetakeLeaseExecutionRedriven", "UploadRule"
START = "states.StartExecution"


def ends() -> Iterator[Row]:
    """The end of an execution while an upload waits for it."""
    for how in ("lost", "twice", "late"):
        yield Row(f"CloseRun: an end is told {how}", ENDED, Delivery(how), anew=LITTLE, recovery=RERUN)
    for name, fault in (
        ("an end is told twice", Delivery("twice", at=1)),
        ("an end is told late", Delivery("late", at=1)),
        ("ends are told out of order", Delivery("after the next")),
    ):
        yield Row(f"CloseRun: {name} while an upload waits", ENDED, fault, anew=ALL, scene="upload_during_a_run")
    for name, fault in (
        ("killed before it starts what follows", Killed(START)),
        ("killed after it started what follows", Killed(START, after=True)),
        ("killed before it writes the lease", Killed(PUT)),
        ("killed after it wrote the lease", Killed(PUT, after=True)),
        ("its time is up", TimedOut(at=1)),
        ("the table is throttled", ApiError(GET, **TABLE_BUSY, times=4)),
        ("a write's answer is lost", ApiError(PUT, **TABLE_BROKEN, lost=True)),
        ("the start's answer is lost", ApiError(START, **TABLE_BROKEN, lost=True)),
        ("delivered twice at once", Twice(at_once=True, at=1)),
    ):
        quick = name == "killed before it starts what follows"
        yield Row(f"CloseRun: {name}", "CloseRun", fault, anew=ALL, scene="upload_during_a_run", quick=quick)


def uploads() -> Iterator[Row]:
    for name, fault in (
        ("is told twice", Delivery("twice")),
        ("is told late", Delivery("late")),
        ("is told once", Nothing()),
    ):
        yield Row(f"Upload: it {name}", UPLOADED, fault, anew=ALL, scene="uploaded")
    order = Delivery("after the next")
    yield Row("Upload: two are told out of order", UPLOADED, order, anew=ALL, scene="two_uploads")
    yield Row("Upload: two come at once", UPLOADED, Nothing(), anew=ALL, scene="two_uploads")
    killed = Killed(PUT, after=True, at=1)
    yield Row("Upload: TakeLease is killed as one waits", "TakeLease", killed, anew=ALL, scene="upload_during_a_run")
    yield Row("Upload: Lambda is throttled", "TakeLease", ApiError(INVOKE, **BUSY, times=2), anew=ALL, scene="uploaded")
    fault = Killed("dynamodb.DeleteItem")
    told = ("Runtime.ExitError",)
    name = "Upload: Prepare is killed as it claims"
    yield Row(name, "Prepare", fault, FAILED, told, REDRIVE, ALL, "upload_before_a_run")
    fault = Killed("dynamodb.DeleteItem", after=True)
    name = "Upload: Prepare is killed once it claimed"
    yield Row(name, "Prepare", fault, FAILED, told, REDRIVE, ALL, "upload_before_a_run")


def starts() -> Iterator[Row]:
    yield Row("Start: another runs", ENDED, Nothing(), anew=LITTLE, scene="start_during_a_run")
    yield Row(
        "Start: another runs, whose end is late", ENDED, Delivery("late"), anew=LITTLE, scene="start_during_a_run"
    )
    fault = Killed(START)
    yield Row("Start: CloseRun is killed before it", "CloseRun", fault, anew=LITTLE, scene="start_during_a_run")
    lost = ApiError("dynamodb.DeleteItem", **TABLE_BROKEN, times=ALWAYS)
    name = "CloseRun: the table does not let go"
    yield Row(name, "CloseRun", lost, anew=LITTLE, recovery=RERUN, lease_stays=True)


def redrives() -> Iterator[Row]:
    """The execution fails, and is redriven while others run, or while its own end is still on its way."""
    told = ("Preprocess", "AlgorithmError")
    for name, fault, scene in (
        ("another runs", Nothing(), "redriven_during_a_run"),
        ("it is told twice while another runs", Delivery("twice"), "redriven_during_a_run"),
        ("it is told twice", Delivery("twice"), "redriven"),
        ("it is told late", Delivery("late"), "redriven"),
        ("it is not told", Delivery("lost"), "redriven"),
        ("RetakeLease is killed", Killed(PUT), "redriven"),
    ):
        state = "RetakeLease" if isinstance(fault, Killed) else REDRIVEN
        yield Row(f"Redrive: {name}", state, fault, FAILED, told, REDRIVE, ALL, scene)
    late = Delivery("late")
    yield Row("Redrive: the end before it is told late", ENDED, late, FAILED, told, REDRIVE, ALL, "redriven_at_once")


TURN_ROWS = [*ends(), *uploads(), *starts(), *redrives()]
