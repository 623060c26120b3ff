"""The picture as a document, for scripts."""

from __future__ import annotations

from typing import Any

from taproom.graph.model import Graph
from taproom.graph.outcomes import Course, edge_taken


def document(graph: Graph, execution: str | None = None, course: Course | None = None) -> dict[str, Any]:
    """States and transitions; those of an execution tell what came of them. Durations are in seconds."""
    states = [
        {"name": node.name, "kind": node.kind, "parts": list(node.parts), **_outcome(node.name, course)}
        for node in graph.all_nodes()
    ]
    transitions = [
        {
            "from": edge.source,
            "to": edge.target,
            "kind": edge.kind,
            **({"taken": edge_taken(course, edge)} if course else {}),
        }
        for edge in graph.all_edges()
    ]
    told = {"execution": execution, "status": course.status} if course else {}
    return {"schema_version": 1, **told, "states": states, "transitions": transitions}


def _outcome(name: str, course: Course | None) -> dict[str, Any]:
    if course is None:
        return {}
    outcome = course.outcomes[name]
    return {"status": outcome.status, "seconds": outcome.seconds, "visits": outcome.visits}
