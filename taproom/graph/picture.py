"""The whole way to a picture: definition, detail, and an execution where one is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from taproom.graph.definition import load_definition
from taproom.graph.folding import folded
from taproom.graph.model import Graph, graph_of
from taproom.graph.outcomes import Course, course_of
from taproom.graph.recorded import Recorded


@dataclass(frozen=True)
class Picture:
    """What is drawn, and what it is called."""

    title: str
    graph: Graph
    course: Course | None = None


def picture(recorded: Recorded | None = None, *, every_state: bool = False) -> Picture:
    """A box per job, or with ``every_state`` each state; of the definition here, or of the execution's own."""
    definition = (recorded.definition if recorded else None) or load_definition()
    graph = graph_of(definition)
    if not every_state:
        graph = folded(graph)
    if recorded is None:
        return Picture("The states of a retraining", graph)
    course = course_of(graph, definition, recorded.events, recorded.status, recorded.now)
    return Picture(f"Execution {recorded.name}: {recorded.status.lower().replace('_', ' ')}", graph, course)
