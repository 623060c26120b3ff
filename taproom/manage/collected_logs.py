"""What the jobs of a step said in a run that `taproom run` collected: no local AWS has to run any more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from taproom.cached import cached_steps
from taproom.executions import ExecutionError
from taproom.graph.recorded import RunUnreadable, from_folder
from taproom.manage.steps import events_of, jobs_of


def collected_lines(folder: Path, step: str) -> Iterator[tuple[str, str]]:
    """Pairs of a job's name and a line, round by round.

    Raises ExecutionError where the folder holds no run, or the step ran no job in it; before the first line.
    """
    try:
        recorded = from_folder(folder)
    except RunUnreadable as error:
        raise ExecutionError(f"{error}. `make run` leaves one; or choose an account (--profile)") from error
    jobs = jobs_of(events_of(recorded.events, step))
    if not jobs:
        origin = next((one.run for one in cached_steps(recorded.events) if one.step == step), None)
        if origin:
            raise ExecutionError(f"{step} of {recorded.name} is taken from {origin}: `taproom logs {step} {origin}`")
        raise ExecutionError(
            f"{step} ran no job in {recorded.name}: of a collected run the logs of jobs are kept, such as Preprocess"
        )
    return _lines(folder, jobs)


def _lines(folder: Path, jobs: list[str]) -> Iterator[tuple[str, str]]:
    for job in jobs:
        log = folder / "logs" / f"{Path(job).name}.log"
        if log.is_file():
            for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
                yield job, line
