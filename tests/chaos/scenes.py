"""What is going on when a row's fault happens, by name.

Each scene returns the end of the execution that the row is about, and of what then had to end well; None where that is
the row's own recovery, or there is nothing to recover from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.chaos.faults import JobFails
from tests.chaos.invariants import Execution
from tests.chaos.row import Row

if TYPE_CHECKING:
    from tests.chaos.play import Stage

Ends = tuple[Execution, Execution | None]
FAILS = JobFails("AlgorithmError: the reviews are no good")
REACHED = 60  # seconds within which an execution comes to where it is held


def started_by_hand(stage: Stage, row: Row) -> Ends:
    return stage.ended(stage.input_of(row)), None


def uploaded(stage: Stage, row: Row) -> Ends:
    key = stage.upload(row, "one")
    stage.arrive()
    return stage.finished_by(key), None


def two_uploads(stage: Stage, row: Row) -> Ends:
    keys = [stage.upload(row, name) for name in ("one", "two")]
    first, _ = [stage.finished_by(key) for key in keys]
    return first, None


def upload_during_a_run(stage: Stage, row: Row) -> Ends:
    with stage.injector.held("Preprocess") as reached:
        running = stage.start(stage.input_of(row))
        assert reached.wait(REACHED)
        stage.finished_by(stage.upload(row, "meanwhile"))
    first = stage.finished(running)
    stage.quiet()
    return first, stage.follow_up("uploads-")


def upload_before_a_run(stage: Stage, row: Row) -> Ends:
    """An upload that nobody serves waits for whoever comes next."""
    with stage.injector.deaf("CloseRunExecutionEnded"):
        with stage.injector.held("RecordRun") as reached:
            earlier = stage.start(stage.input_of(row, "earlier"))
            assert reached.wait(REACHED)
            stage.finished_by(key := stage.upload(row, "waits"))
        stage.finished(earlier)
        stage.arrive()
    return stage.ended({"InputData": stage.uri(key.rpartition("/")[0] + "/")}), None


def start_during_a_run(stage: Stage, row: Row) -> Ends:
    with stage.injector.held("RecordRun") as reached:
        running = stage.start(stage.input_of(row))
        assert reached.wait(REACHED)
        meanwhile = stage.ended(stage.input_of(row))
        assert meanwhile["status"] == "SUCCEEDED"
    first = stage.finished(running)
    stage.quiet()
    return first, stage.follow_up("again-")


def redriven(stage: Stage, row: Row) -> Ends:
    failed = failing_once(stage, row)
    stage.quiet()
    return failed, stage.redriven(failed)


def redriven_during_a_run(stage: Stage, row: Row) -> Ends:
    """Redriven while another one runs it is stopped, and redriven again when that has ended."""
    failed = failing_once(stage, row)
    stage.quiet()
    with stage.injector.held("Preprocess") as reached:
        other = stage.start(stage.input_of(row, "other"))
        assert reached.wait(REACHED)
        stopped = stage.redriven(failed)
        assert (stopped["status"], stopped.get("error")) == ("ABORTED", "LeaseHeld"), stopped
    assert stage.finished(other)["status"] == "SUCCEEDED"
    stage.quiet()
    return failed, stage.redriven(failed)


def redriven_at_once(stage: Stage, row: Row) -> Ends:
    """Its end is told only once it is redriven and runs: that must not take the lease away."""
    failed = failing_once(stage, row)
    arn = failed["executionArn"]
    with stage.injector.held("Preprocess") as reached:
        stage.redrive(failed)
        assert reached.wait(REACHED)
        stage.arrive()
        lease = stage.lease()
        assert lease is not None, "the late end released the lease of the redriven execution"
        assert lease["Holder"] == arn
    return failed, stage.finished(arn)


def failing_once(stage: Stage, row: Row) -> Execution:
    stage.injector.add("Preprocess", FAILS)
    return stage.ended(stage.input_of(row))


SCENES = {
    scene.__name__: scene
    for scene in (
        started_by_hand,
        uploaded,
        two_uploads,
        upload_during_a_run,
        upload_before_a_run,
        start_during_a_run,
        redriven,
        redriven_during_a_run,
        redriven_at_once,
    )
}
