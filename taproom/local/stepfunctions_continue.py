"""moto's interpreter, made to go on in the middle of a definition and of a history.

Imports moto at its head: to be imported only once a local AWS starts.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from threading import Event, Thread
from typing import Any

from moto.stepfunctions.parser.api import ExecutionStatus, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.flow.start_at import StartAt
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel.state_parallel import StateParallel
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext, EventManager

from taproom.local.stepfunctions_resume import Finished, Followers, Resumed, continuation


class History(EventManager):
    """A history that goes on: ids count on, and a state that is resumed is not entered (a Parallel not started) again.

    It is a copy: what a thread of the earlier attempt still has to say is not part of it.
    """

    def __init__(self, events: list[Any], followers: Followers, resumed: list[Resumed], log: Any) -> None:
        super().__init__(log)
        self.followers = dict(followers)
        self._history_event_list.extend(events)
        self._event_id_gen._next_id = len(events) + 1
        self._entered = {one.state: one.event for one in resumed if one.entered}
        self._started = {one.event: one.started for one in resumed if one.started is not None}

    def add_event(self, context: Any, event_type: Any, event_details: Any = None, *args: Any, **kwargs: Any) -> int:
        if event_type.endswith("StateEntered"):
            name = event_details["stateEnteredEventDetails"]["name"]
            if name in self._entered:
                return self._at(context, self._entered.pop(name))
        if event_type == HistoryEventType.ParallelStateStarted and context.source_event_id in self._started:
            return self._at(context, self._started.pop(context.source_event_id))
        return super().add_event(context, event_type, event_details, *args, **kwargs)

    @staticmethod
    def _at(context: Any, event_id: int) -> int:
        context.source_event_id = context.last_published_event_id = event_id
        return event_id


class Continued:
    """A program (of the state machine or of a branch) whose first evaluation begins where it is told."""

    def __init__(self, program: Program, at: Resumed | Finished | None) -> None:
        self._program = program
        self._at = at

    def eval(self, env: Environment) -> None:
        at, self._at = self._at, None  # a Parallel's own Retry, or a loop, begins at the start
        if at is None:
            self._program.eval(env)
        elif isinstance(at, Finished):
            env.next_state_name = self._program.start_at.start_at_name
            env.states.reset(input_value=at.output)
            env.set_ended()
        else:
            self._resume(env, at)

    def _resume(self, env: Environment, at: Resumed) -> None:
        env.states.reset(input_value=at.input)
        env.event_history_context.source_event_id = env.event_history_context.last_published_event_id = at.event
        state = self._program.states.states[at.state]
        if isinstance(state, StateParallel) and at.entered:
            programs: list[Any] = state.branches.programs
            programs[:] = [Continued(*pair) for pair in zip(programs, at.branches, strict=True)]
        program: Any = self._program  # whose start moto sets once: this one is a copy
        start, program.start_at = program.start_at, StartAt(at.state)
        try:
            self._program.eval(env)
        finally:
            program.start_at = start


def continue_execution(execution: Any, redrive_count: int, now: datetime) -> Callable[[], None]:
    """Make an execution that did not succeed a running one; what is returned starts the work, in a thread of its own.

    The definition is the one that the execution was started with.
    """
    earlier = execution.exec_worker.env.event_manager
    events, followers = earlier.get_event_history(), getattr(earlier, "followers", {})
    at = continuation(json.loads(execution.state_machine.definition), events, followers)
    worker = execution._get_start_execution_worker()
    program = Continued(copy.deepcopy(worker._get_evaluation_entrypoint()), at)  # other executions have it too
    env = worker._get_evaluation_environment()
    env.states.context_object.context_object_data["Execution"] |= {
        "RedriveCount": redrive_count,
        "RedriveTime": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    if (log := execution._cloud_watch_logging_session) is not None:
        log.redrives = redrive_count
    env.event_manager = History(events, followers, list(_all_resumed(at)), log)
    _add_redriven(env, len(events), redrive_count)
    worker.env = env
    execution.exec_worker = worker
    execution.exec_status = ExecutionStatus.RUNNING
    execution.stop_date = execution.error = execution.cause = execution.output = None

    def work() -> None:
        program.eval(env)
        worker._execution_communication.terminated()

    def start() -> None:
        thread = Thread(target=work, daemon=True)
        thread.start()
        while env.program_state() is None and thread.is_alive():
            Event().wait(0.001)  # until then StopExecution would not reach it

    return start


def _add_redriven(env: Environment, after: int, redrive_count: int) -> None:
    context = EventHistoryContext(after)
    details: Any = {"executionRedrivenEventDetails": {"redriveCount": redrive_count}}
    env.event_manager.add_event(context, HistoryEventType.ExecutionRedriven, details)


def _all_resumed(at: Resumed | Finished | None) -> Iterator[Resumed]:
    if isinstance(at, Resumed):
        yield at
        for branch in at.branches:
            yield from _all_resumed(branch)
